//! Debt notices: the instant at which the program first saw a run of debt. Grace never ends before
//! its days have passed since then, so usage that is reported late cannot take them away
//! (accounting.md, "Access and decisions").

use super::ledger::{team_as_written, team_now};
use super::{Service, commit, fault};
use crate::store::{notice, org, outbox};
use std::collections::HashMap;
use std::time::Duration;
use tokenscope::burn::TeamState;
use tokenscope::fault::Fault;
use tokenscope::id::{OrgId, TeamId};
use tokenscope::time::Instant;

/// How often the program looks at teams whose books have changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Of each team what was looked at last: revision, record time, and until when nothing changes.
#[derive(Default)]
pub struct Looked {
    teams: HashMap<(i64, i64), (i64, i64, Option<Instant>)>,
}

impl Service {
    /// Looks at the teams whose books have changed since the last look, and notes for each run of
    /// debt that is new when it was seen. Says how many there were.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn notice_debts(&self, looked: &mut Looked) -> Result<u64, Fault> {
        let mut tx = self.read().await?;
        let versions = notice::versions(&mut tx).await.map_err(fault::of)?;
        drop(tx);
        let mut noticed = 0;
        for (org, team, recorded_at, revision) in versions {
            let now = self.clock().now();
            let same = looked.teams.get(&(org, team)).is_some_and(|(r, at, next)| {
                (*r, *at) == (revision, recorded_at) && next.is_none_or(|next| now < next)
            });
            if same {
                continue;
            }
            let next = self.notice_debt(OrgId(org), TeamId(team), now, &mut noticed).await?;
            looked.teams.insert((org, team), (revision, recorded_at, next));
        }
        Ok(noticed)
    }

    /// Looks at one team, and says until when its books stay as they are.
    async fn notice_debt(
        &self,
        org_id: OrgId,
        team: TeamId,
        now: Instant,
        noticed: &mut u64,
    ) -> Result<Option<Instant>, Fault> {
        let mut tx = self.read().await?;
        let book = self.book(&mut tx, org_id).await?;
        if book.demo {
            // Invented debts are older than the program's first look at them.
            return Ok(None);
        }
        let found = team_now(self, &mut tx, &book, team, now).await?;
        let known = found.facts.books.notices.iter().map(|notice| notice.of).collect::<Vec<_>>();
        if unseen(&found.state, &known).is_none() {
            return Ok(found.next_change);
        }
        drop(tx);
        // Once more under the lock, since another process may have seen it.
        let mut tx = self.write().await?;
        let mut lock = org::lock(&mut tx, org_id, now).await.map_err(fault::of)?;
        let book = self.book(&mut tx, org_id).await?;
        let (state, _) = team_as_written(&mut tx, &book, team, now).await?;
        let known = notice::of_team(&mut tx, org_id, team).await.map_err(fault::of)?;
        let known: Vec<Instant> = known.into_iter().map(Instant::from_micros).collect();
        if let Some(since) = unseen(&state, &known) {
            let of = since.max(book.open());
            let at = lock.recorded_at();
            notice::add(&mut tx, org_id, team, (of.micros(), at)).await.map_err(fault::of)?;
            lock.give_back(&mut tx).await.map_err(fault::of)?;
            outbox::add(&mut tx, org_id, now).await.map_err(fault::of)?;
            commit(tx).await?;
            *noticed += 1;
        }
        // The books have changed: they are looked at once more.
        Ok(Some(now))
    }

    /// Keeps looking for as long as the program runs.
    pub async fn keep_watch(self) {
        let mut looked = Looked::default();
        loop {
            if let Err(fault) = self.notice_debts(&mut looked).await {
                tracing::warn!(%fault, "debts could not be looked at; it is tried again");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// The beginning of a run of debt that goes on and that no notice is of.
fn unseen(state: &TeamState, notices: &[Instant]) -> Option<Instant> {
    let since = state.clock.debt_since().filter(|_| !state.debt.total().is_zero())?;
    (!notices.iter().any(|of| since <= *of)).then_some(since)
}
