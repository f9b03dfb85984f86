//! The newest events, one a row.

use super::table::TableRegion;
use crate::{format, tr};
use leptos::either::Either;
use leptos::prelude::*;
use std::sync::Arc;
use tokenscope::report::{Frame, RecentEvent};

/// The last own events.
#[component]
pub fn EventsTable(events: Vec<RecentEvent>, frame: Arc<Frame>) -> impl IntoView {
    if events.is_empty() {
        return Either::Left(view! { <p class="hint">{tr!(me.no_recent)}</p> });
    }
    let places = format::decimals(events.iter().map(|event| event.tokens.micro()));
    let rows: Vec<_> = events
        .into_iter()
        .map(|event| view! { <EventRow event places frame=frame.clone()/> })
        .collect();
    let caption = tr!(table.recent, zone = frame.zone.name.clone());
    Either::Right(view! {
        <TableRegion id="recent" caption>
            <thead>
                <tr>
                    <th scope="col">{tr!(table.time)}</th>
                    <th scope="col">{tr!(table.app)}</th>
                    <th scope="col">{tr!(table.api)}</th>
                    <th scope="col">{tr!(table.variant)}</th>
                    <th scope="col" class="number">{tr!(table.quantity)}</th>
                    <th scope="col" class="number">{tr!(table.tokens)}</th>
                    <th scope="col">{tr!(table.status)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableRegion>
    })
}

#[component]
fn EventRow(event: RecentEvent, places: usize, frame: Arc<Frame>) -> impl IntoView {
    let quantity = format::full(event.quantity.micro());
    let quantity = tr!(unit.amount, amount = quantity, unit = event.unit);
    let (state, status) = if event.failed {
        ("failed", tr!(table.failed))
    } else {
        ("ok", tr!(table.success))
    };
    view! {
        <tr>
            <th scope="row">
                <time datetime=event.time.rfc3339()>
                    {format::date_time(event.time, &frame.zone)}
                </time>
            </th>
            <td>{event.app}</td>
            <td>{event.api}</td>
            <td>{event.variant}</td>
            <td class="number">{quantity}</td>
            <td class="number">{format::padded(event.tokens.micro(), places)}</td>
            <td><span class="badge badge--small" data-state=state>{status}</span></td>
        </tr>
    }
}
