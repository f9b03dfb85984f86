//! Hit areas and tooltip over the drawing, in the same geometry as the drawing.

use super::swatch::Swatch;
use crate::answer::{LayerName, Reading};
use crate::charts::area::{Area, NARROW, WIDE};
use crate::tr;
use leptos::ev::{self, KeyboardEvent, PointerEvent};
use leptos::prelude::*;

/// Steps in which the tooltip follows the columns; the style sheet knows one place for each,
/// because a style attribute would need a weaker content security policy.
const PLACES: usize = 20;
/// The last place on either side: just past the middle.
const PLACE_MAX: usize = 11;

type Readings = StoredValue<Vec<Reading>>;
type Layers = StoredValue<Vec<LayerName>>;

/// One tab stop with arrow keys over the columns, told as a slider: a screen reader reads each
/// column as the value.
#[component]
pub fn Overlay(readings: Readings, layers: Layers) -> impl IntoView {
    let count = readings.with_value(Vec::len);
    let active = RwSignal::new(None::<usize>);
    let text = move || {
        let reading = active.get().and_then(|i| readings.with_value(|all| all.get(i).cloned()));
        reading.map(|reading| line(&reading, layers)).unwrap_or_default()
    };
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
                    layers/>
            })}
        </div>
    }
}

/// A column in one line, for a screen reader.
fn line(reading: &Reading, layers: Layers) -> String {
    let parts = reading.parts.iter().map(|part| {
        let (name, _) = layer(layers, part.layer);
        tr!(chart.part, name = name, amount = part.amount.clone(), share = part.share.clone())
    });
    let head = tr!(chart.column, period = reading.period.clone(), total = reading.total.clone());
    std::iter::once(head).chain(parts).collect::<Vec<_>>().join("; ")
}

fn layer(layers: Layers, number: u8) -> (String, Option<u8>) {
    layers.with_value(|all| {
        let layer = all.get(usize::from(number));
        layer.map(|layer| (layer.name.clone(), layer.hue)).unwrap_or_default()
    })
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

/// Where the tooltip stands: from the left edge, or from the right one; never over its column.
fn places(at: usize, count: usize) -> (Option<usize>, Option<usize>) {
    let count = count.max(1);
    if at * 2 < count {
        (Some(((at + 1) * PLACES).div_ceil(count).min(PLACE_MAX)), None)
    } else {
        (None, Some((PLACES - at * PLACES / count).min(PLACE_MAX)))
    }
}

#[component]
fn Tooltip(at: usize, count: usize, reading: Option<Reading>, layers: Layers) -> impl IntoView {
    let (left, right) = places(at, count);
    reading.map(|reading| {
        let parts = reading.parts.into_iter().map(|part| {
            let (name, hue) = layer(layers, part.layer);
            view! {
                <li>
                    <Swatch hue/>
                    <span class="tip__name">{name}</span>
                    <span class="tip__amount">{part.amount}</span>
                    <span class="tip__share">{part.share}</span>
                </li>
            }
        });
        view! {
            <div class="tip" data-testid="tooltip" data-left=left data-right=right
                aria-hidden="true">
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
    fn the_tooltip_stands_beside_its_column() {
        assert_eq!(places(0, 28), (Some(1), None));
        assert_eq!(places(8, 28), (Some(7), None));
        assert_eq!(places(27, 28), (None, Some(1)));
        assert_eq!(places(14, 28), (None, Some(10)));
        assert_eq!(places(0, 1), (Some(11), None));
        for count in 1..=92 {
            for at in 0..count {
                let (left, right) = places(at, count);
                assert!(left.xor(right).is_some_and(|place| (1..=PLACE_MAX).contains(&place)));
            }
        }
    }

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
