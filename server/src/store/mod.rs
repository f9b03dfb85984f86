//! Storage: tables and statements, one file per group of tables. Only `service` and the
//! composition of the program look in here.

pub mod api_key;
pub mod archive;
pub mod audit;
pub mod books;
pub mod charge;
pub mod charge_return;
pub mod check;
pub mod checklist;
pub mod db;
pub mod decision;
pub mod event;
pub mod explained;
pub mod hold;
pub mod idempotency;
pub mod identity;
pub mod job;
pub mod ledger;
pub mod migrate;
pub mod names;
pub mod notice;
pub mod org;
pub mod outbox;
pub mod password_reset;
pub mod person;
pub mod purchases;
pub mod removal;
pub mod rollup;
pub mod second_factor;
pub mod session;
pub mod setup;
pub mod sql;
pub mod stored_event;
pub mod verify;

/// Every statement of the program, for the tests that prepare and lint them.
#[must_use]
pub fn all_statements() -> Vec<db::Sql> {
    [
        api_key::STATEMENTS,
        archive::STATEMENTS,
        audit::STATEMENTS,
        books::STATEMENTS,
        charge::STATEMENTS,
        charge_return::STATEMENTS,
        check::STATEMENTS,
        checklist::STATEMENTS,
        decision::STATEMENTS,
        event::STATEMENTS,
        explained::STATEMENTS,
        idempotency::STATEMENTS,
        hold::STATEMENTS,
        identity::STATEMENTS,
        job::STATEMENTS,
        ledger::STATEMENTS,
        migrate::STATEMENTS,
        names::STATEMENTS,
        notice::STATEMENTS,
        org::STATEMENTS,
        outbox::STATEMENTS,
        password_reset::STATEMENTS,
        person::STATEMENTS,
        purchases::STATEMENTS,
        removal::STATEMENTS,
        rollup::STATEMENTS,
        second_factor::STATEMENTS,
        session::STATEMENTS,
        setup::STATEMENTS,
        stored_event::STATEMENTS,
        verify::STATEMENTS,
    ]
    .concat()
}
