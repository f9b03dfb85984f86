//! The Tokenscope server: storage, services, HTTP and the command line.

pub mod clock;
pub mod demo;
pub mod service;
pub mod store;
