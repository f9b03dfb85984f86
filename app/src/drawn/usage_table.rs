//! The numbers of the chart as tables.

use super::links::Links;
use crate::charts::stack::{LAYERS_MAX, heights};
use crate::components::figure::unit_of;
use crate::components::table::{Cell, Head, Table};
use crate::{format, tr};
use leptos::prelude::*;
use tokenscope::report::{Column, Frame, Series, UsageSeries};

/// Every API with its total and share; a row leads to the same page with this API alone.
pub fn by_api(usage: &UsageSeries, frame: &Frame, links: Links) -> AnyView {
    let (from, to) = format::span(&frame.range);
    let unit = capital(&unit_of(usage.metric, frame));
    let places = format::decimals(usage.series.iter().map(|s| s.total).chain([usage.total]));
    let numbers = |total: i64| {
        let share = format::share(total, usage.total).unwrap_or_default();
        [Cell::Number(format::padded(total, places)), Cell::Number(share)]
    };
    let row = |(rank, series): (usize, &Series)| {
        let hue = (rank < LAYERS_MAX).then_some(series.hue);
        let [total, share] = numbers(series.total);
        let name = Cell::Series(hue, series.name.clone());
        vec![Cell::Linked(links.api(&series.slug), Box::new(name)), total, share]
    };
    let [total, share] = numbers(usage.total);
    let heads = vec![
        Head::text(tr!(table.api)),
        Head::number(unit.clone()),
        Head::number(tr!(table.share)),
    ];
    Table {
        id: "by-api",
        caption: tr!(table.by_api, unit, from, to),
        heads,
        rows: usage.series.iter().enumerate().map(row).collect(),
        foot: Some(vec![Cell::Text(tr!(table.total).to_owned()), total, share]),
    }
    .view()
}

/// Every column.
pub fn by_column(usage: &UsageSeries, frame: &Frame) -> AnyView {
    let (from, to) = format::span(&frame.range);
    let unit = capital(&unit_of(usage.metric, frame));
    let values = usage.series.iter().flat_map(|s| s.values.iter().copied());
    let places = format::decimals(values.chain([usage.total]));
    let number = |micro| Cell::Number(format::padded(micro, places));
    let row = |(i, (column, sum)): (usize, (&Column, i64))| {
        let name = format::column(column.period, frame.range.grain, &frame.zone);
        let name = if column.in_progress { tr!(chart.now, period = name) } else { name };
        let parts = usage.series.iter().map(|s| number(s.values.get(i).copied().unwrap_or(0)));
        let mut cells = vec![Cell::Text(name)];
        cells.extend(parts.chain([number(sum)]));
        cells
    };
    let mut heads = vec![Head::text(tr!(table.time))];
    heads.extend(usage.series.iter().map(|s| Head::number(s.name.clone())));
    heads.push(Head::number(tr!(table.total)));
    let mut foot = vec![Cell::Text(tr!(table.total).to_owned())];
    foot.extend(usage.series.iter().map(|s| number(s.total)).chain([number(usage.total)]));
    Table {
        id: "by-bucket",
        caption: tr!(table.by_bucket, unit, from, to),
        heads,
        rows: usage.columns.iter().zip(heights(usage)).enumerate().map(row).collect(),
        foot: Some(foot),
    }
    .view()
}

/// A unit at the start of a line.
fn capital(unit: &str) -> String {
    let mut letters = unit.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
