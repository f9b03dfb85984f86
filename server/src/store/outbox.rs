//! That something arrived, for pages that follow it live: one row a transaction that changed
//! figures.

use super::db::{DbError, Tx};
use crate::clock;
use crate::{args, statements};
use tokenscope::id::OrgId;
use tokenscope::time::{Instant, SECOND};

statements! {
    /// That something arrived.
    OUTBOX_ADD = "INSERT INTO outbox (org_id, arrived_at, batch_id) VALUES ($1, $2, $3)";
    /// The newest arrival, and how many there were in the time before it.
    OUTBOX_STAMP = "SELECT max(arrived_at) AS newest, count(*) AS batches FROM outbox
        WHERE org_id = $1 AND arrived_at > (SELECT max(arrived_at) - $2 FROM outbox
        WHERE org_id = $1)";
    /// Fan-out: deletes what no page asks about any more.
    OUTBOX_SWEEP = "DELETE FROM outbox WHERE arrived_at <= $1";
}

/// A transaction that was written earlier may be seen later: so long before the newest arrival
/// the others are counted, in microseconds.
const LATE: i64 = 30 * SECOND;
/// How long rows are kept, in microseconds.
const KEPT: i64 = 3600 * SECOND;

/// Notes that something of an organization arrived in this transaction.
///
/// # Errors
/// [`DbError`]
pub async fn add(tx: &mut Tx, org: OrgId, at: Instant) -> Result<(), DbError> {
    tx.run(OUTBOX_ADD, args![org.0, at.micros(), clock::random_number()]).await?;
    Ok(())
}

/// The newest arrival and the number of those shortly before it: from the content alone, so that
/// every server process says the same and a late commit shows.
///
/// # Errors
/// [`DbError`]
pub async fn stamp(tx: &mut Tx, org: OrgId) -> Result<(Option<i64>, i64), DbError> {
    let row: Option<(Option<i64>, i64)> = tx.row(OUTBOX_STAMP, args![org.0, LATE]).await?;
    Ok(row.unwrap_or_default())
}

/// Deletes what arrived more than an hour ago.
///
/// # Errors
/// [`DbError`]
pub async fn sweep(tx: &mut Tx, now: Instant) -> Result<u64, DbError> {
    tx.run(OUTBOX_SWEEP, args![now.micros() - KEPT]).await
}
