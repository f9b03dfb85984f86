//! What becomes of single events, and why.

use crate::given::{
    accepted, app, assigned, at, charged, event, organization, program_of, red_team,
    rejected_field, send, session, team, tokens, try_send,
};
use crate::harness::{Database, on_each_database};
use crate::rollups;
use std::collections::BTreeSet;
use tokenscope::event::{EventResult, NewEvent, Spender, Status};
use tokenscope::fault::{Fault, FieldFault};
use tokenscope::permission::Scope;
use tokenscope::service::{Books, Caller, Directory, Intake};
use tokenscope::time::{DAY, HOUR, Instant, SECOND};
use tokenscope::tokens::{Quantity, Tokens};
use tokenscope_server::service::program;
use tokenscope_server::{args, statements};

statements! {
    /// The APIs that nobody listed.
    UNLISTED = "SELECT code FROM api WHERE org_id = $1 AND listed = 0 ORDER BY code";
}

fn now() -> Instant {
    at("2026-11-21T12:00:00Z")
}

fn with_scopes(caller: &Caller, scopes: &[Scope]) -> Caller {
    let scopes: BTreeSet<Scope> = scopes.iter().copied().collect();
    Caller { scopes: Some(scopes), ..caller.clone() }
}

fn fields(results: &[EventResult]) -> Vec<Option<&str>> {
    results.iter().map(rejected_field).collect()
}

on_each_database!(
    a_repeat_is_a_duplicate,
    other_content_under_a_known_key_changes_nothing,
    a_key_counts_in_its_organization_and_source,
    a_time_left_out_is_the_time_of_arrival,
    unknown_names_are_kept_and_cost_nothing,
    a_wrong_item_does_not_touch_its_neighbours,
    times_beyond_the_window_are_rejected,
    prices_beyond_the_limit_are_rejected,
    own_tokens_need_their_scope,
    a_key_without_the_scope_sends_nothing,
    a_late_session_moves_the_windows_and_all_sums,
    an_app_is_charged_to_its_team_at_the_time,
    a_session_of_more_than_a_year_is_rejected,
);

async fn a_repeat_is_a_duplicate(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let sent = NewEvent { user: Some("Ann@Example.org".into()), ..event("1", now()) };
    let same = NewEvent { user: Some("ann@example.org".into()), ..sent.clone() };
    let results = send(&service, &caller, [sent.clone(), same.clone(), event("2", now())]).await;
    assert_eq!(results, [accepted("1"), EventResult::Duplicate, accepted("1")]);
    let again = send(&service, &caller, [same, sent]).await;
    assert_eq!(again, [EventResult::Duplicate, EventResult::Duplicate]);
    assert_eq!(charged(&service, caller.org, "red").await, tokens("2"));
    assert_eq!(send(&service, &caller, []).await, []);
    rollups::check(service.db(), caller.org, "UTC").await;
}

async fn other_content_under_a_known_key_changes_nothing(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let first = NewEvent { quantity: Some(Quantity::whole(3)), ..event("1", now()) };
    assert_eq!(send(&service, &caller, [first.clone()]).await, [accepted("3")]);
    let attributes = [("host".to_owned(), "x".to_owned())].into();
    let others = [
        NewEvent { quantity: Some(Quantity::whole(4)), ..first.clone() },
        NewEvent { time: Some(now().plus(-1)), ..first.clone() },
        NewEvent { user: Some("ann".into()), ..first.clone() },
        NewEvent { api: "other".into(), ..first.clone() },
        NewEvent { variant: Some("big".into()), ..first.clone() },
        NewEvent { status: Status::Failed, ..first.clone() },
        NewEvent { tokens: Some(Tokens::whole(3)), ..first.clone() },
        NewEvent { spender: Spender::Team("red".into()), ..first.clone() },
        NewEvent { spender: Spender::ClientId("red".into()), ..first.clone() },
        NewEvent { attributes, ..first.clone() },
    ];
    let before = rollups::Named::read(service.db(), caller.org).await;
    for other in others {
        let alone = send(&service, &caller, [other.clone()]).await;
        assert_eq!(alone, [EventResult::Conflict], "{other:?}");
        let fresh = NewEvent { id: "2".into(), ..first.clone() };
        let within = [fresh.clone(), NewEvent { id: "2".into(), ..other }];
        let results = send(&service, &caller, within).await;
        assert_eq!(results[1], EventResult::Conflict);
        assert_eq!(send(&service, &caller, [fresh]).await, [EventResult::Duplicate]);
    }
    // Within a batch too the stored content counts, not the one that comes first.
    let (other, first) = (NewEvent { api: "other".into(), ..first.clone() }, first);
    let results = send(&service, &caller, [other, first]).await;
    assert_eq!(results, [EventResult::Conflict, EventResult::Duplicate]);
    let after = rollups::Named::read(service.db(), caller.org).await;
    assert_eq!(after.charges.len(), before.charges.len() + 1, "only event 2 was new");
    rollups::check(service.db(), caller.org, "UTC").await;
}

async fn a_key_counts_in_its_organization_and_source(database: Database) {
    let service = database.service(now()).await;
    let (one, other) = (red_team(&service, "a").await, red_team(&service, "b").await);
    let sources =
        ["", "t", "te"].map(|source| NewEvent { source: source.into(), ..event("x", now()) });
    // Source and id are two texts: (te, stx) is not (test, x).
    let split = NewEvent { source: "te".into(), ..event("stx", now()) };
    let events = [vec![event("x", now()), split], sources.to_vec()].concat();
    for caller in [&one, &other] {
        let results = send(&service, caller, events.clone()).await;
        assert!(results.iter().all(|result| *result == accepted("1")), "{results:?}");
    }
}

async fn a_time_left_out_is_the_time_of_arrival(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let sent = NewEvent { time: None, ..event("1", now()) };
    assert_eq!(send(&service, &caller, [sent.clone()]).await, [accepted("1")]);
    service.clock().set(now().plus(3 * DAY));
    assert_eq!(send(&service, &caller, [sent]).await, [EventResult::Duplicate]);
    let before = service.state_of(caller.org, "red", now().plus(-1)).await.unwrap();
    assert_eq!(before.charged.total(), Tokens::ZERO);
    let then = service.state_of(caller.org, "red", now()).await.unwrap();
    assert_eq!(then.charged.total(), tokens("1"));
}

async fn unknown_names_are_kept_and_cost_nothing(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let stranger = NewEvent { spender: Spender::ClientId("stranger".into()), ..event("1", now()) };
    let api = NewEvent { api: "new".into(), variant: Some("big".into()), ..event("2", now()) };
    let results = send(&service, &caller, [stranger, api]).await;
    assert_eq!(results, [EventResult::Accepted { charge: None }, accepted("0")]);
    let (apps, more) = service.apps(&caller, None, 10).await.unwrap();
    let apps: Vec<_> = apps.into_iter().map(|a| (a.client_id, a.team, a.registered)).collect();
    let robot = ("robot".to_owned(), Some("red".to_owned()), true);
    assert_eq!(apps, [robot, ("stranger".to_owned(), None, false)]);
    assert!(!more);
    let mut tx = service.db().read().await.unwrap();
    let unlisted: Vec<(String,)> = tx.rows(UNLISTED, args![caller.org.0]).await.unwrap();
    assert_eq!(unlisted, [("new".to_owned(),)]);
    rollups::check(service.db(), caller.org, "UTC").await;
}

async fn a_wrong_item_does_not_touch_its_neighbours(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let unknown_team = NewEvent { spender: Spender::Team("blue".into()), ..event("2", now()) };
    let nobody = NewEvent { user: None, ..session("3", "ann", now(), 600) };
    let items = vec![
        Ok(event("1", now())),
        Ok(unknown_team.clone()),
        Ok(nobody.clone()),
        Err(FieldFault::new("quantity", "is negative")),
        Ok(event("4", now())),
    ];
    let results = service.accept(&caller, items).await.unwrap();
    let expected = [None, Some("team"), Some("user"), Some("quantity"), None];
    assert_eq!(fields(&results), expected);
    assert_eq!(charged(&service, caller.org, "red").await, tokens("2"));
    // What was rejected took no key: put right it is accepted.
    service.record(&caller, vec![team("blue")]).await.unwrap();
    let right = NewEvent { user: Some("ann".into()), ..nobody };
    let results = send(&service, &caller, [unknown_team, right]).await;
    assert_eq!(results, [accepted("1"), accepted("10")]);
    rollups::check(service.db(), caller.org, "UTC").await;
}

async fn times_beyond_the_window_are_rejected(database: Database) {
    let service = database.service(now()).await;
    let window = |days: Option<i64>| {
        let mut new = organization(&format!("w{}", days.unwrap_or(0)), "UTC");
        new.accept_window_days = days;
        new
    };
    let (ahead, old) = (now().plus(5 * 60 * SECOND), now().plus(-400 * DAY));
    let times = [ahead, ahead.plus(1), old, old.plus(-1), Instant::MIN];
    let any_age = [None, Some("time"), None, None, None];
    for (days, by_key) in
        [(Some(400), [None, Some("time"), None, Some("time"), Some("time")]), (None, any_age)]
    {
        let program = program(service.create_organization(&window(days)).await.unwrap());
        let key = with_scopes(&program, &[Scope::Ingest]);
        // Imports are not bound to the window.
        for (caller, id, expected) in [(&key, "key", by_key), (&program, "import", any_age)] {
            let events =
                times.iter().enumerate().map(|(n, time)| event(&format!("{id}{n}"), *time));
            let results = send(&service, caller, events).await;
            assert_eq!(fields(&results), expected, "{days:?} {id}");
        }
    }
}

async fn prices_beyond_the_limit_are_rejected(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let with = |id: &str, quantity| NewEvent { quantity: Some(quantity), ..event(id, now()) };
    let most = Quantity::whole(1_000_000_000);
    let over = Quantity::from_micro(most.micro() + 1);
    let results = send(&service, &caller, [with("1", most), with("2", over)]).await;
    assert_eq!(results[0], accepted("1000000000"));
    assert_eq!(rejected_field(&results[1]), Some("quantity"));
    // The largest quantity of a free API is counted, several times.
    let free = |id: &str| NewEvent { api: "free".into(), ..with(id, Quantity::MAX) };
    let results = send(&service, &caller, (3..30).map(|n| free(&n.to_string()))).await;
    assert!(results.iter().all(|result| *result == accepted("0")), "{results:?}");
    rollups::check(service.db(), caller.org, "UTC").await;
}

async fn own_tokens_need_their_scope(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let rated = NewEvent { tokens: Some(tokens("7.000001")), ..event("1", now()) };
    let ingest = with_scopes(&caller, &[Scope::Ingest]);
    let results = send(&service, &ingest, [rated.clone(), event("2", now())]).await;
    assert_eq!(fields(&results), [Some("tokens"), None]);
    let both = with_scopes(&caller, &[Scope::Ingest, Scope::IngestRated]);
    assert_eq!(send(&service, &both, [rated]).await, [accepted("7.000001")]);
    assert_eq!(charged(&service, caller.org, "red").await, tokens("8.000001"));
}

async fn a_key_without_the_scope_sends_nothing(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let others =
        with_scopes(&caller, &[Scope::IngestRated, Scope::Check, Scope::Read, Scope::Admin]);
    let refused = try_send(&service, &others, [event("1", now())]).await;
    assert!(matches!(refused, Err(Fault::Forbidden { .. })), "{refused:?}");
    assert_eq!(charged(&service, caller.org, "red").await, Tokens::ZERO);
}

/// Each day of a session is a charge, so one event could make millions.
async fn a_session_of_more_than_a_year_is_rejected(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let sessions = [366 * 86_400, 366 * 86_400 + 1, 1_000_000_000_000]
        .map(|seconds| session(&seconds.to_string(), &seconds.to_string(), now(), seconds));
    let results = send(&service, &caller, sessions).await;
    assert_eq!(fields(&results), [None, Some("quantity"), Some("quantity")]);
    assert_eq!(results[0], accepted("3660"));
    rollups::check(service.db(), caller.org, "UTC").await;
}

async fn a_late_session_moves_the_windows_and_all_sums(database: Database) {
    let service = database.service(now()).await;
    let zone = "Australia/Lord_Howe";
    let caller = program_of(&service, "a", zone).await;
    let rates = crate::given::rate("cad", "10", tokenscope::rate::Rounding::UserDay);
    let facts =
        vec![team("red"), app("robot"), assigned("robot", Some("red"), Instant::MIN), rates];
    service.record(&caller, facts).await.unwrap();
    let day = at("2026-04-04T20:00:00Z");
    // A session of 30 hours opens two windows: at its start and 24 hours later.
    let long = session("long", "ann", day, 30 * 3600);
    assert_eq!(send(&service, &caller, [long]).await, [accepted("20")]);
    rollups::check(service.db(), caller.org, zone).await;
    let windows = async || {
        let named = rollups::Named::read(service.db(), caller.org).await;
        named
            .charges
            .into_iter()
            .map(|charge| (charge.1 - day.micros(), charge.2))
            .collect::<Vec<_>>()
    };
    assert_eq!(windows().await, [(0, "long".into()), (DAY, "long".into())]);
    // A late one two hours earlier takes the first window; the second opens two hours earlier.
    let late = session("late", "ANN", day.plus(-2 * HOUR), 600);
    assert_eq!(send(&service, &caller, [late]).await, [accepted("10")]);
    assert_eq!(windows().await, [(-2 * HOUR, "late".into()), (22 * HOUR, "long".into())]);
    rollups::check(service.db(), caller.org, zone).await;
    // Another user and another team have windows of their own.
    service.record(&caller, vec![team("blue")]).await.unwrap();
    let bob = session("bob", "bob", day, 600);
    let blue = NewEvent { spender: Spender::Team("blue".into()), ..session("b", "ann", day, 600) };
    assert_eq!(send(&service, &caller, [bob, blue]).await, [accepted("10"), accepted("10")]);
    rollups::check(service.db(), caller.org, zone).await;
    let totals = rollups::totals(service.db(), caller.org).await;
    assert!(totals.values().all(|sum| *sum == tokens("40").micro()), "{totals:?}");
}

async fn an_app_is_charged_to_its_team_at_the_time(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let (moved, gone) = (now().plus(-2 * DAY), now().plus(-DAY));
    let facts =
        vec![team("blue"), assigned("robot", Some("blue"), moved), assigned("robot", None, gone)];
    service.record(&caller, facts).await.unwrap();
    let times = [moved.plus(-1), moved, gone.plus(-1), gone, now()];
    let events = times.iter().enumerate().map(|(n, time)| event(&n.to_string(), *time));
    let unassigned = EventResult::Accepted { charge: None };
    let results = send(&service, &caller, events).await;
    let paid = accepted("1");
    assert_eq!(results, [paid.clone(), paid.clone(), paid, unassigned.clone(), unassigned]);
    assert_eq!(charged(&service, caller.org, "red").await, tokens("1"));
    assert_eq!(charged(&service, caller.org, "blue").await, tokens("2"));
    // A line about the past: what it speaks about is charged again.
    service.record(&caller, vec![assigned("robot", None, moved)]).await.unwrap();
    assert_eq!(charged(&service, caller.org, "blue").await, tokens("0"));
    service.record(&caller, vec![assigned("robot", Some("red"), gone)]).await.unwrap();
    assert_eq!(charged(&service, caller.org, "red").await, tokens("3"));
}
