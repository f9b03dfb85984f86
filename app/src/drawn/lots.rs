//! Lots that expire, and debts.

use super::links::Links;
use crate::components::table::{Cell, Head, Table};
use crate::{format, tr};
use leptos::prelude::*;
use tokenscope::access::Access;
use tokenscope::lot::LotKind;
use tokenscope::report::{ExpiringLot, Frame, Uncharged};

/// The lots that expire within 90 days.
pub fn expiring_table(lots: Vec<ExpiringLot>, frame: &Frame, links: Links) -> AnyView {
    if lots.is_empty() {
        return view! { <p class="hint">{tr!(expiring.none)}</p> }.into_any();
    }
    let amounts = lots.iter().flat_map(|lot| [lot.remaining.micro(), lot.unused.micro()]);
    let places = format::decimals(amounts);
    let row = |lot: ExpiringLot| {
        vec![
            Cell::Linked(links.team(&lot.team.slug), Box::new(Cell::Text(lot.team.name))),
            Cell::Text(kind(lot.kind).to_owned()),
            Cell::Time(lot.at.rfc3339(), format::date_time(lot.at, &frame.zone)),
            Cell::Number(format::padded(lot.remaining.micro(), places)),
            Cell::Number(format::padded(lot.unused.micro(), places)),
        ]
    };
    let heads = vec![
        Head::text(tr!(table.team)),
        Head::text(tr!(expiring.kind)),
        Head::text(tr!(expiring.at)),
        Head::number(tr!(expiring.remaining)),
        Head::number(tr!(expiring.unused)),
    ];
    Table {
        id: "expiring",
        caption: tr!(expiring.caption, zone = frame.zone.name.clone()),
        heads,
        rows: lots.into_iter().map(row).collect(),
        foot: None,
    }
    .view()
}

fn kind(kind: LotKind) -> &'static str {
    match kind {
        LotKind::Returned => tr!(expiring.returned),
        LotKind::CloudCredit => tr!(expiring.cloud_credit),
        LotKind::Promo => tr!(expiring.promo),
        LotKind::Contract => tr!(expiring.contract),
        LotKind::Flex => tr!(expiring.flex),
    }
}

/// The teams in debt.
pub fn uncharged_table(owed: Vec<Uncharged>, frame: &Frame, links: Links) -> AnyView {
    if owed.is_empty() {
        return view! { <p class="hint">{tr!(expiring.no_debt)}</p> }.into_any();
    }
    let places = format::decimals(owed.iter().map(|owed| owed.debt.micro()));
    let date = |at| format::date_of(at, &frame.zone);
    let row = |owed: Uncharged| {
        let since = owed.since.map(|at| Cell::Time(at.rfc3339(), date(at)));
        let end = match owed.access {
            Access::Grace { until } | Access::Restricted { since: until } => {
                Cell::Time(until.rfc3339(), date(until))
            }
            Access::Trial { .. } | Access::Full => Cell::Text(String::new()),
        };
        vec![
            Cell::Linked(links.team(&owed.team.slug), Box::new(Cell::Text(owed.team.name))),
            Cell::Number(format::padded(owed.debt.micro(), places)),
            since.unwrap_or(Cell::Text(String::new())),
            end,
        ]
    };
    let heads = vec![
        Head::text(tr!(table.team)),
        Head::number(tr!(balance.uncharged)),
        Head::text(tr!(expiring.since)),
        Head::text(tr!(expiring.grace_end)),
    ];
    Table {
        id: "uncharged",
        caption: tr!(expiring.uncharged_caption).to_owned(),
        heads,
        rows: owed.into_iter().map(row).collect(),
        foot: None,
    }
    .view()
}
