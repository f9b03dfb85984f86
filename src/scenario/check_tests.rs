//! What is refused, and where it is said to be.

use super::*;

const RATE: &str = r#""rates": [{"api": "a", "tokens": "1", "per": "1", "rounding": "exact",
    "from": "2026-01-01T00:00:00Z"}]"#;
const LOT: &str = r#"{"id": "l", "team": "t", "kind": "flex", "tokens": "5",
    "effective": "2026-01-02T00:00:00Z", "expires": "2026-01-09T00:00:00Z"}"#;
const EVENT: &str = r#"{"id": "e", "time": "2026-01-03T00:00:00Z", "team": "t", "api": "a"}"#;

fn checked(text: &str) -> Result<(), String> {
    let text = text.replace("RATE", RATE).replace("LOT", LOT).replace("EVENT", EVENT);
    let text = text.replace("DAY", "2026-01-0").replace("T0Z", "T00:00:00Z");
    let scenario: Scenario = serde_json::from_str(&format!("{{\"name\": \"n\", {text}}}"))
        .unwrap_or_else(|e| panic!("{e} in {text}"));
    scenario.check().map_err(|e| e.to_string())
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    for (text, wrong) in [
        (
            r#""rates": [{"api": "a", "tokens": "-1", "per": "1", "rounding": "up",
                "from": "DAY1T0Z"}]"#,
            "`rates[0].tokens` must be 0 or more and at most 1000000000",
        ),
        (
            r#""rates": [{"api": "a", "tokens": "1", "per": "0", "rounding": "up",
                "from": "DAY1T0Z"}]"#,
            "`rates[0].per` must be more than 0",
        ),
        (
            r#""rates": [{"api": "a", "tokens": "1", "per": "1", "rounding": "up",
                "from": "DAY1T0Z"},
                {"api": "a", "tokens": "2", "per": "1", "rounding": "up", "from": "DAY1T0Z"}]"#,
            "`rates[1]` has the API, variant and `from` of rates[0]",
        ),
        (
            r#""trials": [{"team": "t", "until": "DAY1T0Z"}, {"team": "t", "until": "DAY2T0Z"}]"#,
            "`trials[1]` was recorded at the same time as another end of this trial; say \
             `recorded_at`",
        ),
        (
            r#""lots": [{"id": "l", "team": "t", "kind": "flex", "tokens": "0",
                "effective": "DAY1T0Z"}]"#,
            "`lots[0].tokens` must be more than 0 and at most 1000000000",
        ),
        (
            r#""lots": [{"id": "l", "team": "t", "kind": "flex", "tokens": "1000000000.000001",
                "effective": "DAY1T0Z"}]"#,
            "`lots[0].tokens` must be more than 0 and at most 1000000000",
        ),
        (
            r#""lots": [{"id": "l", "team": "t", "kind": "returned", "tokens": "1",
                "effective": "DAY1T0Z"}]"#,
            "`lots[0].kind` cannot be sent: it comes out of a correction",
        ),
        (
            r#""lots": [{"id": "l", "team": "t", "kind": "flex", "tokens": "1",
                "effective": "DAY1T0Z", "expires": "DAY1T0Z"}]"#,
            "`lots[0].expires` must be later than `effective`",
        ),
        (
            r#""lots": [LOT, {"id": "l", "team": "u", "kind": "flex", "tokens": "5",
                "effective": "DAY2T0Z"}]"#,
            "`lots[1].id` is `l` again, with other content: another lot has this id",
        ),
        (
            r#""lots": [LOT], "voids": [{"lot": "x", "at": "DAY3T0Z"}]"#,
            "`voids[0].lot` voids the lot `x`, which is not there",
        ),
        (
            r#""lots": [LOT], "voids": [{"lot": "l", "at": "DAY3T0Z"}, {"lot": "l",
                "at": "DAY4T0Z"}]"#,
            "`voids[1].lot` voids the lot `l`, which is void already",
        ),
        (
            r#""lots": [LOT], "voids": [{"lot": "l", "at": "DAY2T0Z"}],
                "moves": [{"id": "m", "lot": "l", "to": "u", "at": "DAY1T0Z", "tokens": "1"}]"#,
            "`voids[0].lot` cancels the lot `l`, of which a part was moved out",
        ),
        (
            r#""moves": [{"id": "m", "lot": "x", "to": "u", "at": "DAY3T0Z", "tokens": "1"}]"#,
            "`moves[0].lot` takes from the lot `x`, which is not there",
        ),
        (
            r#""lots": [LOT], "moves": [{"id": "m", "lot": "n", "to": "u", "at": "DAY3T0Z",
                "tokens": "1"},
                {"id": "n", "lot": "l", "to": "u", "at": "DAY4T0Z", "tokens": "1"}]"#,
            "`moves[0].lot` takes from the lot `n`, which is not there yet",
        ),
        (
            r#""lots": [LOT], "moves": [{"id": "m", "lot": "l", "to": "u", "at": "DAY9T0Z",
                "tokens": "1"}]"#,
            "`moves[0].lot` takes from the lot `l`, which has expired by then",
        ),
        (
            r#""lots": [LOT], "voids": [{"lot": "l", "at": "DAY3T0Z"}],
                "moves": [{"id": "m", "lot": "l", "to": "u", "at": "DAY3T0Z", "tokens": "1"}]"#,
            "`moves[0].lot` takes from the lot `l`, which is void by then",
        ),
        (
            r#""lots": [LOT], "moves": [{"id": "m", "lot": "l", "to": "t", "at": "DAY3T0Z",
                "tokens": "1"}]"#,
            "`moves[0].to` has the lot `l` already",
        ),
        (
            r#""lots": [LOT], "moves": [{"id": "l", "lot": "l", "to": "u", "at": "DAY3T0Z",
                "tokens": "1"}]"#,
            "`moves[0].id` is `l` again, with other content: another lot has this id",
        ),
        (
            r#""lots": [LOT], "moves": [{"id": "m", "lot": "l", "to": "u", "at": "DAY3T0Z",
                "tokens": "0"}]"#,
            "`moves[0].tokens` must be more than 0 and at most 1000000000",
        ),
        (
            r#""events": [{"id": "e", "time": "DAY3T0Z", "api": "a"}]"#,
            "`events[0]` needs either `app` or `team`",
        ),
        (
            r#""events": [{"id": "e", "time": "DAY3T0Z", "api": "a", "team": "t",
                "tokens": "-1"}]"#,
            "`events[0].tokens` must be 0 or more and at most 1000000000",
        ),
        (
            r#""events": [EVENT, {"id": "e", "time": "DAY4T0Z", "team": "t", "api": "a"}]"#,
            "`events[1].id` is `e` again, with other content: another event has this id",
        ),
        (
            r#""events": [EVENT], "corrections": [{"voids": "x"}]"#,
            "`corrections[0].voids` names the event `x`, which is not there",
        ),
        (
            r#""events": [EVENT], "corrections": [{"voids": "e", "replaces": "e"}]"#,
            "`corrections[0]` needs either `voids`, or `replaces` and `with`",
        ),
        (
            r#""events": [EVENT], "corrections": [{"voids": "e"}, {"replaces": "e",
                "with": {"time": "DAY3T0Z", "team": "t", "api": "a"}}]"#,
            "`corrections[1].replaces` corrects revision 0 of `e` a second time",
        ),
        (
            r#""events": [EVENT], "corrections": [{"voids": "e", "revision": 1}]"#,
            "`corrections[0].revision` is of `e`, whose revision 0 was not corrected",
        ),
        (
            r#""events": [EVENT], "corrections": [{"voids": "e", "revision": 1},
                {"replaces": "e", "recorded_at": "DAY5T0Z",
                "with": {"time": "DAY3T0Z", "team": "t", "api": "a"}}]"#,
            "`corrections[0].recorded_at` is earlier than that of the revision before",
        ),
        (
            r#""events": [EVENT], "corrections": [{"replaces": "e",
                "with": {"time": "DAY3T0Z", "api": "a"}}]"#,
            "`corrections[0].with` needs either `app` or `team`",
        ),
        (
            r#""events": [EVENT], "corrections": [{"replaces": "e", "with": EVENT}]"#,
            "`corrections[0].with.id` must be left out: the id of the event stays",
        ),
        (
            r#""events": [EVENT], "corrections": [{"replaces": "e",
                "with": {"time": "DAY3T0Z", "team": "t", "api": "a", "recorded_at": "DAY4T0Z"}}]"#,
            "`corrections[0].with.recorded_at` belongs to the correction itself",
        ),
        (
            r#""lots": [{"id": "returned:e:0:0", "team": "t", "kind": "flex", "tokens": "5",
                "effective": "DAY1T0Z"}]"#,
            "`lots[0].id` begins with `returned:`, as ids of tokens that come back do",
        ),
        (
            r#""lots": [{"id": "l", "team": "", "kind": "flex", "tokens": "5",
                "effective": "DAY1T0Z"}]"#,
            "`lots[0].team` is missing",
        ),
        (
            r#""events": [{"id": "e", "time": "DAY3T0Z", "app": "", "api": "a"}]"#,
            "`events[0].app` is missing",
        ),
        (
            r#""events": [{"time": "DAY3T0Z", "team": "t", "api": "a"}]"#,
            "`events[0].id` is missing",
        ),
        (
            r#""holds": [{"key": "k", "team": "t", "tokens": "0", "from": "DAY3T0Z"}]"#,
            "`holds[0].tokens` must be more than 0 and at most 1000000000",
        ),
        (
            r#""holds": [{"key": "k", "team": "t", "tokens": "1", "from": "DAY3T0Z",
                "ttl_s": 86401}]"#,
            "`holds[0].ttl_s` must be 1 to 86400",
        ),
        (
            r#""holds": [{"key": "k", "team": "t", "tokens": "1", "from": "DAY3T0Z",
                "ended": {"at": "DAY3T0Z", "how": "expired"}}]"#,
            "`holds[0].ended.how` must be `settled` or `released`",
        ),
        (
            r#""holds": [{"key": "k", "team": "t", "tokens": "1", "from": "DAY3T0Z",
                "ended": {"at": "2026-01-03T00:01:00Z", "how": "settled"}}]"#,
            "`holds[0].ended.at` must lie in the life of the hold",
        ),
        (
            r#""holds": [{"key": "k", "team": "t", "tokens": "1", "from": "DAY3T0Z"},
                {"key": "k", "team": "t", "tokens": "2", "from": "DAY3T0Z"}]"#,
            "`holds[1].key` is `k` again, with other content: another hold has this id",
        ),
        (
            r#""notices": [{"team": "t", "at": "DAY3T0Z", "of": "DAY4T0Z"}]"#,
            "`notices[0].of` must not be later than `at`",
        ),
        (
            r#""ask": [{"team": "t", "at": "DAY3T0Z", "from": "DAY4T0Z", "expect": {}}]"#,
            "`ask[0].from` must not be later than `at`",
        ),
        (
            r#""ask": [{"team": "t", "at": "DAY3T0Z", "expect": {"decision": {"price": "1",
                "available": "1"}}}]"#,
            "`ask[0].call` is missing: a decision is about a call",
        ),
    ] {
        assert_eq!(checked(text), Err(wrong.to_owned()), "{text}");
    }
}

#[test]
fn the_same_again_and_edges_are_taken() {
    for text in [
        r#"RATE, "lots": [LOT, LOT], "events": [EVENT, EVENT]"#,
        r#""lots": [LOT], "voids": [{"lot": "l", "at": "DAY3T0Z"}, {"lot": "l", "at": "DAY3T0Z"}]"#,
        r#""lots": [LOT], "voids": [{"lot": "l", "at": "DAY3T0Z"}],
            "moves": [{"id": "m", "lot": "l", "to": "u", "at": "DAY2T0Z", "tokens": "1"},
                {"id": "m", "lot": "l", "to": "u", "at": "DAY2T0Z", "tokens": "1"}]"#,
        r#""lots": [LOT], "moves": [{"id": "n", "lot": "m", "to": "t", "at": "DAY4T0Z",
                "tokens": "1"},
            {"id": "m", "lot": "l", "to": "u", "at": "DAY3T0Z", "tokens": "1"}]"#,
        r#""lots": [LOT], "moves": [
            {"id": "a", "lot": "b", "to": "v", "at": "DAY3T0Z", "tokens": "1"},
            {"id": "b", "lot": "l", "to": "u", "at": "DAY3T0Z", "tokens": "1"}]"#,
        r#""events": [EVENT], "corrections": [{"voids": "e"}, {"voids": "e"}]"#,
        r#""holds": [{"key": "k", "team": "t", "tokens": "1", "from": "DAY3T0Z",
            "ended": {"at": "DAY3T0Z", "how": "settled"}}]"#,
        r#""lots": [{"id": "l", "team": "t", "kind": "flex", "tokens": "1000000000",
            "effective": "DAY1T0Z", "expires": "2026-01-01T00:00:00.000001Z"}]"#,
    ] {
        assert_eq!(checked(text), Ok(()), "{text}");
    }
}

#[test]
fn a_moved_lot_is_checked_like_its_source() {
    let text = r#""lots": [LOT], "moves": [
        {"id": "m", "lot": "l", "to": "u", "at": "DAY3T0Z", "tokens": "2"},
        {"id": "n", "lot": "m", "to": "v", "at": "DAY9T0Z", "tokens": "1"}]"#;
    let wrong = "`moves[1].lot` takes from the lot `m`, which has expired by then";
    assert_eq!(checked(text), Err(wrong.to_owned()));
    let text = r#""lots": [LOT], "moves": [
        {"id": "m", "lot": "l", "to": "u", "at": "DAY1T0Z", "tokens": "2"}],
        "voids": [{"lot": "m", "at": "DAY2T0Z"}]"#;
    assert_eq!(checked(text), Ok(()));
}

#[test]
fn what_comes_to_too_much_is_refused_before_a_sum_overflows() {
    let lot = |n: u32| {
        format!(
            r#"{{"id": "l{n}", "team": "t", "kind": "flex", "tokens": "1000000000",
            "effective": "2026-01-01T00:00:00Z"}}"#
        )
    };
    let lots: Vec<String> = (0..2001).map(lot).collect();
    let wrong = "`lots` come to more than 2000000000000 tokens together";
    assert_eq!(checked(&format!(r#""lots": [{}]"#, lots.join(","))), Err(wrong.to_owned()));
    assert_eq!(checked(&format!(r#""lots": [{}]"#, lots[..2000].join(","))), Ok(()));
}
