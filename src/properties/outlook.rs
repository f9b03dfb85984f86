//! Forecasts of constant use, day by day by hand.

use super::cases;
use crate::forecast::{Holding, Past, RunOut, outlook};
use crate::lot::{Class, PaysFor, PerClass};
use crate::time::{DAY, Date, Instant, Zone, days_before};
use crate::tokens::Tokens;
use proptest::prelude::*;

fn now() -> Instant {
    "2026-11-21T00:00:00Z".parse().unwrap()
}

fn today() -> Date {
    Zone::utc().date(now())
}

fn past(per_day: Tokens) -> Past {
    let day = |n| (days_before(today(), n), PerClass::of(Class::Api, per_day));
    Past::new((1..=60).rev().map(day), today())
}

fn holding(remaining: Tokens, days: Option<i64>) -> Holding {
    Holding {
        pays_for: PaysFor::All,
        remaining,
        effective: Instant::MIN,
        expires: days.map(|days| now().plus(days * DAY)),
    }
}

/// Days that are paid in full, the lot that ends first paying first.
fn paid_days(mut first: i64, ends: i64, mut second: i64, per_day: i64) -> i64 {
    for day in 0.. {
        if day == ends {
            first = 0;
        }
        if first + second < per_day {
            return day;
        }
        let of_first = first.min(per_day);
        first -= of_first;
        second -= per_day - of_first;
    }
    unreachable!("it runs out")
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn constant_use_runs_out_on_the_day_that_is_not_paid(
        per_day in 1..5_000_000_i64,
        first in 0..100_000_000_i64,
        ends in 0..40_i64,
        second in 0..100_000_000_i64,
    ) {
        let days = paid_days(first, ends, second, per_day);
        prop_assume!(days < 1_000);
        let micro = Tokens::from_micro;
        let lots = [holding(micro(first), Some(ends)), holding(micro(second), None)];
        let found = outlook(&Zone::utc(), now(), &past(micro(per_day)), &lots, PerClass::default());
        let day = Zone::utc().date(now().plus(days * DAY));
        // Use that never changed has no spread.
        prop_assert_eq!(found.run_out, RunOut::On { day, range: Some((day, Some(day))) });
    }
}
