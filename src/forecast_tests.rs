use super::*;
use crate::time::{DAY, HOUR};
use proptest::prelude::*;

fn date(text: &str) -> Date {
    text.parse().unwrap()
}
fn at(text: &str) -> Instant {
    text.parse().unwrap()
}
/// A Saturday.
fn now() -> Instant {
    at("2026-11-21T00:00:00Z")
}
fn api(whole: i64) -> PerClass {
    PerClass::of(Class::Api, Tokens::whole(whole))
}
fn past(days: i64, amount: impl Fn(Date) -> PerClass) -> Past {
    let today = date("2026-11-21");
    let day = |n: i64| today.checked_sub_days(Days::new(n.unsigned_abs())).unwrap();
    Past::new((1..=days).rev().map(day).map(|day| (day, amount(day))), today)
}
fn holding(whole: i64) -> Holding {
    Holding {
        pays_for: PaysFor::All,
        remaining: Tokens::whole(whole),
        effective: Instant::MIN,
        expires: None,
    }
}
fn of(past: &Past, holdings: &[Holding]) -> Outlook {
    outlook(&Zone::utc(), now(), past, holdings, PerClass::default())
}
fn day_of(outlook: &Outlook) -> Date {
    match outlook.run_out {
        RunOut::On { day, .. } => day,
        other => panic!("{other:?}"),
    }
}

#[test]
fn constant_use_gives_the_exact_day() {
    let past = past(60, |_| api(10));
    // Ten days of ten; the eleventh finds nothing.
    let found = of(&past, &[holding(100)]);
    assert_eq!(found.burn_rate, Some(BurnRate { per_day: Tokens::whole(10), days: 28 }));
    let day = date("2026-12-01");
    assert_eq!(found.run_out, RunOut::On { day, range: Some((day, Some(day))) });
    assert_eq!(found.waste, []);
    let more = Holding { remaining: Tokens::from_micro(100_000_001), ..holding(0) };
    assert_eq!(day_of(&of(&past, &[more])), day);
    let less = Holding { remaining: Tokens::from_micro(99_999_999), ..holding(0) };
    assert_eq!(day_of(&of(&past, &[less])), date("2026-11-30"));
}

#[test]
fn what_is_left_of_today_counts_in_part() {
    let past = past(60, |_| api(10));
    let noon = now().plus(12 * HOUR);
    let found = outlook(&Zone::utc(), noon, &past, &[holding(5)], PerClass::default());
    assert_eq!(day_of(&found), date("2026-11-22"));
    let found = outlook(&Zone::utc(), noon, &past, &[holding(4)], PerClass::default());
    assert_eq!(day_of(&found), date("2026-11-21"));
}

#[test]
fn an_expiry_before_the_end_moves_it() {
    let past = past(60, |_| api(10));
    let ends = Some(now().plus(3 * DAY));
    let lots = [Holding { expires: ends, ..holding(70) }, holding(50)];
    // Three days from the first lot, which loses 40; five from the second.
    let found = of(&past, &lots);
    assert_eq!(day_of(&found), date("2026-11-29"));
    let lost = Waste { holding: 0, at: now().plus(3 * DAY), amount: Tokens::whole(40) };
    assert_eq!(found.waste, [lost]);
}

#[test]
fn a_lot_that_begins_in_time_moves_the_end_too() {
    let past = past(60, |_| api(10));
    let later = |days: i64| Holding { effective: now().plus(days * DAY), ..holding(100) };
    assert_eq!(day_of(&of(&past, &[holding(50), later(5)])), date("2026-12-06"));
    // It comes a day too late: that day is the end.
    assert_eq!(day_of(&of(&past, &[holding(50), later(6)])), date("2026-11-26"));
}

#[test]
fn the_days_of_the_week_are_told_apart() {
    let works = |day: Date| if weekday(day) < 5 { api(10) } else { api(0) };
    let past = past(84, works);
    let found = of(&past, &[holding(50)]);
    let per_day = Tokens::from_micro(7_142_857);
    assert_eq!(found.burn_rate, Some(BurnRate { per_day, days: 28 }));
    // A week of five working days from Monday the 23rd; the end is the Monday after.
    let day = date("2026-11-30");
    assert_eq!(found.run_out, RunOut::On { day, range: Some((day, Some(day))) });
}

#[test]
fn a_lot_for_apis_pays_no_product() {
    let both = PerClass { api: Tokens::whole(10), product: Tokens::whole(1) };
    let past = past(60, |_| both);
    let credit = Holding { pays_for: PaysFor::Api, ..holding(100_000) };
    assert_eq!(day_of(&of(&past, &[credit, holding(3)])), date("2026-11-24"));
    assert_eq!(day_of(&of(&past, &[credit])), date("2026-11-21"));
}

#[test]
fn nothing_used_is_no_forecast() {
    let never = Past::new([], date("2026-11-21"));
    let found = of(&never, &[holding(5)]);
    assert_eq!((found.burn_rate, found.run_out), (None, RunOut::Unused));
    // Used, but not in the last 28 days.
    let long_ago = past(60, |day| if day < date("2026-10-01") { api(1) } else { api(0) });
    let found = of(&long_ago, &[Holding { expires: Some(now().plus(DAY)), ..holding(5) }]);
    let none = Some(BurnRate { per_day: Tokens::ZERO, days: 28 });
    assert_eq!((found.burn_rate, found.run_out), (none, RunOut::Unused));
    assert_eq!(found.waste.len(), 1);
}

#[test]
fn what_lasts_five_years_does_not_run_out_soon() {
    let past = past(60, |_| api(1));
    assert_eq!(of(&past, &[holding(1_826)]).run_out, RunOut::NotSoon);
    assert_eq!(day_of(&of(&past, &[holding(1_825)])), date("2031-11-20"));
}

#[test]
fn debt_has_run_out_already() {
    let past = past(60, |_| api(1));
    let found = outlook(&Zone::utc(), now(), &past, &[], api(3));
    assert_eq!(found.run_out, RunOut::Already);
}

#[test]
fn a_short_past_is_said_to_be_short() {
    let past = past(3, |_| api(6));
    let found = of(&past, &[holding(12)]);
    assert_eq!(found.burn_rate, Some(BurnRate { per_day: Tokens::whole(6), days: 3 }));
    assert_eq!(found.run_out, RunOut::On { day: date("2026-11-23"), range: None });
    // Only today: not one complete day.
    let today = Past::new([(date("2026-11-21"), api(6))], date("2026-11-21"));
    assert_eq!(of(&today, &[holding(12)]).burn_rate, None);
}

#[test]
fn uneven_use_makes_a_range_around_the_day() {
    let uneven = |day: Date| api(5 + i64::from(day.ordinal() * 7919 % 11));
    let found = of(&past(200, uneven), &[holding(300)]);
    let RunOut::On { day, range: Some((from, Some(to))) } = found.run_out else {
        panic!("{found:?}");
    };
    assert!(from <= day && day <= to && from < to, "{found:?}");
    assert!((to - from).num_days() < 20, "{found:?}");
}

#[test]
fn days_without_a_charge_count_as_nothing() {
    let today = date("2026-11-21");
    let past = Past::new([(date("2026-11-11"), api(10)), (date("2026-11-16"), api(10))], today);
    let rate = BurnRate { per_day: Tokens::whole(2), days: 10 };
    assert_eq!(of(&past, &[]).burn_rate, Some(rate));
}

proptest! {
    /// Whole weeks at once end where single days end.
    #[test]
    fn weeks_at_once_are_seven_days(
        week in proptest::array::uniform7(0_i64..9),
        amounts in proptest::collection::vec((1_i64..400, 0_i64..90, 1_i64..200), 0..4),
    ) {
        let past = past(28, |day| api(week[weekday(day)]));
        let lots: Vec<Holding> = amounts
            .into_iter()
            .map(|(amount, from, length)| Holding {
                effective: now().plus(from * DAY),
                expires: Some(now().plus((from + length) * DAY)),
                ..holding(amount)
            })
            .collect();
        let found = of(&past, &lots);
        let pattern = Pattern::learn(&past, 0, past.days.len());
        let start =
            Start { zone: &Zone::utc(), now: now(), holdings: &lots, debt: PerClass::default() };
        let mut stock = Stock::new(&start);
        let mut expected = None;
        let mut day = date("2026-11-21");
        for _ in 0..HORIZON_DAYS {
            let whole = Zone::utc().days(day, day);
            if stock.live_through(whole, whole, pattern.0[weekday(day)]) && expected.is_none() {
                expected = Some(day);
            }
            day = next_day(day);
        }
        match found.run_out {
            RunOut::On { day, .. } => prop_assert_eq!(Some(day), expected),
            _ => prop_assert_eq!(None, expected),
        }
        prop_assert_eq!(found.waste, stock.waste);
    }
}
