//! What is known about one thing.

use leptos::prelude::*;

/// Names and what stands for them.
pub fn description(rows: Vec<(String, AnyView)>) -> AnyView {
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> })
        .collect();
    view! { <dl class="description">{rows}</dl> }.into_any()
}
