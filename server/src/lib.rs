//! The Tokenscope server: storage, services, HTTP and the command line.
//!
//! A request walks `http::router` -> `api` or `http::pages` -> the traits of
//! `tokenscope::service`, implemented in `service` -> the rules of the core and `store`.

pub mod api;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod http;
pub mod mail;
pub mod outbound;
pub mod service;
pub mod store;
