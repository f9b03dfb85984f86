//! `tokenscope replay` and the refusals of `load`, by running the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A file that holds one question about one lot, which was half used.
const BOOKS: &str = r#"{
  "name": "books",
  "rates": [{"api": "calls", "tokens": "1", "per": "1", "rounding": "exact",
             "from": "2026-01-01T00:00:00Z"}],
  "lots": [{"id": "l1", "team": "red", "kind": "flex", "tokens": "10",
            "effective": "2026-01-01T00:00:00Z", "expires": "2027-01-01T00:00:00Z"}],
  "events": [{"id": "e1", "time": "2026-02-01T00:00:00Z", "team": "red", "api": "calls",
              "quantity": "5"}],
  "ask": [{"team": "red", "at": "2026-03-01T00:00:00Z", "expect": {"balance": "5"}}]
}"#;

/// The program in a folder of its own, far from any configuration and any database.
fn program(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokenscope"));
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command
}

fn run(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = program(folder, args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// A folder with the books, changed.
fn with_books(from: &str, to: &str) -> TempDir {
    assert!(BOOKS.contains(from), "{from} is not in the books");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("books.json"), BOOKS.replacen(from, to, 1)).unwrap();
    folder
}

fn vectors() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/scenarios");
    let paths = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|end| end == "json")).collect()
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn the_conformance_vectors_are_answered_as_expected() {
    let folder = tempfile::tempdir().unwrap();
    let files = vectors();
    let mut args = vec!["replay"];
    args.extend(files.iter().map(|path| path.to_str().unwrap()));
    let (code, out, err) = run(folder.path(), &args);
    assert_eq!(code, 0, "{err}");
    let lines: Vec<serde_json::Value> = out.lines().map(json).collect();
    assert!(lines.len() > 200, "only {} questions were answered", lines.len());
    assert_eq!(err, format!("{} files, {} questions, 0 differ\n", files.len(), lines.len()));
    assert!(lines.iter().all(|line| line.get("expected").is_none()));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "replay needs no database: {left:?}");
}

#[test]
fn an_answer_that_differs_is_printed_with_the_expected_one() {
    let folder = with_books(r#""balance": "5""#, r#""balance": "6", "debt": "0""#);
    let others = with_books("red", "red");
    let other = others.path().join("books.json");
    let (code, out, err) = run(folder.path(), &["replay", "books.json", other.to_str().unwrap()]);
    assert_eq!((code, err.as_str()), (1, "2 files, 2 questions, 1 differ\n"));
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(
        lines[0],
        r#"{"file":"books.json","ask":0,"team":"red","at":"2026-03-01T00:00:00Z","#.to_owned()
            + r#""answer":{"balance":"5","debt":"0"},"expected":{"balance":"6","debt":"0"}}"#
    );
    let second = json(lines[1]);
    assert_eq!(second["answer"], json(r#"{"balance": "5"}"#));
    assert_eq!(second.get("expected"), None, "the second file is answered all the same");
}

#[test]
fn a_question_about_the_past_says_what_was_known() {
    let recorded = r#""quantity": "5", "recorded_at": "2026-02-10T00:00:00Z""#;
    let folder = with_books(r#""quantity": "5""#, recorded);
    let path = folder.path().join("books.json");
    let text = fs::read_to_string(&path).unwrap();
    let at = r#""at": "2026-03-01T00:00:00Z""#;
    let asked = text.replace(at, &format!(r#"{at}, "known_at": "2026-02-09T00:00:00Z""#));
    fs::write(path, asked.replace(r#""balance": "5""#, r#""balance": "10""#)).unwrap();
    let (code, out, err) = run(folder.path(), &["replay", "books.json"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(json(&out)["known_at"], "2026-02-09T00:00:00Z");
}

#[test]
fn an_explanation_names_charges_rates_lots_and_usage() {
    let folder = with_books("red", "red");
    let (code, out, err) = run(folder.path(), &["replay", "--explain", "books.json"]);
    assert_eq!((code, err.as_str()), (0, "1 file, 1 explanation\n"));
    let explained = json(&out);
    assert!(out.contains("\n  \"answer\""), "it is indented");
    let answer = &explained["answer"];
    assert_eq!(answer["balance"], "5");
    assert_eq!(answer["charges"][0]["rate"]["per"], "1");
    assert_eq!(answer["charges"][0]["lots"], json(r#"[{"lot": "l1", "tokens": "5"}]"#));
    assert_eq!(answer["usage"][0]["kinds"], json(r#"{"flex": "5"}"#));
    assert_eq!(answer["statement"]["closing"]["balance"], "5");
    assert_eq!(answer["cuts"][0]["lot"], "l1");
}

#[test]
fn a_team_is_explained_without_any_question() {
    let folder = with_books("red", "red");
    let path = folder.path().join("books.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.split(",\n  \"ask\"").next().unwrap().to_owned() + "}").unwrap();
    let team = ["replay", "books.json", "--explain", "--team", "red"];
    let at = ["--at", "2026-03-01T00:00:00Z", "--from", "2026-02-15T00:00:00Z"];
    let (code, out, err) = run(folder.path(), &[&team[..], &at[..]].concat());
    assert_eq!(code, 0, "{err}");
    let explained = json(&out);
    assert_eq!(explained["from"], "2026-02-15T00:00:00Z");
    assert_eq!(explained.get("ask"), None);
    assert_eq!(explained["answer"]["statement"]["opening"]["balance"], "5");
    assert_eq!(explained["answer"]["charges"], json("[]"));
    let earlier = ["--at", "2026-03-01T00:00:00Z", "--known-at", "2026-01-01T00:00:00Z"];
    let (code, out, _) = run(folder.path(), &[&team[..], &earlier[..]].concat());
    assert_eq!((code, &json(&out)["known_at"]), (0, &json(r#""2026-01-01T00:00:00Z""#)));
    let (code, out, err) = run(folder.path(), &["replay", "--explain", "books.json"]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(err.contains("no questions: name a team with --team and --at"), "{err}");
}

#[test]
fn flags_that_make_no_sense_are_refused() {
    let folder = with_books("red", "red");
    let late = "2026-03-01T00:00:00Z";
    for (args, said) in [
        (vec!["replay"], "<FILE>"),
        (vec!["replay", "books.json", "--team", "red", "--at", late], "--explain"),
        (vec!["replay", "books.json", "--explain", "--team", "red"], "--at"),
        (vec!["replay", "books.json", "--explain", "--at", late], "--team"),
        (
            vec!["replay", "books.json", "--explain", "--team", "red", "--at", "2026-03-01"],
            "is not a time like",
        ),
        (
            vec!["replay", "books.json", "--explain", "--team", "blue", "--at", late],
            "books.json: --team: the team `blue` is named by no fact; there are red",
        ),
        (
            vec![
                "replay",
                "books.json",
                "--explain",
                "--team",
                "red",
                "--at",
                "2026-02-01T00:00:00Z",
                "--from",
                late,
            ],
            "--from must not be later than --at",
        ),
    ] {
        let (code, out, err) = run(folder.path(), &args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}: {err}");
        assert!(err.contains(said), "{args:?} says {err}");
    }
}

/// What is changed in the books, and what is said about it.
const WRONG: &[(&str, &str, &str)] = &[
    (r#""name": "books","#, "", "missing field `name`"),
    (r#""name": "books""#, r#""name": "books", "event": []"#, "event: unknown field `event`"),
    (r#""name": "books""#, r#""name": "books", "name": """#, "books.json: duplicate field `name`"),
    (
        r#""name": "books""#,
        r#""name": "books", "teams": {"red": {}, "red": {}}"#,
        "teams: has the member `red` twice",
    ),
    (r#""name": "books""#, r#""name": "books", "policy": [1, "manual"]"#, "policy: is a list"),
    (
        r#""name": "books""#,
        r#""name": "books", "policy": {"grace_days": -1}"#,
        "policy.grace_days: invalid value: integer `-1`, expected a whole number from 0",
    ),
    (r#""lots": [{"#, r#""lots": {"a": {"#, "lots: invalid type: map, expected a list"),
    (r#""flex""#, r#""gold""#, "lots[0].kind: unknown variant `gold`"),
    (r#""flex""#, r#""returned""#, "lots[0].kind: cannot be sent"),
    (r#""10""#, r#""0""#, "lots[0].tokens: must be more than 0"),
    (r#""2027-01-01T00"#, r#""2026-01-01T00"#, "lots[0].expires: must be later than `effective`"),
    (r#""2026-02-01T00"#, r#""2026-02-30T00"#, "events[0].time: `2026-02-30T00:00:00Z` is not"),
    (r#""2026-02-01T00:00:00Z""#, r#""2026-02-01T00:00:00""#, "with a zone"),
    (r#""quantity": "5""#, r#""quantity": 5"#, "events[0].quantity: invalid type: integer `5`"),
    (r#""quantity": "5""#, r#""quantity": 5.5"#, r#"amounts stand in quotes, like "12.5""#),
    (r#""quantity": "5""#, r#""quantity": 1e400"#, "events[0].quantity: "),
    (
        r#""quantity": "5""#,
        r#""quantity": "0.0000001""#,
        "events[0].quantity: `0.0000001` has more than six decimals",
    ),
    (r#""quantity": "5""#, r#""quantity": "-1""#, "events[0].quantity: `-1` is negative"),
    (r#""quantity": "5""#, r#""tokens": "2000000000""#, "events[0].tokens: must be 0 or more"),
    (r#""id": "e1", "#, "", "events[0].id: is missing"),
    (r#""team": "red", "api""#, r#""api""#, "events[0]: needs either `app` or `team`"),
    (
        r#""events": [{"#,
        r#""events": [{"id": "e1", "time": "2026-02-01T00:00:00Z", "team": "red", "api": "x"}, {"#,
        "events[1].id: is `e1` again, with other content",
    ),
    (
        r#""events""#,
        r#""moves": [{"id": "m", "lot": "l2", "to": "blue", "at": "2026-02-01T00:00:00Z",
            "tokens": "1"}], "events""#,
        "moves[0].lot: takes from the lot `l2`, which is not there",
    ),
    (
        r#""events""#,
        r#""moves": [{"id": "m", "lot": "l1", "to": "blue", "at": "2027-01-01T00:00:00Z",
            "tokens": "1"}], "events""#,
        "moves[0].lot: takes from the lot `l1`, which has expired by then",
    ),
    (
        r#""rounding": "exact""#,
        r#""rounding": "user_day""#,
        "events[0].user: of `e1` is missing: this product is charged per user and day",
    ),
    (r#""ask": [{"team": "red""#, r#""ask": [{"team": "blue""#, "ask[0].team: the team `blue`"),
    (r#", "expect": {"balance": "5"}"#, "", "ask[0]: missing field `expect`: the least is {}"),
    (r#"{"balance""#, r#"{"balance_of""#, "ask[0].expect.balance_of: unknown field"),
    (
        r#"{"balance": "5"}"#,
        r#"{"lots": {"l1": "5", "l1": "5"}}"#,
        "ask[0].expect.lots: has the member `l1` twice",
    ),
    (r#"{"balance": "5"}"#, "[]", "ask[0].expect: is a list, expected an object"),
    (
        r#"{"balance": "5"}"#,
        r#"{"decision": {"price": "1", "available": "1"}}"#,
        "ask[0].call: is missing: a decision is about a call",
    ),
    ("}]\n}", "}]\n} {}", "goes on behind the JSON object (line 10)"),
    ("}]\n}", "}]\n}]", "goes on behind the JSON object (line 10)"),
    ("}]\n}", "}]", "cannot be read as JSON: EOF while parsing an object (line 9"),
];

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_member() {
    let good = with_books("red", "red");
    let good = good.path().join("books.json");
    let mut missed = Vec::new();
    for (from, to, said) in WRONG {
        let folder = with_books(from, to);
        let (code, out, err) =
            run(folder.path(), &["replay", good.to_str().unwrap(), "books.json"]);
        let named = err.starts_with("tokenscope: books.json: ") && err.contains(said);
        if (code, out.as_str()) != (2, "") || !named || err.lines().count() != 1 {
            missed.push(format!("{to} should say {said}, but ends with {code} and {err}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn what_is_no_text_of_json_is_refused() {
    let deep = format!("{{\"name\":{}", "[".repeat(100_000));
    let wide: Vec<u8> = BOOKS.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: &[(&[u8], &str)] = &[
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"[]", "expected an object"),
        (b"7", "expected an object"),
        (b"{]", "cannot be read as JSON"),
        (b"\xEF\xBB\xBF{\"name\": \"x\"}", "begins with a byte order mark"),
        (b"{\n\"name\": \"\xFF\"}", "is not UTF-8 (line 2)"),
        (br#"{"name": "\ud800"}"#, "name: cannot be read as JSON"),
        (&[b"\xFF\xFE", wide.as_slice()].concat(), "is UTF-16"),
        (deep.as_bytes(), "name: invalid type"),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (bytes, said) in cases {
        fs::write(folder.path().join("x.json"), bytes).unwrap();
        let (code, out, err) = run(folder.path(), &["replay", "x.json"]);
        assert_eq!((code, out.as_str()), (2, ""), "{said}: {err}");
        let expected = err.starts_with("tokenscope: x.json: ") && err.contains(said);
        assert!(expected, "should say {said}, but says {err}");
    }
    let (code, _, err) = run(folder.path(), &["replay", "."]);
    assert!(code == 2 && err.contains(".: is a folder"), "{err}");
    let (code, _, err) = run(folder.path(), &["replay", "nowhere.json"]);
    assert!(code == 2 && err.contains("nowhere.json: cannot be read"), "{err}");
}

#[test]
fn a_configuration_that_cannot_be_used_does_not_matter() {
    let folder = with_books("red", "red");
    fs::write(folder.path().join("tokenscope.toml"), "address = 7").unwrap();
    let (code, out, err) = run(folder.path(), &["replay", "books.json"]);
    assert_eq!((code, out.lines().count()), (0, 1), "{err}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let files = vectors();
    let mut args = vec!["replay", "--explain"];
    args.extend(files.iter().map(|path| path.to_str().unwrap()));
    let mut replay = program(folder.path(), &args);
    let mut child = replay.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    let err = String::from_utf8(stderr).unwrap();
    assert!(status.success() && !err.contains("panicked"), "{status}: {err}");
}

#[test]
fn the_help_says_what_comes_out() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, _) = run(folder.path(), &["replay", "--help"]);
    assert_eq!(code, 0);
    for word in ["Exit code:", "--explain", "--team", "--at", "--from", "--known-at", "expected"] {
        assert!(out.contains(word), "{word} is missing in {out}");
    }
}

#[test]
fn load_refuses_what_replay_refuses_and_what_books_cannot_take() {
    let hold = r#""holds": [{"key": "h", "team": "red", "tokens": "1",
        "from": "2026-02-01T00:00:00Z"}], "events""#;
    for (from, to, said) in [
        (r#""10""#, r#""0""#, "books.json: lots[0].tokens: must be more than 0"),
        (r#""quantity": "5""#, r#""quantity": 5"#, "books.json: events[0].quantity: invalid type"),
        (r#""events""#, hold, "books.json: `holds` cannot be loaded into an organization yet"),
        (r#""events""#, hold, "`tokenscope replay` answers"),
    ] {
        let folder = with_books(from, to);
        let (code, out, err) = run(folder.path(), &["load", "books.json", "--org", "acme"]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(said), "should say {said}, but says {err}");
    }
}
