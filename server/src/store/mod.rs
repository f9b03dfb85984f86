//! Storage: tables and statements, one file per group of tables. Only `service` and the
//! composition of the program look in here.

pub mod api_key;
pub mod books;
pub mod charge;
pub mod db;
pub mod event;
pub mod migrate;
pub mod names;
pub mod org;
pub mod person;
pub mod rollup;
pub mod session;
pub mod sql;

/// Every statement of the program, for the tests that prepare and lint them.
#[must_use]
pub fn all_statements() -> Vec<db::Sql> {
    [
        api_key::STATEMENTS,
        books::STATEMENTS,
        charge::STATEMENTS,
        event::STATEMENTS,
        migrate::STATEMENTS,
        names::STATEMENTS,
        org::STATEMENTS,
        person::STATEMENTS,
        rollup::STATEMENTS,
        session::STATEMENTS,
    ]
    .concat()
}
