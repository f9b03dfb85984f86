//! The chart's drawing and words.

use super::links::Links;
use crate::answer::{ChartView, LayerName, Part, Reading, Tick};
use crate::charts::stack::{Layer, heights, layers};
use crate::charts::{columns, scale};
use crate::components::figure::unit_of;
use crate::format::Change;
use crate::{format, tr};
use std::cmp::Reverse;
use tokenscope::report::{Frame, Metric, UsageSeries};
use tokenscope::time::Period;

/// Labels on the time axis: on a wide screen, and on a phone.
const LABELS: (usize, usize) = (12, 4);

/// Everything the browser needs of a chart.
pub fn chart_view(usage: &UsageSeries, frame: &Frame, links: Links) -> ChartView {
    let unit = unit_of(usage.metric, frame);
    let layers = layers(usage);
    let highest = heights(usage).into_iter().max().unwrap_or(0);
    let ticks = scale::ticks(highest, usage.metric == Metric::Events);
    let names = layers.iter().map(|layer| LayerName {
        name: layer.name.clone().unwrap_or_else(|| tr!(chart.others).to_owned()),
        hue: layer.hue,
        url: layer.slug.as_ref().map(|slug| links.api(slug)),
        slug: layer.slug.clone(),
    });
    ChartView {
        message: message(usage, &unit),
        svgs: columns::draw(usage),
        values: ticks.into_iter().rev().map(format::compact).collect(),
        times: times(usage, frame),
        layers: names.collect(),
        readings: readings(usage, &layers, (frame, links), &unit),
        in_progress: usage.columns.iter().any(|column| column.in_progress),
    }
}

fn times(usage: &UsageSeries, frame: &Frame) -> Vec<Option<Tick>> {
    let count = usage.columns.len();
    let wide = count.div_ceil(LABELS.0).max(1);
    let narrow = count.div_ceil(LABELS.1).max(1).next_multiple_of(wide);
    let tick = |(i, column): (usize, &tokenscope::report::Column)| {
        i.is_multiple_of(wide).then(|| Tick {
            text: format::tick(column.period, frame.range.grain, &frame.zone),
            wide_only: !i.is_multiple_of(narrow),
        })
    };
    usage.columns.iter().enumerate().map(tick).collect()
}

fn readings(
    usage: &UsageSeries,
    layers: &[Layer],
    (frame, links): (&Frame, Links),
    unit: &str,
) -> Vec<Reading> {
    let columns = usage.columns.iter().zip(heights(usage)).enumerate();
    columns
        .map(|(i, (column, height))| {
            let period = format::column(column.period, frame.range.grain, &frame.zone);
            let mut values: Vec<(u8, i64)> = (0..)
                .zip(layers)
                .map(|(number, layer)| (number, layer.values.get(i).copied().unwrap_or(0)))
                .filter(|(_, value)| *value > 0)
                .collect();
            values.sort_by_key(|(layer, value)| (Reverse(*value), *layer));
            let part = |(layer, value): (u8, i64)| Part {
                layer,
                amount: format::full(value),
                share: format::share(value, height).unwrap_or_default(),
                change: layers[usize::from(layer)].before.get(i).map(|was| change(value, *was)),
            };
            Reading {
                period: if column.in_progress { tr!(chart.now, period) } else { period },
                total: tr!(unit.amount, amount = format::full(height), unit = unit.to_owned()),
                parts: values.into_iter().map(part).collect(),
                url: drill_down(column.period, frame, links),
            }
        })
        .collect()
}

/// The days of a column, where they are fewer than the range shows.
fn drill_down(period: Period, frame: &Frame, links: Links) -> Option<String> {
    let (first, last) =
        (frame.zone.date(period.from), frame.zone.date(period.to.plus(-1).max(period.from)));
    let smaller = (first, last) != (frame.range.first, frame.range.last);
    smaller.then(|| links.days(first, last))
}

/// How a part relates to the same column of the comparison, in short.
fn change(now: i64, before: i64) -> String {
    match format::change(now, before) {
        Change::More(percent) => tr!(compare.part_more, percent = percent),
        Change::Less(percent) => tr!(compare.part_less, percent = percent),
        Change::Same => tr!(compare.part_same).to_owned(),
        Change::New => tr!(compare.part_new).to_owned(),
    }
}

/// The message of the chart: which API took the largest part.
fn message(usage: &UsageSeries, unit: &str) -> String {
    let unit = unit.to_owned();
    let total = format::full(usage.total);
    match usage.series.as_slice() {
        [] => tr!(chart.nothing, unit),
        [only] => tr!(chart.only, name = only.name.clone(), total, unit),
        [most, ..] => {
            let share = format::share(most.total, usage.total).unwrap_or_default();
            tr!(chart.message, name = most.name.clone(), share, total, unit)
        }
    }
}
