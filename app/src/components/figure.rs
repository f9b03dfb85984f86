//! A figure in short, with all its digits on hover and focus.

use crate::format;
use crate::tr;
use leptos::either::Either;
use leptos::prelude::*;
use tokenscope::report::{Frame, Metric};

/// Three significant digits; the exact value opens on hover and focus and is what a screen
/// reader reads.
#[component]
pub fn Figure(micro: i64, unit: String) -> impl IntoView {
    let (short, exact) = (format::compact(micro), format::full(micro));
    let whole = format::amount(micro, &unit);
    if short == exact {
        return Either::Left(view! { <span class="figure">{short}</span> });
    }
    Either::Right(view! {
        <span class="figure figure--short" tabindex="0" data-testid="figure">
            <span aria-hidden="true">{short}</span>
            <span class="figure__exact">{whole}</span>
        </span>
    })
}

/// What an amount of the metric is called: the organization's own word, when it has one.
#[must_use]
pub fn unit_of(metric: Metric, frame: &Frame) -> String {
    match metric {
        Metric::Events => tr!(unit.events).to_owned(),
        Metric::Tokens => token_unit(frame),
    }
}

/// What tokens are called.
#[must_use]
pub fn token_unit(frame: &Frame) -> String {
    named_unit(&frame.token_name)
}

/// What tokens are called in an organization with this name for one.
#[must_use]
pub fn named_unit(token_name: &str) -> String {
    match token_name {
        "" | "token" => tr!(unit.tokens).to_owned(),
        name => name.to_owned(),
    }
}

/// The heading of what is counted.
#[must_use]
pub fn metric_title(metric: Metric) -> &'static str {
    match metric {
        Metric::Tokens => tr!(metric.tokens_used),
        Metric::Events => tr!(metric.events_counted),
    }
}
