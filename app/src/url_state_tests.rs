use super::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn only(slug: &str) -> Term {
    Term { slug: slug.into(), not: false }
}

fn but(slug: &str) -> Term {
    Term { slug: slug.into(), not: true }
}

/// Reads a URL as the pages do.
fn read(url: &str) -> (View, Vec<Notice>) {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let pairs = pairs(query);
    parse(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}

#[test]
fn nothing_asked_is_the_default_view_at_the_bare_path() {
    assert_eq!(parse([]), (View::default(), vec![]));
    assert_eq!(url("/overview", &View::default()), "/overview");
    let defaults = [("range", "28d"), ("cmp", "prev"), ("metric", "tokens")];
    assert_eq!(parse(defaults), (View::default(), vec![]));
}

#[test]
fn keys_stand_in_one_order_however_they_came() {
    let asked = "/me?hide=b,a&team=red&app=x%20y&api=!z&api=a&api=a&metric=events&grain=week\
        &cmp=yoy&range=90d";
    let (view, notices) = read(asked);
    assert_eq!(notices, []);
    let canonical = "/me?range=90d&cmp=yoy&grain=week&metric=events&api=a&api=!z&app=x%20y\
        &team=red&hide=a,b";
    assert_eq!(url("/me", &view), canonical);
    assert_eq!(read(canonical), (view, vec![]));
}

#[test]
fn dates_are_inclusive_and_put_in_order() {
    let (view, notices) = parse([("from", "2026-10-31"), ("to", "2026-10-01")]);
    let range = Range::Days { from: day("2026-10-01"), to: day("2026-10-31") };
    assert_eq!((view.range, notices), (range, vec![]));
    assert_eq!(url("/me", &view), "/me?from=2026-10-01&to=2026-10-31");
}

#[test]
fn each_bad_value_falls_back_alone() {
    let (view, notices) = parse([("range", "foo"), ("metric", "events"), ("colour", "red")]);
    assert_eq!(view, View { metric: Metric::Events, ..View::default() });
    assert_eq!(notices, [Notice::Key("colour".into()), Notice::Range("foo".into())]);
    let (view, notices) = parse([("range", "7d"), ("range", "90d"), ("metric", "euros")]);
    assert_eq!(view.range, Range::Preset(Preset::Days7));
    assert_eq!(notices, [Notice::Repeated("range".into()), Notice::Metric("euros".into())]);
    let (view, notices) = parse([("cmp", "last"), ("grain", "second"), ("api", "a"), ("api", "")]);
    assert_eq!(view.filters, Filters { api: vec![only("a")], ..Filters::default() });
    let bad = [
        Notice::Filter(String::new()),
        Notice::Compare("last".into()),
        Notice::Grain("second".into()),
    ];
    assert_eq!(notices, bad);
}

#[test]
fn bad_dates_are_refused_and_repeated_in_short() {
    for (from, to) in [
        ("2026-02-30", "2026-03-01"),
        ("+2026-1-1", "2026-03-01"),
        ("0001-01-01", "2026-03-01"),
        ("2000-01-01", "2026-03-01"),
        ("２０２６-01-01", "2026-03-01"),
        ("", ""),
    ] {
        let (view, notices) = parse([("from", from), ("to", to)]);
        assert_eq!(view, View::default(), "{from}");
        assert!(matches!(notices[..], [Notice::Dates(_)]), "{from}");
    }
    assert!(matches!(parse([("to", "2026-03-01")]).1[..], [Notice::Dates(_)]));
    let long = "ü".repeat(500);
    let (_, notices) = parse([("range", long.as_str())]);
    assert_eq!(notices, [Notice::Range(format!("{}…", "ü".repeat(40)))]);
}

#[test]
fn dates_go_before_a_range() {
    let query = [("range", "7d"), ("from", "2026-10-01"), ("to", "2026-10-02")];
    let (view, notices) = parse(query);
    assert!(matches!(view.range, Range::Days { .. }));
    assert_eq!(notices, [Notice::RangeAndDates("7d".into())]);
}

#[test]
fn filters_are_limited_in_number_and_length() {
    let names: Vec<String> = (0..60).map(|n| format!("app-{n:02}")).collect();
    let (view, notices) = parse(names.iter().map(|name| ("app", name.as_str())));
    assert_eq!(view.filters.app.len(), TERMS_MAX);
    assert_eq!(notices, [Notice::TooMany]);
    assert!(is_short(&view));
    let mut crafted = view.clone();
    crafted.filters.team.push(only("one-more"));
    assert!(!is_short(&crafted));
    let (fits, long) = ("ü".repeat(TERM_CHARS_MAX), "ü".repeat(TERM_CHARS_MAX + 1));
    let (view, notices) = parse([("api", fits.as_str()), ("api", long.as_str())]);
    assert_eq!(view.filters.api, [only(&fits)]);
    assert!(matches!(notices[..], [Notice::Filter(_)]));
}

#[test]
fn names_may_hold_any_letter() {
    let odd = ["!", "!!x", "\\", "\\!x", "a b", "a+b", "50%", "%41", "a&b=c", "a,b", "ü東", "~t"];
    for slug in odd {
        let filters = Filters { app: vec![only(slug), but(slug)], ..Filters::default() };
        let hide = vec![slug.to_owned(), "zz".to_owned()];
        let mut view = View { filters, hide, ..View::default() };
        tidy(&mut view);
        assert_eq!(read(&url("/me", &view)), (view, vec![]), "{slug}");
    }
    // As a form without JavaScript sends it, and as nobody should.
    assert_eq!(
        pairs("?a+b=c%2Bd&&e=%zz%4"),
        [("a b".to_owned(), "c+d".to_owned()), ("e".to_owned(), "%zz%4".to_owned()),]
    );
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
    fn name(&mut self) -> String {
        let letters: Vec<char> = "ab-.!\\,%&=+ ?#~\"'<é東".chars().collect();
        (0..=self.below(6)).map(|_| self.pick(&letters)).collect()
    }
    fn terms(&mut self) -> Vec<Term> {
        (0..self.below(4)).map(|_| Term { slug: self.name(), not: self.below(2) == 0 }).collect()
    }
    fn view(&mut self) -> View {
        let presets = Preset::ALL.map(|(preset, _)| Range::Preset(preset));
        let mut ranges = presets.to_vec();
        ranges.push(Range::Days { from: day("2026-01-31"), to: day("2026-02-01") });
        let mut grains = vec![None];
        grains.extend(GRAINS.map(|(grain, _)| Some(grain)));
        let filters = Filters { api: self.terms(), app: self.terms(), team: self.terms() };
        View {
            range: self.pick(&ranges),
            compare: self.pick(&[Compare::Previous, Compare::YearBefore]),
            grain: self.pick(&grains),
            metric: self.pick(&[Metric::Tokens, Metric::Events]),
            filters,
            hide: (0..self.below(3)).map(|_| self.name()).collect(),
        }
    }
}

#[test]
fn every_view_reads_back_from_its_one_url() {
    let mut dice = Dice(7);
    for _ in 0..3000 {
        let mut view = dice.view();
        let printed = url("/overview", &view);
        assert!(printed.bytes().all(|b| b.is_ascii_graphic() && b != b'"'), "{printed}");
        tidy(&mut view);
        assert_eq!(read(&printed), (view.clone(), vec![]), "{printed}");
        assert_eq!(url("/overview", &view), printed);
        let shown = View { hide: vec![], ..view.clone() };
        assert_eq!(with_hidden(&url("/overview", &shown), &view.hide), printed);
        assert_eq!(with_hidden(&printed, &[]), url("/overview", &shown));
    }
}

#[test]
fn no_query_makes_it_fail() {
    let mut dice = Dice(11);
    let keys = ["range", "from", "to", "cmp", "grain", "metric", "api", "team", "hide", "x", ""];
    for _ in 0..3000 {
        let pair = |dice: &mut Dice| format!("{}={}", dice.pick(&keys), dice.name());
        let query: Vec<String> = (0..dice.below(8)).map(|_| pair(&mut dice)).collect();
        let (view, _) = read(&format!("/me?{}", query.join("&")));
        assert_eq!(read(&url("/me", &view)), (view, vec![]), "{query:?}");
    }
}

#[test]
fn only_lengths_that_suit_the_range_are_offered() {
    let offered = |range: Range| {
        let fits = GRAINS.iter().filter(|(grain, _)| suits(*grain, range));
        fits.map(|(_, code)| *code).collect::<Vec<_>>().join(" ")
    };
    for (preset, grains) in [
        (Preset::Today, "hour"),
        (Preset::Days7, "day"),
        (Preset::Days28, "day week"),
        (Preset::Days90, "day week month"),
        (Preset::Months12, "week month"),
    ] {
        assert_eq!(offered(Range::Preset(preset)), grains, "{}", preset.code());
    }
    let days = |from: &str, to: &str| Range::Days { from: day(from), to: day(to) };
    assert_eq!(offered(days("2026-01-01", "2026-01-03")), "hour day");
    assert_eq!(offered(days("2017-01-01", "2026-12-31")), "month");
}
