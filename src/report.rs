//! Questions and answers of the usage pages: the view, the range it means, the series it shows.

mod ledger;
mod moment;
mod teams;

pub use ledger::{
    AccountList, AccountReport, BalanceExplained, Balances, BucketExplained, ChargeExplained,
    DecisionExplained, Explanation, Figure, LedgerFrame, LotEvent, LotLine, LotList, Names, Seen,
    SeenAt, Stretch, TeamStatement,
};
pub use moment::{Moment, Moments, NoMoment};
pub use teams::{
    Alert, ExpiringLot, Limit, Named, TeamCard, Uncharged, alerts_of_teams, expiring_lots,
};

use crate::access::Access;
use crate::time::{
    Date, Grain, Instant, Period, Zone, days_before, month_start, months_before, next_day,
    next_month,
};
use crate::tokens::Tokens;
use crate::view::Compare;
use chrono::Datelike;
use serde::{Deserialize, Serialize};

/// A named range of days, in the organization's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Preset {
    /// From midnight to now.
    Today,
    /// The whole day before.
    Yesterday,
    /// Today and the 6 days before.
    Days7,
    /// Today and the 27 days before: what a page shows when nothing is asked.
    #[default]
    Days28,
    /// Today and the 89 days before.
    Days90,
    /// From the first of this month.
    MonthToDate,
    /// The whole calendar month before.
    LastMonth,
    /// From the first of this quarter.
    QuarterToDate,
    /// From January 1.
    YearToDate,
    /// Twelve months back to today.
    Months12,
    /// From the first usage there is.
    All,
}

impl Preset {
    /// Every preset with its name in URLs, in the order in which pages list them.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::Today, "today"),
        (Self::Yesterday, "yesterday"),
        (Self::Days7, "7d"),
        (Self::Days28, "28d"),
        (Self::Days90, "90d"),
        (Self::MonthToDate, "mtd"),
        (Self::LastMonth, "last-month"),
        (Self::QuarterToDate, "qtd"),
        (Self::YearToDate, "ytd"),
        (Self::Months12, "12m"),
        (Self::All, "all"),
    ];
    /// Its name in URLs.
    #[must_use]
    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(p, _)| *p == self).map_or("28d", |(_, code)| code)
    }
    /// The preset of that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, c)| *c == code).map(|(p, _)| *p)
    }
}

/// The days a view asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Range {
    /// A preset, counted from now.
    Preset(Preset),
    /// Two dates, both included.
    Days {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
}

impl Default for Range {
    fn default() -> Self {
        Self::Preset(Preset::default())
    }
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Metric {
    /// Sum of charges, in micro-tokens.
    #[default]
    Tokens,
    /// Number of events, in millionths so that every metric is a fixed-point number.
    Events,
}

impl Metric {
    /// Its name in URLs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Events => "events",
        }
    }
    /// The metric of that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Tokens, Self::Events].into_iter().find(|m| m.code() == code)
    }
}

/// A range worked out: instants, bucket length, and the period it is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedRange {
    /// First day.
    pub first: Date,
    /// Last day, included; today for ranges that run until now.
    pub last: Date,
    /// The whole days, also where today is not over.
    pub period: Period,
    /// The part of it that has passed.
    pub elapsed: Period,
    /// The same elapsed part of the period before.
    pub previous: Period,
    /// Length of a column.
    pub grain: Grain,
}

impl Range {
    /// Works the range out at an instant. `oldest` is the time of the first event, for
    /// [`Preset::All`]. A range of two dates in the wrong order is read in the right one.
    #[must_use]
    pub fn resolve(self, now: Instant, zone: &Zone, oldest: Option<Instant>) -> ResolvedRange {
        self.resolve_against(Compare::Previous, now, zone, oldest)
    }

    /// The same with the comparison that is wished.
    #[must_use]
    pub fn resolve_against(
        self,
        compare: Compare,
        now: Instant,
        zone: &Zone,
        oldest: Option<Instant>,
    ) -> ResolvedRange {
        let today = zone.date(now);
        let (first, last) = self.dates(today, oldest.map(|at| zone.date(at)));
        let period = zone.days(first, last);
        let passed = |to: Instant| Period::new(period.from, to.min(now).max(period.from));
        let elapsed = passed(period.to);
        let is_over = elapsed.to == period.to;
        let clock = zone.local(elapsed.to);
        let (previous_from, previous_to) = match compare {
            Compare::Previous => {
                let before = self.first_before(first, last);
                let to = if is_over {
                    zone.day_start(self.end_before(before, first, last))
                } else {
                    // The same wall-clock time, as many days after the start.
                    let days = (zone.date(elapsed.to) - first).num_days();
                    zone.instant(days_after(before, days).and_time(clock.time()))
                };
                (before, to.min(period.from))
            }
            Compare::YearBefore => {
                let to = if is_over {
                    zone.day_start(self.end_year_before(last))
                } else {
                    let day = months_before(zone.date(elapsed.to), 12);
                    zone.instant(day.and_time(clock.time()))
                };
                (months_before(first, 12), to)
            }
        };
        ResolvedRange {
            first,
            last,
            period,
            elapsed,
            previous: Period::new(zone.day_start(previous_from), previous_to),
            grain: grain_for((last - first).num_days() + 1),
        }
    }

    fn dates(self, today: Date, oldest: Option<Date>) -> (Date, Date) {
        let preset = match self {
            Self::Days { from, to } => return (from.min(to), from.max(to)),
            Self::Preset(preset) => preset,
        };
        let first = match preset {
            Preset::Today => today,
            Preset::Yesterday => return (days_before(today, 1), days_before(today, 1)),
            Preset::Days7 => days_before(today, 6),
            Preset::Days28 => days_before(today, 27),
            Preset::Days90 => days_before(today, 89),
            Preset::MonthToDate => month_start(today),
            Preset::LastMonth => {
                let last = days_before(month_start(today), 1);
                return (month_start(last), last);
            }
            Preset::QuarterToDate => months_before(month_start(today), today.month0() % 3),
            Preset::YearToDate => months_before(month_start(today), today.month0()),
            Preset::Months12 => next_day(months_before(today, 12)),
            Preset::All => oldest.unwrap_or(today).min(today),
        };
        (first, today)
    }

    /// First day of the period before, which is as long: in calendar units for calendar presets.
    fn first_before(self, first: Date, last: Date) -> Date {
        match self {
            Self::Preset(Preset::MonthToDate | Preset::LastMonth) => months_before(first, 1),
            Self::Preset(Preset::QuarterToDate) => months_before(first, 3),
            Self::Preset(Preset::YearToDate | Preset::Months12) => months_before(first, 12),
            _ => {
                let days = u32::try_from((last - first).num_days() + 1).unwrap_or(1);
                days_before(first, days)
            }
        }
    }
    fn end_before(self, before: Date, first: Date, last: Date) -> Date {
        match self {
            Self::Preset(Preset::LastMonth) => next_month(before),
            Self::Preset(_) | Self::Days { .. } => {
                days_after(before, (last - first).num_days() + 1).min(first)
            }
        }
    }
}

impl Range {
    /// The day after the last one a year before; a February is compared with the whole February.
    fn end_year_before(self, last: Date) -> Date {
        let before = months_before(last, 12);
        match self {
            Self::Preset(Preset::LastMonth) => next_month(before),
            _ => next_day(before),
        }
    }
}

fn days_after(date: Date, days: i64) -> Date {
    date.checked_add_days(chrono::Days::new(days.unsigned_abs())).unwrap_or(date)
}

/// The column length that keeps a chart readable: at most about 92 columns.
#[must_use]
pub fn grain_for(days: i64) -> Grain {
    match days {
        ..=2 => Grain::Hour,
        3..=92 => Grain::Day,
        93..=400 => Grain::Week,
        _ => Grain::Month,
    }
}

/// The most columns of a chart.
pub const COLUMNS_MAX: i64 = 400;
/// The longest range that can be shown by the hour, in days.
const HOURLY_DAYS_MAX: i64 = 31;

/// Whether so many days can be shown in columns of that length.
#[must_use]
pub const fn is_grain_allowed(grain: Grain, days: i64) -> bool {
    match grain {
        Grain::Hour => days <= HOURLY_DAYS_MAX && days * 24 <= COLUMNS_MAX,
        Grain::Day => days <= COLUMNS_MAX,
        // One more than full weeks fit where the first and the last one are cut.
        Grain::Week => days / 7 + 2 <= COLUMNS_MAX,
        Grain::Month => days / 28 + 2 <= COLUMNS_MAX,
    }
}

/// The buckets of a range, oldest first; they tile `period` exactly, so the first and the last
/// week or month are cut to it.
#[must_use]
pub fn buckets(zone: &Zone, period: Period, grain: Grain) -> Vec<Period> {
    let mut buckets = Vec::new();
    let mut at = period.from;
    while at < period.to {
        let end = zone.bucket(grain, at).to.min(period.to);
        if end <= at {
            break;
        }
        buckets.push(Period::new(at, end));
        at = end;
    }
    buckets
}

/// One column of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its time.
    pub period: Period,
    /// Whether it is not over yet.
    pub in_progress: bool,
}

/// What was used in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Used {
    /// Charges.
    pub tokens: Tokens,
    /// Events.
    pub events: i64,
}

/// One API's part of a chart: values are millionths of the view's metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// Code of the API.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Index into the palette; an API keeps it everywhere.
    pub hue: u8,
    /// One value a column.
    pub values: Vec<i64>,
    /// Sum of the values.
    pub total: i64,
    /// One a column: what the same column of the comparison holds, in the view's metric; empty
    /// where columns cannot be compared one by one.
    pub before: Vec<i64>,
    /// One a column: what was used by every metric.
    pub used: Vec<Used>,
}

/// Consumption over time, split by API, largest series first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageSeries {
    /// What the values count.
    pub metric: Metric,
    /// The columns, oldest first.
    pub columns: Vec<Column>,
    /// Every API that was used, by total descending, then by code.
    pub series: Vec<Series>,
    /// Sum of all series.
    pub total: i64,
    /// The same elapsed part of the period before.
    pub previous_total: i64,
}

/// A row of a ranked list: an app, an app and API, or a team; without slug and name it stands for
/// usage of apps without a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankedRow {
    /// Slug or client id.
    pub slug: String,
    /// Name.
    pub name: String,
    /// Whether it stands for events that were sent for a team without an app.
    pub direct: bool,
    /// The name of what it belongs to (an app's team, an API); empty where there is none.
    pub group: String,
    /// Slug of the same.
    pub group_slug: String,
    /// Charges in the range.
    pub tokens: Tokens,
    /// Events in the range.
    pub events: i64,
}

/// A team's balance, ready for its card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamBalance {
    /// Slug of the team.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Usable remainders minus debt; can be negative.
    pub balance: Tokens,
    /// Usable remainders.
    pub available: Tokens,
    /// Granted amounts of the lots that are active now, minus what is available of them.
    pub used: Tokens,
    /// Granted amounts of the lots that are active now.
    pub total: Tokens,
    /// What no lot covers; "uncharged" on screen.
    pub debt: Tokens,
    /// What the debt means.
    pub access: Access,
    /// The next expiry of a lot with a remainder, and that remainder.
    pub next_expiry: Option<(Instant, Tokens)>,
}

impl TeamBalance {
    /// Available in whole percent of the total, rounded down; none without active lots.
    #[must_use]
    pub fn percent_available(&self) -> Option<u8> {
        let total = i128::from(self.total.micro());
        let percent = (i128::from(self.available.micro()) * 100).checked_div(total)?;
        u8::try_from(percent).ok()
    }
    /// Whether the card is green: more than 20 % of the active lots is available.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        i128::from(self.available.micro()) * 5 > i128::from(self.total.micro())
    }
}

/// Why a report shows no figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// There are figures.
    Figures,
    /// The organization has no event yet.
    NothingIngested,
    /// There are events, but none that is the caller's own.
    NothingOwn,
    /// There are events, but none in this range that the caller may see.
    NothingInRange,
}

/// What every report says about where and when it speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Name of the organization.
    pub organization: String,
    /// What one token is called there, e.g. `token`.
    pub token_name: String,
    /// The organization's zone, with the changes around the range.
    pub zone: Zone,
    /// The instant of which the report speaks.
    pub now: Instant,
    /// The range worked out.
    pub range: ResolvedRange,
    /// Whether the figures are invented demo data.
    pub demo: bool,
    /// When the newest event was accepted.
    pub fresh_at: Option<Instant>,
    /// The zone in which the reader wants single instants; none = the organization's.
    pub instants: Option<Zone>,
    /// What filters name and the reader cannot see, if it exists at all.
    pub unknown: Vec<String>,
    /// A wished column length that does not fit the range.
    pub grain_refused: Option<Grain>,
    /// Whether there is anything to show.
    pub content: Content,
}

impl Frame {
    /// The zone of single instants.
    #[must_use]
    pub fn zone_of_instants(&self) -> &Zone {
        self.instants.as_ref().unwrap_or(&self.zone)
    }
}

/// What an organization has of what it needs before it can see usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstSteps {
    /// An API key that may send events.
    pub has_key: bool,
    /// An event.
    pub has_event: bool,
    /// A lot.
    pub has_purchase: bool,
}

/// The answer to `/overview`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverviewReport {
    /// Where and when.
    pub frame: Frame,
    /// What somebody should look at, most urgent first.
    pub alerts: Vec<Alert>,
    /// Balance cards.
    pub teams: Vec<TeamCard>,
    /// The chart and its table.
    pub usage: UsageSeries,
    /// The apps that consumed most, at most ten.
    pub top_apps: Vec<RankedRow>,
    /// For admins of an organization that is new: what is still to be done.
    pub first_steps: Option<FirstSteps>,
    /// Every team with usage; with those of apps without a team they add up to the total.
    pub top_teams: Vec<RankedRow>,
    /// The lots that expire within 90 days, first ones first.
    pub expiring: Vec<ExpiringLot>,
    /// Teams in debt, oldest debt first.
    pub uncharged: Vec<Uncharged>,
}

/// An event as `/me` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentEvent {
    /// The sender's id.
    pub id: String,
    /// When the use happened.
    pub time: Instant,
    /// Name of the app, or of the team for an event sent for a team alone.
    pub app: String,
    /// Name of the API.
    pub api: String,
    /// Name of the price class, empty without one.
    pub variant: String,
    /// How much, in `unit`.
    pub quantity: crate::tokens::Quantity,
    /// What the quantity counts.
    pub unit: String,
    /// What it costs.
    pub tokens: Tokens,
    /// Whether the call failed.
    pub failed: bool,
}

/// Somebody who can help, for a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Name of the team.
    pub team: String,
    /// Name of its primary admin.
    pub name: String,
    /// Where to write.
    pub email: String,
}

/// The answer to `/me`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MyReport {
    /// Where and when.
    pub frame: Frame,
    /// Balances of the caller's teams.
    pub teams: Vec<TeamCard>,
    /// Own usage: by own apps, and by oneself in any app.
    pub usage: UsageSeries,
    /// Own usage per app and API.
    pub by_app_and_api: Vec<RankedRow>,
    /// The last 50 own events, newest first.
    pub recent: Vec<RecentEvent>,
    /// What his teams' policies allow.
    pub limits: Vec<Limit>,
    /// Whom to ask, per team.
    pub contacts: Vec<Contact>,
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
