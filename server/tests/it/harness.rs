//! Databases for tests: a new one for each, gone afterwards, also when the test fails.
//!
//! PostgreSQL comes from `TOKENSCOPE_TEST_POSTGRES`, the address of a database in which the tests
//! may make others; `cargo xtask test` gives it. Without it the tests on PostgreSQL are skipped
//! with a line on stderr, and fail where `CI=true`.

use sqlx::{Connection, Executor, PgConnection};
use std::future::{Future, poll_fn};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::Poll;
use tokenscope::time::Instant;
use tokenscope_server::clock::{Clock, random_number};
use tokenscope_server::service::Service;
use tokenscope_server::store::db::Db;
use tokenscope_server::store::migrate::{Layout, MigrateError, migrate};

const POSTGRES: &str = "TOKENSCOPE_TEST_POSTGRES";

/// What a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// Ordinary tables.
    Postgres,
    /// Tables partitioned by organization, which enforces the key rules of a distributed database.
    PgHash,
}

/// Makes a test on each database from one body `async fn name(database: Database)`.
macro_rules! on_each_database {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            use $crate::harness::{Backend, run};
            #[tokio::test(flavor = "multi_thread")]
            async fn on_sqlite() {
                run(Backend::Sqlite, super::$name).await;
            }
            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgres() {
                run(Backend::Postgres, super::$name).await;
            }
            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgres_by_hash() {
                run(Backend::PgHash, super::$name).await;
            }
        })+
    };
}
pub(crate) use on_each_database;

/// A database whose tables are current.
#[derive(Debug, Clone)]
pub struct Database {
    /// Of which kind.
    pub backend: Backend,
    /// Its `DATABASE_URL`.
    pub url: String,
}

impl Database {
    /// A handle of its own, as another process would have.
    pub async fn open(&self) -> Db {
        Db::open(&self.url).await.unwrap()
    }
    /// Services on a handle of their own, with a clock that stands at an instant.
    pub async fn service(&self, at: Instant) -> Service {
        Service::new(self.open().await, Clock::standing_at(at))
    }
    /// Brings the tables to the newest shape.
    pub async fn migrate(&self) -> Result<u64, MigrateError> {
        let layout = match self.backend {
            Backend::PgHash => Layout::PartitionedByOrg,
            Backend::Sqlite | Backend::Postgres => Layout::Plain,
        };
        let db = self.open().await;
        let ran = migrate(&db, layout, &Clock::system()).await;
        db.close().await;
        ran
    }
}

/// Runs a test on a new database.
pub async fn run<F: Future<Output = ()>>(backend: Backend, test: impl FnOnce(Database) -> F) {
    let prepared = |database: Database| async move {
        database.migrate().await.unwrap();
        test(database).await;
    };
    run_empty(backend, prepared).await;
}

/// Runs a test on a new database without any table.
pub async fn run_empty<F: Future<Output = ()>>(backend: Backend, test: impl FnOnce(Database) -> F) {
    if backend == Backend::Sqlite {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        return test(Database { backend, url }).await;
    }
    let Some(admin) = postgres_url() else { return };
    let name = format!("tokenscope_test_{}", random_number());
    administer(&admin, format!("CREATE DATABASE {name}")).await;
    let url = beside(&admin, &name);
    let mut test = pin!(test(Database { backend, url }));
    let outcome = poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| test.as_mut().poll(context)));
        polled.map_or_else(|panic| Poll::Ready(Err(panic)), |poll| poll.map(Ok))
    })
    .await;
    administer(&admin, format!("DROP DATABASE {name} WITH (FORCE)")).await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

/// How many cases of a random test somebody asks for; none = as many as usual.
pub fn wanted_cases() -> Option<u64> {
    let said = std::env::var_os("TOKENSCOPE_TEST_CASES")?;
    said.into_string().ok()?.parse().ok()
}

/// The address of the PostgreSQL of the tests; none where there is none and that is allowed.
fn postgres_url() -> Option<String> {
    let said = |name: &str| std::env::var_os(name).and_then(|value| value.into_string().ok());
    if let Some(url) = said(POSTGRES).filter(|url| !url.is_empty()) {
        return Some(url);
    }
    assert_ne!(said("CI").as_deref(), Some("true"), "no {POSTGRES}: `cargo xtask test` gives it");
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    loudly(&format!("SKIPPED (no {POSTGRES}): {test}; `cargo xtask test` runs it"));
    None
}

/// Writes past the test runner, which keeps back what passing tests print.
pub fn loudly(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The address of another database of the same server.
fn beside(url: &str, database: &str) -> String {
    let mut url = url::Url::parse(url).unwrap();
    url.set_path(database);
    url.into()
}

/// Runs a statement that no transaction may hold.
async fn administer(url: &str, text: String) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(text)).await.unwrap();
    connection.close().await.unwrap();
}
