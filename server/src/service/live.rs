//! Whether anything arrived: one read a second and organization, however many pages ask.

use super::{Service, commit, fault};
use crate::store::outbox;
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokenscope::fault::Fault;
use tokenscope::id::OrgId;
use tokenscope::service::{Caller, Live};
use tokenscope::time::{Instant, SECOND};

/// How long an answer counts, in microseconds.
const FRESH: i64 = SECOND;
/// How often old arrivals are deleted.
const SWEPT_EVERY: Duration = Duration::from_secs(3600);

/// The last answer of an organization, and when it was read. Who finds it too old reads a new one
/// while the others wait for that.
type Last = Arc<tokio::sync::Mutex<Option<(Instant, String)>>>;

/// The last answers.
#[derive(Default)]
pub struct Stamps {
    last: Mutex<HashMap<OrgId, Last>>,
}

impl Stamps {
    fn of(&self, org: OrgId) -> Last {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(last.entry(org).or_default())
    }
}

#[async_trait]
impl Live for Service {
    async fn stamp(&self, caller: &Caller) -> Result<String, Fault> {
        let last = self.parts.stamps.of(caller.org);
        let mut last = last.lock().await;
        let now = self.clock().now();
        if let Some((at, stamp)) = last.as_ref()
            && (0..FRESH).contains(&now.since(*at))
        {
            return Ok(stamp.clone());
        }
        let mut tx = self.read().await?;
        let (newest, batches) = outbox::stamp(&mut tx, caller.org).await.map_err(fault::of)?;
        let stamp = newest.map(|at| format!("{at}-{batches}")).unwrap_or_default();
        *last = Some((now, stamp.clone()));
        Ok(stamp)
    }
}

impl Service {
    /// Deletes the arrivals that no page asks about any more.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub async fn sweep_arrivals(&self) -> Result<u64, Fault> {
        let mut tx = self.write().await?;
        let swept = outbox::sweep(&mut tx, self.clock().now()).await.map_err(fault::of)?;
        commit(tx).await?;
        Ok(swept)
    }

    /// Does so every hour.
    pub async fn sweep_arrivals_hourly(self) {
        let mut hourly = tokio::time::interval(SWEPT_EVERY);
        loop {
            hourly.tick().await;
            // What is not swept now is swept an hour later; the fault is in the log.
            let _ = self.sweep_arrivals().await;
        }
    }
}
