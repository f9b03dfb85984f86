//! HTTP: the route table, sessions, headers, files and the accept loop.

pub mod account;
pub mod assets;
pub mod client;
pub mod demo;
pub mod downloads;
pub mod endpoints;
pub mod errors;
pub mod flash;
pub mod form;
pub mod headers;
pub mod health;
pub mod login;
pub mod oidc;
pub mod pages;
pub mod password;
pub mod problem;
pub mod router;
pub mod second_factor;
pub mod serve;
pub mod session;
pub mod setup;
pub mod tokens;
