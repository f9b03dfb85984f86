//! What happened to a team's tokens besides usage.

use super::statement::kind;
use crate::components::figure::named_unit;
use crate::components::table::{Cell, Head, Table};
use crate::drawn::kinds;
use crate::{format, tr};
use leptos::prelude::*;
use tokenscope::report::{AccountReport, LotEvent};
use tokenscope::statement::Kind;

/// Newest first.
pub fn table(report: &AccountReport) -> AnyView {
    if report.events.is_empty() {
        return view! { <p class="hint">{tr!(ledger.no_events)}</p> }.into_any();
    }
    let frame = &report.frame;
    let places = format::decimals(report.events.iter().map(|event| event.amount.micro()));
    let zone = frame.instants.as_ref().unwrap_or(&frame.zone);
    let row = |event: &LotEvent| {
        vec![
            Cell::Time(event.at.rfc3339(), format::date_time(event.at, zone)),
            Cell::Text(what(event)),
            Cell::Text(event.lot.clone()),
            Cell::Text(event.lot_kind.map(kinds::name).unwrap_or_default().to_owned()),
            Cell::Number(format::padded(signed(event), places)),
        ]
    };
    Table {
        id: "events",
        caption: tr!(
            ledger.events_caption,
            unit = named_unit(&frame.token_name),
            zone = zone.name.clone()
        ),
        heads: vec![
            Head::text(tr!(table.time)),
            Head::text(tr!(ledger.what)),
            Head::text(tr!(tokens.reference)),
            Head::text(tr!(tokens.kind)),
            Head::number(tr!(ledger.amount)),
        ],
        rows: report.events.iter().map(row).collect(),
        foot: None,
    }
    .view()
}

fn what(event: &LotEvent) -> String {
    match (&event.other, event.kind) {
        (Some(team), Kind::MovedIn) => tr!(ledger.from_team, team = team.clone()),
        (Some(team), Kind::MovedOut | Kind::Shortfall) => {
            tr!(ledger.to_team, what = kind(event.kind), team = team.clone())
        }
        _ => kind(event.kind).to_owned(),
    }
}

/// What it did to the usable tokens.
fn signed(event: &LotEvent) -> i64 {
    match event.kind {
        Kind::Granted | Kind::MovedIn => event.amount.micro(),
        _ => -event.amount.micro(),
    }
}
