//! The rules of architecture.md that no compiler knows: who may name what, and what a source file
//! looks like. Each has a control that breaks it.

use crate::source::{Piece, Source, files, paths, pieces, without_tests};

const CODE: &[&str] = &["src", "app/src", "app/tests", "server/src", "server/tests", "xtask/src"];

/// What the files below a folder must not name, but for some files.
struct Ban {
    below: &'static [&'static str],
    but_for: &'static [&'static str],
    /// Paths or their parts; a `*` at the end stands for any letters.
    names: &'static [&'static str],
    because: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        below: &["src/"],
        but_for: &[],
        names: &[
            "leptos*",
            "axum*",
            "sqlx*",
            "tokio*",
            "tower*",
            "hyper*",
            "jiff",
            "rand",
            "uuid",
            "tokenscope_app",
            "tokenscope_server",
            "js_sys",
            "web_sys",
        ],
        because: "the core is pure and runs in the browser too",
    },
    Ban {
        below: &["src/"],
        // These read the conformance vectors, and are no part of the program.
        but_for: &["src/benches/core.rs", "src/properties/agree.rs", "src/replay/tests.rs"],
        names: &[
            "std::env",
            "std::fs",
            "std::net",
            "std::process",
            "std::thread",
            "std::io",
            "SystemTime",
            "Utc::now",
            "Local::now",
            "f32",
            "f64",
        ],
        because: "the core has no clock, no input or output and no floats",
    },
    Ban {
        below: &["src/"],
        but_for: &[],
        names: &["HashMap", "HashSet"],
        because: "results have an order",
    },
    Ban {
        below: &["app/src/"],
        but_for: &[],
        names: &["sqlx*", "tokenscope_server", "axum*", "tokio*", "std::fs", "std::env"],
        because: "pages know the traits of the core alone",
    },
    Ban {
        below: &["server/src/api/", "server/src/http/", "server/src/demo/"],
        but_for: &["server/src/http/session.rs", "server/src/http/health.rs"],
        names: &["store"],
        because: "the store is seen by services and the composition of the program",
    },
    Ban {
        below: &["server/src/store/", "server/src/service/"],
        but_for: &[],
        names: &["axum*", "http", "hyper*", "leptos*", "tokenscope_app", "tower*"],
        because: "services and the store know nothing of HTTP and pages",
    },
    Ban {
        below: &["server/src/"],
        but_for: &["server/src/store/db.rs"],
        names: &[
            "Sqlite",
            "SqlitePool*",
            "SqliteConnect*",
            "SqliteRow",
            "Postgres",
            "PgPool*",
            "PgConnect*",
            "PgRow",
            "sqlx::query*",
            "sqlx::raw_sql",
            "sqlx::Any*",
        ],
        because: "only db.rs names a driver",
    },
    Ban {
        below: &["server/src/", "app/src/"],
        but_for: &["server/src/clock.rs"],
        names: &[
            "SystemTime",
            "Utc::now",
            "Local::now",
            "Timestamp::now",
            "Zoned::now",
            "now_utc",
            "now_local",
            "Uuid::new_v4",
            "Uuid::now_v7",
            "Date::now",
        ],
        because: "only clock.rs reads the clock and makes ids",
    },
];

fn names(path: &[String], name: &str) -> bool {
    let wanted: Vec<&str> = name.split("::").collect();
    let same = |word: &str, wanted: &str| match wanted.strip_suffix('*') {
        Some(start) => word.starts_with(start),
        None => word == wanted,
    };
    let fits = |part: &[String]| part.iter().zip(&wanted).all(|(word, want)| same(word, want));
    path.windows(wanted.len()).any(fits)
}

/// Everything in which the file breaks a ban.
fn banned(source: &Source) -> Vec<String> {
    let starts = |folder: &&str| source.path.starts_with(*folder);
    let mine = BANS.iter().filter(|ban| ban.below.iter().any(&starts));
    let mine = mine.filter(|ban| !ban.but_for.contains(&source.path.as_str()));
    let paths = paths(&without_tests(pieces(&source.text)));
    let mut found = Vec::new();
    for ban in mine {
        for name in ban.names.iter().filter(|name| paths.iter().any(|path| names(path, name))) {
            found.push(format!("{} names {name}: {}", source.path, ban.because));
        }
    }
    found
}

fn source(path: &str, text: &str) -> Source {
    Source { path: path.into(), text: text.into() }
}

#[test]
fn every_file_names_only_what_it_may_know() {
    let sources = files(CODE, &[".rs"]);
    assert!(sources.len() > 100, "only {} files were found", sources.len());
    let found: Vec<String> = sources.iter().flat_map(banned).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_file_that_names_too_much_is_reported() {
    let bad = [
        ("src/a.rs", "use leptos::prelude::*;"),
        ("src/a.rs", "use leptos_router::A;"),
        ("src/a.rs", "fn f() { axum::serve() }"),
        ("src/a.rs", "use std::{env, fmt};"),
        ("src/a.rs", "use std::collections::{BTreeMap, HashMap};"),
        ("src/a.rs", "fn f() { std::time::SystemTime::now() }"),
        ("src/a.rs", "fn f(tokens: f64) {}"),
        ("app/src/a.rs", "use tokenscope_server::store;"),
        ("app/src/a.rs", "use sqlx::Row;"),
        ("server/src/api/v1/a.rs", "use crate::store::db::Db;"),
        ("server/src/api/v1/a.rs", "use crate::{clock, store};"),
        ("server/src/http/a.rs", "use super::super::store;"),
        ("server/src/service/a.rs", "use axum::Json;"),
        ("server/src/store/a.rs", "fn f() { sqlx::query_as::<_, T>(x) }"),
        ("server/src/store/a.rs", "use sqlx::{FromRow, PgPool};"),
        ("server/src/cli/a.rs", "fn f() { chrono::Utc::now() }"),
        ("server/src/http/a.rs", "fn f() { OffsetDateTime::now_utc() }"),
    ];
    let missed = bad.iter().filter(|(path, text)| banned(&source(path, text)).is_empty());
    let missed: Vec<_> = missed.collect();
    assert!(missed.is_empty(), "not reported: {missed:#?}");
}

#[test]
fn a_file_that_names_what_it_may_is_not_reported() {
    let good = [
        ("src/a.rs", "// leptos\nuse std::fmt; #[cfg(test)] mod tests { use std::fs; }"),
        ("src/a.rs", "fn f() -> &'static str { \"axum::serve\" }"),
        ("src/benches/core.rs", "use std::fs;"),
        ("server/src/http/session.rs", "use crate::store::session;"),
        ("server/src/store/a.rs", "#[derive(sqlx::FromRow)] struct A;"),
        ("server/src/store/db.rs", "use sqlx::{PgPool, Sqlite};"),
        ("server/src/clock.rs", "fn f() { std::time::SystemTime::now() }"),
    ];
    for (path, text) in good {
        assert_eq!(banned(&source(path, text)), Vec::<String>::new());
    }
}

/// Where statements may stand; the core and the pages hold none, handlers neither.
const SQL_FILES: &str = "server/src/store/";

fn is_sql(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let has = |word: &str| words.contains(&word);
    (has("SELECT") && has("FROM"))
        || (has("INSERT") && has("INTO"))
        || (has("DELETE") && has("FROM"))
        || (has("UPDATE") && has("SET"))
        || (has("CREATE") && has("TABLE"))
}

fn sql_texts(source: &Source) -> Vec<String> {
    let texts = without_tests(pieces(&source.text)).into_iter().filter_map(|piece| match piece {
        Piece::Text(text) if is_sql(&text) => Some(format!("{}: {text}", source.path)),
        _ => None,
    });
    texts.collect()
}

#[test]
fn statements_stand_in_the_store_alone() {
    let sources = files(&["src", "app/src", "server/src"], &[".rs"]);
    let others = sources.iter().filter(|source| !source.path.starts_with(SQL_FILES));
    let found: Vec<String> = others.flat_map(sql_texts).collect();
    assert!(found.is_empty(), "{found:#?}");
    for text in ["SELECT a FROM b", "INSERT INTO a", "UPDATE a SET b = 1", "DELETE FROM a"] {
        let bad = source("app/src/a.rs", &format!("fn f() {{ run(\"{text}\") }}"));
        assert_eq!(sql_texts(&bad).len(), 1, "{text}");
    }
}

/// The lint of bulk writes knows all of them: `lints::every_bulk_write_joins_its_organization`.
#[test]
fn there_are_as_many_bulk_writes_as_the_lint_knows() {
    let sources = files(&[SQL_FILES], &[".rs"]);
    let writes = sources.iter().filter(|source| !source.path.ends_with("/db.rs"));
    let count: usize = writes.map(|source| source.text.matches("Bulk {").count()).sum();
    assert_eq!(count, 15, "add the new one to the lint, then change this number");
}

const LINES_MAX: usize = 600;
const WIDTH_MAX: usize = 100;

/// What an unfinished place is marked with, put together so that this file does not hold it.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("#[ig", "nore"),
];

fn untidy(source: &Source) -> Vec<String> {
    let (path, text) = (&source.path, &source.text);
    let mut found = Vec::new();
    let lines = text.lines().count();
    if lines > LINES_MAX {
        found.push(format!("{path} has {lines} lines, more than {LINES_MAX}"));
    }
    for (n, line) in text.lines().enumerate() {
        let width = line.chars().count();
        // The row of a table cannot be broken.
        if width > WIDTH_MAX && !line.starts_with("//! |") {
            found.push(format!("{path}:{} has {width} characters", n + 1));
        }
        for mark in UNFINISHED.iter().filter(|mark| line.contains(*mark)) {
            found.push(format!("{path}:{} holds `{mark}`", n + 1));
        }
    }
    found
}

#[test]
fn every_file_is_short_and_finished() {
    let mut folders = CODE.to_vec();
    folders.extend(["migrations", "style"]);
    let sources = files(&folders, &[".rs", ".sql", ".css"]);
    let found: Vec<String> = sources.iter().flat_map(untidy).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn an_untidy_file_is_reported() {
    assert_eq!(untidy(&source("a.rs", &"a\n".repeat(LINES_MAX + 1))).len(), 1);
    assert_eq!(untidy(&source("a.rs", &"a".repeat(WIDTH_MAX + 1))).len(), 1);
    for mark in UNFINISHED {
        assert_eq!(untidy(&source("a.rs", &format!("fn f() {{ {mark} }}"))).len(), 1);
    }
    assert!(untidy(&source("a.rs", &"a\n".repeat(LINES_MAX))).is_empty());
}
