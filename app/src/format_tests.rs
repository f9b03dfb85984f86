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

/// In Japanese.
fn ja<T>(body: impl FnOnce() -> T) -> T {
    use leptos::prelude::{Owner, provide_context};
    Owner::new().with(|| {
        provide_context(Locale::ja);
        body()
    })
}

fn day_of(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn japanese_counts_in_myriads() {
    for (micro, text) in [
        (0, "0"),
        (1_234, "0.00123"),
        (12_345_678, "12.3"),
        (999_500_000, "1,000"),
        (1_234_000_000, "1,230"),
        (9_994_000_000, "9,990"),
        (9_995_000_000, "1万"),
        (12_345_000_000, "1.23万"),
        (-123_456_000_000, "\u{2212}12.3万"),
        (12_345_678_000_000, "1,230万"),
        (99_950_000_000_000, "1億"),
        (123_456_789_000_000, "1.23億"),
        (999_500_000_000_000_000, "1兆"),
        (i64::MAX, "9.22兆"),
    ] {
        assert_eq!(ja(|| compact(micro)), text, "{micro}");
    }
}

#[test]
fn japanese_dates_name_the_year_first_and_once() {
    let range = |first, last| ja(|| between(day_of(first), day_of(last)));
    let is = |first: &str, last: &str| (first.to_owned(), last.to_owned());
    assert_eq!(range("2026-10-25", "2026-11-21"), is("2026年10月25日", "11月21日"));
    assert_eq!(range("2025-12-25", "2026-01-21"), is("2025年12月25日", "2026年1月21日"));
    assert_eq!(range("2026-11-21", "2026-11-21"), is("2026年11月21日", "2026年11月21日"));
    let english = between(day_of("2026-10-25"), day_of("2026-11-21"));
    assert_eq!(english, is("25 Oct", "21 Nov 2026"));
    let tokyo = Zone::new("Asia/Tokyo".into(), 9 * 3600, vec![]);
    let at = t("2026-11-20T16:30:00Z");
    assert_eq!(ja(|| date_time(at, &tokyo)), "2026年11月21日 01:30");
    let week = Period::new(t("2026-11-16T00:00:00Z"), t("2026-11-23T00:00:00Z"));
    let name = ja(|| column(week, Grain::Week, &Zone::utc()));
    assert_eq!(name, "2026年11月16日～11月22日");
    assert_eq!(ja(|| share(41, 100)).unwrap(), "41%");
    assert_eq!(ja(|| share(1, 10_000)).unwrap(), "0.1%未満");
}

#[test]
fn one_is_not_many() {
    assert_eq!(amount(1_000_000, "tokens"), "1 token");
    assert_eq!(amount(1_000_000, "events"), "1 event");
    assert_eq!(amount(1_000_000, "credits"), "1 credits");
    assert_eq!(amount(1_500_000, "tokens"), "1.5 tokens");
    assert_eq!(amount(0, "tokens"), "0 tokens");
    assert_eq!(
        (events(1), events(0), events(1234)),
        ("1 event".into(), "0 events".into(), "1,234 events".into())
    );
    assert_eq!((day_count(1), day_count(28)), ("1 day".into(), "28 days".into()));
    assert_eq!(ja(|| amount(1_000_000, "トークン")), "1 トークン");
    assert_eq!(ja(|| day_count(1)), "1日");
}

/// Amounts of every magnitude and both signs, always the same ones.
fn amounts() -> impl Iterator<Item = i64> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    (0..4000_u32).map(move |n| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let micro = i64::try_from(state >> (1 + n % 62)).unwrap();
        if n % 5 == 0 { -micro } else { micro }
    })
}

/// Reads a short figure back, in millionths.
fn read(short: &str) -> i128 {
    let plain = short.replace(',', "").replace(MINUS, "-");
    let digits = plain.trim_end_matches(|c: char| c.is_alphabetic());
    let power = match &plain[digits.len()..] {
        "" => 0,
        "k" => 3,
        "万" => 4,
        "M" => 6,
        "億" => 8,
        "B" => 9,
        "T" | "兆" => 12,
        other => panic!("{other}"),
    };
    let negative = digits.starts_with('-');
    let (whole, part) = digits.trim_start_matches('-').split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('-');
    let number: i128 = format!("{whole}{part:0<6}").parse().unwrap();
    let number = number * 10_i128.pow(power);
    if negative { -number } else { number }
}

#[test]
fn short_figures_are_close_short_and_in_order_in_both_languages() {
    for language in [Locale::en, Locale::ja] {
        let print = |micro: i64| match language {
            Locale::en => compact(micro),
            Locale::ja => ja(|| compact(micro)),
        };
        let mut all: Vec<i64> = amounts().collect();
        all.sort_unstable();
        let mut before = i128::MIN;
        for micro in all {
            let short = print(micro);
            let value = read(&short);
            let off = (value - i128::from(micro)).abs();
            assert!(off * 200 <= i128::from(micro).abs(), "{micro} as {short}");
            assert!(value >= before, "{micro} as {short} is out of order");
            before = value;
            let digits: String = short.chars().filter(char::is_ascii_digit).collect();
            let digits = digits.trim_matches('0').len();
            assert!(digits <= 3, "{micro} as {short} has {digits} digits");
            assert!(short.chars().count() <= 9, "{short}");
            assert!(!short.ends_with('.') && !short.contains(".0 "), "{short}");
            let mirrored = print(-micro);
            let plain = |text: &str| text.trim_start_matches(MINUS).to_owned();
            assert_eq!(plain(&mirrored), plain(&short));
        }
    }
}

#[test]
fn full_figures_read_back_exactly() {
    for micro in amounts() {
        assert_eq!(read(&full(micro)), i128::from(micro), "{}", full(micro));
        assert_eq!(full(micro), ja(|| full(micro)), "digits are the same in both languages");
    }
}
