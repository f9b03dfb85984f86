//! Calls that ask before they are made (accounting.md, "Access and decisions").
//!
//! - `priced`: a call as the book sees it; `window`: days of daily products that are paid already.
//! - `now`, `ground`: where teams stand, in memory, compared with the database for each group.
//! - `judged`: the decision table, walked on that.
//! - `seen`: checks without a hold, in groups that share one read.
//! - `reserve`, `batch`: checks with a hold, in groups that share one transaction.
//! - `settle`: the end of a hold together with its event.
//! - `kept`: decisions, written shortly after they were told; `sweep`: and deleted after 30 days.

mod batch;
mod ground;
mod judged;
mod kept;
mod lanes;
mod now;
mod priced;
mod reserve;
mod seen;
mod settle;
mod sweep;
mod window;

pub use settle::HoldEnding;

use super::{Service, fault};
use crate::store::db::Db;
use crate::store::decision;
use async_trait::async_trait;
use std::sync::Arc;
use tokenscope::check::{AskedCall, CheckAnswer, DecisionRecord, HoldListing, Settled};
use tokenscope::event::Submitted;
use tokenscope::fault::{Fault, Needs};
use tokenscope::id::{LongId, OrgId, TeamId};
use tokenscope::permission::{Action, Reach, Scope};
use tokenscope::service::{Caller, Checks};

/// What checks of one server process share.
pub struct Checker {
    grounds: ground::Grounds,
    asks: lanes::Lanes<OrgId, seen::Ask>,
    holds: lanes::Lanes<reserve::Lane, reserve::Job>,
    kept: kept::Kept,
}

impl Checker {
    /// Begins to keep decisions.
    pub fn start(db: Db) -> Self {
        Self {
            grounds: ground::Grounds::default(),
            asks: lanes::Lanes::default(),
            holds: lanes::Lanes::default(),
            kept: kept::Kept::start(db),
        }
    }
}

fn check_scope(caller: &Caller, scope: Scope) -> Result<(), Fault> {
    if caller.has_scope(scope) {
        return Ok(());
    }
    Err(Fault::Forbidden { needs: Needs::Scope(scope) })
}

#[async_trait]
impl Checks for Service {
    async fn check(&self, caller: &Caller, call: AskedCall) -> Result<CheckAnswer, Fault> {
        check_scope(caller, Scope::Check)?;
        if call.hold.is_some() {
            return self.reserve(caller.org, call).await;
        }
        let call = Arc::new(call);
        let seen = self.see(caller.org, Arc::clone(&call)).await?;
        let id = seen.judged.id();
        let call = Arc::unwrap_or_clone(call);
        let kept = seen.judged.kept(&seen.book, call, id, None)?;
        self.parts.checks.kept.keep(caller.org, kept).await;
        Ok(seen.judged.answer(id))
    }

    async fn settle(
        &self,
        caller: &Caller,
        hold: LongId,
        event: Submitted,
    ) -> Result<Settled, Fault> {
        check_scope(caller, Scope::Check)?;
        check_scope(caller, Scope::Ingest)?;
        self.settle_hold(caller, hold, event).await
    }

    async fn release(&self, caller: &Caller, hold: LongId) -> Result<HoldListing, Fault> {
        check_scope(caller, Scope::Check)?;
        self.give_back(caller.org, hold).await
    }

    async fn decision(&self, caller: &Caller, id: LongId) -> Result<DecisionRecord, Fault> {
        check_scope(caller, Scope::Read)?;
        // One that this process just told may still wait to be written.
        self.parts.checks.kept.written().await;
        let mut tx = self.read().await?;
        let row = decision::decision(&mut tx, caller.org, id).await.map_err(fault::of)?;
        // One that may not be seen and one that is not there look the same.
        let reach = |team: Option<i64>| match team {
            Some(team) => caller.roles.reach_in(Action::SeeUsage, TeamId(team)),
            None => caller.roles.reach(Action::SeeUsage),
        };
        let row = row.filter(|row| match row.team_id {
            Some(_) => reach(row.team_id) >= Reach::TeamTotals,
            None => reach(None) == Reach::All,
        });
        let missing =
            || Fault::NotFound { what: "a decision of this id (30 days are kept)".into() };
        let row = row.ok_or_else(missing)?;
        let record = serde_json::from_str(&row.content);
        let mut record: DecisionRecord = record.map_err(|error| fault::internal(&error))?;
        let names = match row.team_id {
            Some(team) => caller.roles.reach_in(Action::SeeNames, TeamId(team)),
            None => caller.roles.reach(Action::SeeNames),
        };
        let user = record.call.user.take();
        record.call.user = user.filter(|user| {
            names >= Reach::Team || user.to_lowercase() == caller.email.to_lowercase()
        });
        Ok(record)
    }
}

impl Service {
    /// Waits until every decision that was told is written.
    pub async fn write_decisions(&self) {
        self.parts.checks.kept.written().await;
    }
}
