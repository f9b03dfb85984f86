//! Of what, where and when a report speaks.

use crate::components::icon::Icon;
use crate::{format, tr};
use leptos::prelude::*;
use tokenscope::report::Frame;

/// The days of the range, the zone they are counted in, and the ribbon of demo data.
pub fn range_line(frame: &Frame) -> AnyView {
    let (from, to) = format::span(&frame.range);
    let days = if frame.range.first == frame.range.last {
        to
    } else {
        tr!(range.between, from = from, to = to)
    };
    view! {
        <p class="range-line" data-testid="range-line">
            <strong>{days}</strong>
            <span>{tr!(range.zone, zone = frame.zone.name.clone())}</span>
        </p>
        {frame.demo.then(|| view! { <p class="ribbon" data-testid="demo">{tr!(app.demo)}</p> })}
    }
    .into_any()
}

/// When the newest event arrived, and the instant of the figures.
pub fn freshness(frame: &Frame) -> AnyView {
    let newest = match frame.fresh_at {
        Some(at) => tr!(overview.fresh, at = format::date_time(at, &frame.zone)),
        None => tr!(overview.stale).to_owned(),
    };
    let as_of = tr!(overview.as_of, at = format::date_time(frame.now, &frame.zone));
    view! {
        <footer class="freshness" data-testid="freshness">
            <Icon name="clock"/>
            <span>{newest}</span>
            <span>{as_of}</span>
            <span>{frame.organization.clone()}</span>
        </footer>
    }
    .into_any()
}
