//! Of what, where and when a report speaks.

use super::demo;
use crate::components::icon::Icon;
use crate::{format, tr};
use leptos::prelude::*;
use tokenscope::report::Frame;
use tokenscope::time::{Instant, SECOND};

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
        {frame.demo.then(demo::ribbon)}
    }
    .into_any()
}

/// What in the view could not be followed.
pub fn notices(frame: &Frame) -> Vec<String> {
    let unknown = frame.unknown.iter();
    let mut notices: Vec<String> =
        unknown.map(|slug| tr!(overview.unknown, value = slug.clone())).collect();
    notices.extend(frame.grain_refused.map(|_| tr!(overview.grain_refused).to_owned()));
    notices
}

/// When the newest event arrived, and the instant of the figures.
pub fn freshness(frame: &Frame) -> AnyView {
    let newest = match frame.fresh_at {
        Some(at) => tr!(overview.fresh, ago = ago(frame.now, at), at = instant(at, frame)),
        None => tr!(overview.stale).to_owned(),
    };
    let as_of = tr!(overview.as_of, at = instant(frame.now, frame));
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

/// A single instant in the reader's zone; the zone is named where it is his own.
fn instant(at: Instant, frame: &Frame) -> String {
    let text = format::date_time(at, frame.zone_of_instants());
    match &frame.instants {
        Some(zone) => tr!(overview.in_zone, at = text, zone = zone.name.clone()),
        None => text,
    }
}

/// How long ago something was, in the largest unit that fits.
fn ago(now: Instant, at: Instant) -> String {
    let minutes = now.since(at) / (60 * SECOND);
    match minutes {
        ..1 => tr!(overview.ago_now).to_owned(),
        1..120 => tr!(overview.ago_minutes, count = minutes),
        120..2880 => tr!(overview.ago_hours, count = minutes / 60),
        _ => tr!(overview.ago_days, count = minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_of_the_newest_event_is_rounded_down() {
        let minute = 60 * SECOND;
        let now = Instant::from_micros(0);
        for (age, words) in [
            (-minute, "just now"),
            (minute - 1, "just now"),
            (minute, "1 min ago"),
            (119 * minute, "119 min ago"),
            (120 * minute, "2 h ago"),
            (47 * 60 * minute, "47 h ago"),
            (48 * 60 * minute, "2 days ago"),
        ] {
            assert_eq!(ago(now, now.plus(-age)), words);
        }
    }
}
