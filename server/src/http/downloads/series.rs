//! The chart as JSON, with amounts as exact decimal strings.

use crate::service::fault;
use serde::Serialize;
use tokenscope::fault::Fault;
use tokenscope::report::{Column, Frame, Metric, Series, UsageSeries};
use tokenscope::time::{Date, Grain, Instant, Period};
use tokenscope::tokens::Tokens;
use tokenscope::view::{Filters, View};

#[derive(Serialize)]
struct Document<'a> {
    organization: &'a str,
    zone: &'a str,
    as_of: Instant,
    first_day: Date,
    last_day: Date,
    /// The part that has passed.
    elapsed: Period,
    compared_with: Period,
    compare: &'static str,
    grain: Grain,
    metric: &'static str,
    filters: &'a Filters,
    /// Sum of the metric over all series, and over the comparison.
    total: Tokens,
    previous_total: Tokens,
    columns: Vec<Span>,
    series: Vec<Api<'a>>,
}

#[derive(Serialize)]
struct Span {
    from: Instant,
    to: Instant,
    in_progress: bool,
}

/// One value a column.
#[derive(Serialize)]
struct Api<'a> {
    api: &'a str,
    name: &'a str,
    tokens: Vec<Tokens>,
    events: Vec<i64>,
}

fn span(column: &Column) -> Span {
    Span { from: column.period.from, to: column.period.to, in_progress: column.in_progress }
}

fn api(series: &Series) -> Api<'_> {
    Api {
        api: &series.slug,
        name: &series.name,
        tokens: series.used.iter().map(|used| used.tokens).collect(),
        events: series.used.iter().map(|used| used.events).collect(),
    }
}

/// The series of the chart. Totals are tokens, or events, as `metric` says.
pub(super) fn json(frame: &Frame, usage: &UsageSeries, view: &View) -> Result<String, Fault> {
    let document = Document {
        organization: &frame.organization,
        zone: &frame.zone.name,
        as_of: frame.now,
        first_day: frame.range.first,
        last_day: frame.range.last,
        elapsed: frame.range.elapsed,
        compared_with: frame.range.previous,
        compare: view.compare.code(),
        grain: frame.range.grain,
        metric: Metric::code(usage.metric),
        filters: &view.filters,
        // Both metrics are counted in millionths.
        total: Tokens::from_micro(usage.total),
        previous_total: Tokens::from_micro(usage.previous_total),
        columns: usage.columns.iter().map(span).collect(),
        series: usage.series.iter().map(api).collect(),
    };
    serde_json::to_string(&document)
        .map_err(|error| fault::internal(&format!("a file of usage: {error}")))
}
