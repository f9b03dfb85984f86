//! Tests of the server on real databases: one body a test, run on SQLite, on PostgreSQL and on
//! PostgreSQL with tenant tables partitioned by a hash of the organization.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test says what broke by panicking, and a skipped one says so loudly"
)]

mod accounts;
mod arrival;
mod catalogue;
mod faults;
mod given;
mod harness;
mod ingest;
mod lints;
mod random;
mod reports;
mod rights;
mod rollups;
mod scenarios;
mod schema;
mod source;
mod sql_lint;
mod statements;
mod tidy;
mod together;
mod zones;
