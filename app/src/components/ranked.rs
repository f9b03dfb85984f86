//! Ranked lists: apps, or apps and APIs.

use super::figure::token_unit;
use super::table::TableRegion;
use crate::{format, tr};
use leptos::prelude::*;
use std::sync::Arc;
use tokenscope::report::{Frame, Metric, RankedRow};

/// Name, what it belongs to (`group` is that column's heading), tokens and events.
#[component]
pub fn RankedTable(
    id: &'static str,
    rows: Vec<RankedRow>,
    metric: Metric,
    group: &'static str,
    frame: Arc<Frame>,
) -> impl IntoView {
    let (from, to) = format::span(&frame.range);
    let unit = match metric {
        Metric::Tokens => token_unit(&frame),
        Metric::Events => tr!(unit.events).to_owned(),
    };
    let caption = if group == tr!(table.api) {
        tr!(table.by_app_and_api, unit, from, to)
    } else {
        tr!(table.by_app, unit, from, to)
    };
    let places = format::decimals(rows.iter().map(|row| row.tokens.micro()));
    let line = |row: RankedRow| {
        view! {
            <tr>
                <th scope="row">{row.name}</th>
                <td>{row.group}</td>
                <td class="number">{format::padded(row.tokens.micro(), places)}</td>
                <td class="number">{format::count(row.events)}</td>
            </tr>
        }
    };
    let lines = rows.into_iter().map(line).collect_view();
    view! {
        <TableRegion id caption>
            <thead>
                <tr>
                    <th scope="col">{tr!(table.app)}</th>
                    <th scope="col">{group}</th>
                    <th scope="col" class="number">{tr!(table.tokens)}</th>
                    <th scope="col" class="number">{tr!(table.events)}</th>
                </tr>
            </thead>
            <tbody>{lines}</tbody>
        </TableRegion>
    }
}
