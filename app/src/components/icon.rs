//! Icons of the sprite.

use crate::context::visitor;
use leptos::prelude::*;

/// One symbol of `public/icons.svg`. It decorates: the words stand beside it.
#[component]
pub fn Icon(#[prop(into)] name: String) -> impl IntoView {
    let href = format!("{}#{name}", visitor().icons);
    view! {
        <svg class="icon" aria-hidden="true" focusable="false" width="20" height="20">
            <use href=href></use>
        </svg>
    }
}
