//! Deletes decisions, and holds that are over, after 30 days.

use super::super::{Service, commit, fault};
use crate::clock;
use crate::store::{decision, hold, org};
use tokenscope::fault::Fault;
use tokenscope::hold::TTL_MAX_S;
use tokenscope::time::{DAY, SECOND};

/// How long decisions are kept, and holds after their time to live.
const KEPT: i64 = 30 * DAY;
/// Most rows of one transaction, so that nobody waits long for it.
const CHUNK: i64 = 5_000;

impl Service {
    /// Deletes what is older, organization by organization, and says how many rows.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub async fn sweep_decisions(&self) -> Result<u64, Fault> {
        let end = self.clock().now().plus(-KEPT);
        let decisions = clock::first_id(end);
        let holds = clock::first_id(end.plus(-i64::from(TTL_MAX_S) * SECOND));
        let organizations = org::all(&mut self.read().await?).await.map_err(fault::of)?;
        let mut swept = 0;
        for org in organizations {
            loop {
                let mut tx = self.write().await?;
                let some = decision::sweep(&mut tx, org, decisions, CHUNK).await;
                let some = some.map_err(fault::of)?;
                let ended = hold::sweep(&mut tx, org, holds, CHUNK).await.map_err(fault::of)?;
                commit(tx).await?;
                swept += some + ended;
                if some + ended == 0 {
                    break;
                }
            }
        }
        Ok(swept)
    }
}
