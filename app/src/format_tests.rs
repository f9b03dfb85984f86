use super::*;

fn t(text: &str) -> Instant {
    text.parse().unwrap()
}

#[test]
fn tokens_are_printed_in_full() {
    for (micro, text) in [
        (0, "0"),
        (1, "0.000001"),
        (12_340_500_000, "12,340.5"),
        (-1_234_567_000_000, "\u{2212}1,234,567"),
        (999_000_000, "999"),
        (1_000_000_000, "1,000"),
        (i64::MAX, "9,223,372,036,854.775807"),
        (i64::MIN, "\u{2212}9,223,372,036,854.775808"),
    ] {
        assert_eq!(full(micro), text);
    }
}

#[test]
fn a_column_of_numbers_lines_up_and_loses_nothing() {
    let amounts = [1_500_000, 20_000_000, 250_000];
    let places = decimals(amounts);
    let texts: Vec<_> = amounts.iter().map(|m| padded(*m, places)).collect();
    assert_eq!(texts, ["1.50", "20.00", "0.25"]);
    assert_eq!(padded(1, 2), "0.000001");
}

#[test]
fn cards_have_three_significant_digits() {
    for (micro, text) in [
        (0, "0"),
        (1, "0.000001"),
        (1_234, "0.00123"),
        (999_999, "1"),
        (12_345_678, "12.3"),
        (20_000_000, "20"),
        (999_400_000, "999"),
        (999_500_000, "1k"),
        (1_234_000_000, "1.23k"),
        (1_235_000_000, "1.24k"),
        (45_600_000_000, "45.6k"),
        (999_999_000_000, "1M"),
        (4_560_000_000_000, "4.56M"),
        (-4_560_000_000_000, "\u{2212}4.56M"),
        (i64::MAX, "9.22T"),
    ] {
        assert_eq!(compact(micro), text, "{micro}");
    }
}

#[test]
fn shares_are_percent_of_the_whole() {
    let printed = |part, whole| share(part, whole).unwrap();
    assert_eq!(printed(41, 100), "41 %");
    assert_eq!(printed(1, 3), "33 %");
    assert_eq!(printed(1, 30), "3.3 %");
    assert_eq!(printed(1, 10_000), "under 0.1 %");
    assert_eq!(printed(0, 10), "0 %");
    assert_eq!(printed(i64::MAX, i64::MAX), "100 %");
    assert_eq!(share(1, 0), None);
}

#[test]
fn change_is_worded_and_a_start_from_nothing_is_new() {
    assert_eq!(change(112, 100), Change::More("12 %".into()));
    assert_eq!(change(50, 100), Change::Less("50 %".into()));
    assert_eq!(change(7, 7), Change::Same);
    assert_eq!(change(0, 0), Change::Same);
    assert_eq!(change(5, 0), Change::New);
    assert_eq!(change(i64::MAX, 1), Change::More("9,223,372,036,854,775,807 %".into()));
}

#[test]
fn waits_are_rounded_up() {
    assert_eq!(wait(30), "30 s");
    assert_eq!(wait(91), "2 min");
}

#[test]
fn times_are_those_of_the_organization() {
    let tokyo = Zone::new("Asia/Tokyo".into(), 9 * 3600, vec![]);
    assert_eq!(date_time(t("2026-11-20T16:30:00Z"), &tokyo), "21 Nov 2026, 01:30");
    assert_eq!(date_of(t("2026-11-20T16:30:00Z"), &tokyo), "21 Nov 2026");
}

#[test]
fn columns_are_named_by_their_grain() {
    let zone = Zone::utc();
    let name = |from, to, grain| {
        let period = Period::new(t(from), t(to));
        (column(period, grain, &zone), tick(period, grain, &zone))
    };
    assert_eq!(
        name("2026-11-21T05:00:00Z", "2026-11-21T06:00:00Z", Grain::Hour),
        ("21 Nov, 05:00 – 06:00".into(), "05:00".into())
    );
    assert_eq!(
        name("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z", Grain::Week),
        ("16 Nov – 22 Nov 2026".into(), "16 Nov".into())
    );
    assert_eq!(
        name("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", Grain::Month),
        ("Nov 2026".into(), "Nov 2026".into())
    );
}
