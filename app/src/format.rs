//! Every number, share, date and duration on a page passes here.
//!
//! Integers only, the organization's zone only: the server and the browser must print the same,
//! so neither the browser's locale nor its clock takes part. Amounts are millionths, as
//! [`tokenscope::tokens`] holds them. What is written how follows the page's language: thousands
//! or myriads, the year first or last, one or many.

use crate::i18n::Locale;
use crate::text::locale;
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

/// An amount with its unit, all digits: `1,234.5 tokens`, `1 token`.
#[must_use]
pub fn amount(micro: i64, unit: &str) -> String {
    let unit = match unit {
        unit if micro != MICRO => unit,
        unit if unit == tr!(unit.tokens) => tr!(format.token),
        unit if unit == tr!(unit.events) => tr!(format.event),
        unit => unit,
    };
    tr!(unit.amount, amount = full(micro), unit = unit.to_owned())
}

/// So many events: `1 event`, `1,234 events`.
#[must_use]
pub fn events(number: i64) -> String {
    let unit = if number == 1 { tr!(format.event) } else { tr!(unit.events) };
    tr!(unit.amount, amount = count(number), unit = unit.to_owned())
}

/// So many days: `1 day`, `28 days`.
#[must_use]
pub fn day_count(number: i64) -> String {
    if number == 1 {
        tr!(format.one_day, count = number)
    } else {
        tr!(format.days, count = count(number))
    }
}

/// What a unit of counting is worth in millionths, and its sign.
type Tier = (u128, &'static str);

/// English counts in thousands.
const THOUSANDS: [Tier; 5] = [
    (1_000_000, ""),
    (1_000_000_000, "k"),
    (1_000_000_000_000, "M"),
    (1_000_000_000_000_000, "B"),
    (1_000_000_000_000_000_000, "T"),
];

/// Japanese counts in myriads.
const MYRIADS: [Tier; 4] = [
    (1_000_000, ""),
    (10_000_000_000, "万"),
    (100_000_000_000_000, "億"),
    (1_000_000_000_000_000_000, "兆"),
];

/// Three significant digits: `1.23k`, `20`, `0.00123` with k, M, B or T in English, and with
/// 万, 億 or 兆 in Japanese, where up to four digits stand before the sign.
#[must_use]
pub fn compact(micro: i64) -> String {
    let tiers: &[Tier] = match locale() {
        Locale::en => &THOUSANDS,
        Locale::ja => &MYRIADS,
    };
    let sign = if micro < 0 { String::from(MINUS) } else { String::new() };
    let magnitude = u128::from(micro.unsigned_abs());
    let Some(tier) = tiers.iter().rposition(|(unit, _)| magnitude >= *unit) else {
        return format!("{sign}{}", small(magnitude));
    };
    let (unit, name) = tiers[tier];
    let rounded = rounded(magnitude, unit);
    match tiers.get(tier + 1) {
        // 999.9 is rounded up to the next unit.
        Some((next, name)) if rounded >= *next => format!("{sign}1{name}"),
        _ => format!("{sign}{}{name}", hundredths(rounded * 100 / unit)),
    }
}

/// At least a whole unit, with three significant digits.
fn rounded(magnitude: u128, unit: u128) -> u128 {
    let step = match magnitude / unit {
        0..=9 => unit / 100,
        10..=99 => unit / 10,
        100..=999 => unit,
        _ => unit * 10,
    };
    (magnitude + step / 2) / step * step
}

fn hundredths(number: u128) -> String {
    let whole = u64::try_from(number / 100).unwrap_or(u64::MAX);
    trimmed(format!("{}.{:02}", grouped(whole), number % 100))
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

/// First and last day; the year stands once where it is the same: last in English, first in
/// Japanese.
#[must_use]
pub fn between(first: Date, last: Date) -> (String, String) {
    if first.year() != last.year() || first == last {
        return (date(first), date(last));
    }
    match locale() {
        Locale::en => (day(first), date(last)),
        Locale::ja => (date(first), day(last)),
    }
}

/// First and last day of a range.
#[must_use]
pub fn span(range: &ResolvedRange) -> (String, String) {
    between(range.first, range.last)
}

/// First and last day of a period.
#[must_use]
pub fn days(period: Period, zone: &Zone) -> (String, String) {
    between(zone.date(period.from), last_day(period, zone))
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
            let (from, to) = between(first, last_day(period, zone));
            tr!(range.between, from = from, to = to)
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
