//! The conformance vectors, and rules that only whole scenarios show.

use super::*;
use std::fs;
use std::path::Path;

/// A lot for everything pays one of two charges of an instant; which one decides whether cloud
/// credits pay the other later.
#[test]
fn charges_of_one_instant_go_by_the_ids_of_their_events() {
    let events = [
        r#"{"id": "b", "time": "2026-01-01T12:00:00Z", "team": "t", "api": "calls"}"#,
        r#"{"id": "a", "time": "2026-01-01T12:00:00Z", "team": "t", "api": "cad",
            "user": "u"}"#,
    ];
    for [first, second] in [[0, 1], [1, 0]] {
        let text = format!(
            r#"{{"name": "ties", "events": [{}, {}],
            "rates": [{{"api": "calls", "tokens": "5", "per": "1", "rounding": "exact",
                "from": "2026-01-01T00:00:00Z"}},
                {{"api": "cad", "tokens": "5", "per": "1", "rounding": "user_day",
                "from": "2026-01-01T00:00:00Z"}}],
            "lots": [{{"id": "f", "team": "t", "kind": "flex", "tokens": "5",
                "effective": "2026-01-01T00:00:00Z"}},
                {{"id": "c", "team": "t", "kind": "cloud_credit", "tokens": "5",
                "effective": "2026-01-02T00:00:00Z"}}]}}"#,
            events[first], events[second]
        );
        let replay = Replay::new(&serde_json::from_str(&text).unwrap()).unwrap();
        let state = replay.state("t", "2026-01-03T00:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(state.debt.total(), Tokens::ZERO, "{first} first");
    }
}

#[test]
fn every_scenario_gets_the_expected_answers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scenarios");
    let mut asked = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let scenario: Scenario = serde_json::from_str(&text).unwrap();
        let replay = Replay::new(&scenario).unwrap();
        for question in &scenario.ask {
            asked += 1;
            let got = replay.answer(question).unwrap();
            if got != question.expect {
                wrong.push(format!("{} {:#?} got {got:#?}", scenario.name, question));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 200, "only {asked} questions were found");
}
