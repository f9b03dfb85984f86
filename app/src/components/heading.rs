//! The heading of a page.

use crate::root::Visited;
use crate::tr;
use leptos::html;
use leptos::prelude::*;
use leptos_meta::Title;

/// `<h1>` and the document's title. After a move within the document it takes the focus, so that
/// a screen reader starts at the new page.
#[component]
pub fn PageHeading(#[prop(into)] title: String) -> impl IntoView {
    let heading = NodeRef::<html::H1>::new();
    let visited = use_context::<Visited>();
    Effect::new(move |_| {
        let (Some(h1), Some(Visited(visited))) = (heading.get(), visited) else {
            return;
        };
        if visited.get_value() {
            // Without the focus the page is still usable.
            let _ = h1.focus();
        }
        visited.set_value(true);
    });
    view! {
        <Title text=tr!(app.title, page = title.clone())/>
        <h1 class="page-title" tabindex="-1" node_ref=heading>{title}</h1>
    }
}
