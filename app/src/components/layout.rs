//! What stands around every page: skip link, header, main part.

use super::icon::Icon;
use crate::context::{NavLink, Visitor, visitor};
use crate::{routes, tr};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Header and `<main>`.
#[component]
pub fn Layout(children: Children) -> impl IntoView {
    view! {
        <a class="skip" href="#main" rel="external">{tr!(app.skip)}</a>
        <Header/>
        <main id="main" class="page" tabindex="-1">{children()}</main>
    }
}

#[component]
fn Header() -> impl IntoView {
    let Visitor { name, nav, menu, notice, .. } = visitor();
    let home = nav.first().map_or_else(|| routes::LOGIN.to_owned(), |link| link.href.clone());
    let signed_in = name.map(|name| {
        let nav: Vec<_> = nav.into_iter().map(|link| view! { <NavItem link/> }).collect();
        let menu: Vec<_> = menu.into_iter().map(|link| view! { <NavItem link/> }).collect();
        view! {
            <nav class="nav" aria-label=tr!(app.nav)>
                <ul>{nav}</ul>
            </nav>
            <nav class="nav" aria-label=tr!(account.menu)>
                <ul>{menu}</ul>
            </nav>
            <div class="account">
                <span class="account__name" title=tr!(app.signed_in, name = name.clone())>
                    {name.clone()}
                </span>
                <form method="post" action=routes::LOGOUT>
                    <button class="button button--quiet" type="submit">
                        <Icon name="sign-out"/>
                        <span>{tr!(app.sign_out)}</span>
                    </button>
                </form>
            </div>
        }
    });
    view! {
        <header class="header">
            <div class="header__inner">
                <a class="brand" href=home>
                    <Icon name="brand"/>
                    <span>{tr!(app.name)}</span>
                </a>
                {signed_in}
            </div>
        </header>
        {notice.map(|text| view! {
            <p class="notice notice--done" role="status" data-testid="notice">{text}</p>
        })}
    }
}

#[component]
fn NavItem(link: NavLink) -> impl IntoView {
    let path = use_location().pathname;
    let href = link.href.clone();
    let below = format!("{href}/");
    let current =
        move || path.with(|path| *path == href || path.starts_with(&below)).then_some("page");
    view! {
        <li>
            <a class="nav__item" href=link.href aria-current=current>
                <Icon name=link.icon/>
                <span>{link.text}</span>
            </a>
        </li>
    }
}
