//! A surface for things that belong together.

use leptos::prelude::*;

/// A card named by its heading, with what can be done with it on the right.
pub fn card(
    id: &'static str,
    title: impl Into<String>,
    actions: AnyView,
    body: AnyView,
) -> AnyView {
    view! {
        <section class="card" aria-labelledby=id>
            <header class="card__head">
                <h3 id=id>{title.into()}</h3>
                {actions}
            </header>
            {body}
        </section>
    }
    .into_any()
}
