//! The end of a hold together with the event that carried the use: one transaction, so that there
//! is no moment in which both or neither of them count.

use super::super::Service;
use super::super::fault;
use super::batch::missing;
use crate::clock::Clock;
use crate::store::db::{DbError, Tx};
use crate::store::hold;
use std::collections::BTreeSet;
use tokenscope::check::{HoldState, Settled};
use tokenscope::event::{EventResult, Submitted};
use tokenscope::fault::Fault;
use tokenscope::hold::HoldEnd;
use tokenscope::id::{LongId, OrgId, TeamId};
use tokenscope::service::Caller;

/// A hold that ends with a batch of one event.
#[derive(Debug, Clone)]
pub struct HoldEnding {
    hold: LongId,
    team: TeamId,
    /// Asked under the locks: whether the hold still lives must not be older than they are.
    clock: Clock,
}

impl HoldEnding {
    /// Its team is locked with those of the event, so that all are in one order.
    pub fn join(this: Option<&Self>, teams: &mut BTreeSet<i64>) {
        teams.extend(this.map(|ending| ending.team.0));
    }
    /// Ends the hold where the event is stored now, or was before.
    pub async fn apply(
        this: Option<&Self>,
        tx: &mut Tx,
        org: OrgId,
        results: &[EventResult],
    ) -> Result<(), DbError> {
        let stored =
            |result| matches!(result, &EventResult::Accepted { .. } | &EventResult::Duplicate);
        let Some(ending) = this.filter(|_| results.iter().all(stored)) else {
            return Ok(());
        };
        // A known event took no lock so far; releases take it before they touch the hold.
        hold::lock_teams(tx, org, [ending.team]).await?;
        let now = ending.clock.now();
        if hold::end(tx, org, ending.hold, now, HoldEnd::Settled).await? {
            hold::changed(tx, org, [ending.team]).await?;
        }
        Ok(())
    }
}

impl Service {
    /// Takes the event and ends the hold.
    pub(super) async fn settle_hold(
        &self,
        caller: &Caller,
        hold: LongId,
        event: Submitted,
    ) -> Result<Settled, Fault> {
        let row = self.hold_row(caller.org, hold).await?;
        let (team, clock) = (TeamId(row.team_id), self.clock().clone());
        let ending = HoldEnding { hold, team, clock };
        let results = self.accept_with(caller, vec![event], Some(ending)).await?;
        let result = results.into_iter().next();
        let result = result.ok_or_else(|| fault::internal(&"an event without a result"))?;
        let row = self.hold_row(caller.org, hold).await?;
        let end = row.end_at(self.clock().now()).map_err(fault::of)?;
        Ok(Settled { result, hold: HoldState::from(end) })
    }

    async fn hold_row(&self, org: OrgId, id: LongId) -> Result<hold::HoldRow, Fault> {
        let mut tx = self.read().await?;
        let rows = hold::by_ids(&mut tx, org, &[id]).await.map_err(fault::of)?;
        rows.into_iter().next().ok_or_else(missing)
    }
}
