//! One's own account: the pages and the links between them.

pub mod password;
pub mod preferences;
pub mod profile;
pub mod sessions;

use crate::components::tabs;
use crate::{routes, tr};
use leptos::prelude::*;

/// The links between the account's pages, and below them one of these.
pub fn layout(current: &'static str, content: AnyView) -> AnyView {
    let pages = [
        (routes::PROFILE, tr!(profile.title)),
        (routes::PREFERENCES, tr!(preferences.title)),
        (routes::PASSWORD, tr!(password.title)),
        (routes::TWO_FACTOR, tr!(two_factor.title)),
        (routes::SESSIONS, tr!(sessions.title)),
        (routes::OWN_KEYS, tr!(keys.own_title)),
    ];
    let links = tabs::pages(tr!(profile.pages), &pages, current);
    view! { {links}{content} }.into_any()
}
