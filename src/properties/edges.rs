//! Half-open edges: the first instant of a stretch belongs to it, the last does not. The engine
//! and the slow reading are both asked, at the edge and a microsecond before it.

use super::slow::Slow;
use crate::replay::{Replay, answer};
use crate::scenario::{Answer, Scenario};
use crate::time::Instant;

const RATES: &str = r#"
    {"api": "calls", "tokens": "1", "per": "1", "rounding": "exact",
     "from": "2026-01-01T00:00:00Z"},
    {"api": "calls", "tokens": "3", "per": "1", "rounding": "exact",
     "from": "2026-02-01T00:00:00Z"},
    {"api": "cad", "tokens": "7", "per": "1", "rounding": "user_day",
     "from": "2026-01-01T00:00:00Z"}"#;

fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

fn facts(members: &str) -> Scenario {
    let text = format!(r#"{{"name": "edge", "rates": [{RATES}], {members}}}"#);
    serde_json::from_str(&text).unwrap()
}

/// What both say of the team `t` at an instant.
fn asked(facts: &Scenario, at: Instant) -> Answer {
    let engine = answer(&Replay::new(facts).unwrap().state("t", at).unwrap());
    assert_eq!(engine, Slow::new(facts).at(at).answer("t"), "at {at}");
    engine
}

/// A figure a microsecond before an edge and at it.
fn around(facts: &Scenario, edge: &str, figure: impl Fn(Answer) -> String) -> [String; 2] {
    [instant(edge).plus(-1), instant(edge)].map(|at| figure(asked(facts, at)))
}

fn balance(answer: Answer) -> String {
    answer.balance.unwrap().to_string()
}
fn access(answer: Answer) -> String {
    answer.access.unwrap()
}

/// The charge of a call of `t`, or by its app, just before an instant and at it.
fn charged(members: &str, spender: &str, api: &str, edge: &str) -> [String; 2] {
    [instant(edge).plus(-1), instant(edge)].map(|time| {
        let event = format!(
            r#""events": [{{"id": "e", "time": "{time}", {spender}, "user": "u", "api": "{api}"}}],
               "teams": {{"t": {{"trial_until": "2026-01-05T00:00:00Z"}}, "o": {{}}}}"#
        );
        let comma = if members.is_empty() { "" } else { "," };
        let facts = facts(&format!("{members}{comma}{event}"));
        asked(&facts, instant("2026-06-01T00:00:00Z")).consumed.unwrap().to_string()
    })
}

const LOT: &str = r#""lots": [{"id": "l", "team": "t", "kind": "flex", "tokens": "10",
    "effective": "2026-01-10T00:00:00Z", "expires": "2026-01-20T00:00:00Z"}]"#;

#[test]
fn a_lot_counts_from_its_first_instant_to_before_its_last() {
    let facts = facts(LOT);
    assert_eq!(around(&facts, "2026-01-10T00:00:00Z", balance), ["0", "10"]);
    assert_eq!(around(&facts, "2026-01-20T00:00:00Z", balance), ["10", "0"]);
}

#[test]
fn a_charge_at_the_expiry_is_not_paid_by_the_lot() {
    for (time, balance) in [
        ("2026-01-09T23:59:59.999999Z", ["9", "0"]),
        ("2026-01-10T00:00:00Z", ["9", "0"]),
        ("2026-01-19T23:59:59.999999Z", ["9", "0"]),
        ("2026-01-20T00:00:00Z", ["10", "-1"]),
    ] {
        let event = format!(
            r#"{LOT}, "events": [{{"id": "e", "time": "{time}", "team": "t", "api": "calls"}}]"#
        );
        assert_eq!(
            around(&facts(&event), "2026-01-20T00:00:00Z", self::balance),
            balance,
            "{time}"
        );
    }
}

#[test]
fn a_trial_ends_before_its_end() {
    let edge = "2026-01-05T00:00:00Z";
    assert_eq!(charged("", r#""team": "t""#, "calls", edge), ["0", "1"]);
    assert_eq!(charged("", r#""team": "t""#, "cad", edge), ["0", "7"]);
    let facts = facts(r#""teams": {"t": {"trial_until": "2026-01-05T00:00:00Z"}}"#);
    assert_eq!(around(&facts, edge, access), ["trial", "full"]);
}

#[test]
fn a_rate_counts_from_its_first_instant() {
    assert_eq!(charged("", r#""team": "t""#, "calls", "2026-02-01T00:00:00Z"), ["1", "3"]);
}

#[test]
fn an_assignment_counts_from_its_first_instant() {
    let apps = r#""apps": [
        {"client_id": "x", "team": "o", "from": "2026-01-01T00:00:00Z"},
        {"client_id": "x", "team": "t", "from": "2026-01-10T00:00:00Z"},
        {"client_id": "x", "from": "2026-01-20T00:00:00Z"}]"#;
    assert_eq!(charged(apps, r#""app": "x""#, "calls", "2026-01-10T00:00:00Z"), ["0", "1"]);
    assert_eq!(charged(apps, r#""app": "x""#, "calls", "2026-01-20T00:00:00Z"), ["1", "0"]);
}

#[test]
fn a_window_ends_after_24_hours() {
    let consumed = |second: &str, length: &str| {
        let events = format!(
            r#""events": [
            {{"id": "a", "time": "2026-01-10T08:00:00Z", "team": "t", "user": "u", "api": "cad",
              "quantity": "{length}"}},
            {{"id": "b", "time": "{second}", "team": "t", "user": "u", "api": "cad"}}]"#
        );
        asked(&facts(&events), instant("2026-06-01T00:00:00Z")).consumed.unwrap().to_string()
    };
    assert_eq!(consumed("2026-01-11T07:50:00Z", "300"), "7");
    // It starts inside the window and outlasts it.
    assert_eq!(consumed("2026-01-11T07:59:59.999999Z", "300"), "14");
    assert_eq!(consumed("2026-01-11T08:00:00Z", "300"), "14");
    // A session that ends with its window opens no other, one that is longer does.
    assert_eq!(consumed("2026-01-10T09:00:00Z", "86400"), "7");
    assert_eq!(consumed("2026-01-10T09:00:00Z", "86400.000001"), "14");
    // What is too short opens none.
    assert_eq!(consumed("2026-02-10T08:00:00Z", "299.999999"), "7");
    assert_eq!(consumed("2026-02-10T08:00:00Z", "300"), "14");
}

#[test]
fn grace_ends_before_its_end() {
    let debt = r#""events": [
        {"id": "e", "time": "2026-01-10T12:00:00Z", "team": "t", "api": "calls"}]"#;
    let facts = facts(debt);
    assert_eq!(around(&facts, "2026-01-10T12:00:00Z", access), ["full", "grace"]);
    assert_eq!(around(&facts, "2026-01-24T12:00:00Z", access), ["grace", "restricted"]);
}

#[test]
fn debt_paid_at_the_end_of_grace_is_paid_too_late() {
    let paid = |at: &str| {
        let members = format!(
            r#""policy": {{"unblock": "manual"}},
            "events": [{{"id": "e", "time": "2026-01-10T12:00:00Z", "team": "t", "api": "calls"}}],
            "lots": [{{"id": "l", "team": "t", "kind": "flex", "tokens": "1",
                       "effective": "{at}"}}]"#
        );
        access(asked(&facts(&members), instant("2026-06-01T00:00:00Z")))
    };
    assert_eq!(paid("2026-01-24T11:59:59.999999Z"), "full");
    assert_eq!(paid("2026-01-24T12:00:00Z"), "restricted");
}
