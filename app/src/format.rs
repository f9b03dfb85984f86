//! Every number, share, date and duration on a page passes here.
//!
//! Integers only, the organization's zone only: the server and the browser must print the same,
//! so neither the browser's locale nor its clock takes part. Amounts are millionths, as
//! [`tokenscope::tokens`] holds them.

use crate::tr;
use chrono::{Datelike, Timelike};
use tokenscope::report::ResolvedRange;
use tokenscope::time::{Date, Grain, HOUR, Instant, Period, Zone};
use tokenscope::tokens::MICRO;

const MINUS: char = '\u{2212}';

/// All digits of an amount, with thousands separators and only as many decimals as it has.
#[must_use]
pub fn full(micro: i64) -> String {
    padded(micro, decimals([micro]))
}

/// All digits of an amount with at least so many decimals, so that a column of numbers lines up.
#[must_use]
pub fn padded(micro: i64, places: usize) -> String {
    let magnitude = micro.unsigned_abs();
    let (whole, rest) = (magnitude / MICRO.unsigned_abs(), magnitude % MICRO.unsigned_abs());
    let mut text = if micro < 0 { String::from(MINUS) } else { String::new() };
    text.push_str(&grouped(whole));
    let fraction = format!("{rest:06}");
    let places = places.max(decimals([micro])).min(6);
    if places > 0 {
        text.push('.');
        text.push_str(&fraction[..places]);
    }
    text
}

/// The most decimals that any of the amounts has.
pub fn decimals(amounts: impl IntoIterator<Item = i64>) -> usize {
    let places = |micro: i64| {
        let mut rest = micro.unsigned_abs() % MICRO.unsigned_abs();
        let mut places = if rest == 0 { 0 } else { 6 };
        while rest != 0 && rest.is_multiple_of(10) {
            rest /= 10;
            places -= 1;
        }
        places
    };
    amounts.into_iter().map(places).max().unwrap_or(0)
}

/// A plain number with thousands separators.
#[must_use]
pub fn count(number: i64) -> String {
    let digits = grouped(number.unsigned_abs());
    if number < 0 { format!("{MINUS}{digits}") } else { digits }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Three significant digits with k, M, B or T: `1.23k`, `20`, `0.00123`.
#[must_use]
pub fn compact(micro: i64) -> String {
    const TIERS: [(u128, &str); 5] = [
        (1_000_000, ""),
        (1_000_000_000, "k"),
        (1_000_000_000_000, "M"),
        (1_000_000_000_000_000, "B"),
        (1_000_000_000_000_000_000, "T"),
    ];
    let sign = if micro < 0 { String::from(MINUS) } else { String::new() };
    let magnitude = u128::from(micro.unsigned_abs());
    let tier = TIERS.iter().rposition(|(unit, _)| magnitude >= *unit);
    let Some(tier) = tier else {
        return format!("{sign}{}", small(magnitude));
    };
    let digits = significant(magnitude, TIERS[tier].0);
    match TIERS.get(tier + 1) {
        // 999.9 is rounded up to the next unit.
        Some((_, next)) if digits == "1000" => format!("{sign}1{next}"),
        _ => format!("{sign}{digits}{}", TIERS[tier].1),
    }
}

fn significant(magnitude: u128, unit: u128) -> String {
    let places = match magnitude / unit {
        0..=9 => 2,
        10..=99 => 1,
        _ => 0,
    };
    let scale = 10_u128.pow(places);
    let rounded = (magnitude * scale + unit / 2) / unit;
    let width = usize::try_from(places).unwrap_or(0);
    trimmed(format!("{}.{:0width$}", rounded / scale, rounded % scale))
}

fn small(magnitude: u128) -> String {
    let digits = magnitude.checked_ilog10().map_or(1, |n| n + 1);
    let drop = 10_u128.pow(digits.saturating_sub(3));
    let rounded = (magnitude + drop / 2) / drop * drop;
    trimmed(format!("{}.{:06}", rounded / 1_000_000, rounded % 1_000_000))
}

fn trimmed(text: String) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A part in percent of a whole, in words; nothing where there is no whole.
#[must_use]
pub fn share(part: i64, whole: i64) -> Option<String> {
    if whole <= 0 {
        return None;
    }
    Some(percent(i128::from(part), i128::from(whole)))
}

fn percent(part: i128, whole: i128) -> String {
    let tenths = (part * 1000 + whole / 2) / whole;
    if tenths == 0 && part > 0 {
        return tr!(format.below_percent).to_owned();
    }
    let number = if tenths >= 100 || tenths == 0 {
        let whole_percent = i64::try_from((part * 100 + whole / 2) / whole);
        count(whole_percent.unwrap_or(i64::MAX))
    } else {
        trimmed(format!("{}.{}", tenths / 10, tenths % 10))
    };
    tr!(format.percent, number = number)
}

/// Whole percent that are already worked out.
#[must_use]
pub fn whole_percent(percent: u8) -> String {
    tr!(format.percent, number = percent)
}

/// How a total relates to the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// More by so many percent.
    More(String),
    /// Less by so many percent.
    Less(String),
    /// The same.
    Same,
    /// There was nothing before.
    New,
}

/// Compares a total with the one before it.
#[must_use]
pub fn change(now: i64, before: i64) -> Change {
    let by = i128::from(now) - i128::from(before);
    match by {
        0 => Change::Same,
        _ if before <= 0 => Change::New,
        1.. => Change::More(percent(by, i128::from(before))),
        _ => Change::Less(percent(-by, i128::from(before))),
    }
}

/// A waiting time, rounded up.
#[must_use]
pub fn wait(seconds: u32) -> String {
    if seconds < 90 {
        tr!(format.seconds, count = seconds)
    } else {
        tr!(format.minutes, count = seconds.div_ceil(60))
    }
}

fn month(date: Date) -> &'static str {
    match date.month() {
        1 => tr!(format.jan),
        2 => tr!(format.feb),
        3 => tr!(format.mar),
        4 => tr!(format.apr),
        5 => tr!(format.may),
        6 => tr!(format.jun),
        7 => tr!(format.jul),
        8 => tr!(format.aug),
        9 => tr!(format.sep),
        10 => tr!(format.oct),
        11 => tr!(format.nov),
        _ => tr!(format.dec),
    }
}

/// `21 Nov 2026`
#[must_use]
pub fn date(date: Date) -> String {
    tr!(format.date, day = date.day(), month = month(date), year = date.year())
}

/// `21 Nov`
#[must_use]
pub fn day(date: Date) -> String {
    tr!(format.day, day = date.day(), month = month(date))
}

/// `21 Nov 2026, 06:15`
#[must_use]
pub fn date_time(at: Instant, zone: &Zone) -> String {
    let local = zone.local(at);
    tr!(format.date_time, date = date(local.date()), time = time(at, zone))
}

/// The time of day in the zone, like 09:05.
pub fn time(at: Instant, zone: &Zone) -> String {
    let local = zone.local(at);
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// The calendar date of an instant: `21 Nov 2026`.
#[must_use]
pub fn date_of(at: Instant, zone: &Zone) -> String {
    date(zone.date(at))
}

/// The day that ends with an instant at midnight, or in which it lies.
fn last_day(period: Period, zone: &Zone) -> Date {
    zone.date(period.to.plus(-1).max(period.from))
}

/// First and last day of a range; the year stands once where it is the same.
#[must_use]
pub fn span(range: &ResolvedRange) -> (String, String) {
    let first = if range.first.year() == range.last.year() && range.first != range.last {
        day(range.first)
    } else {
        date(range.first)
    };
    (first, date(range.last))
}

/// First and last day of a period.
#[must_use]
pub fn days(period: Period, zone: &Zone) -> (String, String) {
    (date_of(period.from, zone), date(last_day(period, zone)))
}

/// The name of a column, in full: for the table and the tooltip.
#[must_use]
pub fn column(period: Period, grain: Grain, zone: &Zone) -> String {
    let first = zone.date(period.from);
    match grain {
        Grain::Hour => {
            let end = period.to.max(period.from.plus(HOUR / 2));
            let (from, to) = (time(period.from, zone), time(end, zone));
            tr!(format.hours, day = day(first), from = from, to = to)
        }
        Grain::Day => date(first),
        Grain::Week => {
            tr!(range.between, from = day(first), to = date(last_day(period, zone)))
        }
        Grain::Month => tr!(format.month_of, month = month(first), year = first.year()),
    }
}

/// The name of a column, in short: for the axis.
#[must_use]
pub fn tick(period: Period, grain: Grain, zone: &Zone) -> String {
    let first = zone.date(period.from);
    match grain {
        Grain::Hour => time(period.from, zone),
        Grain::Day | Grain::Week => day(first),
        Grain::Month => tr!(format.month_of, month = month(first), year = first.year()),
    }
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
