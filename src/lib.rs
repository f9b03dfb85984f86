//! Tokenscope's domain: types, accounting rules and the boundary traits.
//!
//! Pure: no clock, no randomness, no input or output, no floating point for tokens, no unordered
//! map in a result. The same code runs in the server, the command line and the browser.

pub mod access;
pub mod assignment;
pub mod burn;
pub mod catalog;
pub mod event;
pub mod fact;
pub mod fault;
pub mod id;
pub mod lot;
pub mod permission;
pub mod rate;
pub mod replay;
pub mod report;
pub mod scenario;
pub mod service;
pub mod time;
pub mod tokens;
