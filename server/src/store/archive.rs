//! Whole tables as rows of JSON, read page by page and written in bulk: for backups. What tables
//! and columns there are is taken from the migrations, so that none is forgotten.

use super::db::{Bulk, Column, DbError, Tx, Value};
use super::migrate::{Layout, MIGRATIONS, statements_of};
use super::removal;
use super::sql::Sql;
use crate::{args, statements};
use serde_json::Value as Json;
use std::sync::OnceLock;
use tokenscope::id::OrgId;

statements! {
    /// Fan-out: all organizations.
    ARCHIVE_ORGS = "SELECT org_id FROM org ORDER BY org_id";
    /// Fan-out: whether there is anybody or anything.
    ARCHIVE_ANY_ORG = "SELECT count(*) AS n FROM org";
    ARCHIVE_ANY_PERSON = "SELECT count(*) AS n FROM person";
}

/// Tables that no backup holds: what is over soon, and what every database makes by itself. After
/// a restore people sign in again.
pub const LEFT_OUT: &[&str] = &["session", "password_reset", "outbox", "migration"];

/// Tables of the directory, in the order in which they are written.
const DIRECTORY: &[&str] = &["person", "second_factor", "recovery_code", "identity"];

/// Tables of an organization that come before all others.
const FIRST: &[&str] = &["org", "member", "usage_user", "api_key", "audit_log"];

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Bytes,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Whether its rows belong to organizations.
    pub of_org: bool,
    columns: Vec<(String, Kind)>,
    key: Vec<String>,
    read: (String, String),
    write: String,
}

/// A row: the values of the columns in their order, bytes as hexadecimal text.
pub type Row = Vec<Json>;

impl Table {
    /// The names of its columns, in the order of a row.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }
    /// The statements that are made for it, for the tests that lint them.
    #[must_use]
    pub fn statements(&'static self) -> [Sql; 2] {
        [
            Sql::split("ARCHIVE_READ", &self.read.0, &self.read.1),
            Sql::both("ARCHIVE_WRITE", &self.write),
        ]
    }
    fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|(name, _)| name == column)
    }
    fn damaged(&self, what: &str) -> DbError {
        DbError::Damaged(format!("a row of {}: {what}", self.name))
    }

    /// The parameters that a page begins behind: the key of a row, or what is before all keys.
    fn behind(&self, row: Option<&Row>) -> Result<Vec<Value>, DbError> {
        let value = |column: &String| {
            let missing = || self.damaged("no such column");
            let place = self.place(column).ok_or_else(missing)?;
            let kind = self.columns[place].1;
            match row {
                Some(row) => self.value(&row[place], kind),
                None => Ok(match kind {
                    Kind::Number => Value::from(i64::MIN),
                    Kind::Text => Value::from(""),
                    Kind::Bytes => Value::from(Vec::<u8>::new()),
                }),
            }
        };
        self.key.iter().map(value).collect()
    }

    fn value(&self, json: &Json, kind: Kind) -> Result<Value, DbError> {
        let wrong = || self.damaged("a value of another kind");
        Ok(match (kind, json) {
            (Kind::Number, Json::Null) => Value::Int(None),
            (Kind::Number, number) => Value::Int(Some(number.as_i64().ok_or_else(wrong)?)),
            (Kind::Text, Json::Null) => Value::Text(None),
            (Kind::Text, Json::String(text)) => Value::Text(Some(text.clone())),
            (Kind::Bytes, Json::String(text)) => Value::Bytes(bytes(text).ok_or_else(wrong)?),
            _ => return Err(wrong()),
        })
    }

    /// A column of rows, for a bulk write.
    fn column(&self, rows: &[Row], place: usize) -> Result<Column, DbError> {
        let wrong = || self.damaged("a value of another kind");
        let mut values = Vec::with_capacity(rows.len());
        for row in rows {
            values.push(self.value(row.get(place).ok_or_else(wrong)?, self.columns[place].1)?);
        }
        let values = values.into_iter();
        Ok(match self.columns[place].1 {
            Kind::Number => Column::OptInts(values.map(number).collect()),
            Kind::Text => Column::OptTexts(values.map(text).collect()),
            Kind::Bytes => {
                let some = values.map(|value| match value {
                    Value::Bytes(bytes) => Ok(bytes),
                    _ => Err(wrong()),
                });
                Column::Blobs(some.collect::<Result<_, _>>()?)
            }
        })
    }
}

fn number(value: Value) -> Option<i64> {
    match value {
        Value::Int(number) => number,
        _ => None,
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => text,
        _ => None,
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pairs = hex.as_bytes().chunks(2);
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? * 16 + digit(*low)?),
        _ => None,
    };
    pairs.map(byte).collect()
}

/// All tables of a backup, in the order in which they are written: those of the directory first,
/// then for each organization parents before children.
pub fn tables() -> &'static [Table] {
    static TABLES: OnceLock<Vec<Table>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let of_org = FIRST.iter().copied();
        let others = removal::EMPTIED.iter().rev().map(|(name, _)| *name);
        let directory = DIRECTORY.iter().map(|name| table(name, false));
        directory.chain(of_org.chain(others).map(|name| table(name, true))).flatten().collect()
    })
}

/// The table of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Table> {
    tables().iter().find(|table| table.name == name)
}

/// The columns and the key of a table, by its migrations.
fn table(name: &str, of_org: bool) -> Option<Table> {
    let texts = MIGRATIONS.iter().flat_map(|m| statements_of(m.sqlite, Layout::Plain));
    let (mut columns, mut key) = (Vec::new(), Vec::new());
    for text in texts {
        let words: Vec<&str> = text.split_whitespace().take(6).collect();
        match words.as_slice() {
            ["CREATE", "TABLE", made, ..] if *made == name => {
                let lines = text.lines().skip(1).map(str::trim);
                columns.extend(lines.filter_map(column));
                let (_, rest) = text.split_once("PRIMARY KEY (")?;
                let (inner, _) = rest.split_once(')')?;
                key.extend(inner.split(", ").map(ToOwned::to_owned));
            }
            ["ALTER", "TABLE", changed, "ADD", "COLUMN", added] if *changed == name => {
                let (_, rest) = text.split_once("ADD COLUMN ")?;
                columns.extend(column(rest));
                debug_assert!(columns.iter().any(|(column, _)| column == added));
            }
            _ => {}
        }
    }
    let of_row = |column: &str| !of_org || column != "org_id";
    columns.retain(|(column, _)| of_row(column));
    key.retain(|column| of_row(column));
    let (read, write) = texts_of(name, of_org, &columns, &key);
    Some(Table { name: name.to_owned(), of_org, columns, key, read, write })
}

/// Name and kind of a column, where the line of a migration makes one.
fn column(line: &str) -> Option<(String, Kind)> {
    let mut words = line.split_whitespace();
    let (name, kind) = (words.next()?, words.next()?.trim_end_matches(','));
    let kind = match kind {
        "INTEGER" => Kind::Number,
        "TEXT" => Kind::Text,
        "BLOB" => Kind::Bytes,
        _ => return None,
    };
    Some((name.to_owned(), kind))
}

/// How a page is read on SQLite and on PostgreSQL, and how one row is written.
fn texts_of(
    name: &str,
    of_org: bool,
    columns: &[(String, Kind)],
    key: &[String],
) -> ((String, String), String) {
    let values = |hex: fn(&str) -> String| {
        let value = |(column, kind): &(String, Kind)| match kind {
            Kind::Bytes => hex(column),
            Kind::Number | Kind::Text => column.clone(),
        };
        columns.iter().map(value).collect::<Vec<_>>().join(", ")
    };
    let first = if of_org { 2 } else { 1 };
    let mut conditions = Vec::new();
    if of_org {
        conditions.push("org_id = $1".to_owned());
    }
    let (order, limit) = (key.join(", "), first + key.len());
    if !key.is_empty() {
        let marks: Vec<String> = (first..limit).map(|n| format!("${n}")).collect();
        conditions.push(format!("({order}) > ({})", marks.join(", ")));
    }
    let order = if key.is_empty() { String::new() } else { format!(" ORDER BY {order}") };
    let rest = format!("FROM {name} WHERE {}{order} LIMIT ${limit}", conditions.join(" AND "));
    let sqlite = values(|column| format!("lower(hex({column}))"));
    let postgres = values(|column| format!("encode({column}, 'hex')"));
    let names: Vec<&str> = columns.iter().map(|(column, _)| column.as_str()).collect();
    let names = if of_org { [vec!["org_id"], names].concat() } else { names };
    let marks: Vec<String> = (1..=names.len()).map(|n| format!("${n}")).collect();
    let write = format!("INSERT INTO {name} ({}) VALUES ({})", names.join(", "), marks.join(", "));
    (
        (
            format!("SELECT json_array({sqlite}) AS line {rest}"),
            format!("SELECT cast(json_build_array({postgres}) AS text) AS line {rest}"),
        ),
        write,
    )
}

/// The organizations there are.
///
/// # Errors
/// [`DbError`]
pub async fn organizations(tx: &mut Tx) -> Result<Vec<OrgId>, DbError> {
    let rows: Vec<(i64,)> = tx.rows(ARCHIVE_ORGS, args![]).await?;
    Ok(rows.into_iter().map(|(org,)| OrgId(org)).collect())
}

/// Whether there is no organization and no person.
///
/// # Errors
/// [`DbError`]
pub async fn is_empty(tx: &mut Tx) -> Result<bool, DbError> {
    for sql in [ARCHIVE_ANY_ORG, ARCHIVE_ANY_PERSON] {
        let row: Option<(i64,)> = tx.row(sql, args![]).await?;
        if row.is_some_and(|(n,)| n > 0) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Rows of a table behind one, in the order of its key; those of an organization where the table
/// has organizations.
///
/// # Errors
/// [`DbError`]
pub async fn page(
    tx: &mut Tx,
    table: &'static Table,
    org: OrgId,
    after: Option<&Row>,
    most: i64,
) -> Result<Vec<Row>, DbError> {
    // A table that has one row an organization.
    if table.key.is_empty() && after.is_some() {
        return Ok(Vec::new());
    }
    let mut args = if table.of_org { args![org.0] } else { args![] };
    args.extend(table.behind(after)?);
    args.push(Value::from(most));
    let [read, _] = table.statements();
    let rows: Vec<(String,)> = tx.rows(read, args).await?;
    let parse = |(line,): (String,)| serde_json::from_str(&line);
    let rows: Result<Vec<Row>, _> = rows.into_iter().map(parse).collect();
    rows.map_err(|e| table.damaged(&e.to_string()))
}

/// Writes rows into a table.
///
/// # Errors
/// [`DbError`]
pub async fn write(
    tx: &mut Tx,
    table: &'static Table,
    org: OrgId,
    rows: &[Row],
) -> Result<(), DbError> {
    if table.of_org && table.name != "org" {
        let mut columns = Vec::with_capacity(table.columns.len());
        for (place, (name, _)) in table.columns.iter().enumerate() {
            columns.push((name.as_str(), table.column(rows, place)?));
        }
        let bulk = Bulk { table: &table.name, org: org.0, columns, on_conflict: "" };
        let _: Vec<(i64,)> = tx.bulk(bulk).await?;
        return Ok(());
    }
    let [_, one] = table.statements();
    for row in rows {
        let mut args = if table.of_org { args![org.0] } else { args![] };
        for (value, (_, kind)) in row.iter().zip(&table.columns) {
            args.push(table.value(value, *kind)?);
        }
        tx.run(one, args).await?;
    }
    Ok(())
}
