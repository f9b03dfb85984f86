//! Corrections: previews that show what changes and a basis that goes stale, revisions that are
//! corrected once, usage and charges that follow, and rules about the past that a job rates again.

use crate::given::{assigned, at, charged, event, lot, rate, red_team, send, team, tokens};
use crate::harness::{Database, on_each_database};
use tokenscope::access::{Overdraft, Policy};
use tokenscope::check::AskedCall;
use tokenscope::correction::{BucketChange, Corrected, Correction, Corrections};
use tokenscope::event::{EventResult, NewEvent};
use tokenscope::fact::Fact;
use tokenscope::fault::Fault;
use tokenscope::job::JobState;
use tokenscope::rate::Rounding;
use tokenscope::service::{Books, Caller, Checks, Correcting, Jobs, Reports};
use tokenscope::time::{DAY, HOUR, Instant};
use tokenscope::tokens::{MICRO, Quantity, Tokens};
use tokenscope_server::service::Service;

fn now() -> Instant {
    at("2026-11-20T12:00:00Z")
}

fn voids(id: &str, revision: u32) -> Correction {
    Correction { source: "test".into(), id: id.into(), revision, replacement: None }
}

fn replaces(event: NewEvent, revision: u32) -> Correction {
    let (source, id) = (event.source.clone(), event.id.clone());
    Correction { source, id, revision, replacement: Some(event) }
}

async fn correct(
    service: &Service,
    caller: &Caller,
    items: Vec<Correction>,
) -> Result<Corrected, Fault> {
    let items = items.into_iter().map(Ok).collect();
    service.correct(caller, Corrections { items, basis: None }).await
}

fn sized(id: &str, time: Instant, quantity: i64) -> NewEvent {
    NewEvent { quantity: Some(Quantity::whole(quantity)), ..event(id, time) }
}

on_each_database!(
    a_correction_changes_what_its_preview_said,
    a_basis_goes_stale_with_the_figures_it_stands_for,
    a_revision_is_corrected_once,
    a_preview_names_decisions_that_would_be_others,
    a_rule_about_much_usage_counts_at_once_when_its_job_is_done,
);

async fn a_correction_changes_what_its_preview_said(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    service.record(&caller, vec![lot("l", "red", "10")]).await.unwrap();
    let (one, other) = (sized("1", now().plus(-DAY), 30), sized("2", now().plus(-HOUR), 5));
    send(&service, &caller, [one.clone(), other.clone()]).await;
    let smaller = NewEvent { quantity: Some(Quantity::whole(4)), ..one };
    let items = vec![Ok(replaces(smaller, 0)), Ok(voids("2", 0)), Ok(voids("3", 0))];
    let asked = Corrections { items, basis: None };
    let preview = service.preview(&caller, asked.clone()).await.unwrap();
    assert_eq!(charged(&service, caller.org, "red").await, tokens("35"), "nothing changed");
    let [red] = preview.changes.teams.as_slice() else { panic!("{preview:?}") };
    assert_eq!((red.balance.before, red.balance.after), (tokens("-25"), tokens("6")));
    assert_eq!((red.debt.before, red.debt.after), (tokens("25"), Tokens::ZERO));
    assert_eq!((red.access.before.as_str(), red.access.after.as_str()), ("grace", "full"));
    let bucket = |day: &str, events: i64, quantity: i64, sum: &str| BucketChange {
        day: at(day),
        app: "robot".into(),
        api: "calls".into(),
        events,
        quantity: Quantity::from_micro(quantity * MICRO),
        tokens: tokens(sum),
    };
    let expected = [
        bucket("2026-11-19T00:00:00Z", 0, -26, "-26"),
        bucket("2026-11-20T00:00:00Z", -1, -5, "-5"),
    ];
    assert_eq!(preview.changes.buckets, expected);
    assert!(matches!(&preview.results[2], EventResult::Rejected { field, .. } if field == "id"));
    let asked = Corrections { basis: Some(preview.basis.clone()), ..asked };
    assert_eq!(service.correct(&caller, asked).await.unwrap(), preview);
    assert_eq!(charged(&service, caller.org, "red").await, tokens("4"));
    let balance = service.balances(&caller, Some("red"), None).await.unwrap();
    assert_eq!(balance[0].balance, tokens("6"));
    // The key of a void event is used up.
    assert_eq!(send(&service, &caller, [other]).await, [EventResult::Duplicate]);
}

async fn a_basis_goes_stale_with_the_figures_it_stands_for(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    send(&service, &caller, [event("1", now())]).await;
    let asked = Corrections { items: vec![Ok(voids("1", 0))], basis: None };
    let preview = service.preview(&caller, asked.clone()).await.unwrap();
    let asked = Corrections { basis: Some(preview.basis), ..asked };
    send(&service, &caller, [event("2", now())]).await;
    let stale = service.correct(&caller, asked).await;
    assert!(matches!(stale, Err(Fault::Conflict { .. })), "{stale:?}");
    assert_eq!(charged(&service, caller.org, "red").await, tokens("2"));
}

async fn a_revision_is_corrected_once(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let first = sized("1", now(), 3);
    send(&service, &caller, [first.clone()]).await;
    let second = NewEvent { quantity: Some(Quantity::whole(7)), ..first.clone() };
    let third = NewEvent { time: Some(now().plus(-3 * DAY)), ..second.clone() };
    let result = async |correction: Correction| {
        correct(&service, &caller, vec![correction]).await.unwrap().results.remove(0)
    };
    let accepted = |sum: &str| EventResult::Accepted { charge: Some(tokens(sum)) };
    assert_eq!(result(replaces(second.clone(), 0)).await, accepted("7"));
    assert_eq!(result(replaces(second.clone(), 0)).await, EventResult::Duplicate);
    assert_eq!(result(voids("1", 0)).await, EventResult::Conflict);
    assert_eq!(result(replaces(third, 1)).await, accepted("7"));
    assert!(matches!(result(voids("1", 7)).await, EventResult::Rejected { .. }));
    assert_eq!(result(voids("1", 2)).await, EventResult::Accepted { charge: None });
    assert_eq!(charged(&service, caller.org, "red").await, Tokens::ZERO);
    assert_eq!(result(replaces(first, 3)).await, accepted("3"));
    assert_eq!(charged(&service, caller.org, "red").await, tokens("3"));
    let both = correct(&service, &caller, vec![voids("1", 4), voids("1", 4)]).await.unwrap();
    assert!(matches!(both.results[0], EventResult::Accepted { .. }));
    assert!(matches!(both.results[1], EventResult::Rejected { .. }));
}

async fn a_preview_names_decisions_that_would_be_others(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let policy = Policy { overdraft: Overdraft::Deny, ..Policy::default() };
    let policy = Fact::Policy { team: None, from: Instant::MIN, policy };
    service.record(&caller, vec![lot("l", "red", "10"), policy]).await.unwrap();
    send(&service, &caller, [sized("1", now().plus(-DAY), 9)]).await;
    let call = AskedCall {
        client_id: "robot".into(),
        user: None,
        api: "calls".into(),
        variant: None,
        quantity: Some(Quantity::whole(4)),
        hold: None,
    };
    let answer = service.check(&caller, call).await.unwrap();
    assert!(answer.denied.is_some());
    // Decisions are kept in the background.
    let asked = Corrections { items: vec![Ok(voids("1", 0))], basis: None };
    for _ in 0..100 {
        let preview = service.preview(&caller, asked.clone()).await.unwrap();
        if let [change] = preview.changes.decisions.as_slice() {
            assert_eq!(change.decision, answer.decision.to_string());
            assert_eq!((change.denied.before, change.denied.after), (answer.denied, None));
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the decision was not named");
}

async fn a_rule_about_much_usage_counts_at_once_when_its_job_is_done(database: Database) {
    let service = database.service(now()).await;
    service.rate_again_at_once(10);
    let caller = red_team(&service, "a").await;
    service.record(&caller, vec![team("blue")]).await.unwrap();
    let events = (0..700).map(|n| event(&n.to_string(), now().plus(-2 * DAY + n * HOUR / 60)));
    send(&service, &caller, events).await;
    let moved = assigned("robot", Some("blue"), now().plus(-2 * DAY));
    let recorded = service.record(&caller, vec![moved]).await.unwrap();
    let job = recorded.job.expect("a job");
    let sums = async || {
        let red = charged(&service, caller.org, "red").await;
        (red, charged(&service, caller.org, "blue").await)
    };
    assert_eq!(sums().await, (tokens("700"), Tokens::ZERO), "nothing is moved yet");
    let waiting = service.job(&caller, job).await.unwrap();
    assert_eq!((waiting.state, waiting.done, waiting.total), (JobState::Waiting, 0, 700));
    // What comes meanwhile is charged as before, and moves with the rest.
    send(&service, &caller, [event("late", now().plus(-DAY))]).await;
    correct(&service, &caller, vec![voids("5", 0)]).await.unwrap();
    assert_eq!(sums().await, (tokens("700"), Tokens::ZERO));
    // Another server goes on with it.
    let other = database.service(now()).await;
    assert_eq!(other.work_jobs().await.unwrap(), 1);
    assert_eq!(sums().await, (Tokens::ZERO, tokens("700")));
    let done = service.job(&caller, job).await.unwrap();
    assert_eq!((done.state, done.done), (JobState::Done, 700));
    // A rule that cannot be: the job says why, and nothing changes.
    let daily = Fact::Rate {
        api: "calls".into(),
        variant: None,
        tokens: tokens("1"),
        per: Quantity::ONE,
        rounding: Rounding::UserDay,
        charge_failed: false,
        from: now().plus(-2 * DAY),
    };
    let recorded = service.record(&caller, vec![daily]).await.unwrap();
    assert_eq!(other.work_jobs().await.unwrap(), 1);
    let failed = service.job(&caller, recorded.job.expect("a job")).await.unwrap();
    assert_eq!(failed.state, JobState::Failed);
    assert!(failed.failure.unwrap().contains("could not be rated"));
    assert_eq!(sums().await, (Tokens::ZERO, tokens("700")));
    let missing = service.job(&caller, 999_999).await;
    assert!(matches!(missing, Err(Fault::NotFound { .. })), "{missing:?}");
    let free = rate("other", "1", Rounding::Exact);
    assert_eq!(service.record(&caller, vec![free]).await.unwrap().job, None);
}
