//! The statement: opening, lines and closing, in two columns that add up.

use crate::components::figure::named_unit;
use crate::components::table::{Cell, Head, Table};
use crate::{format, tr};
use leptos::prelude::*;
use std::collections::BTreeMap;
use tokenscope::report::AccountReport;
use tokenscope::statement::{Kind, Line, Position};

/// What a kind of line is called.
pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Granted => tr!(ledger.granted),
        Kind::MovedIn => tr!(ledger.moved_in),
        Kind::Consumed => tr!(ledger.consumed),
        Kind::Settled => tr!(ledger.settled),
        Kind::Expired => tr!(ledger.expired),
        Kind::Voided => tr!(ledger.voided),
        Kind::MovedOut => tr!(ledger.moved_out),
        Kind::Shortfall => tr!(ledger.shortfall),
    }
}

/// Opening plus the lines is closing, in both columns.
pub fn table(report: &AccountReport) -> AnyView {
    let frame = &report.frame;
    let made = &report.statement.statement;
    let zone = &frame.zone;
    let ends = [made.opening, made.closing];
    let amounts = (made.lines.iter().flat_map(|line| [line.available, line.debt]))
        .chain(ends.iter().flat_map(|end| [end.available, end.debt]));
    let places = format::decimals(amounts.map(|amount| amount.micro()));
    let number = |micro: i64| Cell::Number(format::padded(micro, places));
    // Nearly every line moves one of the two only.
    let moved = |micro: i64| if micro == 0 { Cell::Number("–".into()) } else { number(micro) };
    let end = |name: &str, position: Position| {
        vec![
            Cell::Text(name.to_owned()),
            Cell::Text(String::new()),
            number(position.available.micro()),
            number(position.debt.micro()),
        ]
    };
    let lots: BTreeMap<&str, &str> = (report.lots.iter())
        .filter_map(|lot| Some((lot.id.as_str(), lot.reference.as_deref()?)))
        .collect();
    let line = |line: &Line| {
        vec![
            Cell::Text(kind(line.line).to_owned()),
            Cell::Text(about(line, report, &lots)),
            moved(line.available.micro()),
            moved(line.debt.micro()),
        ]
    };
    let first = zone.date(report.statement.from.unwrap_or(report.frame.now));
    let (from, to) = format::between(first, zone.date(frame.seen.as_of));
    let opening = end(tr!(ledger.opening), made.opening);
    let table = Table {
        id: "statement",
        caption: tr!(
            ledger.statement_caption,
            unit = named_unit(&frame.token_name),
            from = from,
            to = to,
            zone = zone.name.clone()
        ),
        heads: vec![
            Head::text(tr!(ledger.what)),
            Head::text(tr!(ledger.about)),
            Head::number(tr!(help.available)),
            Head::number(tr!(balance.uncharged)),
        ],
        rows: [opening].into_iter().chain(made.lines.iter().map(line)).collect(),
        foot: Some(end(tr!(ledger.closing), made.closing)),
    };
    let totals = report.statement.totals_only.then(|| {
        view! { <p class="hint">{tr!(ledger.totals_only)}</p> }
    });
    view! { {table.view()}{totals} }.into_any()
}

/// The lot by its reference, or app and API by their names.
fn about(line: &Line, report: &AccountReport, lots: &BTreeMap<&str, &str>) -> String {
    if let Some(lot) = &line.lot {
        return lots.get(lot.as_str()).map_or_else(|| lot.clone(), |found| (*found).to_owned());
    }
    let names = &report.names;
    let app = line.app.as_ref().map(|app| names.apps.get(app).unwrap_or(app).clone());
    let api = line.api.as_ref().map(|api| names.apis.get(api).unwrap_or(api).clone());
    let direct = || {
        // Of totals it is every app's; otherwise what was sent for the team itself.
        (!report.statement.totals_only).then(|| tr!(table.direct, team = report.team.name.clone()))
    };
    let parts = [api, app.or_else(direct)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
