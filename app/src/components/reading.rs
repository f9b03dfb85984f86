//! What the chart says in words: its message, and each of its columns.

use crate::charts::stack::{Layer, heights, layers};
use crate::{format, tr};
use tokenscope::report::{Frame, UsageSeries};

/// One column, ready to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Its time, and whether it is not over.
    pub period: String,
    /// Its height in words.
    pub total: String,
    /// Its parts, largest first: number of the layer, name, amount, share.
    pub parts: Vec<(usize, String, String, String)>,
}

impl Reading {
    /// Everything in one line, for a screen reader.
    #[must_use]
    pub fn line(&self) -> String {
        let parts = self.parts.iter().map(|(_, name, amount, share)| {
            tr!(chart.part, name = name.clone(), amount = amount.clone(), share = share.clone())
        });
        let mut lines = vec![format!("{}: {}", self.period, self.total)];
        lines.extend(parts);
        lines.join("; ")
    }
}

/// The name of a layer.
#[must_use]
pub fn layer_name(layer: &Layer) -> String {
    layer.name.clone().unwrap_or_else(|| tr!(chart.others).to_owned())
}

/// What every column holds.
#[must_use]
pub fn readings(usage: &UsageSeries, frame: &Frame, unit: &str) -> Vec<Reading> {
    let layers = layers(usage);
    let columns = usage.columns.iter().zip(heights(usage)).enumerate();
    columns
        .map(|(i, (column, height))| {
            let period = format::column(column.period, frame.range.grain, &frame.zone);
            let mut parts: Vec<(usize, &Layer, i64)> = layers
                .iter()
                .enumerate()
                .map(|(n, layer)| (n, layer, layer.values.get(i).copied().unwrap_or(0)))
                .filter(|(_, _, value)| *value > 0)
                .collect();
            parts.sort_by_key(|(n, _, value)| (std::cmp::Reverse(*value), *n));
            let part = |(n, layer, value): (usize, &Layer, i64)| {
                let share = format::share(value, height).unwrap_or_default();
                (n, layer_name(layer), format::full(value), share)
            };
            Reading {
                period: if column.in_progress { tr!(chart.now, period) } else { period },
                total: tr!(unit.amount, amount = format::full(height), unit = unit.to_owned()),
                parts: parts.into_iter().map(part).collect(),
            }
        })
        .collect()
}

/// The message of the chart: which API took the largest part.
#[must_use]
pub fn message(usage: &UsageSeries, unit: &str) -> String {
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
