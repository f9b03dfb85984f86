//! Instants, half-open periods and zones. Times are UTC microseconds; nothing here reads a clock.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime};
use chrono::{SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// Microseconds in a second, an hour and 24 hours.
pub const SECOND: i64 = 1_000_000;
/// See [`SECOND`].
pub const HOUR: i64 = 3600 * SECOND;
/// 24 hours; a calendar day in a zone can be longer or shorter.
pub const DAY: i64 = 24 * HOUR;

/// A point in time: microseconds since 1970-01-01T00:00:00Z, years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(i64);

/// A text that is no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a time like 2026-10-01T12:00:00Z (RFC 3339, with a zone)")]
pub struct TimeError;

impl Instant {
    /// 0001-01-01T00:00:00Z
    pub const MIN: Self = Self(-62_135_596_800 * SECOND);
    /// 9999-12-31T23:59:59Z
    pub const MAX: Self = Self(253_402_300_799 * SECOND);

    /// From microseconds; beyond the years 1 to 9999 the nearest end of the range.
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(Self::MIN.0, Self::MAX.0))
    }
    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }
    /// Later by so many microseconds (earlier when negative), kept within the range.
    #[must_use]
    pub fn plus(self, micros: i64) -> Self {
        Self::from_micros(self.0.saturating_add(micros))
    }
    /// Microseconds from `earlier` to this instant.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
    /// RFC 3339 in UTC, with fractions only where there are some.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.utc().to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }
    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or(DateTime::UNIX_EPOCH)
    }
    fn from_naive(naive: NaiveDateTime) -> Self {
        Self::from_micros(naive.and_utc().timestamp_micros())
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}
impl FromStr for Instant {
    type Err = TimeError;
    /// RFC 3339; what is finer than a microsecond is cut.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| TimeError)?;
        let instant = Self(time.timestamp_micros());
        if instant < Self::MIN || instant > Self::MAX { Err(TimeError) } else { Ok(instant) }
    }
}
impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.rfc3339())
    }
}
impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(|e: TimeError| de::Error::custom(format!("`{text}` {e}")))
    }
}

/// `[from, to)`: the first instant belongs to it, the last does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Period {
    /// The first instant in it.
    pub from: Instant,
    /// The first instant after it.
    pub to: Instant,
}

impl Period {
    /// A period; one that would end before it starts is empty.
    #[must_use]
    pub fn new(from: Instant, to: Instant) -> Self {
        Self { from, to: to.max(from) }
    }
    /// Whether the instant lies in it.
    #[must_use]
    pub fn contains(&self, at: Instant) -> bool {
        self.from <= at && at < self.to
    }
    /// Whether it holds no instant.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from >= self.to
    }
    /// Its length in microseconds.
    #[must_use]
    pub const fn micros(&self) -> i64 {
        self.to.since(self.from)
    }
}

/// A calendar date in some zone.
pub type Date = NaiveDate;

/// An organization's time zone as data: its name and the offsets in force, so that the same rules
/// run in the browser without a zone database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// IANA name, for people.
    pub name: String,
    /// Offset in seconds before the first transition.
    first_offset: i32,
    /// (UTC microseconds of the change, offset in seconds from then on), ascending.
    transitions: Vec<(i64, i32)>,
}

impl Zone {
    /// UTC itself.
    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".into(), first_offset: 0, transitions: Vec::new() }
    }
    /// From a zone database's rules: the offset before all changes, and the changes.
    #[must_use]
    pub fn new(name: String, first_offset: i32, mut transitions: Vec<(i64, i32)>) -> Self {
        transitions.sort_unstable();
        Self { name, first_offset, transitions }
    }
    /// The same zone with only the changes in the period, to send to a browser.
    #[must_use]
    pub fn clipped(&self, to: Period) -> Self {
        let inside = |t: &&(i64, i32)| t.0 > to.from.0 && t.0 < to.to.0;
        Self {
            name: self.name.clone(),
            first_offset: self.offset_s(to.from),
            transitions: self.transitions.iter().filter(inside).copied().collect(),
        }
    }
    /// Seconds east of UTC in force at an instant.
    #[must_use]
    pub fn offset_s(&self, at: Instant) -> i32 {
        match self.transitions.partition_point(|t| t.0 <= at.0) {
            0 => self.first_offset,
            n => self.transitions[n - 1].1,
        }
    }
    fn transition_before(&self, at: Instant) -> Option<i64> {
        let n = self.transitions.partition_point(|t| t.0 <= at.0);
        (n > 0).then(|| self.transitions[n - 1].0)
    }
    /// The wall clock's date and time at an instant.
    #[must_use]
    pub fn local(&self, at: Instant) -> NaiveDateTime {
        at.plus(i64::from(self.offset_s(at)) * SECOND).utc().naive_utc()
    }
    /// RFC 3339 with the wall clock's date, time and offset; a second of an offset is cut.
    #[must_use]
    pub fn rfc3339(&self, at: Instant) -> String {
        let (local, minutes) = (self.local(at), self.offset_s(at) / 60);
        let sign = if minutes < 0 { '-' } else { '+' };
        let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
        format!("{}{sign}{hours:02}:{minutes:02}", local.format("%Y-%m-%dT%H:%M:%S%.f"))
    }
    /// The calendar date at an instant. Where the clock goes back over midnight, the day that has
    /// begun goes on, so that dates never run backwards.
    #[must_use]
    pub fn date(&self, at: Instant) -> Date {
        let date = self.local(at).date();
        match self.transition_before(at) {
            Some(change) if at.0 - change < DAY => {
                date.max(self.local(Instant::from_micros(change - 1)).date())
            }
            _ => date,
        }
    }
    /// The first instant whose wall clock shows at least this time: the earlier of two, and the
    /// end of the gap where the clock jumps over it.
    #[must_use]
    pub fn instant(&self, local: NaiveDateTime) -> Instant {
        let wanted = Instant::from_naive(local).0;
        let last_before = self.transitions.partition_point(|t| t.0 <= wanted - 2 * DAY);
        let offset = match last_before {
            0 => self.first_offset,
            n => self.transitions[n - 1].1,
        };
        let mut guess = wanted - i64::from(offset) * SECOND;
        for &(at, offset) in &self.transitions[last_before..] {
            if at > wanted + 2 * DAY || guess < at {
                break;
            }
            guess = (wanted - i64::from(offset) * SECOND).max(at);
        }
        Instant::from_micros(guess)
    }
    /// When a date begins.
    #[must_use]
    pub fn day_start(&self, date: Date) -> Instant {
        self.instant(date.and_time(NaiveTime::MIN))
    }
    /// The whole days `[first, last]` as a period.
    #[must_use]
    pub fn days(&self, first: Date, last: Date) -> Period {
        Period::new(self.day_start(first), self.day_start(next_day(last)))
    }
    /// The bucket in which an instant lies. Buckets of one grain follow each other without gap or
    /// overlap, also where the clock changes.
    #[must_use]
    pub fn bucket(&self, grain: Grain, at: Instant) -> Period {
        match grain {
            Grain::Hour => self.hour_bucket(at),
            Grain::Day => {
                let date = self.date(at);
                self.days(date, date)
            }
            Grain::Week => {
                let monday = week_start(self.date(at));
                let next = monday.checked_add_days(Days::new(7)).unwrap_or(monday);
                Period::new(self.day_start(monday), self.day_start(next))
            }
            Grain::Month => {
                let first = month_start(self.date(at));
                Period::new(self.day_start(first), self.day_start(next_month(first)))
            }
        }
    }
    fn hour_bucket(&self, at: Instant) -> Period {
        let offset = i64::from(self.offset_s(at)) * SECOND;
        let start = (at.0 + offset).div_euclid(HOUR) * HOUR - offset;
        let start = match self.transition_before(at) {
            Some(change) if change > start => change,
            _ => start,
        };
        let n = self.transitions.partition_point(|t| t.0 <= at.0);
        let end = (start + offset).div_euclid(HOUR) * HOUR + HOUR - offset;
        let end = self.transitions.get(n).map_or(end, |t| end.min(t.0));
        Period::new(Instant::from_micros(start), Instant::from_micros(end))
    }
}

/// The length of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grain {
    /// One hour of the zone's wall clock.
    Hour,
    /// One calendar day.
    Day,
    /// Monday to Sunday (ISO 8601).
    Week,
    /// One calendar month.
    Month,
}

/// The day after; the last day there is stays.
#[must_use]
pub fn next_day(date: Date) -> Date {
    date.succ_opt().unwrap_or(date)
}
/// So many days earlier; the first day there is stays.
#[must_use]
pub fn days_before(date: Date, days: u32) -> Date {
    date.checked_sub_days(Days::new(u64::from(days))).unwrap_or(Date::MIN)
}
/// The Monday of the week (ISO 8601).
#[must_use]
pub fn week_start(date: Date) -> Date {
    days_before(date, date.weekday().num_days_from_monday())
}
/// The first of the month.
#[must_use]
pub fn month_start(date: Date) -> Date {
    date.with_day(1).unwrap_or(date)
}
/// The first of the next month.
#[must_use]
pub fn next_month(date: Date) -> Date {
    let first = month_start(date);
    first.checked_add_months(Months::new(1)).unwrap_or(first)
}
/// The same day so many months earlier, or the last day of that month.
#[must_use]
pub fn months_before(date: Date, months: u32) -> Date {
    date.checked_sub_months(Months::new(months)).unwrap_or(Date::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn t(text: &str) -> Instant {
        text.parse().unwrap()
    }
    fn berlin() -> Zone {
        // 2026: summer time from March 29, 01:00Z, to October 25, 01:00Z.
        let spring = t("2026-03-29T01:00:00Z").micros();
        let autumn = t("2026-10-25T01:00:00Z").micros();
        Zone::new("Europe/Berlin".into(), 3600, vec![(spring, 7200), (autumn, 3600)])
    }

    #[test]
    fn reads_and_prints_rfc_3339() {
        assert_eq!(t("2024-01-01T00:00:00+02:00").rfc3339(), "2023-12-31T22:00:00Z");
        assert_eq!(t("2023-11-16T18:15:46.6805900Z").rfc3339(), "2023-11-16T18:15:46.680590Z");
        assert_eq!(t("2024-01-01T00:00:00.1234569Z").micros() % SECOND, 123_456);
        assert!("2024-01-01".parse::<Instant>().is_err());
        assert!("2024-01-01T00:00:00".parse::<Instant>().is_err());
    }

    #[test]
    fn a_local_time_names_its_offset() {
        let zone = berlin();
        assert_eq!(zone.rfc3339(t("2026-07-01T22:00:00Z")), "2026-07-02T00:00:00+02:00");
        assert_eq!(zone.rfc3339(t("2026-12-01T22:00:00.5Z")), "2026-12-01T23:00:00.500+01:00");
        let west = Zone::new("America/St_Johns".into(), -12_600, vec![]);
        assert_eq!(west.rfc3339(t("2026-12-01T03:00:00Z")), "2026-11-30T23:30:00-03:30");
        for text in [zone.rfc3339(Instant::from_micros(0)), west.rfc3339(Instant::from_micros(0))] {
            assert_eq!(t(&text), Instant::from_micros(0), "{text}");
        }
    }

    #[test]
    fn days_follow_the_wall_clock() {
        let zone = berlin();
        let spring = zone.bucket(Grain::Day, t("2026-03-29T12:00:00Z"));
        assert_eq!(spring.from, t("2026-03-28T23:00:00Z"));
        assert_eq!(spring.micros(), 23 * HOUR);
        let autumn = zone.bucket(Grain::Day, t("2026-10-25T12:00:00Z"));
        assert_eq!(autumn.micros(), 25 * HOUR);
        let month = zone.bucket(Grain::Month, t("2026-10-31T22:59:59Z"));
        assert_eq!(month.to, t("2026-10-31T23:00:00Z"));
        let week = zone.bucket(Grain::Week, t("2026-11-21T12:00:00Z"));
        assert_eq!(zone.date(week.from), Date::from_ymd_opt(2026, 11, 16).unwrap());
    }

    #[test]
    fn a_wall_clock_time_in_the_gap_is_the_end_of_the_gap() {
        let local = Date::from_ymd_opt(2026, 3, 29).unwrap().and_hms_opt(2, 30, 0).unwrap();
        assert_eq!(berlin().instant(local), t("2026-03-29T01:00:00Z"));
        let twice = Date::from_ymd_opt(2026, 10, 25).unwrap().and_hms_opt(2, 30, 0).unwrap();
        assert_eq!(berlin().instant(twice), t("2026-10-25T00:30:00Z"));
    }

    #[test]
    fn a_clock_that_goes_back_over_midnight_does_not_begin_the_day_twice() {
        // Newfoundland, 2010: at one minute past midnight of November 7 it was 23:01 again.
        let change = t("2010-11-07T02:31:00Z");
        let zone = Zone::new("America/St_Johns".into(), -9_000, vec![(change.micros(), -12_600)]);
        let day = zone.bucket(Grain::Day, change.plus(-1));
        assert_eq!(day.from, t("2010-11-07T02:30:00Z"));
        for at in [change, change.plus(HOUR / 2), change.plus(HOUR)] {
            assert_eq!(zone.bucket(Grain::Day, at), day, "{at}");
        }
        assert_eq!(day.micros(), 25 * HOUR);
    }

    #[test]
    fn half_hour_changes_keep_hours_apart() {
        // Lord Howe: UTC+10:30, summer +11:00; the change of 2026-04-05 is at 15:00Z on April 4.
        let change = t("2026-04-04T15:00:00Z");
        let zone = Zone::new("Australia/Lord_Howe".into(), 39600, vec![(change.micros(), 37800)]);
        let before = zone.bucket(Grain::Hour, change.plus(-1));
        let after = zone.bucket(Grain::Hour, change);
        assert_eq!(before.to, after.from);
        assert_eq!(after.from, change);
        assert_eq!(after.micros(), HOUR / 2);
    }

    proptest! {
        #[test]
        fn buckets_tile_the_year(second in 0i64..31_536_000, grain in 0usize..4) {
            let zone = berlin();
            let at = t("2026-01-01T00:00:00Z").plus(second * SECOND);
            let grain = [Grain::Hour, Grain::Day, Grain::Week, Grain::Month][grain];
            let bucket = zone.bucket(grain, at);
            prop_assert!(bucket.contains(at));
            prop_assert_eq!(zone.bucket(grain, bucket.from), bucket);
            prop_assert_eq!(zone.bucket(grain, bucket.to).from, bucket.to);
            prop_assert_eq!(zone.bucket(grain, bucket.from.plus(-1)).to, bucket.from);
        }
    }
}
