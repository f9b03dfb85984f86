//! What stands at an address without a page.

use crate::components::heading::PageHeading;
use crate::{routes, tr};
use leptos::prelude::*;

/// The page with status 404.
#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <PageHeading title=tr!(not_found.title)/>
        <section class="empty" data-testid="not-found">
            <p>{tr!(not_found.text)}</p>
            <p><a class="button" href=routes::ME>{tr!(not_found.home)}</a></p>
        </section>
    }
}
