//! What stands around every page. It is drawn with the document and has no code in the browser.

use crate::components::icon::Icon;
use crate::components::menu::menu;
use crate::context::{NavLink, Visitor, visitor};
use crate::{routes, tr};
use leptos::prelude::*;

/// With more links than these the navigation needs a wide screen.
const FEW_LINKS: usize = 4;

/// HTML above the page at a path: header, and what the form before has done.
pub fn above(path: &str) -> String {
    let visitor = visitor();
    let notice = visitor.notice.clone().map(|text| {
        view! {
            <div class="page-notice">
                <p class="notice notice--done" role="status" data-testid="notice">{text}</p>
            </div>
        }
    });
    let many = (visitor.nav.len() > FEW_LINKS).then_some("");
    let home = visitor.nav.first().map_or(routes::LOGIN, |link| link.href.as_str()).to_owned();
    let (before, after) = match visitor.name.clone() {
        None => (None, None),
        Some(name) => (Some(narrow(&visitor.nav, path)), Some(wide(visitor, name, path))),
    };
    view! {
        <header class="header" data-many=many>
            <div class="header__inner">
                {before}
                <a class="brand" href=home>
                    <Icon name="brand"/>
                    <span>{tr!(app.name)}</span>
                </a>
                {after}
            </div>
        </header>
        {notice}
    }
    .to_html()
}

/// HTML below the page.
pub fn below() -> String {
    if visitor().name.is_none() {
        return String::new();
    }
    view! {
        <footer class="footer">
            <div class="footer__inner">
                <span>{tr!(app.footer)}</span>
                <a href=routes::HELP><Icon name="help"/>{tr!(app.help)}</a>
            </div>
        </footer>
    }
    .to_html()
}

/// The navigation where there is no room for it: it folds out.
fn narrow(links: &[NavLink], path: &str) -> AnyView {
    let list = view! { <nav aria-label=tr!(app.nav)><ul>{items(links, path)}</ul></nav> };
    menu(
        "menu menu--start nav-menu",
        Some(tr!(app.menu)),
        view! { <Icon name="menu"/> }.into_any(),
        list.into_any(),
    )
}

fn wide(visitor: Visitor, name: String, path: &str) -> AnyView {
    let nav = items(&visitor.nav, path);
    view! {
        <nav class="nav" aria-label=tr!(app.nav)><ul>{nav}</ul></nav>
        {account(visitor, name, path)}
    }
    .into_any()
}

/// Who is signed in, what belongs to the account, and the way out.
fn account(visitor: Visitor, name: String, path: &str) -> AnyView {
    let mark: String = name.chars().take(1).flat_map(char::to_uppercase).collect();
    let button = view! {
        <span class="unseen">{tr!(account.menu)}": "</span>
        <span class="account__mark" aria-hidden="true">{mark}</span>
        <span class="account__name">{name.clone()}</span>
        <Icon name="chevron"/>
    };
    let list = view! {
        <p class="menu__who"><strong>{name}</strong><span>{visitor.email}</span></p>
        <nav aria-label=tr!(account.menu)><ul>{items(&visitor.menu, path)}</ul></nav>
        <p class="menu__hint"><Icon name="language"/>{tr!(account.language)}</p>
        <form method="post" action=routes::LOGOUT>
            <button class="nav__item" type="submit">
                <Icon name="sign-out"/>
                <span>{tr!(app.sign_out)}</span>
            </button>
        </form>
    };
    menu("menu account", None, button.into_any(), list.into_any())
}

/// Links; the browser moves the mark of the current one by their `data-below`.
fn items(links: &[NavLink], path: &str) -> AnyView {
    let links: Vec<_> = links
        .iter()
        .map(|link| {
            let NavLink { href, below, icon, text } = link.clone();
            let within = path.strip_prefix(below.as_str());
            let current = within.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            view! {
                <li>
                    <a class="nav__item" href=href data-below=below
                        aria-current=current.then_some("page")>
                        <Icon name=icon/>
                        <span>{text}</span>
                    </a>
                </li>
            }
        })
        .collect();
    links.into_any()
}
