//! Tests of the server on real databases: one body a test, run on SQLite, on PostgreSQL and on
//! PostgreSQL with tenant tables partitioned by a hash of the organization.

mod catalogue;
mod given;
mod harness;
mod lints;
mod scenarios;
mod schema;
mod source;
mod sql_lint;
mod statements;
mod tidy;
