//! Brings the tables to the newest shape. Both databases have the same migrations under the same
//! numbers; each runs once, in one transaction, one statement per message.

use super::db::{Db, DbError};
use crate::args;
use crate::clock::Clock;
use crate::statements;
use sha2::{Digest, Sha256};

/// One migration.
pub struct Migration {
    /// Its number, from 1.
    pub number: i64,
    /// Its name, as in the file's name.
    pub name: &'static str,
    /// The text for SQLite.
    pub sqlite: &'static str,
    /// The text for PostgreSQL.
    pub postgres: &'static str,
}

macro_rules! migration {
    ($number:literal, $name:literal) => {
        Migration {
            number: $number,
            name: $name,
            sqlite: include_str!(concat!("../../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../../migrations/postgres/", $name, ".sql")),
        }
    };
}

/// All of them, in order.
pub const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001_foundation"),
    migration!(2, "0002_product"),
    migration!(3, "0003_ledger"),
];

/// Tables of the directory family; every other table belongs to a tenant.
pub const DIRECTORY_TABLES: &[&str] = &[
    "person",
    "session",
    "second_factor",
    "recovery_code",
    "password_reset",
    "identity",
    "migration",
];

/// The table of the migrations themselves, for SQLite and for PostgreSQL.
const MIGRATION_TABLE: (&str, &str) = (
    "CREATE TABLE IF NOT EXISTS migration (
    number INTEGER NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL,
    applied_at INTEGER NOT NULL, CONSTRAINT migration_pk PRIMARY KEY (number)) STRICT",
    "CREATE TABLE IF NOT EXISTS migration (
    number BIGINT NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL,
    applied_at BIGINT NOT NULL, CONSTRAINT migration_pk PRIMARY KEY (number))",
);

statements! {
    /// Which migrations ran.
    MIGRATION_LIST = "SELECT number, checksum FROM migration ORDER BY number";
    /// That one ran.
    MIGRATION_ADD =
        "INSERT INTO migration (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)";
}

/// How tenant tables are laid out on PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// As ordinary tables.
    Plain,
    /// Partitioned by a hash of the organization: plain PostgreSQL then enforces the key rules
    /// that a distributed one has. For tests.
    PartitionedByOrg,
}

/// Why the tables could not be brought to the newest shape.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database refused.
    #[error("migration failed: {0}")]
    Db(#[from] DbError),
    /// A migration that ran is not the one of this program.
    #[error(
        "migration {0} of this database was made by another version of the program; \
         run a program that is at least as new as the database"
    )]
    Changed(i64),
}

/// Runs what has not run yet and says how many migrations that were.
///
/// # Errors
/// [`MigrateError`]
pub async fn migrate(db: &Db, layout: Layout, clock: &Clock) -> Result<u64, MigrateError> {
    // Another program that starts at the same time may make the first table before us.
    match migrate_once(db, layout, clock).await {
        Err(MigrateError::Db(DbError::Unique(_) | DbError::Busy(_))) => {
            migrate_once(db, layout, clock).await
        }
        result => result,
    }
}

async fn migrate_once(db: &Db, layout: Layout, clock: &Clock) -> Result<u64, MigrateError> {
    let mut tx = db.write().await?;
    let (sqlite, postgres) = MIGRATION_TABLE;
    if db.is_sqlite() {
        tx.migrate(vec![sqlite.to_owned()]).await?;
    } else {
        // One program after the other; SQLite has one writer anyway.
        let lock = "LOCK TABLE migration IN SHARE ROW EXCLUSIVE MODE";
        tx.migrate(vec![postgres.to_owned(), lock.to_owned()]).await?;
    }
    let done: Vec<(i64, String)> = tx.rows(MIGRATION_LIST, args![]).await?;
    let newest = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if let Some((unknown, _)) = done.iter().find(|(number, _)| *number > newest) {
        return Err(MigrateError::Changed(*unknown));
    }
    let mut ran = 0;
    for migration in MIGRATIONS {
        let text = if db.is_sqlite() { migration.sqlite } else { migration.postgres };
        let checksum = checksum(text);
        if let Some((number, known)) = done.iter().find(|(n, _)| *n == migration.number) {
            if *known != checksum {
                return Err(MigrateError::Changed(*number));
            }
            continue;
        }
        tx.migrate(statements_of(text, layout)).await?;
        let now = clock.now().micros();
        tx.run(MIGRATION_ADD, args![migration.number, migration.name, checksum, now]).await?;
        ran += 1;
    }
    tx.commit().await?;
    Ok(ran)
}

/// Whether every migration of this program has run.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn is_current(db: &Db) -> Result<bool, DbError> {
    let mut tx = db.read().await?;
    let done: Vec<(i64, String)> = tx.rows(MIGRATION_LIST, args![]).await?;
    Ok(done.len() == MIGRATIONS.len())
}

fn checksum(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Splits a migration at the semicolons that end a line, without its comments.
pub(super) fn statements_of(text: &str, layout: Layout) -> Vec<String> {
    let code: Vec<&str> =
        text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    let code = code.join("\n");
    let statements = code.split(";\n").map(|s| s.trim().trim_end_matches(';').to_owned());
    let statements = statements.filter(|s| !s.is_empty());
    match layout {
        Layout::Plain => statements.collect(),
        Layout::PartitionedByOrg => statements.flat_map(partitioned).collect(),
    }
}

fn partitioned(statement: String) -> Vec<String> {
    let table = statement
        .strip_prefix("CREATE TABLE ")
        .and_then(|rest| rest.split_whitespace().next())
        .filter(|table| !DIRECTORY_TABLES.contains(table))
        .map(ToOwned::to_owned);
    let Some(table) = table else {
        return vec![statement];
    };
    let part = |n: i32| {
        format!(
            "CREATE TABLE {table}_p{n} PARTITION OF {table} \
             FOR VALUES WITH (MODULUS 2, REMAINDER {n})"
        )
    };
    let mut all = vec![format!("{statement} PARTITION BY HASH (org_id)")];
    all.extend((0..2).map(part));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_split_into_single_statements() {
        let statements =
            statements_of("-- a\nCREATE TABLE t (\n  a BIGINT\n);\n\nSELECT 1;\n", Layout::Plain);
        assert_eq!(statements, ["CREATE TABLE t (\n  a BIGINT\n)", "SELECT 1"]);
        let parts = statements_of("CREATE TABLE t (\n  a BIGINT\n);\n", Layout::PartitionedByOrg);
        assert_eq!(parts.len(), 3);
        assert!(parts[0].ends_with("PARTITION BY HASH (org_id)"));
        let person = "CREATE TABLE person (\n  a BIGINT\n);\n";
        assert_eq!(statements_of(person, Layout::PartitionedByOrg).len(), 1);
    }
}
