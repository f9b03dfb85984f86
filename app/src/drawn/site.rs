//! The pages that the server draws whole: which there are, who may open them, and what draws them.
//!
//! A form or a list needs nothing in the browser but what the browser has. Such a page travels as
//! HTML, so that another one costs the first load nothing.

use super::{
    Paper, account, audit, balance, demo, guide, help, keys, login, password, setup, tokens,
    two_factor,
};
use crate::answer::{DrawnPage, Frame};
use crate::context::{Flash, Services};
use leptos::prelude::{AnyView, RenderHtml};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use tokenscope::fault::Fault;
use tokenscope::service::Caller;

/// For whom a page is. What somebody may see on it is the services' matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// For everybody.
    Anyone,
    /// For who is not signed in; others are led to their start page.
    SignedOut,
    /// For who is signed in; others are led to the sign-in page.
    SignedIn,
}

type Drawing = Pin<Box<dyn Future<Output = Result<DrawnPage, Fault>> + Send>>;

/// A page.
pub struct Entry {
    /// Its path; a segment like `{id}` stands for any.
    pub path: &'static str,
    /// For whom it is.
    pub who: Who,
    draw: fn(Asked) -> Drawing,
}

const fn entry(path: &'static str, who: Who, draw: fn(Asked) -> Drawing) -> Entry {
    Entry { path, who, draw }
}

/// Every page that is drawn here.
pub const PAGES: &[Entry] = &[
    entry("/login", Who::SignedOut, |asked| Box::pin(login::page(asked))),
    entry("/help", Who::SignedIn, |asked| Box::pin(help::page(asked))),
    entry("/help/components", Who::SignedIn, |asked| Box::pin(guide::page(asked))),
    entry("/login/code", Who::SignedOut, |asked| Box::pin(login::code(asked))),
    entry("/account/two-factor", Who::SignedIn, |asked| Box::pin(two_factor::page(asked))),
    entry("/account/two-factor/set-up", Who::SignedIn, |asked| Box::pin(two_factor::set_up(asked))),
    entry("/account/two-factor/codes", Who::SignedIn, |asked| Box::pin(two_factor::codes(asked))),
    entry("/account/two-factor/off", Who::SignedIn, |asked| Box::pin(two_factor::off(asked))),
    entry("/password/forgot", Who::Anyone, |asked| Box::pin(password::forgot(asked))),
    entry("/password/reset", Who::Anyone, |asked| Box::pin(password::reset(asked))),
    entry("/balance", Who::SignedIn, |asked| Box::pin(balance::list(asked))),
    entry("/balance/{team}", Who::SignedIn, |asked| Box::pin(balance::one(asked))),
    entry("/account", Who::SignedIn, |asked| Box::pin(account::profile::page(asked))),
    entry("/account/profile", Who::SignedIn, |asked| Box::pin(account::profile::page(asked))),
    entry("/account/preferences", Who::SignedIn, |asked| {
        Box::pin(account::preferences::page(asked))
    }),
    entry("/account/password", Who::SignedIn, |asked| Box::pin(account::password::page(asked))),
    entry("/account/sessions", Who::SignedIn, |asked| Box::pin(account::sessions::page(asked))),
    entry("/account/keys", Who::SignedIn, |asked| Box::pin(keys::own(asked))),
    entry("/account/keys/new", Who::SignedIn, |asked| Box::pin(keys::new_own(asked))),
    entry("/account/keys/{number}/revoke", Who::SignedIn, |asked| {
        Box::pin(keys::revoke_own(asked))
    }),
    entry("/admin/keys", Who::SignedIn, |asked| Box::pin(keys::of_organization(asked))),
    entry("/admin/keys/new", Who::SignedIn, |asked| Box::pin(keys::new_of_organization(asked))),
    entry("/admin/keys/{number}/revoke", Who::SignedIn, |asked| {
        Box::pin(keys::revoke_of_organization(asked))
    }),
    entry("/setup", Who::Anyone, |asked| Box::pin(setup::page(asked))),
    entry("/admin/demo", Who::SignedIn, |asked| Box::pin(demo::page(asked))),
    entry("/admin/audit", Who::SignedIn, |asked| Box::pin(audit::page(asked))),
    entry("/admin/tokens", Who::SignedIn, |asked| Box::pin(tokens::list(asked))),
    entry("/admin/tokens/new", Who::SignedIn, |asked| Box::pin(tokens::form(asked))),
    entry("/admin/tokens/confirm", Who::SignedIn, |asked| Box::pin(tokens::confirm(asked))),
];

/// What a drawing has at hand.
pub struct Asked {
    caller: Option<Caller>,
    /// The capabilities.
    pub services: Services,
    /// What the form before left for this page; empty when it was for another one.
    pub flash: Flash,
    /// What names the session of this browser; empty without one.
    pub session: String,
    /// What stands in the path for each `{…}`, in their order.
    pub segments: Vec<String>,
    /// The query of the URL.
    pub query: BTreeMap<String, String>,
    paper: Paper,
}

impl Asked {
    /// Who asks.
    ///
    /// # Errors
    /// [`Fault::Unauthenticated`] when nobody is signed in.
    pub fn caller(&self) -> Result<&Caller, Fault> {
        let nobody = || Fault::Unauthenticated { reason: "no session".into() };
        self.caller.as_ref().ok_or_else(nobody)
    }
    /// Draws in the visitor's language, with what was asked at hand.
    pub fn draw(&self, draw: impl FnOnce(&Self) -> Drawn) -> DrawnPage {
        self.paper.with(|| {
            let drawn = draw(self);
            DrawnPage { title: drawn.title, frame: drawn.frame, html: drawn.body.to_html() }
        })
    }
}

/// A page before it travels.
pub struct Drawn {
    title: String,
    frame: Frame,
    body: AnyView,
}

impl Drawn {
    /// A page of its own width with a heading.
    pub fn new(title: impl Into<String>, frame: Frame, body: AnyView) -> Self {
        Self { title: title.into(), frame, body }
    }
}

/// The page at a path, and what stands there for each `{…}`.
#[must_use]
pub fn find(path: &str) -> Option<(&'static Entry, Vec<String>)> {
    PAGES.iter().find_map(|entry| Some((entry, segments(entry.path, path)?)))
}

fn segments(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    let mut found = Vec::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(found),
            (Some(want), Some(text)) if want.starts_with('{') && !text.is_empty() => {
                found.push(text.to_owned());
            }
            (Some(want), Some(text)) if want == text => {}
            _ => return None,
        }
    }
}

/// What a request brings along to be drawn for.
pub struct Request {
    /// Who is signed in.
    pub caller: Option<Caller>,
    /// The capabilities.
    pub services: Services,
    /// What the form before left.
    pub flash: Flash,
    /// What names the session of this browser.
    pub session: String,
    /// Language and icons.
    pub paper: Paper,
}

/// Draws the page at a path.
///
/// # Errors
/// [`Fault::NotFound`] where there is none, [`Fault::Unauthenticated`] where somebody has to be
/// signed in, and what the page's services say.
pub async fn draw(request: Request, path: &str, query: &str) -> Result<DrawnPage, Fault> {
    let (entry, segments) =
        find(path).ok_or_else(|| Fault::NotFound { what: "this page".into() })?;
    let Request { caller, services, flash, session, paper } = request;
    let flash = if flash.page == path { flash } else { Flash::default() };
    let query = pairs(query);
    let asked = Asked { caller, services, flash, session, segments, query, paper };
    if entry.who == Who::SignedIn {
        asked.caller()?;
    }
    (entry.draw)(asked).await
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    let map = leptos_router::params::ParamsMap::from_iter(
        query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let plain =
                |text: &str| leptos_router::location::Url::unescape(&text.replace('+', " "));
            (plain(key), plain(value))
        }),
    );
    map.into_iter().map(|(key, value)| (key.into_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_matched_by_segments() {
        assert_eq!(segments("/login", "/login"), Some(vec![]));
        assert_eq!(segments("/login", "/login/"), None);
        assert_eq!(segments("/users/{id}", "/users/7"), Some(vec!["7".to_owned()]));
        assert_eq!(segments("/users/{id}", "/users/"), None);
        assert_eq!(segments("/users/{id}/edit", "/users/7"), None);
    }

    #[test]
    fn a_query_is_read_with_its_escapes() {
        let read = pairs("?next=%2Fme%3Frange%3D7d&q=a+b&flag");
        assert_eq!(read.get("next").map(String::as_str), Some("/me?range=7d"));
        assert_eq!(read.get("q").map(String::as_str), Some("a b"));
        assert_eq!(read.get("flag").map(String::as_str), Some(""));
    }

    #[test]
    fn every_path_stands_once() {
        for (i, entry) in PAGES.iter().enumerate() {
            assert!(PAGES[i + 1..].iter().all(|other| other.path != entry.path), "{}", entry.path);
        }
    }
}
