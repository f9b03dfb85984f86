//! Which links the navigation shows, by permission.

use crate::context::NavLink;
use crate::{routes, tr};
use tokenscope::permission::Action;
use tokenscope::service::Caller;

fn link(href: &str, icon: &str, text: &str) -> NavLink {
    NavLink { href: href.into(), icon: icon.into(), text: text.into() }
}

/// The pages, the visitor's start page first; none for who is not signed in.
pub fn main(caller: Option<&Caller>) -> Vec<NavLink> {
    let Some(caller) = caller else { return Vec::new() };
    let mut links = Vec::new();
    if caller.roles.everywhere(Action::SeeUsage) {
        links.push(link(routes::OVERVIEW, "overview", tr!(app.overview)));
    }
    links.push(link(routes::ME, "me", tr!(app.me)));
    links
}

/// What belongs to the account.
pub fn account(caller: Option<&Caller>) -> Vec<NavLink> {
    let Some(_) = caller else { return Vec::new() };
    Vec::new()
}
