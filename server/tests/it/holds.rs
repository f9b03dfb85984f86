//! Holds by REST: granted within what is available, settled with their event, given back, over.

use crate::given::{at, charged, lot, program_of, red_team, tokens};
use crate::harness::{Database, on_each_database};
use crate::rest::Rest;
use serde_json::{Value, json};
use tokenscope::access::{Overdraft, Policy};
use tokenscope::fact::Fact;
use tokenscope::permission::Scope;
use tokenscope::service::Books;
use tokenscope::time::{DAY, Instant, SECOND};

const CHECK: &str = "/api/v1/check";

fn now() -> Instant {
    at("2026-11-21T12:00:00Z")
}

on_each_database!(
    a_hold_is_granted_only_within_what_is_available,
    the_same_key_is_the_same_hold,
    a_hold_ends_with_its_event,
    what_is_not_taken_ends_no_hold,
    a_hold_that_is_over_takes_its_event,
    a_hold_is_given_back_once,
    holds_need_their_scopes,
    free_calls_can_be_held_for,
);

fn call(key: &str, quantity: &str) -> Value {
    json!({"client_id": "robot", "api": "calls", "quantity": quantity, "hold": {"key": key}})
}

fn used(id: &str, quantity: &str) -> Value {
    json!({"source": "s", "id": id, "client_id": "robot", "api": "calls", "quantity": quantity})
}

/// The path of something done to the hold of an answer.
fn path(answer: &Value, what: &str) -> String {
    format!("/api/v1/holds/{}/{what}", answer["hold"]["id"].as_str().unwrap())
}

/// A program with a team that has ten tokens.
async fn ten(database: &Database) -> (tokenscope_server::service::Service, Rest, Caller) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    service.record(&caller, vec![lot("l", "red", "10")]).await.unwrap();
    let rest = Rest::new(&service, &caller, &[Scope::Check, Scope::Ingest]).await;
    (service, rest, caller)
}

type Caller = tokenscope::service::Caller;

async fn a_hold_is_granted_only_within_what_is_available(database: Database) {
    let (service, rest, caller) = ten(&database).await;
    let granted = rest.ok(CHECK, &call("a", "7")).await;
    assert_eq!((&granted["allowed"], &granted["available"]), (&json!(true), &json!("10")));
    let hold = &granted["hold"];
    assert_eq!((&hold["state"], &hold["known"]), (&json!("live"), &json!(false)));
    assert_eq!(hold["until"], json!(now().plus(60 * SECOND)));
    // The policy lets usage make debt; a promise is another thing.
    let denied = rest.ok(CHECK, &call("b", "4")).await;
    assert_eq!(denied["denied"], "not_enough");
    assert_eq!(denied["remedy"], json!({"remedy": "grant", "tokens": "1"}));
    assert_eq!((&denied["available"], &denied["hold"]), (&json!("3"), &Value::Null));
    let mut without = call("b", "4");
    without["hold"] = Value::Null;
    assert_eq!(rest.ok(CHECK, &without).await["allowed"], true);
    // A key that was denied is free.
    let later = rest.ok(CHECK, &call("b", "3")).await;
    assert_eq!((&later["allowed"], &later["hold"]["amount"]), (&json!(true), &json!("3")));
    assert_eq!(rest.ok(CHECK, &call("c", "0.000001")).await["allowed"], false);
    // What expired is free again, without anybody doing anything.
    service.clock().set(now().plus(60 * SECOND));
    assert_eq!(rest.ok(CHECK, &call("c", "10")).await["allowed"], true);
    // A lot that ends before the hold does is no promise.
    service.clock().set(now().plus(DAY));
    let policy = Policy { overdraft: Overdraft::Deny, ..Policy::default() };
    let facts = vec![
        Fact::Policy { team: None, from: Instant::MIN, policy },
        Fact::Void { lot: "l".into(), at: now().plus(DAY) },
    ];
    service.record(&caller, facts).await.unwrap();
    assert_eq!(rest.ok(CHECK, &call("d", "1")).await["available"], "0");
}

async fn the_same_key_is_the_same_hold(database: Database) {
    let (service, rest, _) = ten(&database).await;
    let first = rest.ok(CHECK, &call("a", "7")).await;
    for end in ["live", "released"] {
        if end == "released" {
            rest.ok(&path(&first, "release"), &json!({})).await;
        }
        let mut same = call("a", "7.0");
        same["hold"]["ttl_s"] = json!(5);
        let again = rest.ok(CHECK, &same).await;
        assert_eq!(again["decision"], first["decision"]);
        assert_eq!(again["allowed"], true);
        for member in ["id", "key", "amount", "until"] {
            assert_eq!(again["hold"][member], first["hold"][member], "{member}");
        }
        assert_eq!((&again["hold"]["known"], &again["hold"]["state"]), (&json!(true), &json!(end)));
    }
    for (name, other) in [("quantity", json!("8")), ("user", json!("ann")), ("api", json!("free"))]
    {
        let mut call = call("a", "7");
        call[name] = other;
        let (status, answer) = rest.post(CHECK, &call).await;
        assert_eq!((status, &answer["type"]), (409, &json!("urn:tokenscope:problem:conflict")));
    }
    service.clock().set(now().plus(DAY));
    assert_eq!(rest.ok(CHECK, &call("a", "7")).await["hold"]["state"], "released");
}

async fn a_hold_ends_with_its_event(database: Database) {
    let (service, rest, caller) = ten(&database).await;
    let hold = rest.ok(CHECK, &call("a", "7")).await;
    let (settle, event) = (path(&hold, "settle"), used("1", "8"));
    let settled = rest.ok(&settle, &event).await;
    assert_eq!(settled, json!({"status": "accepted", "charge": "8", "hold": "settled"}));
    let again = rest.ok(&settle, &event).await;
    assert_eq!(again, json!({"status": "duplicate", "hold": "settled"}));
    assert_eq!(charged(&service, caller.org, "red").await, tokens("8"));
    assert_eq!(rest.ok(CHECK, &call("b", "2")).await["allowed"], true);
    // A further event is taken too; the hold was over.
    let more = rest.ok(&settle, &used("2", "1")).await;
    assert_eq!(more, json!({"status": "accepted", "charge": "1", "hold": "settled"}));
    // An event that came before by the ordinary way ends its hold.
    service.clock().set(now().plus(DAY));
    let hold = rest.ok(CHECK, &call("c", "1")).await;
    rest.ok("/api/v1/events", &used("3", "1")).await;
    let settled = rest.ok(&path(&hold, "settle"), &used("3", "1")).await;
    assert_eq!(settled, json!({"status": "duplicate", "hold": "settled"}));
}

async fn what_is_not_taken_ends_no_hold(database: Database) {
    let (_, rest, _) = ten(&database).await;
    let hold = rest.ok(CHECK, &call("a", "7")).await;
    let settle = path(&hold, "settle");
    let rejected = rest.ok(&settle, &used("1", "-1")).await;
    assert_eq!((&rejected["status"], &rejected["hold"]), (&json!("rejected"), &json!("live")));
    rest.ok("/api/v1/events", &used("1", "1")).await;
    let conflict = rest.ok(&settle, &used("1", "2")).await;
    assert_eq!(conflict, json!({"status": "conflict", "hold": "live"}));
    assert_eq!(rest.ok(CHECK, &call("b", "3")).await["available"], "2");
    assert_eq!(rest.post(&settle, &json!([used("2", "1")])).await.0, 400);
    for id in ["0190163d-8694-739b-aea5-966c26f8ad91", "7"] {
        for (what, body) in [("settle", used("9", "1")), ("release", json!({}))] {
            let (status, _) = rest.post(&format!("/api/v1/holds/{id}/{what}"), &body).await;
            assert_eq!(status, 404);
        }
    }
}

async fn a_hold_that_is_over_takes_its_event(database: Database) {
    let (service, rest, caller) = ten(&database).await;
    let (expired, released) =
        (rest.ok(CHECK, &call("a", "2")).await, rest.ok(CHECK, &call("b", "2")).await);
    rest.ok(&path(&released, "release"), &json!({})).await;
    let settled = rest.ok(&path(&released, "settle"), &used("1", "1")).await;
    assert_eq!(settled, json!({"status": "accepted", "charge": "1", "hold": "released"}));
    service.clock().set(now().plus(60 * SECOND));
    let settled = rest.ok(&path(&expired, "settle"), &used("2", "1")).await;
    assert_eq!(settled, json!({"status": "accepted", "charge": "1", "hold": "expired"}));
    assert_eq!(charged(&service, caller.org, "red").await, tokens("2"));
    let other = program_of(&service, "other", "UTC").await;
    let other = Rest::new(&service, &other, &[Scope::Check, Scope::Ingest]).await;
    assert_eq!(other.post(&path(&expired, "release"), &json!({})).await.0, 404);
}

async fn a_hold_is_given_back_once(database: Database) {
    let (service, rest, _) = ten(&database).await;
    let hold = rest.ok(CHECK, &call("a", "7")).await;
    for _ in 0..2 {
        let released = rest.ok(&path(&hold, "release"), &json!({})).await;
        assert_eq!((&released["state"], &released["amount"]), (&json!("released"), &json!("7")));
        assert_eq!(released["id"], hold["hold"]["id"]);
    }
    let next = rest.ok(CHECK, &call("b", "10")).await;
    assert_eq!((&next["allowed"], &next["available"]), (&json!(true), &json!("10")));
    service.clock().set(now().plus(60 * SECOND));
    let expired = rest.ok(&path(&next, "release"), &json!({})).await;
    assert_eq!(expired["state"], "expired");
}

async fn holds_need_their_scopes(database: Database) {
    let (service, rest, caller) = ten(&database).await;
    let hold = rest.ok(CHECK, &call("a", "1")).await;
    for (scopes, check, settle, release) in [
        (&[Scope::Check][..], 200, 403, 200),
        (&[Scope::Ingest][..], 403, 403, 403),
        (&[Scope::Read, Scope::Admin][..], 403, 403, 403),
        (&[Scope::Check, Scope::Ingest][..], 200, 200, 200),
    ] {
        let rest = Rest::new(&service, &caller, scopes).await;
        assert_eq!(rest.post(CHECK, &call("b", "1")).await.0, check, "{scopes:?}");
        assert_eq!(rest.post(&path(&hold, "settle"), &used("1", "1")).await.0, settle);
        assert_eq!(rest.post(&path(&hold, "release"), &json!({})).await.0, release);
    }
}

async fn free_calls_can_be_held_for(database: Database) {
    let (service, rest, caller) = ten(&database).await;
    let mut free = call("a", "1000");
    free["api"] = json!("free");
    let held = rest.ok(CHECK, &free).await;
    assert_eq!((&held["allowed"], &held["hold"]["amount"]), (&json!(true), &json!("0")));
    let mut event = used("1", "1000");
    event["api"] = json!("free");
    assert_eq!(rest.ok(&path(&held, "settle"), &event).await["hold"], "settled");
    // Where nobody would pay there is nothing to hold.
    let facts = vec![crate::given::app("loose")];
    service.record(&caller, facts).await.unwrap();
    free["client_id"] = json!("loose");
    free["hold"]["key"] = json!("b");
    let answer = rest.ok(CHECK, &free).await;
    let (allowed, access) = (&answer["allowed"], &answer["access"]);
    assert_eq!((allowed, access, &answer["hold"]), (&json!(true), &Value::Null, &Value::Null));
}
