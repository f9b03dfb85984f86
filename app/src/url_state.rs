//! The view that a URL holds: reading its query forgivingly, printing it in one canonical way.
//!
//! A bad value never breaks a page: it falls back to its default and leaves a notice behind.

use tokenscope::report::{Metric, Preset, Range};
use tokenscope::time::Date;
use tokenscope::view::View;

/// The longest range of two dates. Ten years keep the number of columns and the work small.
pub const DAYS_MAX: i64 = 3660;
/// How much of a bad value a notice repeats.
const ECHO_MAX: usize = 40;

/// Something in a URL that was not understood, with the text as it stood there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// No such range.
    Range(String),
    /// No such metric.
    Metric(String),
    /// Dates that are none, stand alone, or are too far apart.
    Dates(String),
    /// A range beside dates, which go before it.
    RangeAndDates(String),
    /// A key without meaning here.
    Key(String),
    /// A key that was there already.
    Repeated(String),
}

/// Reads a query: the view, and a notice for everything that was not understood.
pub fn parse<'a>(query: impl IntoIterator<Item = (&'a str, &'a str)>) -> (View, Vec<Notice>) {
    let (mut view, mut notices) = (View::default(), Vec::new());
    let (mut preset, mut from, mut to, mut metric) = (None, None, None, None);
    for (key, value) in query {
        let slot = match key {
            "range" => &mut preset,
            "from" => &mut from,
            "to" => &mut to,
            "metric" => &mut metric,
            _ => {
                notices.push(Notice::Key(echo(key)));
                continue;
            }
        };
        match slot {
            None => *slot = Some(value),
            Some(_) => notices.push(Notice::Repeated(echo(key))),
        }
    }
    if let Some(code) = preset {
        match Preset::from_code(code) {
            Some(preset) => view.range = Range::Preset(preset),
            None => notices.push(Notice::Range(echo(code))),
        }
    }
    if from.is_some() || to.is_some() {
        match dates(from, to) {
            Some(range) => {
                notices.extend(preset.map(|code| Notice::RangeAndDates(echo(code))));
                view.range = range;
            }
            None => {
                let text = format!("{} – {}", from.unwrap_or("…"), to.unwrap_or("…"));
                notices.push(Notice::Dates(echo(&text)));
            }
        }
    }
    if let Some(code) = metric {
        match Metric::from_code(code) {
            Some(metric) => view.metric = metric,
            None => notices.push(Notice::Metric(echo(code))),
        }
    }
    (view, notices)
}

/// The canonical URL of a view: defaults are not written, keys stand in one order.
#[must_use]
pub fn url(path: &str, view: &View) -> String {
    let mut pairs = Vec::new();
    match view.range {
        Range::Preset(preset) if preset == Preset::default() => {}
        Range::Preset(preset) => pairs.push(format!("range={}", preset.code())),
        Range::Days { from, to } => {
            pairs.push(format!("from={}&to={}", from.min(to), from.max(to)));
        }
    }
    if view.metric != Metric::default() {
        pairs.push(format!("metric={}", view.metric.code()));
    }
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// Whether a range is one that a URL can ask for; server functions can be called with others.
#[must_use]
pub fn is_allowed(range: Range) -> bool {
    match range {
        Range::Preset(_) => true,
        Range::Days { from, to } => is_year_known(from) && is_year_known(to) && near(from, to),
    }
}

fn dates(from: Option<&str>, to: Option<&str>) -> Option<Range> {
    let (a, b) = (date(from?)?, date(to?)?);
    let range = Range::Days { from: a.min(b), to: a.max(b) };
    is_allowed(range).then_some(range)
}

/// `2026-10-31`, exactly so: the calendar's own parser also takes signs and single digits.
fn date(text: &str) -> Option<Date> {
    let plain = text.bytes().enumerate().all(|(i, b)| match i {
        4 | 7 => b == b'-',
        _ => b.is_ascii_digit(),
    });
    if text.len() == 10 && plain { text.parse().ok() } else { None }
}

fn is_year_known(date: Date) -> bool {
    use chrono::Datelike;
    (1970..=2999).contains(&date.year())
}

fn near(a: Date, b: Date) -> bool {
    (b - a).num_days().abs() < DAYS_MAX
}

fn echo(text: &str) -> String {
    match text.char_indices().nth(ECHO_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn nothing_asked_is_the_default_view_at_the_bare_path() {
        assert_eq!(parse([]), (View::default(), vec![]));
        assert_eq!(url("/overview", &View::default()), "/overview");
        assert_eq!(parse([("range", "28d"), ("metric", "tokens")]), (View::default(), vec![]));
    }

    #[test]
    fn every_preset_and_metric_reads_back_from_its_url() {
        for (preset, _) in Preset::ALL {
            for metric in [Metric::Tokens, Metric::Events] {
                let view = View { range: Range::Preset(preset), metric, ..View::default() };
                let url = url("/me", &view);
                let query = url.split_once('?').map_or("", |(_, query)| query);
                let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
                assert_eq!(parse(pairs), (view, vec![]), "{url}");
            }
        }
    }

    #[test]
    fn dates_are_inclusive_and_put_in_order() {
        let (view, notices) = parse([("from", "2026-10-31"), ("to", "2026-10-01")]);
        let range = Range::Days { from: day("2026-10-01"), to: day("2026-10-31") };
        assert_eq!((view.range, notices), (range, vec![]));
        assert_eq!(url("/me", &view), "/me?from=2026-10-01&to=2026-10-31");
    }

    #[test]
    fn each_bad_value_falls_back_alone() {
        let (view, notices) = parse([("range", "foo"), ("metric", "events"), ("colour", "red")]);
        assert_eq!(view, View { metric: Metric::Events, ..View::default() });
        assert_eq!(notices, [Notice::Key("colour".into()), Notice::Range("foo".into())]);
        let (view, notices) = parse([("range", "7d"), ("range", "90d"), ("metric", "euros")]);
        assert_eq!(view.range, Range::Preset(Preset::Days7));
        assert_eq!(notices, [Notice::Repeated("range".into()), Notice::Metric("euros".into())]);
    }

    #[test]
    fn bad_dates_are_refused_and_repeated_in_short() {
        for (from, to) in [
            ("2026-02-30", "2026-03-01"),
            ("+2026-1-1", "2026-03-01"),
            ("0001-01-01", "2026-03-01"),
            ("2000-01-01", "2026-03-01"),
            ("２０２６-01-01", "2026-03-01"),
            ("", ""),
        ] {
            let (view, notices) = parse([("from", from), ("to", to)]);
            assert_eq!(view, View::default(), "{from}");
            assert!(matches!(notices[..], [Notice::Dates(_)]), "{from}");
        }
        assert!(matches!(parse([("to", "2026-03-01")]).1[..], [Notice::Dates(_)]));
        let long = "ü".repeat(500);
        let (_, notices) = parse([("range", long.as_str())]);
        assert_eq!(notices, [Notice::Range(format!("{}…", "ü".repeat(40)))]);
    }

    #[test]
    fn dates_go_before_a_range() {
        let query = [("range", "7d"), ("from", "2026-10-01"), ("to", "2026-10-02")];
        let (view, notices) = parse(query);
        assert!(matches!(view.range, Range::Days { .. }));
        assert_eq!(notices, [Notice::RangeAndDates("7d".into())]);
    }
}
