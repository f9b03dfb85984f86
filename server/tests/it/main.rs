//! Tests of the server on real databases: one body a test, run on SQLite, on PostgreSQL and on
//! PostgreSQL with tenant tables partitioned by a hash of the organization.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test says what broke by panicking, and a skipped one says so loudly"
)]

mod access_matrix;
mod account;
mod account_keys;
mod accounts;
mod arrival;
mod audit;
mod backup;
mod catalogue;
mod checks;
mod corrections;
mod downloads;
mod facts_api;
mod faults;
mod filters;
mod given;
mod harness;
mod hold_race;
mod holds;
mod ingest;
mod ledger_api;
mod ledger_random;
mod ledger_rows;
mod ledger_time;
mod ledger_vectors;
mod ledger_world;
mod lints;
mod live;
mod oidc;
mod outlook;
mod purchases;
mod random;
mod removal;
mod replay_command;
mod reports;
mod rest;
mod rights;
mod rollups;
mod scenarios;
mod schema;
mod second_factor;
mod setup;
mod source;
mod sql_lint;
mod statements;
mod tidy;
mod together;
mod verify;
mod zones;
