//! Both databases hold the same tables and understand the same statements.

use crate::harness::{Backend, Database, on_each_database, run};
use crate::schema::{self, Schema};
use std::collections::{BTreeMap, BTreeSet};
use tokenscope_server::store::all_statements;
use tokenscope_server::store::db::{Db, Sql};
use tokenscope_server::store::migrate::{MIGRATIONS, is_current};
use tokio::sync::Mutex;

/// The names of the columns that each statement answers with, or the database's complaint.
async fn columns_of_all(db: &Db, statements: &[Sql]) -> BTreeMap<&'static str, Vec<String>> {
    let mut columns = BTreeMap::new();
    for sql in statements {
        let mut tx = db.write().await.unwrap();
        let prepared = tx.prepare(*sql).await;
        columns.insert(sql.name, prepared.unwrap_or_else(|e| panic!("{}: {e}", sql.name)));
    }
    columns
}

#[test]
fn every_statement_has_a_name_of_its_own() {
    let statements = all_statements();
    let names: BTreeSet<&str> = statements.iter().map(|sql| sql.name).collect();
    assert_eq!(names.len(), statements.len());
    assert!(statements.len() > 80, "only {} statements are listed", statements.len());
}

#[test]
fn a_statement_with_two_texts_has_different_ones() {
    let split = all_statements().into_iter().filter(|sql| {
        let (sqlite, postgres) = sql.texts();
        !std::ptr::eq(sqlite, postgres) && sqlite == postgres
    });
    let same: Vec<&str> = split.map(|sql| sql.name).collect();
    assert!(same.is_empty(), "{same:?}");
}

/// Runs a question on SQLite and on PostgreSQL; none where there is no PostgreSQL.
async fn on_both<T: Send>(ask: impl AsyncFn(Db) -> T) -> Option<(T, T)> {
    let (sqlite, postgres) = (Mutex::new(None), Mutex::new(None));
    for (backend, answer) in [(Backend::Sqlite, &sqlite), (Backend::Postgres, &postgres)] {
        let ask = &ask;
        let test = |database: Database| async move {
            *answer.lock().await = Some(ask(database.open().await).await);
        };
        run(backend, test).await;
    }
    sqlite.into_inner().zip(postgres.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_answers_with_the_same_columns_on_both_databases() {
    let statements = all_statements();
    let ask = async |db: Db| columns_of_all(&db, &statements).await;
    let Some((sqlite, postgres)) = on_both(ask).await else {
        return;
    };
    assert_eq!(sqlite.len(), postgres.len());
    let differing = sqlite.iter().filter(|(name, columns)| postgres.get(*name) != Some(columns));
    let differing: Vec<_> = differing.map(|(name, one)| (name, one, &postgres[name])).collect();
    assert!(differing.is_empty(), "{differing:#?}");
}

on_each_database!(every_statement_is_understood, migrations_run_once, a_wrong_one_is_refused);

async fn every_statement_is_understood(database: Database) {
    let statements = all_statements();
    let columns = columns_of_all(&database.open().await, &statements).await;
    assert_eq!(columns.len(), statements.len());
}

async fn migrations_run_once(database: Database) {
    let db = database.open().await;
    assert!(is_current(&db).await.unwrap());
    assert_eq!(database.migrate().await.unwrap(), 0, "migrations ran twice");
}

/// The control of the tests above: what does not fit the tables does not prepare.
async fn a_wrong_one_is_refused(database: Database) {
    let db = database.open().await;
    for text in ["SELECT nobody FROM org", "SELECT org_id FROM nowhere", "SELEC 1"] {
        let mut tx = db.write().await.unwrap();
        assert!(tx.prepare(Sql::both("WRONG", text)).await.is_err(), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_databases_have_the_same_tables() {
    let ask = async |db: Db| schema::read(&db).await;
    let Some((sqlite, postgres)) = on_both(ask).await else {
        return;
    };
    assert!(sqlite.tables.len() > 20, "{:?}", sqlite.tables.keys());
    assert_eq!(differences(&sqlite, &postgres), Vec::<String>::new());
}

fn differences(sqlite: &Schema, postgres: &Schema) -> Vec<String> {
    let mut found = Vec::new();
    let names = |schema: &Schema| schema.tables.keys().cloned().collect::<BTreeSet<_>>();
    for table in names(sqlite).union(&names(postgres)) {
        let (one, other) = (sqlite.tables.get(table), postgres.tables.get(table));
        if one != other {
            found.push(format!("{table}:\n  sqlite {one:?}\n  postgres {other:?}"));
        }
    }
    found
}

#[test]
fn a_difference_of_the_tables_is_found() {
    let column = |name: &str, nullable| schema::Column {
        name: name.into(),
        kind: "INTEGER".into(),
        nullable,
    };
    let with = |columns: Vec<schema::Column>| {
        let table = schema::Table { columns, ..schema::Table::default() };
        Schema { tables: BTreeMap::from([("team".to_owned(), table)]) }
    };
    let base = with(vec![column("a", false), column("b", false)]);
    assert!(differences(&base, &base).is_empty());
    for other in [
        with(vec![column("b", false), column("a", false)]),
        with(vec![column("a", false), column("b", true)]),
        with(vec![column("a", false)]),
        Schema::default(),
    ] {
        assert_eq!(differences(&base, &other).len(), 1);
    }
}

/// Comments, checks and order too: the texts differ in the names of types alone.
#[test]
fn migrations_are_the_same_text_but_for_the_types() {
    for migration in MIGRATIONS {
        let postgres = (migration.postgres).replace("BIGINT", "INTEGER").replace("BYTEA", "BLOB");
        let sqlite =
            (migration.sqlite).replace(") STRICT, WITHOUT ROWID;", ");").replace(") STRICT;", ");");
        assert_eq!(sqlite, postgres, "migration {}", migration.name);
    }
}

#[test]
fn every_table_says_what_a_row_is() {
    for migration in MIGRATIONS {
        for text in [migration.sqlite, migration.postgres] {
            let lines: Vec<&str> = text.lines().collect();
            let bare = lines
                .windows(2)
                .filter(|pair| pair[1].starts_with("CREATE TABLE") && !pair[0].starts_with("--"));
            let bare: Vec<&str> = bare.map(|pair| pair[1]).collect();
            assert!(bare.is_empty(), "{bare:?}");
        }
    }
}
