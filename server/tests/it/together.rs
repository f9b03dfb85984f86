//! Several senders and several server processes at once, and what fails halfway.

use crate::given::{at, charged, event, lot, red_team, send, session, tokens, try_send};
use crate::harness::{Backend, Database, on_each_database, run};
use crate::random::Random;
use crate::rollups;
use std::collections::BTreeMap;
use tokenscope::event::{EventResult, NewEvent, Spender};
use tokenscope::fault::Fault;
use tokenscope::service::{Books, Caller};
use tokenscope::time::{HOUR, Instant};
use tokenscope::tokens::Tokens;
use tokenscope_server::service::Service;
use tokio::task::JoinSet;

const TASKS: u64 = 8;
const BATCHES: u64 = 6;
const EVENTS: u64 = 150;

fn now() -> Instant {
    at("2026-11-21T12:00:00Z")
}

/// Event number `n`: calls and sessions with names that come up again and again.
fn numbered(n: u64) -> NewEvent {
    let time = now().plus(-i64::try_from(n % 60).unwrap() * HOUR);
    let id = format!("e{n}");
    if n.is_multiple_of(3) {
        return session(&id, &format!("user{}", n % 7), time, 40 * 3600);
    }
    let app = format!("app{}", n % 5);
    let spender =
        if n.is_multiple_of(2) { Spender::Team("red".into()) } else { Spender::ClientId(app) };
    NewEvent { spender, variant: Some(format!("v{}", n % 11)), ..event(&id, time) }
}

on_each_database!(
    overlapping_batches_store_each_event_once,
    a_sum_beyond_all_bounds_stores_nothing,
    organizations_do_not_wait_for_each_other,
);

/// Eight tasks on two servers send overlapping batches while facts are recorded.
async fn overlapping_batches_store_each_event_once(database: Database) {
    let servers = [database.service(now()).await, database.service(now()).await];
    let caller = red_team(&servers[0], "a").await;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let service = servers[usize::try_from(task % 2).unwrap()].clone();
        tasks.spawn(send_overlapping(service, caller.clone(), task));
    }
    for n in 0..4 {
        let facts = vec![lot(&format!("l{n}"), "red", "5")];
        servers[1].record(&caller, facts).await.unwrap();
    }
    let mut accepted: BTreeMap<String, u32> = BTreeMap::new();
    while let Some(done) = tasks.join_next().await {
        for id in done.unwrap() {
            *accepted.entry(id).or_default() += 1;
        }
    }
    assert!(accepted.values().all(|times| *times == 1), "{accepted:?}");
    let rest = send(&servers[0], &caller, (0..EVENTS).map(numbered)).await;
    let new = rest.iter().filter(|result| **result != EventResult::Duplicate).count();
    assert_eq!(accepted.len() + new, usize::try_from(EVENTS).unwrap());
    rollups::check(servers[0].db(), caller.org, "UTC").await;
    let alone = red_team(&servers[0], "alone").await;
    send(&servers[0], &alone, (0..EVENTS).map(numbered)).await;
    let expected = rollups::Named::read(servers[0].db(), alone.org).await;
    assert_eq!(rollups::Named::read(servers[0].db(), caller.org).await, expected);
    for service in &servers {
        let sum = charged(service, caller.org, "red").await;
        assert_eq!(sum, charged(service, alone.org, "red").await);
    }
}

/// Sends random batches and returns the ids that were new.
async fn send_overlapping(service: Service, caller: Caller, seed: u64) -> Vec<String> {
    let mut random = Random::new(seed);
    let mut new = Vec::new();
    for _ in 0..BATCHES {
        let batch: Vec<NewEvent> = (0..40).map(|_| numbered(random.below(EVENTS))).collect();
        let results = send(&service, &caller, batch.clone()).await;
        for (event, result) in batch.into_iter().zip(results) {
            match result {
                EventResult::Accepted { .. } => new.push(event.id),
                EventResult::Duplicate => {}
                other => panic!("{other:?}"),
            }
        }
    }
    new
}

/// Sums have 64 bits, room for nine thousand events of the largest price: beyond it a batch fails
/// as a whole, and the next one is taken.
async fn a_sum_beyond_all_bounds_stores_nothing(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let dear =
        |n: u32| NewEvent { tokens: Some(Tokens::MAX_GIVEN), ..event(&format!("d{n}"), now()) };
    let refused = try_send(&service, &caller, (0..9_500).map(dear)).await;
    assert!(matches!(refused, Err(Fault::Internal { .. })), "{:?}", refused.map(|r| r.len()));
    assert_eq!(charged(&service, caller.org, "red").await, Tokens::ZERO);
    send(&service, &caller, (0..5_000).map(dear)).await;
    let refused = try_send(&service, &caller, (5_000..9_500).map(dear)).await;
    assert!(matches!(refused, Err(Fault::Internal { .. })), "{:?}", refused.map(|r| r.len()));
    assert_eq!(charged(&service, caller.org, "red").await, tokens("5000000000000"));
    rollups::check(service.db(), caller.org, "UTC").await;
}

/// A transaction that holds one organization's lock holds up no other, where rows are locked.
async fn organizations_do_not_wait_for_each_other(database: Database) {
    if database.backend == Backend::Sqlite {
        return;
    }
    let service = database.service(now()).await;
    let (one, other) = (red_team(&service, "a").await, red_team(&service, "b").await);
    let held = database.open().await;
    let mut tx = held.write().await.unwrap();
    let lock = tokenscope_server::store::org::lock(&mut tx, one.org, now()).await.unwrap();
    assert_eq!(send(&service, &other, [event("1", now())]).await.len(), 1);
    lock.give_back(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(send(&service, &one, [event("1", now())]).await.len(), 1);
}

/// A commit that fails must leave nothing in memory either: names that were to be added would
/// stand for whatever another server gives their numbers to.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_commit_leaves_no_names_behind() {
    run(Backend::Postgres, |database: Database| async move {
        let (one, other) = (database.service(now()).await, database.service(now()).await);
        let caller = red_team(&one, "a").await;
        send(&one, &caller, [event("0", now())]).await;
        let db = database.open().await;
        let change = async |texts: &[&str]| {
            let mut tx = db.write().await.unwrap();
            tx.migrate(texts.iter().map(|text| (*text).to_owned()).collect()).await.unwrap();
            tx.commit().await.unwrap();
        };
        change(&[
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
                AS 'BEGIN RAISE EXCEPTION ''no''; END'",
            "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON api DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION refuse()",
        ])
        .await;
        let of = |api: &str, id: &str| NewEvent { api: api.into(), ..event(id, now()) };
        let failed = try_send(&one, &caller, [of("red-api", "1")]).await;
        assert!(matches!(failed, Err(Fault::Internal { .. })), "{failed:?}");
        change(&["DROP TRIGGER refuse ON api"]).await;
        send(&other, &caller, [of("blue-api", "2")]).await;
        send(&one, &caller, [of("red-api", "1")]).await;
        let named = rollups::Named::read(one.db(), caller.org).await;
        let apis: Vec<&str> = named.days.iter().map(|day| day.2.as_str()).collect();
        assert_eq!(apis, ["blue-api", "calls", "red-api"]);
    })
    .await;
}
