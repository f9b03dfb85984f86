//! Who may do what: every endpoint of the router is asked by everybody, and its answers are held
//! against [`table`]. An endpoint without a row fails, and so does a row without an endpoint.

mod errors;
mod table;
pub mod world;

use crate::harness::{Database, on_each_database};
use std::collections::{BTreeMap, BTreeSet};
use table::{Row, callers, rows};
use tokenscope_app::drawn::site;
use tokenscope_server::http::router::{App, listed};
use tokenscope_server::store::db::Db;
use tokenscope_server::store::sql::Sql;
use tokenscope_server::{args, statements};
use world::{Answer, MARKS, Question, World};

statements! {
    /// The names of all tables.
    TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        | "SELECT cast(relname AS text) AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')";
}

/// Tables in which looking at a page may leave a trace.
const NOTED: [&str; 2] = ["session", "outbox"];

on_each_database!(everybody_gets_from_every_endpoint_what_the_table_says);

async fn everybody_gets_from_every_endpoint_what_the_table_says(database: Database) {
    let world = World::make(&database).await;
    let rows = rows_of(&world.app);
    let mut wrong = Vec::new();
    wrong.extend(forms_of_other_sites(&world, &rows).await);
    let before = counted(world.app.service.db()).await;
    for row in rows.iter().filter(|row| row.method == "GET") {
        wrong.extend(ask_everybody(&world, row).await);
        wrong.extend(draw_for_everybody(&world, row).await);
    }
    let after = counted(world.app.service.db()).await;
    for (table, count) in after.iter().filter(|(table, count)| before.get(*table) != Some(count)) {
        wrong.push(format!("GET changed the table {table}: it holds {count} rows now"));
    }
    // Signing out comes last: the sessions are needed before.
    let posts = |last: bool| {
        rows.iter().filter(move |row| row.method == "POST" && (row.path == "/logout") == last)
    };
    for row in posts(false).chain(posts(true)) {
        wrong.extend(ask_everybody(&world, row).await);
    }
    assert!(wrong.is_empty(), "{} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The rows of this router's endpoints. Fails when they are not the same as those of the table.
fn rows_of(app: &App) -> Vec<Row> {
    let there: BTreeSet<(String, String)> =
        listed(app).into_iter().map(|e| (e.method.to_owned(), e.path)).collect();
    let rows = rows();
    let key = |row: &Row| (row.method.clone(), row.path.clone());
    let mut wanted = BTreeSet::new();
    for row in &rows {
        assert!(wanted.insert(key(row)), "{} {} has two rows", row.method, row.path);
    }
    let differences = differences(&there, &wanted);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    rows
}

/// A method and a path.
type Key = (String, String);

/// What the router and the table do not have in common, and what to do about it.
fn differences(there: &BTreeSet<Key>, wanted: &BTreeSet<Key>) -> Vec<String> {
    let file = "server/tests/it/access_matrix/table.rs";
    let unsaid = there.difference(wanted).map(|(method, path)| {
        format!(
            "nobody has said who may ask `{method} {path}`: add a line for it to ROWS in {file}, \
             whose top explains the letters"
        )
    });
    let gone = wanted.difference(there).map(|(method, path)| {
        format!(
            "the router has no `{method} {path}`, but {file} has a line for it: take the line \
             away, or route the path"
        )
    });
    unsaid.chain(gone).collect()
}

#[test]
fn a_missing_line_and_one_too_many_are_named() {
    let keys = |paths: &[&str]| {
        paths.iter().map(|path| ("GET".to_owned(), (*path).to_owned())).collect::<BTreeSet<_>>()
    };
    let found = differences(&keys(&["/a", "/b"]), &keys(&["/b", "/c"]));
    assert_eq!(found.len(), 2);
    assert!(found[0].contains("GET /a") && found[0].contains("add a line"), "{found:?}");
    assert!(found[1].contains("GET /c") && found[1].contains("take the line"), "{found:?}");
    assert!(differences(&keys(&["/a"]), &keys(&["/a"])).is_empty());
}

async fn ask_everybody(world: &World, row: &Row) -> Vec<String> {
    let mut wrong = Vec::new();
    for (caller, expected) in callers().zip(&row.answers) {
        let question = Question::of(row, world);
        let answer = world.ask(caller, &question).await;
        wrong.extend(judged(world, row, caller, *expected, &answer));
    }
    wrong
}

/// The server function that draws pages must be as strict as the page itself.
async fn draw_for_everybody(world: &World, row: &Row) -> Vec<String> {
    let path = world.filled(&row.path);
    let Some((page, _)) = site::find(&path) else { return Vec::new() };
    let closed = page.who == site::Who::SignedIn;
    let body = serde_json::json!({ "path": path, "query": "" });
    let body = format!("\"t\"\n{body}");
    let question = Question::post("/_call/draw", "application/x-ndjson", body);
    let mut wrong = Vec::new();
    for (caller, expected) in callers().zip(&row.answers) {
        // Where the page leads elsewhere, the function has to draw or refuse what it likes to.
        let expected = match expected {
            'L' if closed => '1',
            'L' | 'S' | '>' => continue,
            other => *other,
        };
        let answer = world.ask(caller, &question).await;
        let found = judged(world, row, caller, expected, &answer);
        wrong.extend(found.into_iter().map(|line| format!("{line} (asked through /_call/draw)")));
    }
    wrong
}

/// What is wrong with an answer: its outcome, or whose data stands in it.
fn judged(world: &World, row: &Row, caller: char, expected: char, got: &Answer) -> Vec<String> {
    let mut wrong = Vec::new();
    let who = format!("{} {} by {}", row.method, row.path, table::name(caller));
    if !table::fits(expected, got) {
        let begin: String = got.body.chars().take(200).collect();
        let outcome = got.outcome;
        wrong.push(format!("{who}: expected {expected}, got {outcome} ({}) {begin}", got.status));
    }
    let may = row.sees.get(&caller).map(String::as_str).unwrap_or_default();
    for (mark, text) in MARKS {
        let stands = got.body.contains(text);
        if stands && !may.contains(*mark) && !world.is_own(caller, text) {
            wrong.push(format!("{who}: must not see `{text}` (add {mark} if he may)"));
        }
        if !stands && may.contains(*mark) && got.status == 200 {
            wrong.push(format!("{who}: must see `{text}`"));
        }
    }
    wrong
}

/// A form is taken from this site only, whoever is signed in.
async fn forms_of_other_sites(world: &World, rows: &[Row]) -> Vec<String> {
    let signs: [&[(&str, &str)]; 3] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example"), ("host", "tokens.example")],
    ];
    let mut wrong = Vec::new();
    let posts = rows.iter().filter(|row| row.method == "POST");
    // Programs send no cookies; their interface takes a key and nothing else.
    for row in posts.filter(|row| !row.path.starts_with("/api/")) {
        for headers in signs {
            let question = Question::of(row, world).with(headers);
            let answer = world.ask('A', &question).await;
            if answer.status != 403 || !answer.body.contains("another site") {
                wrong.push(format!("POST {} took a form with {headers:?}", row.path));
            }
        }
    }
    wrong
}

/// How many rows each table holds.
async fn counted(db: &Db) -> BTreeMap<String, i64> {
    let mut tx = db.read().await.unwrap();
    let names: Vec<(String,)> = tx.rows(TABLES, args![]).await.unwrap();
    let mut counts = BTreeMap::new();
    for (table,) in names.into_iter().filter(|(table,)| !NOTED.contains(&table.as_str())) {
        let text: &'static str = format!("SELECT count(*) FROM {table}").leak();
        let found: Vec<(i64,)> = tx.rows(Sql::both("COUNTED", text), args![]).await.unwrap();
        counts.insert(table, found[0].0);
    }
    assert!(counts.len() > 20, "only {counts:?}");
    counts
}
