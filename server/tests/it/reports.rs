//! Reports add up: every figure is the sum over the events that were sent, in days and hours of
//! the organization's zone.

use crate::given::{app, at, event, program_of, send, session, team, tokens};
use crate::harness::{Database, on_each_database};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokenscope::event::NewEvent;
use tokenscope::fact::Fact;
use tokenscope::permission::{OrgRole, TeamRole};
use tokenscope::rate::Rounding;
use tokenscope::report::{Metric, Preset, Range, UsageSeries};
use tokenscope::service::{Books, Caller, Directory, Reports};
use tokenscope::time::{Date, HOUR, Instant, Period, SECOND};
use tokenscope::tokens::{MICRO, Tokens};
use tokenscope::view::View;
use tokenscope_server::service::{NewPerson, Service};

const ANN: &str = "ann@example.org";
const PASSWORD: &str = "correct horse battery";

on_each_database!(
    totals_of_every_preset_are_sums_over_events,
    columns_of_days_with_a_change_of_the_clock_add_up,
    the_comparison_ends_at_the_same_microsecond,
    charges_are_reported_at_their_own_time,
);

/// An organization in a zone, where `robot` belongs to Ann and `other` to nobody.
async fn organization(service: &Service, zone: &str) -> Caller {
    let slug = zone.replace('/', "-");
    let caller = program_of(service, &slug, zone).await;
    let robot = Fact::App {
        client_id: "robot".into(),
        name: "robot".into(),
        owner: Some("Ann@Example.org".into()),
    };
    let facts = vec![
        team("red"),
        robot,
        app("other"),
        crate::given::assigned("robot", Some("red"), Instant::MIN),
        crate::given::assigned("other", Some("red"), Instant::MIN),
        crate::given::rate("calls", "1", Rounding::Exact),
        crate::given::rate("maps", "1", Rounding::Exact),
        crate::given::rate("cad", "10", Rounding::UserDay),
    ];
    service.record(&caller, facts).await.unwrap();
    caller
}

/// Ann, a developer and member of the team `red`.
async fn ann(service: &Service, program: &Caller) -> Caller {
    let ann = NewPerson {
        email: ANN.into(),
        name: "Ann".into(),
        password: PASSWORD.into(),
        role: OrgRole::Developer,
        teams: vec![("red".into(), TeamRole::Member)],
    };
    service.add_people(program.org, vec![ann]).await.unwrap();
    service.sign_in(ANN, PASSWORD, "127.0.0.1").await.unwrap().done().unwrap()
}

/// One event in a while, each with its own price, by several users, apps and APIs.
fn events(from: Instant, to: Instant, every: i64) -> Vec<NewEvent> {
    let times = (0..).map(|n| from.plus(n * every)).take_while(|time| *time < to);
    let one = |(n, time): (usize, Instant)| NewEvent {
        user: [Some("ANN@example.org".into()), Some("bob".into()), None][n % 3].clone(),
        spender: tokenscope::event::Spender::ClientId(["robot", "other"][n / 3 % 2].into()),
        api: ["calls", "maps"][n / 7 % 2].into(),
        tokens: Some(Tokens::from_micro(1 + i64::try_from(n).unwrap() * 1_001)),
        ..event(&n.to_string(), time)
    };
    times.enumerate().map(one).collect()
}

fn is_anns(event: &NewEvent) -> bool {
    let own_app = event.spender == tokenscope::event::Spender::ClientId("robot".into());
    own_app || event.user.as_deref().is_some_and(|user| user.to_lowercase() == ANN)
}

/// What a report must say of some events: tokens, or events in millionths.
fn sum<'a>(metric: Metric, events: impl Iterator<Item = &'a NewEvent>) -> i64 {
    match metric {
        Metric::Tokens => events.filter_map(|event| event.tokens).map(Tokens::micro).sum(),
        Metric::Events => i64::try_from(events.count()).unwrap() * MICRO,
    }
}

/// Every value of a chart is the sum over its events; the columns follow each other.
fn check(usage: &UsageSeries, period: Period, events: &[&NewEvent]) {
    let columns: Vec<Period> = usage.columns.iter().map(|column| column.period).collect();
    assert_eq!(columns.first().map(|column| column.from), Some(period.from));
    assert_eq!(columns.last().map(|column| column.to), Some(period.to));
    assert!(columns.windows(2).all(|pair| pair[0].to == pair[1].from), "{columns:?}");
    for series in &usage.series {
        let mine: Vec<_> = events.iter().filter(|event| event.api == series.slug).collect();
        let of = |column: &Period| {
            let inside = |event: &&&&NewEvent| column.contains(event.time.unwrap());
            sum(usage.metric, mine.iter().filter(inside).map(|event| **event))
        };
        let expected: Vec<i64> = columns.iter().map(of).collect();
        assert_eq!(series.values, expected, "{}", series.slug);
        assert_eq!(series.total, expected.iter().sum::<i64>());
    }
    let inside = events.iter().filter(|event| period.contains(event.time.unwrap()));
    assert_eq!(usage.total, sum(usage.metric, inside.copied()));
    assert_eq!(usage.total, usage.series.iter().map(|series| series.total).sum::<i64>());
}

/// The date in a zone, from the zone database itself.
fn date_in(zone: &TimeZone, time: Instant) -> String {
    let time = Timestamp::from_microsecond(time.micros()).unwrap();
    zone.to_datetime(time).date().to_string()
}

const PRESETS: &[(Preset, &str, &str)] = &[
    (Preset::Today, "2026-11-20", "2026-11-20"),
    (Preset::Yesterday, "2026-11-19", "2026-11-19"),
    (Preset::Days7, "2026-11-14", "2026-11-20"),
    (Preset::Days28, "2026-10-24", "2026-11-20"),
    (Preset::Days90, "2026-08-23", "2026-11-20"),
    (Preset::MonthToDate, "2026-11-01", "2026-11-20"),
    (Preset::LastMonth, "2026-10-01", "2026-10-31"),
    (Preset::QuarterToDate, "2026-10-01", "2026-11-20"),
    (Preset::YearToDate, "2026-01-01", "2026-11-20"),
    (Preset::Months12, "2025-11-21", "2026-11-20"),
    (Preset::All, "2025-09-20", "2026-11-20"),
];

async fn totals_of_every_preset_are_sums_over_events(database: Database) {
    // In New York it is still the evening before.
    let now = at("2026-11-21T03:30:00Z");
    let service = database.service(now).await;
    let program = organization(&service, "America/New_York").await;
    let ann = ann(&service, &program).await;
    let zone = TimeZone::get("America/New_York").unwrap();
    let events = events(at("2025-09-20T12:00:00Z"), now, 7 * HOUR + 13 * 60 * SECOND);
    send(&service, &program, events.clone()).await;
    assert_eq!(PRESETS.len(), Preset::ALL.len());
    for (preset, first, last) in PRESETS {
        let inside: Vec<&NewEvent> = events
            .iter()
            .filter(|event| {
                let date = date_in(&zone, event.time.unwrap());
                *first <= date.as_str() && date.as_str() <= *last
            })
            .collect();
        let anns: Vec<&NewEvent> = inside.iter().copied().filter(|event| is_anns(event)).collect();
        for metric in [Metric::Tokens, Metric::Events] {
            let view = View { range: Range::Preset(*preset), metric, ..View::default() };
            let all = service.overview(&program, &view).await.unwrap();
            assert_eq!(all.usage.total, sum(metric, inside.iter().copied()), "{preset:?}");
            check(&all.usage, all.frame.range.period, &inside);
            let of_apps: Tokens = all.top_apps.iter().map(|row| row.tokens).sum();
            assert_eq!(of_apps.micro(), sum(Metric::Tokens, inside.iter().copied()));
            let own = service.me(&ann, &view).await.unwrap();
            assert_eq!(own.usage.total, sum(metric, anns.iter().copied()), "{preset:?}");
            check(&own.usage, own.frame.range.period, &anns);
            let of_rows: i64 = own.by_app_and_api.iter().map(|row| row.events * MICRO).sum();
            assert_eq!(of_rows, sum(Metric::Events, anns.iter().copied()));
        }
    }
}

/// Zone, day, its first instant, the one after its last, and its columns.
const DAYS: &[(&str, &str, &str, &str, usize)] = &[
    ("America/New_York", "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z", 23),
    ("America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z", 25),
    // Half an hour: the hour of the change is cut in two.
    ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z", 25),
    ("Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z", 24),
    ("Asia/Kathmandu", "2026-03-08", "2026-03-07T18:15:00Z", "2026-03-08T18:15:00Z", 24),
];

async fn columns_of_days_with_a_change_of_the_clock_add_up(database: Database) {
    let service = database.service(at("2026-12-01T00:00:00Z")).await;
    for (zone, day, from, to, columns) in DAYS {
        let known = service.organization(&zone.replace('/', "-")).await.unwrap();
        let caller = match known {
            Some(org) => tokenscope_server::service::program(org),
            None => organization(&service, zone).await,
        };
        let (from, to) = (at(from), at(to));
        let around = (from.plus(-30 * HOUR), to.plus(30 * HOUR));
        let mut events = events(around.0, around.1, 600 * SECOND);
        // Ids of their own for every day.
        events.iter_mut().for_each(|event| event.id = format!("{day} {}", event.id));
        send(&service, &caller, events.clone()).await;
        let events: Vec<&NewEvent> = events.iter().collect();
        let day: Date = day.parse().unwrap();
        let neighbours = (day.pred_opt().unwrap(), day.succ_opt().unwrap());
        for (first, last, wanted) in [(day, day, *columns), (neighbours.0, neighbours.1, 3)] {
            let range = Range::Days { from: first, to: last };
            for metric in [Metric::Tokens, Metric::Events] {
                let view = View { range, metric, ..View::default() };
                let report = service.overview(&caller, &view).await.unwrap();
                assert_eq!(report.usage.columns.len(), wanted, "{zone} {day}");
                check(&report.usage, report.frame.range.period, &events);
                if first == last {
                    assert_eq!(report.frame.range.period, Period::new(from, to), "{zone} {day}");
                }
            }
        }
    }
}

/// Sends one event at each instant, each by Ann and worth more than all before.
async fn send_doubling(service: &Service, caller: &Caller, times: &[Instant]) {
    let one = |(n, time): (usize, &Instant)| NewEvent {
        user: Some(ANN.into()),
        tokens: Some(Tokens::from_micro(1 << n)),
        ..event(&n.to_string(), *time)
    };
    send(service, caller, times.iter().enumerate().map(one)).await;
}

async fn the_comparison_ends_at_the_same_microsecond(database: Database) {
    let now = at("2026-11-21T06:07:08.123456Z");
    let service = database.service(now).await;
    let program = organization(&service, "America/New_York").await;
    let ann = ann(&service, &program).await;
    // 28 days to the 21st, 1 o'clock in New York; those before end at the 24th of October, when
    // it was still summer time, and begin on the 27th of September.
    let begin = at("2026-09-27T04:00:00Z");
    let cut = at("2026-10-24T05:07:08.123456Z");
    let hour = at("2026-10-24T05:00:00Z");
    let times = [begin.plus(-1), begin, hour.plus(-1), hour, cut.plus(-1), cut, now];
    send_doubling(&service, &program, &times).await;
    let (tokens, count) = ((1 << 1) + (1 << 2) + (1 << 3) + (1 << 4), 4 * MICRO);
    for (metric, expected) in [(Metric::Tokens, tokens), (Metric::Events, count)] {
        let view = View { range: Range::default(), metric, ..View::default() };
        let all = service.overview(&program, &view).await.unwrap();
        assert_eq!(all.frame.range.previous, Period::new(begin, cut));
        assert_eq!(all.usage.previous_total, expected, "{metric:?}");
        let own = service.me(&ann, &view).await.unwrap();
        assert_eq!(own.usage.previous_total, expected, "{metric:?} of one's own");
    }
}

/// The second window of a session opens the next day and is counted there; the session itself on
/// the day on which it began.
async fn charges_are_reported_at_their_own_time(database: Database) {
    let service = database.service(at("2026-11-21T12:00:00Z")).await;
    let program = organization(&service, "UTC").await;
    let ann = ann(&service, &program).await;
    let begin = at("2026-11-18T22:00:00Z");
    let long = session("1", ANN, begin, 30 * 3600);
    send(&service, &program, [long]).await;
    let day = |day: &str| Range::Days { from: day.parse().unwrap(), to: day.parse().unwrap() };
    for (date, events, charged) in
        [("2026-11-18", MICRO, "10"), ("2026-11-19", 0, "10"), ("2026-11-20", 0, "0")]
    {
        for (metric, expected) in
            [(Metric::Events, events), (Metric::Tokens, tokens(charged).micro())]
        {
            let view = View { range: day(date), metric, ..View::default() };
            let all = service.overview(&program, &view).await.unwrap();
            assert_eq!(all.usage.total, expected, "{date} {metric:?}");
            let own = service.me(&ann, &view).await.unwrap();
            assert_eq!(own.usage.total, expected, "{date} {metric:?}");
            let listed = own.recent.iter().map(|event| event.tokens).collect::<Vec<_>>();
            assert_eq!(listed, [tokens("20")]);
        }
    }
}
