//! Filters, comparisons and column lengths: every figure is the sum over the usage that passes.

use crate::given::{app, assigned, at, event, program_of, rate, send, session, team, tokens};
use crate::harness::{Database, on_each_database};
use std::collections::BTreeMap;
use tokenscope::event::{NewEvent, Spender};
use tokenscope::permission::{OrgRole, TeamRole};
use tokenscope::rate::Rounding;
use tokenscope::report::{Content, Metric, Preset, Range};
use tokenscope::service::{Books, Caller, Directory, Reports};
use tokenscope::time::{DAY, Grain, HOUR, Instant, SECOND};
use tokenscope::tokens::{MICRO, Tokens};
use tokenscope::view::{Compare, Filters, Term, View};
use tokenscope_server::service::{NewPerson, Service};

on_each_database!(
    filters_choose_apis_and_apps,
    teams_and_nobody_add_up_to_the_total,
    late_charges_stay_with_the_team_of_their_event,
    a_year_before_is_compared_by_date,
    days_are_compared_one_by_one,
    a_wished_column_length_is_kept_where_it_fits,
    what_a_developer_cannot_see_is_unknown_to_him,
    instants_are_for_the_zone_of_the_account,
);

fn now() -> Instant {
    at("2026-11-21T12:34:56.789Z")
}

/// When the app `mover` changes its team: inside an hour, twice within one, at no round time.
fn moves() -> [(Instant, Option<&'static str>); 4] {
    [
        (Instant::MIN, Some("red")),
        (at("2026-10-30T10:20:30.123456Z"), Some("blue")),
        (at("2026-11-11T03:00:00.000001Z"), None),
        (at("2026-11-11T03:59:59.999999Z"), Some("blue")),
    ]
}

fn mover_at(time: Instant) -> Option<&'static str> {
    moves().into_iter().rev().find(|(from, _)| *from <= time).and_then(|(_, team)| team)
}

/// Half an hour is added to and taken from the clock of this zone.
async fn organization(service: &Service) -> Caller {
    let caller = program_of(service, "a", "Australia/Lord_Howe").await;
    let mut facts = vec![
        team("red"),
        team("blue"),
        app("robot"),
        app("mover"),
        app("loose"),
        assigned("robot", Some("red"), Instant::MIN),
        rate("calls", "1", Rounding::Exact),
        rate("maps", "1", Rounding::Exact),
        rate("cad", "10", Rounding::UserDay),
    ];
    facts.extend(moves().map(|(from, team)| assigned("mover", team, from)));
    service.record(&caller, facts).await.unwrap();
    caller
}

/// Usage of four spenders and two APIs, each event with its own price.
fn events(from: Instant, every: i64) -> Vec<NewEvent> {
    let times = (0..).map(|n| from.plus(n * every)).take_while(|time| *time < now());
    let one = |(n, time): (usize, Instant)| NewEvent {
        spender: match n % 4 {
            0 => Spender::ClientId("robot".into()),
            1 => Spender::ClientId("loose".into()),
            2 => Spender::Team("blue".into()),
            _ => Spender::ClientId("mover".into()),
        },
        user: (n % 3 == 0).then(|| "ann@example.org".into()),
        api: ["calls", "maps"][n / 4 % 2].into(),
        tokens: Some(Tokens::from_micro(1_001 * i64::try_from(n + 1).unwrap())),
        ..event(&n.to_string(), time)
    };
    times.enumerate().map(one).collect()
}

fn team_of(event: &NewEvent) -> Option<&str> {
    match &event.spender {
        Spender::Team(team) => Some(team),
        Spender::ClientId(app) if app == "robot" => Some("red"),
        Spender::ClientId(app) if app == "mover" => mover_at(event.time.unwrap()),
        Spender::ClientId(_) => None,
    }
}

fn app_of(event: &NewEvent) -> &str {
    match &event.spender {
        Spender::Team(_) => "~blue",
        Spender::ClientId(app) => app,
    }
}

/// What some events come to; nobody pays for an event without a team.
fn sum(metric: Metric, events: &[NewEvent], counts: impl Fn(&NewEvent) -> bool) -> i64 {
    let counted = events.iter().filter(|event| counts(event));
    let value = |event: &NewEvent| match metric {
        Metric::Events => MICRO,
        Metric::Tokens if team_of(event).is_none() => 0,
        Metric::Tokens => event.tokens.unwrap().micro(),
    };
    counted.map(value).sum()
}

fn terms(texts: &[&str]) -> Vec<Term> {
    let term = |text: &&str| {
        let slug = text.trim_start_matches('!');
        Term { slug: slug.into(), not: slug != *text }
    };
    texts.iter().map(term).collect()
}

fn filtered(apis: &[&str], apps: &[&str], teams: &[&str]) -> View {
    let filters = Filters { api: terms(apis), app: terms(apps), team: terms(teams) };
    View { filters, range: Range::Preset(Preset::Days90), ..View::default() }
}

async fn filters_choose_apis_and_apps(database: Database) {
    let service = database.service(now()).await;
    let program = organization(&service).await;
    let events = events(now().plus(-60 * DAY), 5 * HOUR + 7 * SECOND);
    send(&service, &program, events.clone()).await;
    type Counts = fn(&NewEvent) -> bool;
    let cases: [(View, Counts, &[&str]); 8] = [
        (filtered(&["calls"], &[], &[]), |e| e.api == "calls", &[]),
        (filtered(&["!calls"], &[], &[]), |e| e.api == "maps", &[]),
        (filtered(&[], &["robot", "~blue"], &[]), |e| ["robot", "~blue"].contains(&app_of(e)), &[]),
        (
            filtered(&["maps"], &["!robot"], &["blue"]),
            |e| e.api == "maps" && app_of(e) != "robot" && team_of(e) == Some("blue"),
            &[],
        ),
        (
            filtered(&[], &["mover"], &["red"]),
            |e| app_of(e) == "mover" && team_of(e) == Some("red"),
            &[],
        ),
        (filtered(&["calls", "nothing"], &[], &[]), |e| e.api == "calls", &["nothing"]),
        (filtered(&[], &["nobody"], &["!green"]), |_| false, &["nobody", "green"]),
        (filtered(&[], &[], &["green"]), |_| false, &["green"]),
    ];
    for (view, counts, unknown) in cases {
        for metric in [Metric::Tokens, Metric::Events] {
            let view = View { metric, ..view.clone() };
            let report = service.overview(&program, &view).await.unwrap();
            let expected = sum(metric, &events, counts);
            assert_eq!(report.usage.total, expected, "{view:?}");
            assert_eq!(report.frame.unknown, unknown, "{view:?}");
            let of_apps: i64 = report.top_apps.iter().map(|row| row.tokens.micro()).sum();
            assert_eq!(of_apps, sum(Metric::Tokens, &events, counts), "{view:?}");
            let nothing = report.frame.content == Content::NothingInRange;
            assert_eq!(nothing, expected == 0, "{view:?}");
            assert_eq!(report.teams.len(), 2, "balances know no filters");
        }
    }
}

async fn teams_and_nobody_add_up_to_the_total(database: Database) {
    let service = database.service(now()).await;
    let program = organization(&service).await;
    // Close together around the moves, so that their hours hold events on both sides.
    let mut events = events(now().plus(-40 * DAY), 3 * HOUR + 11 * SECOND);
    for (n, (move_at, _)) in moves().into_iter().enumerate().skip(1) {
        for offset in [-HOUR, -90 * SECOND, -1, 0, 1, 90 * SECOND, HOUR, 26 * HOUR] {
            let time = move_at.plus(offset);
            let spender = Spender::ClientId("mover".into());
            let tokens = Some(Tokens::from_micro(7));
            events.push(NewEvent { spender, tokens, ..event(&format!("{n} {offset}"), time) });
        }
    }
    send(&service, &program, events.clone()).await;
    let day = |text: &str| text.parse().unwrap();
    let ranges = [
        Range::Preset(Preset::Days90),
        Range::Days { from: day("2026-10-30"), to: day("2026-10-30") },
        Range::Days { from: day("2026-11-10"), to: day("2026-11-12") },
    ];
    for (range, metric) in
        ranges.into_iter().flat_map(|range| [(range, Metric::Tokens), (range, Metric::Events)])
    {
        let view = View { range, metric, ..View::default() };
        let all = service.overview(&program, &view).await.unwrap();
        let inside = |e: &NewEvent| all.frame.range.period.contains(e.time.unwrap());
        assert_eq!(all.usage.total, sum(metric, &events, inside), "{range:?}");
        let of_teams: BTreeMap<&str, i64> = all
            .top_teams
            .iter()
            .map(|row| (row.slug.as_str(), [row.tokens.micro(), row.events * MICRO]))
            .map(|(slug, [tokens, events])| {
                (slug, if metric == Metric::Tokens { tokens } else { events })
            })
            .collect();
        assert_eq!(of_teams.values().sum::<i64>(), all.usage.total, "{range:?}");
        let mut rest = all.usage.total;
        for slug in ["red", "blue"] {
            let of_team = |e: &NewEvent| inside(e) && team_of(e) == Some(slug);
            let expected = sum(metric, &events, of_team);
            assert_eq!(of_teams.get(slug).copied().unwrap_or(0), expected, "{range:?} {slug}");
            let filters = Filters { team: terms(&[slug]), ..Filters::default() };
            let own = View { filters, ..view.clone() };
            let own = service.overview(&program, &own).await.unwrap().usage;
            assert_eq!(own.total, expected, "{range:?} {slug}");
            for (place, column) in own.columns.iter().enumerate() {
                let height: i64 = own.series.iter().map(|series| series.values[place]).sum();
                let here = |e: &NewEvent| of_team(e) && column.period.contains(e.time.unwrap());
                assert_eq!(height, sum(metric, &events, here), "{slug} {:?}", column.period);
            }
            rest -= expected;
        }
        let filters = Filters { team: terms(&["!red", "!blue"]), ..Filters::default() };
        let nobodys = service.overview(&program, &View { filters, ..view }).await.unwrap();
        assert_eq!(nobodys.usage.total, rest, "{range:?}");
    }
}

async fn late_charges_stay_with_the_team_of_their_event(database: Database) {
    let service = database.service(now()).await;
    let program = organization(&service).await;
    // Three days of work that begin an hour before the app moves from red to blue.
    let begin = moves()[1].0.plus(-HOUR);
    let long = NewEvent {
        spender: Spender::ClientId("mover".into()),
        ..session("1", "ann@example.org", begin, 3 * 86_400 - 60)
    };
    send(&service, &program, [long]).await;
    let view = filtered(&[], &[], &[]);
    let report = service.overview(&program, &view).await.unwrap();
    assert_eq!(report.usage.total, tokens("30").micro());
    let teams: Vec<(&str, Tokens)> =
        report.top_teams.iter().map(|row| (row.slug.as_str(), row.tokens)).collect();
    assert_eq!(teams, [("red", tokens("30"))]);
    for (slug, expected) in [("red", "30"), ("blue", "0")] {
        let own = service.overview(&program, &filtered(&[], &[], &[slug])).await.unwrap();
        assert_eq!(own.usage.total, tokens(expected).micro(), "{slug}");
        let charged = crate::given::charged(&service, program.org, slug).await;
        assert_eq!(charged, tokens(expected), "{slug}");
    }
}

async fn a_year_before_is_compared_by_date(database: Database) {
    let service = database.service(now()).await;
    let program = organization(&service).await;
    // The days from the 25th of October to the 21st of November of 2025, up to the same time.
    let first = at("2025-10-24T13:00:00Z");
    let cut = at("2025-11-21T12:34:56.789Z");
    let before = now().plus(-28 * DAY - 1);
    let times = [first.plus(-1), first, cut.plus(-1), cut, before, now()];
    let one = |(n, time): (usize, Instant)| NewEvent {
        tokens: Some(Tokens::from_micro(1 << n)),
        ..event(&n.to_string(), time)
    };
    send(&service, &program, times.into_iter().enumerate().map(one)).await;
    let previous = async |compare: Compare| {
        let view = View { compare, ..View::default() };
        service.overview(&program, &view).await.unwrap().usage.previous_total
    };
    assert_eq!(previous(Compare::YearBefore).await, (1 << 1) + (1 << 2));
    assert_eq!(previous(Compare::Previous).await, 1 << 4);
}

async fn days_are_compared_one_by_one(database: Database) {
    let service = database.service(now()).await;
    let program = organization(&service).await;
    let days = [(0, 8), (1, 4), (7, 2), (8, 1)];
    let one = |(ago, micro): (i64, i64)| NewEvent {
        tokens: Some(Tokens::from_micro(micro)),
        ..event(&ago.to_string(), now().plus(-ago * DAY - HOUR))
    };
    send(&service, &program, days.map(one)).await;
    let view = View { range: Range::Preset(Preset::Days7), ..View::default() };
    let usage = service.overview(&program, &view).await.unwrap().usage;
    assert_eq!(usage.series[0].values, [0, 0, 0, 0, 0, 4, 8]);
    assert_eq!(usage.series[0].before, [0, 0, 0, 0, 0, 1, 2]);
    assert_eq!(usage.previous_total, 3);
    let weeks = View { range: Range::Preset(Preset::Months12), ..View::default() };
    let usage = service.overview(&program, &weeks).await.unwrap().usage;
    assert!(usage.series[0].before.is_empty());
}

async fn a_wished_column_length_is_kept_where_it_fits(database: Database) {
    let service = database.service(now()).await;
    let program = organization(&service).await;
    let events = events(now().plus(-60 * DAY), 5 * HOUR + 7 * SECOND);
    send(&service, &program, events.clone()).await;
    let used = async |preset: Preset, grain: Grain| {
        let view = View { range: Range::Preset(preset), grain: Some(grain), ..View::default() };
        let report = service.overview(&program, &view).await.unwrap();
        let inside = |e: &NewEvent| report.frame.range.period.contains(e.time.unwrap());
        assert_eq!(report.usage.total, sum(Metric::Tokens, &events, inside), "{view:?}");
        (report.frame.range.grain, report.frame.grain_refused)
    };
    for (preset, wished, given) in [
        (Preset::Days7, Grain::Hour, Grain::Hour),
        (Preset::Days90, Grain::Hour, Grain::Day),
        (Preset::Days90, Grain::Month, Grain::Month),
        (Preset::Months12, Grain::Day, Grain::Day),
        (Preset::Days28, Grain::Week, Grain::Week),
    ] {
        let refused = (wished != given).then_some(wished);
        assert_eq!(used(preset, wished).await, (given, refused), "{preset:?} {wished:?}");
    }
    // Per user there are no hours.
    let ann = ann(&service, &program).await;
    let view = View { grain: Some(Grain::Hour), ..View::default() };
    let frame = service.me(&ann, &view).await.unwrap().frame;
    assert_eq!((frame.range.grain, frame.grain_refused), (Grain::Day, Some(Grain::Hour)));
}

async fn ann(service: &Service, program: &Caller) -> Caller {
    let password = "correct horse battery";
    let ann = NewPerson {
        email: "ann@example.org".into(),
        name: "Ann".into(),
        password: password.into(),
        role: OrgRole::Developer,
        teams: vec![("red".into(), TeamRole::Member)],
    };
    service.add_people(program.org, vec![ann]).await.unwrap();
    service.sign_in("ann@example.org", password, "127.0.0.1").await.unwrap().done().unwrap()
}

async fn what_a_developer_cannot_see_is_unknown_to_him(database: Database) {
    let service = database.service(now()).await;
    let program = organization(&service).await;
    let events = events(now().plus(-60 * DAY), 5 * HOUR + 7 * SECOND);
    send(&service, &program, events.clone()).await;
    service.record(&program, vec![app("secret")]).await.unwrap();
    let ann = ann(&service, &program).await;
    for (apps, teams, unknown) in [
        (&["mover"][..], &[][..], &[][..]),
        (&["secret"], &[], &["secret"]),
        (&["nowhere"], &[], &["nowhere"]),
        (&["!secret", "!nowhere"], &["!blue"], &[]),
        (&[], &["blue"], &["blue"]),
        (&[], &["red"], &[]),
    ] {
        let view = filtered(&[], apps, teams);
        let report = service.me(&ann, &view).await.unwrap();
        assert_eq!(report.frame.unknown, unknown, "{apps:?} {teams:?}");
        let mine = |e: &NewEvent| {
            let team = team_of(e).unwrap_or("");
            e.user.is_some()
                && Filters::passes(&view.filters.app, app_of(e))
                && Filters::passes(&view.filters.team, team)
        };
        assert_eq!(report.usage.total, sum(Metric::Tokens, &events, mine), "{apps:?} {teams:?}");
        let rows: i64 = report.by_app_and_api.iter().map(|row| row.tokens.micro()).sum();
        assert_eq!(rows, report.usage.total);
    }
}

async fn instants_are_for_the_zone_of_the_account(database: Database) {
    let service = database.service(now()).await;
    let program = organization(&service).await;
    let mut ann = ann(&service, &program).await;
    let zone = async |ann: &Caller| {
        let frame = service.me(ann, &View::default()).await.unwrap().frame;
        (frame.zone.name.clone(), frame.zone_of_instants().name.clone())
    };
    let own = "Australia/Lord_Howe".to_owned();
    assert_eq!(zone(&ann).await, (own.clone(), own.clone()));
    ann.preferences.zone = Some("Europe/Berlin".into());
    assert_eq!(zone(&ann).await, (own.clone(), "Europe/Berlin".into()));
    ann.preferences.zone = Some("Mars/Olympus".into());
    assert_eq!(zone(&ann).await, (own.clone(), own));
}
