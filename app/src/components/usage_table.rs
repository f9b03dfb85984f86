//! The numbers of the chart as tables.

use super::figure::unit_of;
use super::swatch::Swatch;
use super::table::TableRegion;
use crate::charts::stack::{LAYERS_MAX, heights};
use crate::{format, tr};
use leptos::prelude::*;
use std::sync::Arc;
use tokenscope::report::{Column, Frame, Series, UsageSeries};

/// Every API with its total and share, and behind a disclosure every column.
#[component]
pub fn UsageTables(usage: Arc<UsageSeries>, frame: Arc<Frame>) -> impl IntoView {
    view! {
        <ByApi usage=usage.clone() frame=frame.clone()/>
        <details class="details" data-testid="buckets">
            <summary>{tr!(table.show_buckets)}</summary>
            <ByColumn usage frame/>
        </details>
    }
}

#[component]
fn ByApi(usage: Arc<UsageSeries>, frame: Arc<Frame>) -> impl IntoView {
    let (from, to) = format::span(&frame.range);
    let unit = unit_of(usage.metric, &frame);
    let places = format::decimals(usage.series.iter().map(|s| s.total).chain([usage.total]));
    let share = |part| format::share(part, usage.total).unwrap_or_default();
    let (total, whole) = (format::padded(usage.total, places), share(usage.total));
    let unit = capital(&unit);
    let caption = tr!(table.by_api, unit = unit.clone(), from, to);
    let row = |(rank, series): (usize, &Series)| {
        let hue = (rank < LAYERS_MAX).then_some(series.hue);
        view! {
            <tr>
                <th scope="row"><Swatch hue/>{series.name.clone()}</th>
                <td class="number">{format::padded(series.total, places)}</td>
                <td class="number">{share(series.total)}</td>
            </tr>
        }
    };
    let rows = usage.series.iter().enumerate().map(row).collect_view();
    view! {
        <TableRegion id="by-api" caption>
            <thead>
                <tr>
                    <th scope="col">{tr!(table.api)}</th>
                    <th scope="col" class="number">{unit}</th>
                    <th scope="col" class="number">{tr!(table.share)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
            <tfoot>
                <tr>
                    <th scope="row">{tr!(table.total)}</th>
                    <td class="number">{total}</td>
                    <td class="number">{whole}</td>
                </tr>
            </tfoot>
        </TableRegion>
    }
}

#[component]
fn ByColumn(usage: Arc<UsageSeries>, frame: Arc<Frame>) -> impl IntoView {
    let (from, to) = format::span(&frame.range);
    let unit = capital(&unit_of(usage.metric, &frame));
    let sums = heights(&usage);
    let values = usage.series.iter().flat_map(|s| s.values.iter().copied());
    let places = format::decimals(values.chain([usage.total]));
    let caption = tr!(table.by_bucket, unit, from, to);
    let number = |micro| view! { <td class="number">{format::padded(micro, places)}</td> };
    let head = |s: &Series| view! { <th scope="col" class="number">{s.name.clone()}</th> };
    let heads = usage.series.iter().map(head).collect_view();
    let row = |(i, (column, sum)): (usize, (&Column, i64))| {
        let name = format::column(column.period, frame.range.grain, &frame.zone);
        let name = if column.in_progress { tr!(chart.now, period = name) } else { name };
        let cells = usage.series.iter().map(|s| number(s.values.get(i).copied().unwrap_or(0)));
        view! {
            <tr><th scope="row">{name}</th>{cells.collect_view()}{number(sum)}</tr>
        }
    };
    let rows = usage.columns.iter().zip(sums).enumerate().map(row).collect_view();
    let totals = usage.series.iter().map(|s| number(s.total)).collect_view();
    let total = number(usage.total);
    view! {
        <TableRegion id="by-bucket" caption>
            <thead>
                <tr>
                    <th scope="col">{tr!(table.time)}</th>
                    {heads}
                    <th scope="col" class="number">{tr!(table.total)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
            <tfoot>
                <tr>
                    <th scope="row">{tr!(table.total)}</th>
                    {totals}
                    {total}
                </tr>
            </tfoot>
        </TableRegion>
    }
}

/// A unit at the start of a line.
fn capital(unit: &str) -> String {
    let mut letters = unit.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
