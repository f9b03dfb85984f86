//! The pages of Tokenscope.
//!
//! Compiled twice: with `ssr` into the server, where every page is rendered to HTML, and with
//! `hydrate` to WebAssembly, which brings the same HTML to life. Components are pure functions of
//! the URL, the visitor and the answers of the server functions: no clock, no locale and no zone
//! of the browser, so both sides always draw the same.
//!
//! Map: `routes` names the URLs, `url_state` reads and prints the view that a URL holds,
//! `server_fns` ask the services that the server puts into context; `drawn` turns their reports
//! into an `answer`: HTML where nothing moves, values where something does. `pages` put it in and
//! bring it to life with `components`; every number, date and word passes `format` or `text`.

#![recursion_limit = "256"]

pub mod answer;
pub mod charts;
mod components;
pub mod context;
pub mod document;
#[cfg(feature = "ssr")]
pub mod drawn;
pub mod error;
pub mod format;
mod pages;
mod root;
pub mod routes;
pub mod server_fns;
pub mod text;
pub mod url_state;
pub mod wire;

include!(concat!(env!("OUT_DIR"), "/i18n/mod.rs"));

#[cfg(feature = "ssr")]
pub use document::shell;
pub use root::App;

/// Takes over the page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
}
