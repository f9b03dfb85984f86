//! Requests that may be repeated: what was answered once is answered again.

use super::{Service, commit, fault};
use crate::store::db::Tx;
use crate::store::idempotency::{self, AnsweredRow};
use tokenscope::fact::{Once, Receipt};
use tokenscope::fault::Fault;
use tokenscope::id::OrgId;
use tokenscope::time::Instant;

/// The status of every answer that is kept: what was refused changed nothing and is asked anew.
const DONE: i64 = 200;

/// What was answered under the key, where it was the same request. Call it under the
/// organization's lock: of two at the same time the later one then finds the answer.
///
/// # Errors
/// [`Fault::Invalid`] where the key stands for another request.
pub async fn answered(
    tx: &mut Tx,
    org: OrgId,
    once: &Once,
    now: Instant,
) -> Result<Option<Receipt>, Fault> {
    let known = idempotency::get(tx, org, &once.key, now).await.map_err(fault::of)?;
    let Some(known) = known else { return Ok(None) };
    if known.fingerprint != once.fingerprint {
        let reason = "was used for another request in the last 30 days: send a new key with a new \
                      request, and the same body with the same key";
        return Err(Fault::field("Idempotency-Key", reason));
    }
    serde_json::from_str(&known.answer).map(Some).map_err(|e| fault::internal(&e))
}

/// Keeps an answer under its key.
///
/// # Errors
/// [`Fault`] of the database.
pub async fn keep(
    tx: &mut Tx,
    org: OrgId,
    once: &Once,
    receipt: &Receipt,
    now: Instant,
) -> Result<(), Fault> {
    let answer = serde_json::to_string(receipt).map_err(|e| fault::internal(&e))?;
    let row = AnsweredRow {
        fingerprint: once.fingerprint,
        status: DONE,
        answer,
        created_at: now.micros(),
    };
    idempotency::put(tx, org, &once.key, row).await.map_err(fault::of)
}

impl Service {
    /// Deletes the answers that are older than 30 days.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub async fn sweep_answers(&self) -> Result<u64, Fault> {
        let mut tx = self.write().await?;
        let swept = idempotency::sweep(&mut tx, self.clock().now()).await.map_err(fault::of)?;
        commit(tx).await?;
        Ok(swept)
    }
}
