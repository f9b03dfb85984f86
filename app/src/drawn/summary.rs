//! The total of a range and how it relates to the period before.

use super::links::Links;
use crate::components::figure::{Figure, metric_title, unit_of};
use crate::format::{self, Change};
use crate::{routes, tr};
use leptos::prelude::*;
use tokenscope::report::{Frame, Preset, Range, UsageSeries};
use tokenscope::view::{Compare, View};

/// The total, and the comparison in words. More is neither good nor bad: no colour.
pub fn usage_summary(usage: &UsageSeries, frame: &Frame, links: Links) -> AnyView {
    let unit = unit_of(usage.metric, frame);
    let top = (links.path == routes::ME).then(|| top_api(usage, links)).flatten();
    let compared = before(links.view, frame).map(|before| {
        let (from, to) = format::days(frame.range.previous, &frame.zone);
        let span = if from == to { to } else { tr!(range.between, from = from, to = to) };
        // A range that is not over is compared up to the same time of day.
        let cut = frame.range.elapsed.to < frame.range.period.to;
        let span = if cut {
            let time = format::time(frame.range.previous.to, &frame.zone);
            tr!(compare.until, span = span, time = time)
        } else {
            span
        };
        let words = words(usage, before);
        view! {
            <p class="summary__change" data-testid="change">{words}</p>
            <p class="summary__span">{span}</p>
        }
    });
    view! {
        <div class="summary" data-testid="usage-total">
            <p class="summary__label">{metric_title(usage.metric)}</p>
            <p class="summary__total"><Figure micro=usage.total unit/></p>
            {compared}
            {top}
        </div>
    }
    .into_any()
}

/// The API that took the largest part.
fn top_api(usage: &UsageSeries, links: Links) -> Option<AnyView> {
    let top = usage.series.first()?;
    let share = format::share(top.total, usage.total)?;
    let href = links.api(&top.slug);
    Some(
        view! {
            <p class="summary__top" data-testid="top-api">
                {tr!(me.top_api)}" "<a href=href data-noscroll="">{top.name.clone()}</a>" "{share}
            </p>
        }
        .into_any(),
    )
}

fn words(usage: &UsageSeries, before: String) -> String {
    match format::change(usage.total, usage.previous_total) {
        Change::More(percent) => tr!(compare.more, percent = percent, before = before),
        Change::Less(percent) => tr!(compare.less, percent = percent, before = before),
        Change::Same => tr!(compare.same, before = before),
        Change::New => tr!(compare.new, before = before),
    }
}

/// What the range is compared with; everything there is has nothing before it.
fn before(view: &View, frame: &Frame) -> Option<String> {
    let days = (frame.range.last - frame.range.first).num_days() + 1;
    let text = match view.range {
        Range::Preset(Preset::All) => return None,
        _ if view.compare == Compare::YearBefore && days == 1 => tr!(compare.day_year_before),
        _ if view.compare == Compare::YearBefore => tr!(compare.year_before),
        Range::Preset(Preset::MonthToDate | Preset::LastMonth) => tr!(compare.month),
        Range::Preset(Preset::QuarterToDate) => tr!(compare.quarter),
        Range::Preset(Preset::YearToDate) => tr!(compare.year),
        Range::Preset(Preset::Months12) => tr!(compare.months12),
        _ if days == 1 => tr!(compare.day),
        _ => return Some(tr!(compare.days, count = days)),
    };
    Some(text.to_owned())
}
