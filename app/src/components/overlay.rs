//! Hit areas and tooltip over the drawing, in the same geometry as the drawing.

use super::reading::Reading;
use super::swatch::Swatch;
use crate::charts::area::{Area, NARROW, WIDE};
use crate::tr;
use leptos::ev::{self, KeyboardEvent, PointerEvent};
use leptos::prelude::*;

/// Steps in which the tooltip follows the columns; the style sheet knows one place for each,
/// because a style attribute would need a weaker content security policy.
const PLACES: usize = 20;

type Readings = StoredValue<Vec<Reading>>;

/// One tab stop with arrow keys over the columns, told as a slider: a screen reader reads each
/// column as the value.
#[component]
pub fn Overlay(readings: Readings, hues: Vec<Option<u8>>) -> impl IntoView {
    let count = readings.with_value(Vec::len);
    let active = RwSignal::new(None::<usize>);
    let lines = readings.with_value(|all| all.iter().map(Reading::line).collect::<Vec<_>>());
    let text = move || active.get().and_then(|i| lines.get(i).cloned()).unwrap_or_default();
    let escape = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" {
            active.set(None);
        }
    });
    on_cleanup(move || escape.remove());
    let keys = move |event: KeyboardEvent| {
        if let Some(next) = moved(&event.key(), active.get_untracked(), count) {
            event.prevent_default();
            active.set(Some(next));
        }
    };
    let enter = move |_| active.update(|at| *at = at.or(count.checked_sub(1)));
    let leave = move |event: PointerEvent| {
        // A finger leaves at once when it lifts; what it touched stays.
        if event.pointer_type() == "mouse" {
            active.set(None);
        }
    };
    view! {
        <div class="overlay" data-testid="overlay" tabindex="0" role="slider"
            aria-label=tr!(chart.explore) aria-valuemin="1" aria-valuemax=count
            aria-valuenow=move || active.get().map_or(count, |i| i + 1)
            aria-valuetext=text
            on:keydown=keys on:focus=enter on:blur=move |_| active.set(None)
            on:pointerleave=leave>
            <HitAreas area=WIDE class="plot__svg plot__svg--wide" count active/>
            <HitAreas area=NARROW class="plot__svg plot__svg--narrow" count active/>
            {move || active.get().map(|at| view! {
                <Tooltip at count reading=readings.with_value(|all| all.get(at).cloned())
                    hues=hues.clone()/>
            })}
        </div>
    }
}

/// Where a key leads from a column.
fn moved(key: &str, at: Option<usize>, count: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    match key {
        "ArrowRight" | "ArrowUp" => Some(at.map_or(0, |i| (i + 1).min(last))),
        "ArrowLeft" | "ArrowDown" => Some(at.map_or(last, |i| i.saturating_sub(1))),
        "Home" => Some(0),
        "End" => Some(last),
        _ => None,
    }
}

#[component]
fn HitAreas(
    area: Area,
    class: &'static str,
    count: usize,
    active: RwSignal<Option<usize>>,
) -> impl IntoView {
    let slots = (0..count).map(|i| {
        let slot = area.slot(i, count);
        let on = move || (active.get() == Some(i)).to_string();
        view! {
            <rect class="hit" x=slot.left y="0" width=slot.right - slot.left height=area.height
                data-active=on on:pointerenter=move |_| active.set(Some(i))></rect>
        }
    });
    view! {
        <svg class=class viewBox=area.view_box() preserveAspectRatio="none" aria-hidden="true">
            {slots.collect_view()}
        </svg>
    }
}

#[component]
fn Tooltip(
    at: usize,
    count: usize,
    reading: Option<Reading>,
    hues: Vec<Option<u8>>,
) -> impl IntoView {
    let place = at * PLACES / count.max(1);
    reading.map(|reading| {
        let parts = reading.parts.into_iter().map(|(layer, name, amount, share)| {
            let hue = hues.get(layer).copied().flatten();
            view! {
                <li>
                    <Swatch hue/>
                    <span class="tip__name">{name}</span>
                    <span class="tip__amount">{amount}</span>
                    <span class="tip__share">{share}</span>
                </li>
            }
        });
        view! {
            <div class="tip" data-testid="tooltip" data-place=place aria-hidden="true">
                <p class="tip__period">{reading.period}</p>
                <p class="tip__total">{reading.total}</p>
                <ul>{parts.collect_view()}</ul>
            </div>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrow_keys_move_and_stop_at_the_ends() {
        assert_eq!(moved("ArrowRight", Some(1), 3), Some(2));
        assert_eq!(moved("ArrowRight", Some(2), 3), Some(2));
        assert_eq!(moved("ArrowLeft", Some(0), 3), Some(0));
        assert_eq!(moved("ArrowLeft", None, 3), Some(2));
        assert_eq!(moved("Home", Some(2), 3), Some(0));
        assert_eq!(moved("End", None, 3), Some(2));
        assert_eq!(moved("Enter", Some(1), 3), None);
        assert_eq!(moved("End", None, 0), None);
    }
}
