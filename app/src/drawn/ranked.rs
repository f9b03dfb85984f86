//! Ranked lists: apps, or apps and APIs.

use crate::components::figure::unit_of;
use crate::components::table::{Cell, Head, Table};
use crate::{format, tr};
use leptos::prelude::*;
use tokenscope::report::{Frame, Metric, RankedRow};

/// Name, what it belongs to (`group` is that column's heading), tokens and events.
pub fn ranked_table(
    rows: Vec<RankedRow>,
    metric: Metric,
    group: &'static str,
    frame: &Frame,
) -> AnyView {
    let (from, to) = format::span(&frame.range);
    let unit = unit_of(metric, frame);
    let (id, caption) = if group == tr!(table.api) {
        ("by-app-and-api", tr!(table.by_app_and_api, unit, from, to))
    } else {
        ("top-apps", tr!(table.by_app, unit, from, to))
    };
    let places = format::decimals(rows.iter().map(|row| row.tokens.micro()));
    let line = |row: RankedRow| {
        vec![
            Cell::Text(if row.direct { tr!(table.direct, team = row.name) } else { row.name }),
            Cell::Text(row.group),
            Cell::Number(format::padded(row.tokens.micro(), places)),
            Cell::Number(format::count(row.events)),
        ]
    };
    let heads = vec![
        Head::text(tr!(table.app)),
        Head::text(group),
        Head::number(tr!(table.tokens)),
        Head::number(tr!(table.events)),
    ];
    let rows = rows.into_iter().map(line).collect();
    Table { id, caption, heads, rows, foot: None }.view()
}
