//! The newest events, one a row.

use crate::components::table::{Cell, Head, Table};
use crate::{format, tr};
use leptos::prelude::*;
use tokenscope::report::{Frame, RecentEvent};

/// The last own events.
pub fn events_table(events: Vec<RecentEvent>, frame: &Frame) -> AnyView {
    if events.is_empty() {
        return view! { <p class="hint">{tr!(me.no_recent)}</p> }.into_any();
    }
    let places = format::decimals(events.iter().map(|event| event.tokens.micro()));
    let heads = vec![
        Head::text(tr!(table.time)),
        Head::text(tr!(table.app)),
        Head::text(tr!(table.api)),
        Head::text(tr!(table.variant)),
        Head::number(tr!(table.quantity)),
        Head::number(tr!(table.tokens)),
        Head::text(tr!(table.status)),
    ];
    Table {
        id: "recent",
        caption: tr!(table.recent, zone = frame.zone_of_instants().name.clone()),
        heads,
        rows: events.into_iter().map(|event| row(event, places, frame)).collect(),
        foot: None,
    }
    .view()
}

fn row(event: RecentEvent, places: usize, frame: &Frame) -> Vec<Cell> {
    let quantity = format::full(event.quantity.micro());
    let status = if event.failed {
        Cell::State("failed", tr!(table.failed))
    } else {
        Cell::State("ok", tr!(table.success))
    };
    vec![
        Cell::Time(event.time.rfc3339(), format::date_time(event.time, frame.zone_of_instants())),
        Cell::Text(event.app),
        Cell::Text(event.api),
        Cell::Text(event.variant),
        Cell::Number(tr!(unit.amount, amount = quantity, unit = event.unit)),
        Cell::Number(format::padded(event.tokens.micro(), places)),
        status,
    ]
}
