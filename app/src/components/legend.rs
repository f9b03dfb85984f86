//! The legend: one toggle a layer.

use super::swatch::Swatch;
use crate::answer::LayerName;
use crate::tr;
use leptos::prelude::*;
use std::collections::BTreeSet;

/// Buttons that dim and show a layer. They do nothing before the page is alive, so until then
/// they are disabled; the style sheet lets them look like plain text.
#[component]
pub fn Legend(
    layers: Vec<LayerName>,
    hidden: RwSignal<BTreeSet<usize>>,
    live: RwSignal<bool>,
    in_progress: bool,
) -> impl IntoView {
    let items = layers.into_iter().enumerate().map(|(number, layer)| {
        let pressed = move || (!hidden.with(|hidden| hidden.contains(&number))).to_string();
        let toggle = move |_| {
            hidden.update(|hidden| {
                if !hidden.remove(&number) {
                    hidden.insert(number);
                }
            });
        };
        view! {
            <li>
                <button type="button" class="legend__item" aria-pressed=pressed
                    disabled=move || !live.get() on:click=toggle>
                    <Swatch hue=layer.hue/>
                    <span>{layer.name}</span>
                </button>
            </li>
        }
    });
    let unfinished = in_progress.then(|| {
        view! {
            <li class="legend__note">
                <span class="swatch swatch--hatch" aria-hidden="true"></span>
                <span>{tr!(chart.in_progress)}</span>
            </li>
        }
    });
    view! {
        <ul class="legend" aria-label=tr!(chart.legend) data-testid="legend">
            {items.collect_view()}
            {unfinished}
        </ul>
    }
}
