//! Whether anything arrived: every commit that changes figures changes the stamp of its
//! organization, in every server process, and nothing else does.

use crate::given::{accepted, at, event, red_team, send, team};
use crate::harness::{Database, on_each_database};
use tokenscope::event::EventResult;
use tokenscope::service::{Books, Caller, Live};
use tokenscope::time::{HOUR, Instant, SECOND};
use tokenscope_server::service::Service;
use tokenscope_server::store::outbox;
use tokenscope_server::{args, statements};

statements! {
    /// The arrivals of an organization.
    ARRIVALS = "SELECT arrived_at FROM outbox WHERE org_id = $1 ORDER BY arrived_at";
}

fn now() -> Instant {
    at("2026-11-21T12:00:00Z")
}

on_each_database!(
    what_changes_figures_changes_the_stamp,
    a_second_process_says_the_same,
    an_answer_counts_for_a_second,
    a_late_commit_shows,
    many_batches_at_once_leave_few_rows,
    arrivals_are_forgotten_after_an_hour,
);

/// The stamp at an instant.
async fn stamp(service: &Service, caller: &Caller, at: Instant) -> String {
    service.clock().set(at);
    service.stamp(caller).await.unwrap()
}

async fn arrivals(service: &Service, caller: &Caller) -> Vec<i64> {
    let mut tx = service.db().read().await.unwrap();
    let rows: Vec<(i64,)> = tx.rows(ARRIVALS, args![caller.org.0]).await.unwrap();
    rows.into_iter().map(|(at,)| at).collect()
}

async fn what_changes_figures_changes_the_stamp(database: Database) {
    let service = database.service(now()).await;
    let (caller, other) = (red_team(&service, "a").await, red_team(&service, "b").await);
    let second = |n: i64| now().plus(n * SECOND);
    let (start, elsewhere) =
        (stamp(&service, &caller, second(1)).await, stamp(&service, &other, second(1)).await);
    assert!(!start.is_empty(), "the facts arrived");

    service.clock().set(second(2));
    assert_eq!(send(&service, &caller, [event("1", now())]).await, [accepted("1")]);
    let sent = stamp(&service, &caller, second(3)).await;
    assert_ne!(sent, start);

    // What changes nothing arrives nowhere.
    service.clock().set(second(4));
    assert_eq!(send(&service, &caller, [event("1", now())]).await, [EventResult::Duplicate]);
    assert_eq!(send(&service, &caller, []).await, []);
    assert_eq!(service.record(&caller, vec![team("red")]).await.unwrap().new, 0);
    assert_eq!(stamp(&service, &caller, second(5)).await, sent);

    service.clock().set(second(6));
    service.record(&caller, vec![team("blue")]).await.unwrap();
    let recorded = stamp(&service, &caller, second(7)).await;
    assert_ne!(recorded, sent);
    assert_eq!(stamp(&service, &other, second(8)).await, elsewhere, "nothing arrived there");
}

async fn a_second_process_says_the_same(database: Database) {
    let (one, two) = (database.service(now()).await, database.service(now()).await);
    let caller = red_team(&one, "a").await;
    for n in 1..4 {
        let at = now().plus(2 * n * SECOND);
        one.clock().set(at);
        send(&one, &caller, [event(&n.to_string(), now())]).await;
        let later = at.plus(SECOND);
        assert_eq!(stamp(&one, &caller, later).await, stamp(&two, &caller, later).await);
    }
}

async fn an_answer_counts_for_a_second(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let before = stamp(&service, &caller, now()).await;
    send(&service, &caller, [event("1", now())]).await;
    assert_eq!(stamp(&service, &caller, now().plus(SECOND - 1)).await, before, "not read again");
    let after = stamp(&service, &caller, now().plus(SECOND)).await;
    assert_ne!(after, before);
    // A clock that was set back does not keep an answer for ever.
    service.clock().set(now().plus(-HOUR));
    send(&service, &caller, [event("2", now().plus(-HOUR))]).await;
    assert_ne!(stamp(&service, &caller, now().plus(-HOUR)).await, "");
}

async fn a_late_commit_shows(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    send(&service, &caller, [event("1", now())]).await;
    let before = stamp(&service, &caller, now().plus(2 * SECOND)).await;
    // It was begun earlier than what is there already, and becomes visible only now.
    let mut tx = service.db().write().await.unwrap();
    outbox::add(&mut tx, caller.org, now().plus(-20 * SECOND)).await.unwrap();
    tx.commit().await.unwrap();
    assert_ne!(stamp(&service, &caller, now().plus(4 * SECOND)).await, before);
}

async fn many_batches_at_once_leave_few_rows(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let before = arrivals(&service, &caller).await.len();
    let batch: Vec<_> = (0..200).map(|n| event(&format!("one-{n}"), now())).collect();
    send(&service, &caller, batch).await;
    assert_eq!(arrivals(&service, &caller).await.len(), before + 1, "one row for 200 events");
    let batches = (0..8).map(|n| {
        let (service, caller) = (service.clone(), caller.clone());
        tokio::spawn(async move { send(&service, &caller, [event(&n.to_string(), now())]).await })
    });
    for batch in batches.collect::<Vec<_>>() {
        assert_eq!(batch.await.unwrap(), [accepted("1")]);
    }
    let rows = arrivals(&service, &caller).await.len() - before - 1;
    assert!((1..=8).contains(&rows), "{rows} rows for at most 8 commits");
}

async fn arrivals_are_forgotten_after_an_hour(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    service.clock().set(now().plus(HOUR / 2));
    send(&service, &caller, [event("1", now())]).await;
    let all = arrivals(&service, &caller).await;
    assert_eq!(service.sweep_arrivals().await.unwrap(), 0);
    assert_eq!(arrivals(&service, &caller).await, all);
    service.clock().set(now().plus(HOUR));
    assert!(service.sweep_arrivals().await.unwrap() > 0);
    assert_eq!(arrivals(&service, &caller).await, [now().plus(HOUR / 2).micros()]);
    service.clock().set(now().plus(2 * HOUR));
    service.sweep_arrivals().await.unwrap();
    assert_eq!(stamp(&service, &caller, now().plus(2 * HOUR)).await, "");
}
