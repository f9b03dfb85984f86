//! The only file that names a database driver: SQLite and PostgreSQL behind one transaction type.
//!
//! A statement is written once, with `$n` placeholders that both understand; where they differ,
//! [`Sql::split`] holds both texts. Values and bulk writes are in `sql`. All access goes through a
//! [`Tx`]: a reader gets a snapshot, so that several statements of one report speak of one state;
//! a writer gets the lock first (`BEGIN IMMEDIATE` on SQLite, row locks on PostgreSQL).

#![expect(clippy::disallowed_methods, reason = "this is the one place that names a driver")]

use super::sql::as_json;
pub use super::sql::{Bulk, Column, Sql, Value};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, FromRow, PgPool, Postgres, Sqlite,
    SqlitePool, Transaction,
};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// The oldest SQLite without the WAL-reset corruption bug.
const SQLITE_LEAST: (u32, u32, u32) = (3, 51, 3);
/// How long a writer waits for another process's lock before the answer is "busy".
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Most parameters of one SQLite statement.
const SQLITE_PARAMETERS: usize = 32_766;

/// A row type that both drivers can read.
pub trait Record:
    Send + Unpin + for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow>
{
}
impl<T> Record for T where
    T: Send + Unpin + for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow>
{
}

/// Why the database did not do it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Locked, restarted, or two transactions in each other's way: the same again may succeed.
    #[error("the database is busy: {0}")]
    Busy(#[source] sqlx::Error),
    /// No space left.
    #[error("the disk is full: {0}")]
    Full(#[source] sqlx::Error),
    /// A unique constraint of this name is violated.
    #[error("the constraint {0} is violated")]
    Unique(String),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] sqlx::Error),
    /// Sums have 64 bits.
    #[error("a sum is larger than 64 bits can hold")]
    Overflow,
    /// A stored value cannot be what it is.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
}

fn classify(error: sqlx::Error) -> DbError {
    if matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::Io(_)) {
        return DbError::Busy(error);
    }
    let Some(database) = error.as_database_error() else {
        return DbError::Other(error);
    };
    let code = database.code().unwrap_or_default().into_owned();
    // SQLite gives extended result codes as numbers; the primary code is the low byte.
    let primary = code.parse::<u32>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff);
    match (primary, code.as_str()) {
        (Some(5 | 6), _) | (None, "08006" | "57P01" | "57P03" | "40001" | "40P01" | "55P03") => {
            DbError::Busy(error)
        }
        (Some(13), _) | (None, "53100") => DbError::Full(error),
        (Some(19), _) if database.is_unique_violation() => {
            DbError::Unique(database.message().to_owned())
        }
        (None, "23505") => {
            let named = database.constraint().map(ToOwned::to_owned);
            DbError::Unique(named.unwrap_or_else(|| constraint_in(database.message())))
        }
        _ => DbError::Other(error),
    }
}

/// On a distributed database the driver's constraint field is empty: the name is the last quoted
/// word of the message, with the shard's number behind it.
fn constraint_in(message: &str) -> String {
    let quoted = message.rsplit('"').nth(1).unwrap_or_default();
    match quoted.rsplit_once('_') {
        Some((name, shard)) if shard.bytes().all(|b| b.is_ascii_digit()) => name.to_owned(),
        _ => quoted.to_owned(),
    }
}

/// A database.
#[derive(Debug, Clone)]
pub struct Db {
    inner: Inner,
}

#[derive(Debug, Clone)]
enum Inner {
    Sqlite { read: SqlitePool, write: SqlitePool },
    Postgres(PgPool),
}

/// Why a database cannot be opened; one clear line.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is of no known kind.
    #[error(
        "DATABASE_URL `{0}` is not understood: use sqlite:FILE or postgres://USER@HOST/DATABASE"
    )]
    Address(String),
    /// The database does not answer or refuses.
    #[error("cannot open the database `{0}` (DATABASE_URL): {1}")]
    Connect(String, String),
    /// The linked SQLite is too old.
    #[error("SQLite {0} can lose data in WAL mode (fixed in 3.51.3): build with a newer one")]
    OldSqlite(String),
}

/// The file of a `sqlite:` address; none for another address, and for one without a file: data
/// in memory would be gone with the process.
#[must_use]
pub fn sqlite_file(address: &str) -> Option<PathBuf> {
    let rest = address.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let file = rest.split('?').next().unwrap_or(rest);
    let in_memory = rest.contains(":memory:") || rest.contains("mode=memory");
    (!file.is_empty() && !in_memory).then(|| PathBuf::from(file))
}

/// Whether an address is of a kind that can be opened.
///
/// # Errors
/// [`OpenError::Address`]
pub fn check_address(address: &str) -> Result<(), OpenError> {
    let postgres = ["postgres://", "postgresql://"].iter().any(|kind| address.starts_with(kind));
    if postgres || sqlite_file(address).is_some() {
        return Ok(());
    }
    Err(OpenError::Address(without_password(address)))
}

/// A new database file is for its owner only: it holds password hashes. Where it cannot be made,
/// opening it says why.
fn make_private(file: &Path) {
    use std::os::unix::fs::OpenOptionsExt;
    let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
}

/// Hides the password of an address.
#[must_use]
pub fn without_password(address: &str) -> String {
    let Ok(mut url) = url::Url::parse(address) else {
        return without_secrets(address);
    };
    let in_query = url.query_pairs().any(|(name, _)| name == "password");
    if in_query {
        url.set_query(Some("***"));
    }
    if url.password().is_some() {
        let _ = url.set_password(Some("***"));
    } else if !in_query {
        return address.to_owned();
    }
    url.to_string()
}

/// Of a text that cannot be taken apart, hides all that may hold a password.
fn without_secrets(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    let rest = rest.split('?').next().unwrap_or_default();
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://***@{host}"),
        None => format!("{scheme}://{rest}"),
    }
}

macro_rules! bind_all {
    ($query:expr, $args:expr, $list:ident) => {{
        let mut query = $query;
        for value in $args {
            query = match value {
                Value::Int(v) => query.bind(v),
                Value::Text(v) => query.bind(v),
                Value::Bytes(v) => query.bind(v),
                list => $list!(query, list),
            };
        }
        query
    }};
}
macro_rules! sqlite_list {
    ($query:ident, $value:expr) => {
        $query.bind(as_json($value))
    };
}
macro_rules! postgres_list {
    ($query:ident, $value:expr) => {
        match $value {
            Value::Ints(v) => $query.bind(v),
            Value::Texts(v) => $query.bind(v),
            Value::Blobs(v) => $query.bind(v),
            Value::Int(_) | Value::Text(_) | Value::Bytes(_) => $query,
        }
    };
}

impl Db {
    /// Opens the database at an address; a missing SQLite file is made.
    ///
    /// # Errors
    /// [`OpenError`] with one line that says what to do.
    pub async fn open(address: &str) -> Result<Self, OpenError> {
        let shown = without_password(address);
        let failed = |e: sqlx::Error| {
            let lines: Vec<String> = e.to_string().lines().map(ToOwned::to_owned).collect();
            OpenError::Connect(shown.clone(), lines.join(" "))
        };
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(address).map_err(failed)?;
            // One connection by itself first: a pool would hide why there is none.
            let first = options.connect();
            let first = tokio::time::timeout(BUSY_TIMEOUT, first).await;
            let first = first.map_err(|_| failed(sqlx::Error::PoolTimedOut))?.map_err(failed)?;
            first.close().await.map_err(failed)?;
            let pool = PgPoolOptions::new()
                .max_connections(16)
                .acquire_timeout(BUSY_TIMEOUT)
                .connect_with(options)
                .await
                .map_err(failed)?;
            return Ok(Self { inner: Inner::Postgres(pool) });
        }
        let file = sqlite_file(address).ok_or_else(|| OpenError::Address(shown.clone()))?;
        make_private(&file);
        let options = SqliteConnectOptions::from_str(address)
            .map_err(failed)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("cache_size", "-65536")
            .pragma("temp_store", "memory");
        let write = sqlite_pool(1, Duration::from_secs(30), &options).await.map_err(failed)?;
        let (version,): (String,) = sqlx::query_as::<Sqlite, _>("SELECT sqlite_version()")
            .fetch_one(&write)
            .await
            .map_err(failed)?;
        if parse_version(&version) < SQLITE_LEAST {
            return Err(OpenError::OldSqlite(version));
        }
        let options = options.read_only(true);
        let read = sqlite_pool(8, BUSY_TIMEOUT, &options).await.map_err(failed)?;
        Ok(Self { inner: Inner::Sqlite { read, write } })
    }

    /// Whether this is SQLite, with its single writer.
    #[must_use]
    pub const fn is_sqlite(&self) -> bool {
        matches!(self.inner, Inner::Sqlite { .. })
    }

    /// A snapshot to read from.
    ///
    /// # Errors
    /// [`DbError`]
    pub async fn read(&self) -> Result<Tx, DbError> {
        let inner = match &self.inner {
            Inner::Sqlite { read, .. } => read.begin().await.map(TxInner::Sqlite),
            Inner::Postgres(pool) => pool
                .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                .await
                .map(TxInner::Postgres),
        };
        Ok(Tx { inner: inner.map_err(classify)? })
    }

    /// All rows of one question, which is a snapshot by itself: nothing begins and ends around it.
    ///
    /// # Errors
    /// [`DbError`]
    pub async fn glance<T: Record>(&self, sql: Sql, args: Vec<Value>) -> Result<Vec<T>, DbError> {
        match &self.inner {
            Inner::Sqlite { read, .. } => {
                let query = sqlx::query_as::<Sqlite, T>(sql.sqlite);
                bind_all!(query, args, sqlite_list).fetch_all(read).await
            }
            Inner::Postgres(pool) => {
                let query = sqlx::query_as::<Postgres, T>(sql.postgres);
                bind_all!(query, args, postgres_list).fetch_all(pool).await
            }
        }
        .map_err(classify)
    }

    /// A transaction that may write.
    ///
    /// # Errors
    /// [`DbError`]
    pub async fn write(&self) -> Result<Tx, DbError> {
        let inner = match &self.inner {
            Inner::Sqlite { write, .. } => {
                write.begin_with("BEGIN IMMEDIATE").await.map(TxInner::Sqlite)
            }
            Inner::Postgres(pool) => pool.begin().await.map(TxInner::Postgres),
        };
        Ok(Tx { inner: inner.map_err(classify)? })
    }

    /// Closes all connections; SQLite then folds its log into the file.
    pub async fn close(&self) {
        match &self.inner {
            Inner::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Inner::Postgres(pool) => pool.close().await,
        }
    }
}

/// Connections to a file. Programs that make it at the same time are in each other's way for a
/// moment, which the driver's own timeout does not cover.
async fn sqlite_pool(
    connections: u32,
    acquire_timeout: Duration,
    options: &SqliteConnectOptions,
) -> Result<SqlitePool, sqlx::Error> {
    let deadline = tokio::time::Instant::now() + BUSY_TIMEOUT;
    loop {
        let pool = SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(acquire_timeout)
            // SQLite ends a transaction by itself when the disk is full; the driver takes the
            // connection to be within it for ever after, and could write no more.
            .before_acquire(|connection, _| {
                Box::pin(async move { Ok(!connection.is_in_transaction()) })
            });
        match pool.connect_with(options.clone()).await.map_err(classify) {
            Err(DbError::Busy(_)) if tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(DbError::Busy(error) | DbError::Full(error) | DbError::Other(error)) => {
                return Err(error);
            }
            Err(other) => return Err(sqlx::Error::Protocol(other.to_string())),
            Ok(pool) => return Ok(pool),
        }
    }
}

fn parse_version(text: &str) -> (u32, u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}

/// A transaction: dropped without [`Tx::commit`] it leaves nothing.
pub struct Tx {
    inner: TxInner,
}

enum TxInner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// All rows of a question.
    ///
    /// # Errors
    /// [`DbError`]
    pub async fn rows<T: Record>(&mut self, sql: Sql, args: Vec<Value>) -> Result<Vec<T>, DbError> {
        match &mut self.inner {
            TxInner::Sqlite(tx) => {
                let query = sqlx::query_as::<Sqlite, T>(sql.sqlite);
                bind_all!(query, args, sqlite_list).fetch_all(&mut **tx).await
            }
            TxInner::Postgres(tx) => {
                let query = sqlx::query_as::<Postgres, T>(sql.postgres);
                bind_all!(query, args, postgres_list).fetch_all(&mut **tx).await
            }
        }
        .map_err(classify)
    }

    /// The only row, or none.
    ///
    /// # Errors
    /// [`DbError`]
    pub async fn row<T: Record>(
        &mut self,
        sql: Sql,
        args: Vec<Value>,
    ) -> Result<Option<T>, DbError> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// Runs a statement and says how many rows it touched.
    ///
    /// # Errors
    /// [`DbError`]
    pub async fn run(&mut self, sql: Sql, args: Vec<Value>) -> Result<u64, DbError> {
        match &mut self.inner {
            TxInner::Sqlite(tx) => {
                let query = sqlx::query::<Sqlite>(sql.sqlite);
                let query = bind_all!(query, args, sqlite_list);
                query.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
            TxInner::Postgres(tx) => {
                let query = sqlx::query::<Postgres>(sql.postgres);
                let query = bind_all!(query, args, postgres_list);
                query.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
        }
        .map_err(classify)
    }

    /// Writes many rows with as few statements as the database allows, and returns what the
    /// statement returns (`RETURNING …` in `on_conflict`).
    ///
    /// # Errors
    /// [`DbError`]
    pub async fn bulk<T: Record>(&mut self, bulk: Bulk<'_>) -> Result<Vec<T>, DbError> {
        let rows = bulk.columns.first().map_or(0, |(_, column)| column.len());
        if rows == 0 {
            return Ok(Vec::new());
        }
        match &mut self.inner {
            TxInner::Postgres(tx) => bulk_postgres(tx, bulk).await,
            TxInner::Sqlite(tx) => bulk_sqlite(tx, &bulk, rows).await,
        }
        .map_err(classify)
    }

    /// Runs statements of a migration, one message each.
    ///
    /// # Errors
    /// [`DbError`] of the first that fails.
    pub async fn migrate(&mut self, statements: Vec<String>) -> Result<(), DbError> {
        for text in statements {
            match &mut self.inner {
                TxInner::Sqlite(tx) => {
                    tx.execute(AssertSqlSafe(text)).await.map(|_| ()).map_err(classify)?;
                }
                TxInner::Postgres(tx) => {
                    tx.execute(AssertSqlSafe(text)).await.map(|_| ()).map_err(classify)?;
                }
            }
        }
        Ok(())
    }

    /// Lets the database check a statement and names the columns of its answer.
    ///
    /// # Errors
    /// [`DbError`] with the database's complaint.
    pub async fn prepare(&mut self, sql: Sql) -> Result<Vec<String>, DbError> {
        use sqlx::{Column as _, Statement as _};
        let names = match &mut self.inner {
            TxInner::Sqlite(tx) => {
                let text = sqlx::SqlSafeStr::into_sql_str(sql.sqlite);
                let statement = (&mut **tx).prepare(text).await.map_err(classify)?;
                statement.columns().iter().map(|c| c.name().to_owned()).collect()
            }
            TxInner::Postgres(tx) => {
                let text = sqlx::SqlSafeStr::into_sql_str(sql.postgres);
                let statement = (&mut **tx).prepare(text).await.map_err(classify)?;
                statement.columns().iter().map(|c| c.name().to_owned()).collect()
            }
        };
        Ok(names)
    }

    /// Makes the changes last. When this fails on a lost connection the outcome is unknown; keys
    /// make a repeat safe.
    ///
    /// # Errors
    /// [`DbError`]
    pub async fn commit(self) -> Result<(), DbError> {
        match self.inner {
            TxInner::Sqlite(tx) => tx.commit().await,
            TxInner::Postgres(tx) => tx.commit().await,
        }
        .map_err(classify)
    }
}

/// One statement for all rows. The join with `org` keeps it on a single shard of a distributed
/// database (distributed.md); an unknown organization would insert nothing.
async fn bulk_postgres<T: Record>(
    tx: &mut Transaction<'static, Postgres>,
    bulk: Bulk<'_>,
) -> Result<Vec<T>, sqlx::Error> {
    let names: Vec<&str> = bulk.columns.iter().map(|(name, _)| *name).collect();
    let unnest: Vec<String> = bulk
        .columns
        .iter()
        .enumerate()
        .map(|(n, (_, column))| format!("${}::{}", n + 2, column.postgres_type()))
        .collect();
    let (table, columns) = (bulk.table, names.join(", "));
    let text = format!(
        "INSERT INTO {table} (org_id, {columns}) SELECT o.org_id, u.* FROM org o, \
         UNNEST({}) AS u({columns}) WHERE o.org_id = $1 {}",
        unnest.join(", "),
        bulk.on_conflict
    );
    let mut query = sqlx::query_as::<Postgres, T>(AssertSqlSafe(text)).bind(bulk.org);
    for (_, column) in bulk.columns {
        query = match column {
            Column::Ints(v) => query.bind(v),
            Column::OptInts(v) => query.bind(v),
            Column::Texts(v) => query.bind(v),
            Column::OptTexts(v) => query.bind(v),
            Column::Blobs(v) => query.bind(v),
        };
    }
    query.fetch_all(&mut **tx).await
}

/// Rows in chunks of a few fixed sizes, so that there are only a few texts to prepare.
async fn bulk_sqlite<T: Record>(
    tx: &mut Transaction<'static, Sqlite>,
    bulk: &Bulk<'_>,
    rows: usize,
) -> Result<Vec<T>, sqlx::Error> {
    let width = bulk.columns.len() + 1;
    let most = (SQLITE_PARAMETERS / width).min(512);
    let names: Vec<&str> = bulk.columns.iter().map(|(name, _)| *name).collect();
    let row = format!("(?{})", ", ?".repeat(width - 1));
    let mut returned = Vec::new();
    let mut start = 0;
    while start < rows {
        let sizes = [most, 64, 8, 1];
        let size = sizes.into_iter().find(|s| *s <= rows - start).unwrap_or(1);
        let values = vec![row.as_str(); size].join(", ");
        let (table, columns) = (bulk.table, names.join(", "));
        let on_conflict = bulk.on_conflict;
        let text = format!("INSERT INTO {table} (org_id, {columns}) VALUES {values} {on_conflict}");
        let mut query = sqlx::query_as::<Sqlite, T>(AssertSqlSafe(text));
        for n in start..start + size {
            query = query.bind(bulk.org);
            for (_, column) in &bulk.columns {
                query = match column {
                    Column::Ints(v) => query.bind(v[n]),
                    Column::OptInts(v) => query.bind(v[n]),
                    Column::Texts(v) => query.bind(v[n].clone()),
                    Column::OptTexts(v) => query.bind(v[n].clone()),
                    Column::Blobs(v) => query.bind(v[n].clone()),
                };
            }
        }
        returned.extend(query.fetch_all(&mut **tx).await?);
        start += size;
    }
    Ok(returned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden() {
        assert_eq!(without_password("postgres://u:p@h/d"), "postgres://u:***@h/d");
        assert_eq!(without_password("sqlite:a.db"), "sqlite:a.db");
        assert_eq!(without_password("postgres://u@h/d"), "postgres://u@h/d");
        assert_eq!(without_password("postgres://h/d?password=p"), "postgres://h/d?***");
        assert_eq!(without_password("postgres://u:p@q@h:x/d?p"), "postgres://***@h:x/d");
    }

    #[test]
    fn constraint_names_lose_their_shard() {
        let message = "duplicate key value violates unique constraint \"team_slug_uq_102008\"";
        assert_eq!(constraint_in(message), "team_slug_uq");
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(parse_version("3.51.3") >= SQLITE_LEAST);
        assert!(parse_version("3.9.10") < SQLITE_LEAST);
        assert!(parse_version("3.100.0") > SQLITE_LEAST);
    }
}
