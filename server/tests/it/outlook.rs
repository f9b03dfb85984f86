//! What a report says about the future of a team, about lots that end, debts, and what somebody
//! should look at.

use crate::given::{app, at, event, lot, red_team, send, session, team, tokens};
use crate::harness::{Database, on_each_database};
use tokenscope::event::{NewEvent, Spender};
use tokenscope::fact::Fact;
use tokenscope::forecast::{BurnRate, RunOut};
use tokenscope::report::{Alert, OverviewReport};
use tokenscope::service::{Books, Caller, Reports};
use tokenscope::time::{DAY, HOUR, Instant};
use tokenscope::tokens::Tokens;
use tokenscope::view::{Filters, Term, View};
use tokenscope_server::service::Service;

on_each_database!(
    tokens_run_out_on_the_day_that_the_burn_rate_says,
    lots_that_end_are_listed_with_what_is_lost,
    debts_are_listed_with_their_grace,
    unexpected_usage_is_told,
    a_silence_is_one_where_there_usually_are_events,
);

fn now() -> Instant {
    at("2026-11-21T00:00:00Z")
}

/// Ten tokens a day over the last 40 days.
fn steady() -> Vec<NewEvent> {
    let day = |n: i64| NewEvent {
        tokens: Some(tokens("10")),
        ..event(&format!("day {n}"), now().plus(-n * DAY + 9 * HOUR))
    };
    (1..=40).map(day).collect()
}

fn until(lot: Fact, end: Instant) -> Fact {
    match lot {
        Fact::Lot { id, team, kind, tokens, effective, priority, pays_for, .. } => Fact::Lot {
            id,
            team,
            kind,
            tokens,
            effective,
            expires: Some(end),
            priority,
            pays_for,
            unit_cost: None,
            reference: None,
            channel: None,
        },
        other => other,
    }
}

async fn report(service: &Service, caller: &Caller) -> OverviewReport {
    service.overview(caller, &View::default()).await.unwrap()
}

async fn tokens_run_out_on_the_day_that_the_burn_rate_says(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    service.record(&program, vec![lot("l", "red", "600")]).await.unwrap();
    send(&service, &program, steady()).await;
    let card = report(&service, &program).await.teams.remove(0);
    assert_eq!(card.balance.available, tokens("200"));
    let rate = BurnRate { per_day: tokens("10"), days: 28 };
    assert_eq!(card.outlook.burn_rate, Some(rate));
    // Twenty days from today; the 21st finds nothing.
    let day = "2026-12-11".parse().unwrap();
    let run_out = RunOut::On { day, range: Some((day, Some(day))) };
    assert_eq!(card.outlook.run_out, run_out);
    // A filter changes no balance and no forecast.
    let nothing = Term { slug: "nothing".into(), not: false };
    let filters = Filters { api: vec![nothing], ..Filters::default() };
    let view = View { filters, ..View::default() };
    let filtered = service.overview(&program, &view).await.unwrap();
    assert_eq!((filtered.usage.total, filtered.teams[0].outlook.run_out), (0, run_out));
}

async fn lots_that_end_are_listed_with_what_is_lost(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    let ends = [("soon", "500", 5), ("later", "70", 12), ("far", "9", 91)];
    let facts =
        ends.map(|(id, amount, days)| until(lot(id, "red", amount), now().plus(days * DAY)));
    service.record(&program, facts.to_vec()).await.unwrap();
    send(&service, &program, steady()).await;
    let found = report(&service, &program).await;
    // 100 are left of the first, of which five days take 50; seven days take the second.
    let listed: Vec<(i64, Tokens, Tokens)> = found
        .expiring
        .iter()
        .map(|lot| (lot.at.since(now()) / DAY, lot.remaining, lot.unused))
        .collect();
    let wanted = [(5, tokens("100"), tokens("50")), (12, tokens("70"), Tokens::ZERO)];
    assert_eq!(listed, wanted);
    let day = "2026-12-03".parse().unwrap();
    let run_out = RunOut::On { day, range: Some((day, Some(day))) };
    assert_eq!(found.teams[0].outlook.run_out, run_out, "an end on the way moves it");
    let told = |alert: &Alert| match alert {
        Alert::RunOut { team, day } => format!("{} {day}", team.slug),
        Alert::Waste { amount, .. } => format!("lost {amount}"),
        other => format!("{other:?}"),
    };
    let alerts: Vec<String> = found.alerts.iter().map(told).collect();
    assert_eq!(alerts, ["red 2026-12-03", "lost 50"]);
}

async fn debts_are_listed_with_their_grace(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    let facts = vec![team("blue"), lot("r", "red", "390"), lot("b", "blue", "1")];
    service.record(&program, facts).await.unwrap();
    let blue = |id: &str, time: Instant| NewEvent {
        spender: Spender::Team("blue".into()),
        tokens: Some(tokens("2")),
        ..event(id, time)
    };
    let since = now().plus(-20 * DAY);
    send(&service, &program, steady()).await;
    send(&service, &program, [blue("1", since), blue("2", now().plus(-DAY))]).await;
    let found = report(&service, &program).await;
    let owed: Vec<_> = found
        .uncharged
        .iter()
        .map(|owed| (owed.team.slug.as_str(), owed.debt, owed.since))
        .collect();
    let red = now().plus(-DAY + 9 * HOUR);
    assert_eq!(owed, [("blue", tokens("3"), Some(since)), ("red", tokens("10"), Some(red))]);
    let (restricted, grace) = (since.plus(14 * DAY), red.plus(14 * DAY));
    assert!(
        matches!(&found.alerts[..], [
            Alert::Restricted { team: blue, since },
            Alert::Grace { team: red, until },
        ] if blue.slug == "blue" && *since == restricted && red.slug == "red" && *until == grace),
        "{:?}",
        found.alerts
    );
    assert!(found.teams.iter().all(|card| card.outlook.run_out == RunOut::Already));
}

async fn unexpected_usage_is_told(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    service.record(&program, vec![app("loose"), lot("l", "red", "1000000")]).await.unwrap();
    let by = |id: &str, app: &str, api: &str, days: i64| NewEvent {
        spender: Spender::ClientId(app.into()),
        api: api.into(),
        ..event(id, now().plus(-days * DAY))
    };
    let events = [
        by("1", "loose", "calls", 1),
        by("2", "loose", "calls", 2),
        by("3", "robot", "brand-new", 3),
        // Too long ago.
        by("4", "unheard-of", "calls", 40),
        by("5", "robot", "forgotten", 40),
    ];
    send(&service, &program, events).await;
    send(&service, &program, [session("6", "ann", now().plus(-DAY), 600)]).await;
    let told: Vec<String> = report(&service, &program)
        .await
        .alerts
        .into_iter()
        .map(|alert| match alert {
            Alert::Unassigned { app, events } => format!("app {} {events}", app.slug),
            Alert::Unlisted { api, events } => format!("api {} {events}", api.slug),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(told, ["app loose 2", "api brand-new 1"]);
}

async fn a_silence_is_one_where_there_usually_are_events(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    service.record(&program, vec![lot("l", "red", "1000000")]).await.unwrap();
    let silent = async || {
        let alerts = report(&service, &program).await.alerts;
        alerts.into_iter().find_map(|alert| match alert {
            Alert::Silent { since } => Some(since),
            _ => None,
        })
    };
    let one = |id: &str, ago: i64| event(id, now().plus(-ago));
    // The same 24 hours of three of the four weeks before held events.
    let weeks = [(2, "2"), (3, "3")].map(|(week, id)| one(id, 7 * week * DAY + HOUR));
    send(&service, &program, weeks).await;
    assert_eq!(silent().await, None, "two of four are not usual");
    send(&service, &program, [one("4", 28 * DAY + HOUR)]).await;
    assert_eq!(silent().await, Some(now().plus(-14 * DAY - HOUR)));
    send(&service, &program, [one("new", 23 * HOUR)]).await;
    assert_eq!(silent().await, None);
}
