//! Tests of the server on real databases: one body a test, run on SQLite, on PostgreSQL and on
//! PostgreSQL with tenant tables partitioned by a hash of the organization.

mod harness;
mod smoke;
