use super::*;

fn t(text: &str) -> Instant {
    text.parse().unwrap()
}
fn d(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn presets_mean_days_of_the_zone() {
    let zone = Zone::new("Asia/Tokyo".into(), 9 * 3600, vec![]);
    let now = t("2026-11-20T16:30:00Z"); // already the 21st in Tokyo
    for (preset, first, last) in [
        (Preset::Today, "2026-11-21", "2026-11-21"),
        (Preset::Yesterday, "2026-11-20", "2026-11-20"),
        (Preset::Days7, "2026-11-15", "2026-11-21"),
        (Preset::Days28, "2026-10-25", "2026-11-21"),
        (Preset::MonthToDate, "2026-11-01", "2026-11-21"),
        (Preset::LastMonth, "2026-10-01", "2026-10-31"),
        (Preset::QuarterToDate, "2026-10-01", "2026-11-21"),
        (Preset::YearToDate, "2026-01-01", "2026-11-21"),
        (Preset::Months12, "2025-11-22", "2026-11-21"),
        (Preset::All, "2026-11-21", "2026-11-21"),
    ] {
        let range = Range::Preset(preset).resolve(now, &zone, None);
        assert_eq!((range.first, range.last), (d(first), d(last)), "{}", preset.code());
    }
}

#[test]
fn the_comparison_uses_the_same_elapsed_part() {
    let zone = Zone::utc();
    let now = t("2026-11-21T06:00:00Z");
    let range = Range::default().resolve(now, &zone, None);
    assert_eq!(range.elapsed.to, now);
    assert_eq!(range.previous.from, t("2026-09-27T00:00:00Z"));
    assert_eq!(range.previous.to, t("2026-10-24T06:00:00Z"));
    let month = Range::Preset(Preset::MonthToDate).resolve(now, &zone, None);
    assert_eq!(month.previous.from, t("2026-10-01T00:00:00Z"));
    assert_eq!(month.previous.to, t("2026-10-21T06:00:00Z"));
    let whole = Range::Preset(Preset::LastMonth).resolve(now, &zone, None);
    assert_eq!(whole.previous.from, t("2026-09-01T00:00:00Z"));
    assert_eq!(whole.previous.to, t("2026-10-01T00:00:00Z"));
    let days = Range::Days { from: d("2026-11-01"), to: d("2026-11-10") };
    let days = days.resolve(now, &zone, None);
    assert_eq!(days.previous.from, t("2026-10-22T00:00:00Z"));
    assert_eq!(days.previous.to, t("2026-11-01T00:00:00Z"));
}

#[test]
fn a_long_month_before_a_short_one_is_compared_without_overlap() {
    let now = t("2026-03-31T12:00:00Z");
    let range = Range::Preset(Preset::MonthToDate).resolve(now, &Zone::utc(), None);
    assert_eq!(range.previous.to, range.period.from);
}

#[test]
fn buckets_tile_the_period() {
    let zone = Zone::utc();
    let period = zone.days(d("2026-01-15"), d("2026-06-30"));
    let buckets = buckets(&zone, period, Grain::Month);
    assert_eq!(buckets.len(), 6);
    assert_eq!(buckets[0].from, period.from);
    assert_eq!(buckets[5].to, period.to);
    assert!(buckets.windows(2).all(|w| w[0].to == w[1].from));
}

#[test]
fn twenty_percent_is_not_healthy() {
    let mut team = TeamBalance {
        slug: String::new(),
        name: String::new(),
        balance: Tokens::ZERO,
        available: Tokens::whole(20),
        used: Tokens::whole(80),
        total: Tokens::whole(100),
        debt: Tokens::ZERO,
        access: Access::Full,
        next_expiry: None,
    };
    assert!(!team.is_healthy());
    assert_eq!(team.percent_available(), Some(20));
    team.available = Tokens::from_micro(20_000_001);
    assert!(team.is_healthy());
    team.total = Tokens::ZERO;
    assert_eq!(team.percent_available(), None);
}

#[test]
fn a_year_before_means_the_same_dates() {
    let zone = Zone::utc();
    let previous = |range: Range, now: &str| {
        let range = range.resolve_against(Compare::YearBefore, t(now), &zone, None);
        (range.previous.from, range.previous.to)
    };
    // The 29th of February lies between: the date counts, not the number of days.
    let days = Range::Preset(Preset::YearToDate);
    let wanted = (t("2027-01-01T00:00:00Z"), t("2027-11-21T06:00:00Z"));
    assert_eq!(previous(days, "2028-11-21T06:00:00Z"), wanted);
    let last_month = Range::Preset(Preset::LastMonth);
    let wanted = (t("2028-02-01T00:00:00Z"), t("2028-03-01T00:00:00Z"));
    assert_eq!(previous(last_month, "2029-03-05T00:00:00Z"), wanted);
    let wanted = (t("2027-02-01T00:00:00Z"), t("2027-03-01T00:00:00Z"));
    assert_eq!(previous(last_month, "2028-03-05T00:00:00Z"), wanted);
    let days = Range::Days { from: d("2026-11-01"), to: d("2026-11-10") };
    let wanted = (t("2025-11-01T00:00:00Z"), t("2025-11-11T00:00:00Z"));
    assert_eq!(previous(days, "2026-11-21T06:00:00Z"), wanted);
}

#[test]
fn a_wished_grain_must_leave_a_chart_that_can_be_read() {
    assert!(is_grain_allowed(Grain::Hour, 16));
    assert!(!is_grain_allowed(Grain::Hour, 17));
    assert!(is_grain_allowed(Grain::Day, 400));
    assert!(!is_grain_allowed(Grain::Day, 401));
    assert!(is_grain_allowed(Grain::Week, 2_780));
    assert!(!is_grain_allowed(Grain::Week, 3_660));
    assert!(is_grain_allowed(Grain::Month, 3_660));
}
