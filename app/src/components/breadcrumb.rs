//! The way up from a page.

use crate::tr;
use leptos::prelude::*;

/// The pages above, the outermost first, as URL and words; then the words of the page itself.
pub fn breadcrumb(above: Vec<(String, String)>, here: impl Into<String>) -> AnyView {
    let above: Vec<_> =
        above.into_iter().map(|(href, text)| view! { <li><a href=href>{text}</a></li> }).collect();
    view! {
        <nav class="crumbs" aria-label=tr!(form.trail)>
            <ol>{above}<li aria-current="page">{here.into()}</li></ol>
        </nav>
    }
    .into_any()
}
