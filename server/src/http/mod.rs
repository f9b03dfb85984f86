//! HTTP: the route table, sessions, headers, files and the accept loop.

pub mod assets;
pub mod client;
pub mod endpoints;
pub mod flash;
pub mod form;
pub mod headers;
pub mod health;
pub mod login;
pub mod pages;
pub mod problem;
pub mod router;
pub mod serve;
pub mod session;
