//! What stands around every page: skip link, header, main part, footer.

#[cfg(feature = "hydrate")]
use super::delegate;
#[cfg(feature = "ssr")]
use crate::drawn::shell;
use crate::tr;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Header, `<main>` and footer.
///
/// Header and footer are drawn by the server alone, and the browser keeps what it drew: a document
/// is always for one visitor. Only the mark of the current page moves.
#[component]
pub fn Layout(children: Children) -> impl IntoView {
    let path = use_location().pathname;
    #[cfg(feature = "ssr")]
    let (above, below) = path.with_untracked(|path| (shell::above(path), shell::below()));
    #[cfg(not(feature = "ssr"))]
    let (above, below) = (String::new(), String::new());
    #[cfg(feature = "hydrate")]
    {
        delegate::listen();
        Effect::new(move |before: Option<()>| {
            let path = path.get();
            // The server has drawn the marks of the first page.
            if before.is_some() {
                delegate::moved(&path);
            }
        });
    }
    view! {
        <a class="skip" href="#main" rel="external">{tr!(app.skip)}</a>
        <div inner_html=above></div>
        <main id="main" class="page" tabindex="-1">{children()}</main>
        <div inner_html=below></div>
    }
}
