//! A part of a page under a heading.

use leptos::prelude::*;

/// A section named by its heading; `id` is the heading's.
pub fn section(id: &'static str, title: &'static str, content: AnyView) -> AnyView {
    view! {
        <section class="section" aria-labelledby=id>
            <h2 id=id>{title}</h2>
            {content}
        </section>
    }
    .into_any()
}
