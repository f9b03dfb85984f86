//! What stands at an address without a page.

use crate::components::empty::Empty;
use crate::components::heading::PageHeading;
use crate::{routes, tr};
use leptos::prelude::*;

/// The page with status 404.
#[component]
pub fn NotFound() -> impl IntoView {
    let empty = Empty {
        name: "not-found",
        icon: "empty",
        lines: vec![tr!(not_found.text).to_owned()],
        link: Some((routes::ME.to_owned(), tr!(not_found.home))),
        ..Empty::default()
    };
    view! {
        <PageHeading title=tr!(not_found.title)/>
        {empty.view()}
    }
}
