//! Requests that changed something, under the keys their senders gave them, with their answers.

use super::db::{DbError, Tx};
use crate::{args, statements};
use tokenscope::id::OrgId;
use tokenscope::time::{DAY, Instant};

statements! {
    /// What was answered to a request.
    IDEMPOTENCY_GET = "SELECT fingerprint, status, answer, created_at FROM idempotency_key
        WHERE org_id = $1 AND idem_key = $2";
    /// That something was answered. The row of a key that is over makes room.
    IDEMPOTENCY_PUT = "INSERT INTO idempotency_key
        (org_id, idem_key, fingerprint, status, answer, created_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (org_id, idem_key) DO UPDATE
        SET fingerprint = excluded.fingerprint, status = excluded.status,
        answer = excluded.answer, created_at = excluded.created_at";
    /// Fan-out: deletes what is over.
    IDEMPOTENCY_SWEEP = "DELETE FROM idempotency_key WHERE created_at <= $1";
}

/// How long an answer is kept, in microseconds.
const KEPT: i64 = 30 * DAY;

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AnsweredRow {
    /// Of what was asked, and by whom.
    pub fingerprint: i64,
    /// The HTTP status of the answer.
    pub status: i64,
    /// Its body.
    pub answer: String,
    /// When.
    pub created_at: i64,
}

/// What was answered under a key, unless that is over.
///
/// # Errors
/// [`DbError`]
pub async fn get(
    tx: &mut Tx,
    org: OrgId,
    key: &str,
    now: Instant,
) -> Result<Option<AnsweredRow>, DbError> {
    let row: Option<AnsweredRow> = tx.row(IDEMPOTENCY_GET, args![org.0, key]).await?;
    Ok(row.filter(|row| row.created_at > now.micros() - KEPT))
}

/// Notes an answer under a key.
///
/// # Errors
/// [`DbError`]
pub async fn put(tx: &mut Tx, org: OrgId, key: &str, row: AnsweredRow) -> Result<(), DbError> {
    let AnsweredRow { fingerprint, status, answer, created_at } = row;
    tx.run(IDEMPOTENCY_PUT, args![org.0, key, fingerprint, status, answer, created_at]).await?;
    Ok(())
}

/// Deletes the answers that are over.
///
/// # Errors
/// [`DbError`]
pub async fn sweep(tx: &mut Tx, now: Instant) -> Result<u64, DbError> {
    tx.run(IDEMPOTENCY_SWEEP, args![now.micros() - KEPT]).await
}
