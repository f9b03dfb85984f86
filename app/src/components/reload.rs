//! Loads the page again after the server was replaced by another build.

use crate::wire;
use leptos::prelude::*;

/// Under which name the browser keeps, as long as the tab is open, which build was given up.
const GIVEN_UP: &str = "tokenscope-given-up-build";

/// Loads the page with its URL once more. A build that comes back after that stays: what answers
/// cannot be reached by loading again.
pub fn reload_once() {
    let build = wire::build();
    let Ok(Some(storage)) = window().session_storage() else { return };
    let is_second = storage.get_item(GIVEN_UP).ok().flatten().is_some_and(|before| before == build);
    if !is_second && storage.set_item(GIVEN_UP, &build).is_ok() {
        // The page stays as it is where it cannot be loaded.
        let _ = location().reload();
    }
}
