//! What stands around every page: skip link, header, main part.

use super::icon::Icon;
use crate::context::visitor;
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
    let visitor = visitor();
    let home = if visitor.sees_all { routes::OVERVIEW } else { routes::ME };
    let signed_in = visitor.name.map(|name| {
        let sees_all = visitor.sees_all;
        view! {
            <nav class="nav" aria-label=tr!(app.nav)>
                <ul>
                    {sees_all.then(|| view! {
                        <NavItem href=routes::OVERVIEW icon="overview" text=tr!(app.overview)/>
                    })}
                    <NavItem href=routes::ME icon="me" text=tr!(app.me)/>
                </ul>
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
    }
}

#[component]
fn NavItem(href: &'static str, icon: &'static str, text: &'static str) -> impl IntoView {
    let path = use_location().pathname;
    let current = move || (path.get() == href).then_some("page");
    view! {
        <li>
            <a class="nav__item" href=href aria-current=current>
                <Icon name=icon/>
                <span>{text}</span>
            </a>
        </li>
    }
}
