//! Forecast: how fast a team uses its tokens, when they run out, and what expires unused
//! (accounting.md, "Metrics").
//!
//! The burn rate is the mean of the last 28 complete days. The forecast knows weekdays: each day
//! of the week is expected to be the mean of those days among the last 28. The tokens run out on
//! the first day on which the expected usage exceeds the lots usable then; lots begin and expire
//! on the way. How far the day may be off is learned by forecasting the past: the 10th and 90th
//! percentile of what came over what was expected scale the forecast, which makes an 80 % range.
//!
//! Whole micro-tokens only; days are those of the organization's zone.

mod path;

pub use path::{Expected, path};

use crate::lot::{Class, PaysFor, PerClass};
use crate::time::{Date, Instant, Period, Zone, next_day};
use crate::tokens::Tokens;
use chrono::{Datelike, Days};
use serde::{Deserialize, Serialize};

/// Days that the burn rate is the mean of.
pub const BURN_DAYS: usize = 28;
/// How far ahead a forecast looks: five years.
const HORIZON_DAYS: u32 = 5 * 365 + 1;
/// How far back forecasts are tried on the past.
const TRIED_DAYS: usize = 28 * 8;
/// Fewer trials than that say nothing about errors.
const TRIALS_LEAST: usize = 10;
/// A trial learns from at least so many days.
const LEARNED_LEAST: usize = 7;
/// What was expected came exactly.
const EXACT: i128 = 1000;

/// What a team was charged on complete days: from the day of its first charge to yesterday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    first: Date,
    days: Vec<PerClass>,
}

impl Past {
    /// From sums per day in the order of time; days that are left out had no charge. Today and
    /// what is booked ahead does not count.
    pub fn new(sums: impl IntoIterator<Item = (Date, PerClass)>, today: Date) -> Self {
        let mut past = Self { first: today, days: Vec::new() };
        for (date, sum) in sums {
            if date >= today || (past.days.is_empty() && sum == PerClass::default()) {
                continue;
            }
            if past.days.is_empty() {
                past.first = date;
            }
            past.fill(date);
            past.days.push(sum);
        }
        past.fill(today);
        past
    }
    fn fill(&mut self, until: Date) {
        let length = usize::try_from((until - self.first).num_days()).unwrap_or(0);
        self.days.resize(length, PerClass::default());
    }
    fn weekday(&self, index: usize) -> usize {
        (weekday(self.first) + index) % 7
    }
    /// The days `[from, to)` by their index, with the weekday of each.
    fn slice(&self, from: usize, to: usize) -> impl Iterator<Item = (usize, &PerClass)> {
        (from..to).filter_map(|i| Some((self.weekday(i), self.days.get(i)?)))
    }
}

fn weekday(date: Date) -> usize {
    usize::try_from(date.weekday().num_days_from_monday()).unwrap_or(0)
}

/// Tokens that a team holds, or will hold once they are effective.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// What they pay for.
    pub pays_for: PaysFor,
    /// How many are left.
    pub remaining: Tokens,
    /// From when on they can be used.
    pub effective: Instant,
    /// From when on they can no longer be used.
    pub expires: Option<Instant>,
}

/// The mean usage of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BurnRate {
    /// Tokens a day.
    pub per_day: Tokens,
    /// Of how many complete days it is the mean: 28, or fewer since the first usage.
    pub days: u32,
}

/// When the tokens run out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunOut {
    /// Nothing was used lately, so nothing is expected.
    Unused,
    /// Not within five years.
    NotSoon,
    /// They have: there is debt.
    Already,
    /// On a day.
    On {
        /// The first day on which the expected usage exceeds the lots usable then.
        day: Date,
        /// First and last day of the 80 % range, no last day where it lies beyond five years;
        /// none while there is too little past to tell.
        range: Option<(Date, Option<Date>)>,
    },
}

/// What is expected to expire unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waste {
    /// Place among the holdings that were given.
    pub holding: usize,
    /// When.
    pub at: Instant,
    /// How much.
    pub amount: Tokens,
}

/// A team's future.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlook {
    /// How fast tokens are used; none before the first complete day of usage.
    pub burn_rate: Option<BurnRate>,
    /// When they run out.
    pub run_out: RunOut,
    /// What expires unused, in the order of time.
    pub waste: Vec<Waste>,
}

/// Works out a team's future. `holdings` stand in burn order.
#[must_use]
pub fn outlook(
    zone: &Zone,
    now: Instant,
    past: &Past,
    holdings: &[Holding],
    debt: PerClass,
) -> Outlook {
    let days = past.days.len();
    let learned = days.saturating_sub(BURN_DAYS);
    let pattern = Pattern::learn(past, learned, days);
    let start = Start { zone, now, holdings, debt };
    let expected = start.simulate(&pattern, EXACT);
    let run_out = if !debt.total().is_zero() {
        RunOut::Already
    } else if pattern.is_zero() {
        RunOut::Unused
    } else {
        match expected.run_out {
            None => RunOut::NotSoon,
            Some(day) => RunOut::On { day, range: start.range(&pattern, past, day) },
        }
    };
    Outlook { burn_rate: burn_rate(past, learned), run_out, waste: expected.waste }
}

fn burn_rate(past: &Past, learned: usize) -> Option<BurnRate> {
    let days = past.days.get(learned..).filter(|days| !days.is_empty())?;
    let sum = days.iter().map(|day| i128::from(day.total().micro())).sum();
    let count = u32::try_from(days.len()).ok()?;
    Some(BurnRate { per_day: tokens(mean(sum, i128::from(count))), days: count })
}

/// Rounded half up; nothing of nothing.
fn mean(sum: i128, count: i128) -> i128 {
    (sum + count / 2).checked_div(count).unwrap_or(0)
}

fn tokens(micro: i128) -> Tokens {
    Tokens::from_micro(i64::try_from(micro.max(0)).unwrap_or(i64::MAX))
}

/// What a day of the week is expected to use, per class in micro-tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pattern([[i128; 2]; 7]);

impl Pattern {
    /// From the days `[from, to)`; a weekday that is not among them is the mean of all.
    fn learn(past: &Past, from: usize, to: usize) -> Self {
        let mut sums = [[0_i128; 2]; 7];
        let mut counts = [0_i128; 7];
        for (weekday, day) in past.slice(from, to) {
            counts[weekday] += 1;
            for (sum, class) in sums[weekday].iter_mut().zip(Class::ALL) {
                *sum += i128::from(day.get(class).micro().max(0));
            }
        }
        let all: i128 = counts.iter().sum();
        let means = [0, 1].map(|class| mean(sums.iter().map(|s| s[class]).sum(), all));
        let mut pattern = [means; 7];
        for ((day, sum), count) in pattern.iter_mut().zip(sums).zip(counts) {
            if count > 0 {
                *day = sum.map(|sum| mean(sum, count));
            }
        }
        Self(pattern)
    }
    fn is_zero(&self) -> bool {
        self.0.iter().flatten().all(|amount| *amount == 0)
    }
    fn scaled(&self, permille: i128) -> Self {
        Self(self.0.map(|day| day.map(|amount| amount * permille / EXACT)))
    }
    fn week(&self) -> [i128; 2] {
        [0, 1].map(|class| self.0.iter().map(|day| day[class]).sum())
    }
}

/// What came over what was expected, in thousandths: the 10th and the 90th percentile of trials
/// over so many days each; none while there are too few.
fn errors(past: &Past, horizon: usize) -> Option<(i128, i128)> {
    let days = past.days.len();
    let first = days.saturating_sub(TRIED_DAYS);
    let longest = (days - first).saturating_sub(LEARNED_LEAST) / 2;
    let horizon = horizon.min(BURN_DAYS).min(longest);
    if horizon == 0 {
        return None;
    }
    let trial = |origin: usize| {
        let from = origin.saturating_sub(BURN_DAYS).max(first);
        let pattern = Pattern::learn(past, from, origin);
        let (mut came, mut expected) = (0_i128, 0_i128);
        for (weekday, day) in past.slice(origin, origin + horizon) {
            came += i128::from(day.total().micro().max(0));
            expected += pattern.0[weekday].iter().sum::<i128>();
        }
        (came * EXACT).checked_div(expected)
    };
    let mut ratios: Vec<i128> =
        (first + LEARNED_LEAST..=days - horizon).filter_map(trial).collect();
    if ratios.len() < TRIALS_LEAST {
        return None;
    }
    ratios.sort_unstable();
    let percentile = |percent: usize| ratios.get((ratios.len() * percent).div_ceil(100) - 1);
    Some((*percentile(10)?, *percentile(90)?))
}

struct Start<'a> {
    zone: &'a Zone,
    now: Instant,
    holdings: &'a [Holding],
    debt: PerClass,
}

struct Simulated {
    run_out: Option<Date>,
    waste: Vec<Waste>,
}

impl Start<'_> {
    fn range(&self, pattern: &Pattern, past: &Past, day: Date) -> Option<(Date, Option<Date>)> {
        let ahead = (day - self.zone.date(self.now)).num_days() + 1;
        let (least, most) = errors(past, usize::try_from(ahead).unwrap_or(1))?;
        let sooner = self.simulate(pattern, most).run_out.unwrap_or(day);
        let later = self.simulate(pattern, least).run_out;
        Some((sooner.min(day), later.map(|later| later.max(day))))
    }

    /// Lives through the coming days; between changes of the lots whole weeks at once.
    fn simulate(&self, pattern: &Pattern, permille: i128) -> Simulated {
        let pattern = pattern.scaled(permille);
        let week = pattern.week();
        let mut stock = Stock::new(self);
        let mut date = self.zone.date(self.now);
        let mut run_out = None;
        let mut left = HORIZON_DAYS;
        let mut at = self.now;
        while left > 0 && !(run_out.is_some() && stock.next_change().is_none()) {
            let day = self.zone.days(date, date);
            let weeks = if at == day.from { self.quiet_weeks(&stock, date, left) } else { 0 };
            let weeks = stock.pay_weeks(week, weeks);
            if weeks > 0 {
                left -= weeks * 7;
                date = date.checked_add_days(Days::new(u64::from(weeks) * 7)).unwrap_or(date);
                at = self.zone.day_start(date);
                continue;
            }
            let short = stock.live_through(Period::new(at, day.to), day, pattern.0[weekday(date)]);
            if short && run_out.is_none() {
                run_out = Some(date);
            }
            (date, at, left) = (next_day(date), day.to, left - 1);
        }
        Simulated { run_out, waste: stock.waste }
    }

    /// Whole weeks from a date before the next change of the lots.
    fn quiet_weeks(&self, stock: &Stock, date: Date, left: u32) -> u32 {
        let days = match stock.next_change() {
            None => left,
            Some(change) => {
                let days = (self.zone.date(change) - date).num_days();
                u32::try_from(days).unwrap_or(0).min(left)
            }
        };
        days / 7
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Usable,
    Over,
}

/// What is held on the way.
#[derive(Clone)]
struct Stock {
    lots: Vec<(Holding, i128, Stage)>,
    debt: [i128; 2],
    waste: Vec<Waste>,
}

impl Stock {
    fn new(start: &Start) -> Self {
        let lot = |holding: &Holding| {
            (*holding, i128::from(holding.remaining.micro().max(0)), Stage::Waiting)
        };
        let debt = Class::ALL.map(|class| i128::from(start.debt.get(class).micro()));
        let lots = start.holdings.iter().map(lot).collect();
        let mut stock = Self { lots, debt, waste: Vec::new() };
        // What is usable now has paid what it can: only lots to come settle debt.
        for (holding, _, stage) in &mut stock.lots {
            if holding.effective <= start.now {
                *stage = Stage::Usable;
            }
        }
        stock
    }

    /// The next instant at which lots begin or expire.
    fn next_change(&self) -> Option<Instant> {
        let change = |(holding, left, stage): &(Holding, i128, Stage)| match stage {
            Stage::Waiting => Some(holding.effective),
            Stage::Usable => holding.expires.filter(|_| *left > 0),
            Stage::Over => None,
        };
        self.lots.iter().filter_map(change).min()
    }

    /// Expiries, then new lots with settlement.
    fn change(&mut self, at: Instant) {
        for place in 0..self.lots.len() {
            let (holding, left, stage) = self.lots[place];
            let Some(end) = holding.expires.filter(|end| *end <= at) else { continue };
            if stage != Stage::Over {
                if left > 0 {
                    self.waste.push(Waste { holding: place, at: end, amount: tokens(left) });
                }
                self.lots[place] = (holding, 0, Stage::Over);
            }
        }
        for (holding, left, stage) in &mut self.lots {
            if *stage != Stage::Waiting || holding.effective > at {
                continue;
            }
            *stage = Stage::Usable;
            for (debt, class) in self.debt.iter_mut().zip(Class::ALL) {
                if holding.pays_for.covers(class) {
                    let paid = (*debt).min(*left);
                    *debt -= paid;
                    *left -= paid;
                }
            }
        }
    }

    /// Uses a day's amounts over a part of it, evenly; whether the lots did not suffice.
    fn live_through(&mut self, part: Period, day: Period, amounts: [i128; 2]) -> bool {
        let length = i128::from(day.micros().max(1));
        let until = |amount: i128, at: Instant| amount * i128::from(at.since(day.from)) / length;
        let mut short = false;
        let mut from = part.from;
        while from < part.to {
            self.change(from);
            let next = self.next_change().filter(|at| *at > from);
            let to = next.map_or(part.to, |at| at.min(part.to));
            let due = amounts.map(|amount| until(amount, to) - until(amount, from));
            let unpaid = self.pay(due);
            short |= unpaid != [0, 0];
            for (debt, unpaid) in self.debt.iter_mut().zip(unpaid) {
                *debt += unpaid;
            }
            from = to;
        }
        short
    }

    /// As many of these weeks as the lots suffice for.
    fn pay_weeks(&mut self, week: [i128; 2], weeks: u32) -> u32 {
        let enough = |weeks: u32| {
            let mut tried = self.clone();
            let due = week.map(|amount| amount * i128::from(weeks));
            (tried.pay(due) == [0, 0]).then_some(tried)
        };
        let (mut least, mut over) = (0, weeks + 1);
        while least + 1 < over {
            let middle = least + (over - least) / 2;
            if enough(middle).is_some() { least = middle } else { over = middle }
        }
        if let Some(paid) = enough(least) {
            *self = paid;
        }
        least
    }

    /// Pays in burn order and answers what is not covered.
    fn pay(&mut self, mut due: [i128; 2]) -> [i128; 2] {
        // Lots for one class stand first in burn order.
        for (holding, left, stage) in &mut self.lots {
            if *stage != Stage::Usable {
                continue;
            }
            for (due, class) in due.iter_mut().zip(Class::ALL) {
                if holding.pays_for.covers(class) {
                    let paid = (*due).min(*left);
                    *due -= paid;
                    *left -= paid;
                }
            }
        }
        due
    }
}

#[cfg(test)]
#[path = "forecast_tests.rs"]
mod tests;
