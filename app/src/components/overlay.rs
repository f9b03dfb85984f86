//! Pointer, keys and tooltip over the drawing, in the same geometry as the drawing.

use super::controls::At;
use super::derived::{maybe, text};
use super::shown::Shown;
use super::swatch::Swatch;
use crate::answer::{ChartView, LayerName, Part, Reading};
use crate::charts::area::{Area, NARROW, WIDE};
use crate::{tr, url_state};
use leptos::ev::{self, KeyboardEvent, PointerEvent};
use leptos::html;
use leptos::prelude::*;
use web_sys::{Element, FocusOptions};

/// Steps in which the tooltip follows the columns; the style sheet knows one place for each,
/// because a style attribute would need a weaker content security policy.
const PLACES: usize = 20;
/// The last place on either side: just past the middle.
const PLACE_MAX: usize = 11;

/// A column, and one of its layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spot {
    column: usize,
    layer: Option<u8>,
}

/// Which part of the chart is looked at, and where it leads.
#[derive(Clone, Copy)]
pub struct Pointer {
    at: At,
    shown: Shown,
    /// The drawing's place.
    pub area: NodeRef<html::Div>,
    overlay: NodeRef<html::Div>,
    spot: RwSignal<Option<Spot>>,
    /// Whether a click follows the part: a finger first shows what it would lead to.
    armed: StoredValue<bool>,
}

impl Pointer {
    /// Nothing is looked at.
    #[must_use]
    pub fn new(at: At, shown: Shown) -> Self {
        Self {
            at,
            shown,
            area: NodeRef::new(),
            overlay: NodeRef::new(),
            spot: RwSignal::new(None),
            armed: StoredValue::new(false),
        }
    }
    /// The pointer is over the drawing.
    pub fn moved(self, event: &PointerEvent) {
        let spot = self.under(event);
        if self.spot.get_untracked() != spot {
            self.spot.set(spot);
        }
    }
    /// A button or a finger is down. The keys go on from here.
    pub fn pressed(self, event: &PointerEvent) {
        let (before, spot) = (self.spot.get_untracked(), self.under(event));
        self.armed.set_value(event.pointer_type() == "mouse" || before == spot);
        self.spot.set(spot);
        if let Some(overlay) = self.overlay.get_untracked() {
            event.prevent_default();
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            // Without the focus the pointer works all the same.
            let _ = overlay.focus_with_options(&options);
        }
    }
    /// The pointer is gone.
    pub fn left(self, event: &PointerEvent) {
        // A finger leaves at once when it lifts; what it touched stays.
        if event.pointer_type() == "mouse" {
            self.spot.set(None);
        }
    }
    /// Follows the part under the pointer.
    pub fn clicked(self) {
        if let Some(Spot { layer: Some(layer), .. }) = self.spot.get_untracked()
            && self.armed.get_value()
        {
            self.follow(self.chart(|chart| url_of(chart, layer)));
        }
    }
    fn follow(self, url: Option<String>) {
        if let Some(url) = url {
            let hide = self.at.view.with_untracked(|view| view.hide.clone());
            self.spot.set(None);
            self.at.go(&url_state::with_hidden(&url, &hide), false);
        }
    }
    fn chart<T: Default>(self, read: impl FnOnce(&ChartView) -> T) -> T {
        untrack(|| self.shown.chart(read))
    }
    /// The column and the layer at the place of an event.
    fn under(self, event: &PointerEvent) -> Option<Spot> {
        let count = self.chart(|chart| chart.readings.len());
        let area = self.area.get_untracked()?.get_bounding_client_rect();
        let (from, width) = (pixels(area.left()), pixels(area.width()));
        let x = usize::try_from(event.client_x() - from).ok()?;
        let column = (x * count).checked_div(usize::try_from(width).ok()?)?;
        let marks = event_target::<Element>(event).closest("[class^=layer-]").ok().flatten();
        let class = marks.and_then(|marks| marks.get_attribute("class"));
        let layer = class.and_then(|class| class.strip_prefix("layer-")?.parse().ok());
        Some(Spot { column: column.min(count.checked_sub(1)?), layer })
    }
    fn key(self, event: &KeyboardEvent) {
        let spot = self.spot.get_untracked();
        let key = event.key();
        if key == "Enter" {
            let url = self.chart(|chart| {
                let spot = spot?;
                match spot.layer {
                    Some(layer) => url_of(chart, layer),
                    None => chart.readings.get(spot.column).and_then(|r| r.url.clone()),
                }
            });
            self.follow(url);
        } else if let Some(next) = self.chart(|chart| after_key(&key, spot, &chart.readings)) {
            event.prevent_default();
            self.spot.set(Some(next));
        }
    }
}

fn url_of(chart: &ChartView, layer: u8) -> Option<String> {
    chart.layers.get(usize::from(layer)).and_then(|layer| layer.url.clone())
}

/// Whole pixels are enough to find a column.
#[expect(clippy::cast_possible_truncation, reason = "no screen has more pixels")]
fn pixels(length: f64) -> i32 {
    length as i32
}

/// One tab stop with arrow keys over the columns and their parts, told as a slider: a screen
/// reader reads each column as the value.
#[component]
pub fn Overlay(shown: Shown, pointer: Pointer) -> impl IntoView {
    let spot = pointer.spot;
    let count = move || shown.chart(|chart| chart.readings.len());
    let last = move || count().checked_sub(1).map(|column| Spot { column, layer: None });
    let said = text(move || {
        let spot = spot.get();
        shown.chart(|chart| spot.and_then(|spot| line(chart, spot)).unwrap_or_default())
    });
    let most = text(move || count().to_string());
    let place = text(move || spot.get().map_or_else(count, |spot| spot.column + 1).to_string());
    let escape = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" {
            spot.set(None);
        }
    });
    on_cleanup(move || escape.remove());
    let enter = move |_| {
        if spot.get_untracked().is_none() {
            spot.set(untrack(last));
        }
    };
    let tip = move || {
        let spot = spot.get()?;
        shown.chart(|chart| tooltip(chart, spot))
    };
    view! {
        <div class="overlay" data-testid="overlay" tabindex="0" role="slider"
            aria-label=tr!(chart.explore) aria-valuemin="1" aria-valuemax=most
            aria-valuenow=place aria-valuetext=said node_ref=pointer.overlay
            on:keydown=move |event| pointer.key(&event)
            on:focus=enter on:blur=move |_| spot.set(None)>
            {mark(WIDE, "plot__svg plot__svg--wide", pointer)}
            {mark(NARROW, "plot__svg plot__svg--narrow", pointer)}
            {tip}
        </div>
    }
}

/// A column, or the part of it that is looked at, in one line for a screen reader.
fn line(chart: &ChartView, spot: Spot) -> Option<String> {
    let reading = chart.readings.get(spot.column)?;
    let period = reading.period.clone();
    let words = |part: &Part| {
        let name = named(chart, part.layer).name;
        let (amount, share) = (part.amount.clone(), part.share.clone());
        match part.change.clone() {
            Some(change) => tr!(chart.part_changed, name, amount, share, change),
            None => tr!(chart.part, name, amount, share),
        }
    };
    let part = reading.parts.iter().find(|part| Some(part.layer) == spot.layer);
    if let Some(part) = part {
        return Some(tr!(chart.column, period, total = words(part)));
    }
    let head = tr!(chart.column, period, total = reading.total.clone());
    Some(
        std::iter::once(head).chain(reading.parts.iter().map(words)).collect::<Vec<_>>().join("; "),
    )
}

fn named(chart: &ChartView, number: u8) -> LayerName {
    let layer = chart.layers.get(usize::from(number)).cloned();
    layer.unwrap_or(LayerName { name: String::new(), hue: None, slug: None, url: None })
}

/// Where a key leads: left and right between columns, up and down between the parts of one,
/// which stand in the order of the tooltip.
fn after_key(key: &str, spot: Option<Spot>, readings: &[Reading]) -> Option<Spot> {
    let last = readings.len().checked_sub(1)?;
    let column = |column: usize| {
        let layer = spot.and_then(|spot| spot.layer);
        let has = readings.get(column)?.parts.iter().any(|part| Some(part.layer) == layer);
        Some(Spot { column, layer: layer.filter(|_| has) })
    };
    let at = spot.map(|spot| spot.column.min(last));
    match key {
        "ArrowRight" => column(at.map_or(0, |at| (at + 1).min(last))),
        "ArrowLeft" => column(at.map_or(last, |at| at.saturating_sub(1))),
        "Home" => column(0),
        "End" => column(last),
        "ArrowDown" | "ArrowUp" => {
            let at = at.unwrap_or(last);
            let parts = &readings.get(at)?.parts;
            let layer = spot.and_then(|spot| spot.layer);
            let place = parts.iter().position(|part| Some(part.layer) == layer);
            let next = match (key, place) {
                ("ArrowDown", None) => 0,
                ("ArrowDown", Some(place)) => (place + 1).min(parts.len().saturating_sub(1)),
                // Above the first part the whole column is looked at.
                (_, place) => match place.and_then(|place| place.checked_sub(1)) {
                    Some(place) => place,
                    None => return Some(Spot { column: at, layer: None }),
                },
            };
            Some(Spot { column: at, layer: parts.get(next).map(|part| part.layer) })
        }
        _ => None,
    }
}

/// The column that is looked at, marked.
fn mark(area: Area, class: &'static str, pointer: Pointer) -> impl IntoView {
    let slot = move || {
        let count = pointer.shown.chart(|chart| chart.readings.len());
        pointer.spot.get().map(|spot| area.slot(spot.column, count))
    };
    let left = maybe(move || slot().map(|slot| slot.left.to_string()));
    let width = text(move || slot().map_or(0, |slot| slot.right - slot.left).to_string());
    view! {
        <svg class=class viewBox=area.view_box() preserveAspectRatio="none" aria-hidden="true">
            <rect class="hit" x=left y="0" width=width height=area.height></rect>
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

fn tooltip(chart: &ChartView, spot: Spot) -> Option<impl IntoView + use<>> {
    let reading = chart.readings.get(spot.column)?.clone();
    let (left, right) = places(spot.column, chart.readings.len());
    let row = |part: Part| {
        let LayerName { name, hue, .. } = named(chart, part.layer);
        let current = (spot.layer == Some(part.layer)).then_some("");
        view! {
            <li data-current=current>
                <Swatch hue/>
                <span class="tip__name">{name}</span>
                <span class="tip__amount">{part.amount}</span>
                <span class="tip__share">{part.share}</span>
                {part.change.map(|change| view! { <span class="tip__change">{change}</span> })}
            </li>
        }
    };
    let parts: Vec<_> = reading.parts.into_iter().map(row).collect();
    Some(view! {
        <div class="tip" data-testid="tooltip" data-left=left data-right=right aria-hidden="true">
            <p class="tip__period">{reading.period}</p>
            <p class="tip__total">{reading.total}</p>
            <ul>{parts}</ul>
        </div>
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

    fn readings(columns: &[&[u8]]) -> Vec<Reading> {
        let part = |layer: &u8| Part {
            layer: *layer,
            amount: String::new(),
            share: String::new(),
            change: None,
        };
        let reading = |layers: &&[u8]| Reading {
            period: String::new(),
            total: String::new(),
            parts: layers.iter().map(part).collect(),
            url: None,
        };
        columns.iter().map(reading).collect()
    }

    fn spot(column: usize, layer: Option<u8>) -> Option<Spot> {
        Some(Spot { column, layer })
    }

    #[test]
    fn left_and_right_move_between_columns_and_stop_at_the_ends() {
        let three = readings(&[&[], &[], &[]]);
        let after = |key: &str, at: Option<usize>| {
            let at = at.map(|column| Spot { column, layer: None });
            after_key(key, at, &three).map(|spot| spot.column)
        };
        assert_eq!(after("ArrowRight", Some(1)), Some(2));
        assert_eq!(after("ArrowRight", Some(2)), Some(2));
        assert_eq!(after("ArrowLeft", Some(0)), Some(0));
        assert_eq!(after("ArrowLeft", None), Some(2));
        assert_eq!(after("Home", Some(2)), Some(0));
        assert_eq!(after("End", None), Some(2));
        assert_eq!(after("x", Some(1)), None);
        assert_eq!(after_key("End", None, &[]), None);
        // Fewer columns came than there were.
        assert_eq!(after("ArrowRight", Some(9)), Some(2));
    }

    #[test]
    fn up_and_down_move_between_the_parts_of_a_column() {
        let two = readings(&[&[2, 0], &[2], &[]]);
        let after = |key: &str, at| after_key(key, at, &two);
        assert_eq!(after("ArrowDown", spot(0, None)), spot(0, Some(2)));
        assert_eq!(after("ArrowDown", spot(0, Some(2))), spot(0, Some(0)));
        assert_eq!(after("ArrowDown", spot(0, Some(0))), spot(0, Some(0)));
        assert_eq!(after("ArrowUp", spot(0, Some(0))), spot(0, Some(2)));
        assert_eq!(after("ArrowUp", spot(0, Some(2))), spot(0, None));
        assert_eq!(after("ArrowUp", spot(0, None)), spot(0, None));
        assert_eq!(after("ArrowDown", spot(2, None)), spot(2, None));
        // The part is kept where the next column has it.
        assert_eq!(after("ArrowRight", spot(0, Some(2))), spot(1, Some(2)));
        assert_eq!(after("ArrowRight", spot(0, Some(0))), spot(1, None));
    }
}
