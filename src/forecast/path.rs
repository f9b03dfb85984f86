//! The balance day by day as it is expected, for a chart.

use super::{BURN_DAYS, EXACT, Holding, Past, Pattern, Stage, Start, Stock, errors, weekday};
use crate::lot::PerClass;
use crate::time::{Instant, Period, Zone, next_day};
use crate::tokens::Tokens;
use serde::{Deserialize, Serialize};

/// What a balance is expected to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// At the end of a day of the organization's zone.
    pub at: Instant,
    /// Usable tokens minus debt.
    pub balance: Tokens,
    /// Least and most of the 80 % range; none while there is too little past to tell.
    pub range: Option<(Tokens, Tokens)>,
}

/// The balance at the end of each of the coming days, from today on; empty where nothing was used
/// lately. `holdings` stand in burn order.
#[must_use]
pub fn path(
    zone: &Zone,
    now: Instant,
    past: &Past,
    holdings: &[Holding],
    (debt, days): (PerClass, u32),
) -> Vec<Expected> {
    let length = past.days.len();
    let pattern = Pattern::learn(past, length.saturating_sub(BURN_DAYS), length);
    if pattern.is_zero() {
        return Vec::new();
    }
    let start = Start { zone, now, holdings, debt };
    let expected = start.balances(&pattern, days);
    let ahead = usize::try_from(days).unwrap_or(usize::MAX);
    let range = errors(past, ahead).map(|(least, most)| {
        // Who uses more has less left.
        let low = start.balances(&pattern.scaled(most.max(EXACT)), days);
        let high = start.balances(&pattern.scaled(least.min(EXACT)), days);
        (low, high)
    });
    let one = |(n, (at, balance)): (usize, (Instant, Tokens))| {
        let range = range.as_ref().and_then(|(low, high)| Some((low.get(n)?.1, high.get(n)?.1)));
        Expected { at, balance, range }
    };
    expected.into_iter().enumerate().map(one).collect()
}

impl Start<'_> {
    fn balances(&self, pattern: &Pattern, days: u32) -> Vec<(Instant, Tokens)> {
        let mut stock = Stock::new(self);
        let (mut date, mut at) = (self.zone.date(self.now), self.now);
        let mut balances = Vec::new();
        for _ in 0..days {
            let day = self.zone.days(date, date);
            stock.live_through(Period::new(at, day.to), day, pattern.0[weekday(date)]);
            balances.push((day.to, stock.balance()));
            (date, at) = (next_day(date), day.to);
        }
        balances
    }
}

impl Stock {
    fn balance(&self) -> Tokens {
        let usable = self.lots.iter().filter(|(_, _, stage)| *stage == Stage::Usable);
        let held: i128 = usable.map(|(_, left, _)| *left).sum();
        let micro = held - self.debt.iter().sum::<i128>();
        let most = i128::from(i64::MAX);
        Tokens::from_micro(i64::try_from(micro.clamp(-most, most)).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lot::{Class, PaysFor};
    use crate::time::{DAY, Date};

    fn today() -> Date {
        "2026-11-21".parse().unwrap()
    }

    /// `count` days with so much each before today.
    fn past(count: i64, each: i64) -> Past {
        let zone = Zone::utc();
        let start = zone.day_start(today());
        let sums = (1..=count).rev().map(|n| {
            let date = zone.date(start.plus(-n * DAY));
            (date, PerClass::of(Class::Api, Tokens::whole(each)))
        });
        Past::new(sums, today())
    }

    fn holding(remaining: i64, expires: Option<i64>) -> Holding {
        let now = Zone::utc().day_start(today());
        Holding {
            pays_for: PaysFor::All,
            remaining: Tokens::whole(remaining),
            effective: now.plus(-DAY),
            expires: expires.map(|days| now.plus(days * DAY)),
        }
    }

    fn balances(past: &Past, holdings: &[Holding], days: u32) -> Vec<Expected> {
        let zone = Zone::utc();
        path(&zone, zone.day_start(today()), past, holdings, (PerClass::default(), days))
    }

    #[test]
    fn a_balance_falls_by_the_burn_rate_and_then_below_zero() {
        let found = balances(&past(28, 10), &[holding(25, None)], 4);
        let found: Vec<Tokens> = found.iter().map(|expected| expected.balance).collect();
        assert_eq!(found, [15, 5, -5, -15].map(Tokens::whole));
    }

    #[test]
    fn what_expires_is_gone_from_its_day_on() {
        let found = balances(&past(28, 1), &[holding(100, Some(2)), holding(50, None)], 3);
        let found: Vec<Tokens> = found.iter().map(|expected| expected.balance).collect();
        // The end of the second day is the instant of the expiry, which comes next.
        assert_eq!(found, [149, 148, 49].map(Tokens::whole));
    }

    #[test]
    fn the_range_holds_the_expected_balance() {
        let zone = Zone::utc();
        let start = zone.day_start(today());
        let sums = (1..=120).rev().map(|n: i64| {
            let amount = Tokens::whole(if n % 3 == 0 { 30 } else { 5 });
            (zone.date(start.plus(-n * DAY)), PerClass::of(Class::Api, amount))
        });
        let found = balances(&Past::new(sums, today()), &[holding(1000, None)], 20);
        assert_eq!(found.len(), 20);
        for expected in found {
            let (low, high) = expected.range.unwrap();
            assert!(low <= expected.balance && expected.balance <= high, "{expected:?}");
        }
    }

    #[test]
    fn nothing_used_is_no_path_and_a_short_past_no_range() {
        assert!(balances(&past(0, 0), &[holding(5, None)], 9).is_empty());
        assert!(balances(&past(5, 1), &[holding(5, None)], 9).iter().all(|e| e.range.is_none()));
    }
}
