//! Which links the navigation shows, by permission.

use crate::context::NavLink;
use crate::{routes, tr};
use tokenscope::permission::{Action, Reach};
use tokenscope::service::Caller;

fn link(href: &str, icon: &str, text: &str) -> NavLink {
    below(href, href, icon, text)
}

fn below(below: &str, href: &str, icon: &str, text: &str) -> NavLink {
    NavLink { href: href.into(), below: below.into(), icon: icon.into(), text: text.into() }
}

/// The pages, the visitor's start page first; none for who is not signed in.
pub fn main(caller: Option<&Caller>) -> Vec<NavLink> {
    let Some(caller) = caller else { return Vec::new() };
    let mut links = Vec::new();
    if caller.roles.everywhere(Action::SeeUsage) {
        links.push(link(routes::OVERVIEW, "overview", tr!(app.overview)));
    }
    links.push(link(routes::ME, "me", tr!(app.me)));
    let least = Reach::TeamTotals;
    if caller.roles.everywhere(Action::SeeUsage)
        || caller.roles.teams_with(Action::SeeUsage, least).next().is_some()
    {
        links.push(link(routes::BALANCE, "balance", tr!(app.balance)));
    }
    if caller.roles.everywhere(Action::ReadAdmin) {
        links.push(below(routes::ADMIN, routes::PURCHASES, "admin", tr!(app.admin)));
    }
    links
}

/// What belongs to the account.
pub fn account(caller: Option<&Caller>) -> Vec<NavLink> {
    if caller.is_none() {
        return Vec::new();
    }
    vec![
        link(routes::PROFILE, "me", tr!(account.profile)),
        link(routes::PREFERENCES, "admin", tr!(account.preferences)),
        link(routes::SESSIONS, "session", tr!(account.sessions)),
        link(routes::OWN_KEYS, "key", tr!(account.keys)),
        link(routes::TWO_FACTOR, "lock", tr!(two_factor.title)),
        link(routes::HELP, "help", tr!(app.help)),
    ]
}
