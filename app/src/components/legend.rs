//! The legend: one toggle a layer.

use super::controls::At;
use super::derived::{flag, text};
use super::shown::Shown;
use super::swatch::Swatch;
use crate::answer::LayerName;
use crate::{tr, url_state};
use leptos::prelude::*;
use tokenscope::view::View;

/// What URLs call the others together; no API has this code.
const OTHERS: &str = "~others";

/// What URLs call a layer.
#[must_use]
pub fn key(layer: &LayerName) -> &str {
    layer.slug.as_deref().unwrap_or(OTHERS)
}

/// Buttons that dim and show a layer, as the URL says. They do nothing before the page is alive,
/// so until then they are disabled; the style sheet lets them look like plain text.
#[component]
pub fn Legend(at: At, shown: Shown, live: RwSignal<bool>) -> impl IntoView {
    let toggle = move |name: &str| {
        let mut view = at.view.get_untracked();
        let before = view.hide.len();
        view.hide.retain(|hidden| hidden != name);
        if view.hide.len() == before {
            view.hide.push(name.to_owned());
        }
        at.go(&url_state::url(at.path, &view), true);
    };
    let item = move |layer: &LayerName| {
        let name = key(layer).to_owned();
        let named = name.clone();
        let is_shown = move |view: &View| !view.hide.contains(&named);
        let pressed = text(move || at.view.with(&is_shown).to_string());
        view! {
            <li>
                <button type="button" class="legend__item" aria-pressed=pressed
                    disabled=flag(move || !live.get()) on:click=move |_| toggle(&name)>
                    <Swatch hue=layer.hue/>
                    <span>{layer.name.clone()}</span>
                </button>
            </li>
        }
    };
    let items = move || shown.chart(|chart| chart.layers.iter().map(item).collect::<Vec<_>>());
    let unfinished = move || {
        shown.chart(|chart| chart.in_progress).then(|| {
            view! {
                <li class="legend__note">
                    <span class="swatch swatch--hatch" aria-hidden="true"></span>
                    <span>{tr!(chart.in_progress)}</span>
                </li>
            }
        })
    };
    view! {
        <ul class="legend" aria-label=tr!(chart.legend) data-testid="legend">
            {items}
            {unfinished}
        </ul>
    }
}
