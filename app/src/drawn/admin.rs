//! The pages of administration, side by side.

use crate::components::tabs;
use crate::{routes, tr};
use leptos::prelude::AnyView;

/// Links between the pages; `current` is the path of the present one.
pub fn pages(current: &str) -> AnyView {
    let pages = [
        (routes::PURCHASES, tr!(tokens.nav)),
        (routes::ORG_KEYS, tr!(keys.nav)),
        (routes::AUDIT, tr!(audit.nav)),
    ];
    tabs::pages(tr!(app.admin), &pages, current)
}
