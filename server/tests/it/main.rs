//! Tests of the server on real databases: one body a test, run on SQLite, on PostgreSQL and on
//! PostgreSQL with tenant tables partitioned by a hash of the organization.

mod arrival;
mod catalogue;
mod given;
mod harness;
mod ingest;
mod lints;
mod random;
mod rollups;
mod scenarios;
mod schema;
mod source;
mod sql_lint;
mod statements;
mod tidy;
mod together;
