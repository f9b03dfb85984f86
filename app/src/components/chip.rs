//! Filters that are on; each can be taken off.

use super::icon::Icon;
use crate::tr;
use leptos::prelude::*;

/// One link a filter: its words, and the URL of the view without it.
pub fn chips(filters: Vec<(String, String)>) -> AnyView {
    let filters: Vec<_> = filters
        .into_iter()
        .map(|(name, without)| {
            let label = tr!(form.remove, name = name.clone());
            view! {
                <li>
                    <a class="chip" href=without aria-label=label>{name}<Icon name="close"/></a>
                </li>
            }
        })
        .collect();
    view! { <ul class="chips">{filters}</ul> }.into_any()
}
