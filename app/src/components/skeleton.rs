//! The place of something that is on its way.

use crate::tr;
use leptos::prelude::*;

/// Grey lines. They shimmer only where motion is allowed.
pub fn skeleton(lines: usize) -> AnyView {
    let lines: Vec<_> = (0..lines).map(|_| view! { <span></span> }).collect();
    view! {
        <div class="skeleton" role="status">
            <span class="unseen">{tr!(form.loading)}</span>
            {lines}
        </div>
    }
    .into_any()
}
