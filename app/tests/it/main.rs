//! Pages, rendered as the server renders them, on answers made up here.
//!
//! Each page is also written to the target folder's `tmp/pages`, to be looked at.

#![cfg(feature = "ssr")]

mod pages;
mod sample;
mod site;
