//! When keys were last used: kept in memory and written now and then, because a request should not
//! write for it.

use super::{Service, commit, fault};
use crate::store::api_key;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokenscope::fault::Fault;
use tokenscope::id::OrgId;
use tokenscope::time::{Instant, SECOND};

/// How often uses are written.
const EVERY: Duration = Duration::from_secs(60);
/// Uses are noted to the minute.
const MINUTE: i64 = 60 * SECOND;
/// What is over is deleted every so many rounds: once an hour.
const SWEEP_ROUNDS: u32 = 60;

/// Uses that are not written yet, by organization and key.
#[derive(Default)]
pub struct KeyUses {
    seen: Mutex<BTreeMap<OrgId, BTreeMap<i64, i64>>>,
}

impl KeyUses {
    /// Notes a use.
    pub fn note(&self, org: OrgId, key: i64, at: Instant) {
        self.put(org, key, at.micros() - at.micros().rem_euclid(MINUTE));
    }
    fn put(&self, org: OrgId, key: i64, at: i64) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let last = seen.entry(org).or_default().entry(key).or_insert(at);
        *last = at.max(*last);
    }
    fn take(&self) -> BTreeMap<OrgId, BTreeMap<i64, i64>> {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Service {
    /// Writes when keys were last used, one transaction an organization. What cannot be written
    /// is kept for the next time.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub async fn write_key_uses(&self) -> Result<(), Fault> {
        let mut failed = None;
        for (org, uses) in self.parts.key_uses.take() {
            if let Err(fault) = self.write_uses_of(org, &uses).await {
                uses.into_iter().for_each(|(key, at)| self.parts.key_uses.put(org, key, at));
                failed = Some(fault);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn write_uses_of(&self, org: OrgId, uses: &BTreeMap<i64, i64>) -> Result<(), Fault> {
        let mut tx = self.write().await?;
        // In the order of their numbers, so that two processes do not wait for each other.
        for (key, at) in uses {
            api_key::used(&mut tx, org, *key, *at).await.map_err(fault::of)?;
        }
        commit(tx).await
    }

    /// Does what is due now and then, for ever: writes the uses of keys, deletes links and
    /// answers and decisions that are over.
    pub async fn keep_house(self) {
        let mut rounds = tokio::time::interval(EVERY);
        for round in 0_u32.. {
            rounds.tick().await;
            if let Err(fault) = self.write_key_uses().await {
                tracing::warn!(%fault, "the last uses of keys could not be written");
            }
            if round.is_multiple_of(SWEEP_ROUNDS)
                && let Err(fault) = self.sweep_decisions().await
            {
                tracing::warn!(%fault, "old decisions could not be deleted");
            }
            if round.is_multiple_of(SWEEP_ROUNDS)
                && let Err(fault) = self.sweep_resets().await
            {
                tracing::warn!(%fault, "old links could not be deleted");
            }
            if round.is_multiple_of(SWEEP_ROUNDS)
                && let Err(fault) = self.sweep_answers().await
            {
                tracing::warn!(%fault, "old answers could not be deleted");
            }
        }
    }
}
