//! Pages, rendered as the server renders them, on answers made up here.
//!
//! Each page is also written to the target folder's `tmp/pages`, to be looked at.

#![cfg(feature = "ssr")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod absent;
mod balance;
mod first_steps;
mod help;
mod pages;
mod sample;
mod site;
