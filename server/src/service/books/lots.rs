//! Lots and what happens to them: purchases, voids, transfers, unblocks.

use super::super::fault;
use super::{Outcome, Recorder, conflict, name};
use crate::store::books::{self, LotRow};
use tokenscope::fact::Fact;
use tokenscope::fault::Fault;
use tokenscope::id::TeamId;
use tokenscope::time::Instant;
use tokenscope::tokens::Tokens;

impl Recorder {
    pub(super) async fn lot(&mut self, fact: Fact) -> Result<Outcome, Fault> {
        let Fact::Lot {
            id,
            team,
            kind,
            tokens,
            effective,
            expires,
            priority,
            pays_for,
            unit_cost,
            reference,
            channel,
        } = fact
        else {
            return Err(fault::internal(&"not a lot"));
        };
        name("id", &id)?;
        if tokens <= Tokens::ZERO || tokens > Tokens::MAX_GIVEN {
            return Err(Fault::field("tokens", "must be more than 0 and at most 1000000000"));
        }
        if expires.is_some_and(|end| end <= effective) {
            return Err(Fault::field("expires", "must be later than `effective`"));
        }
        let row = LotRow {
            lot_key: id,
            team_id: self.team_id("team", &team)?.0,
            kind: kind.code().into(),
            pays_for: pays_for.unwrap_or(kind.pays_for()).code().into(),
            priority: priority.unwrap_or(kind.priority()).into(),
            granted: tokens.micro(),
            effective_at: effective.micros(),
            expires_at: expires.map(Instant::micros),
            unit_cost: unit_cost.as_ref().map(|cost| cost.micro),
            currency: unit_cost.map(|cost| cost.currency),
            reference,
            channel,
        };
        self.add_lot(row).await
    }

    pub(super) async fn add_lot(&mut self, row: LotRow) -> Result<Outcome, Fault> {
        let org = self.org();
        let known = books::lot(&mut self.tx, org, &row.lot_key).await.map_err(fault::of)?;
        match known {
            Some(known) if known == row => return Ok(Outcome::Unchanged),
            Some(_) => {
                let key = &row.lot_key;
                return Err(conflict(format!("another lot `{key}` is there already")));
            }
            None => {}
        }
        let at = self.lock.recorded_at();
        books::add_lot(&mut self.tx, org, row, at).await.map_err(fault::of)?;
        Ok(Outcome::New)
    }

    pub(super) async fn find_lot(&mut self, key: &str) -> Result<LotRow, Fault> {
        let org = self.org();
        let found = books::lot(&mut self.tx, org, key).await.map_err(fault::of)?;
        found.ok_or_else(|| Fault::field("lot", format!("there is no lot `{key}`")))
    }

    pub(super) async fn void(&mut self, lot: &str, at: Instant) -> Result<Outcome, Fault> {
        let org = self.org();
        let row = self.find_lot(lot).await?;
        match books::void_of(&mut self.tx, org, lot).await.map_err(fault::of)? {
            Some(known) if known == at.micros() => return Ok(Outcome::Unchanged),
            Some(_) => return Err(conflict(format!("the lot `{lot}` is void already"))),
            None => {}
        }
        let moved = books::last_transfer(&mut self.tx, org, lot).await.map_err(fault::of)?;
        let cancels = at.micros() <= row.effective_at;
        if moved.is_some_and(|moved| cancels || moved > at.micros()) {
            let reason = format!("a part of the lot `{lot}` was moved out after this void");
            return Err(conflict(reason));
        }
        let recorded_at = self.lock.recorded_at();
        books::add_void(&mut self.tx, org, (lot, at.micros()), recorded_at)
            .await
            .map_err(fault::of)?;
        Ok(Outcome::New)
    }

    pub(super) async fn transfer(
        &mut self,
        (id, lot, to): (&str, &str, &str),
        at: Instant,
        amount: Tokens,
    ) -> Result<Outcome, Fault> {
        name("id", id)?;
        if amount <= Tokens::ZERO || amount > Tokens::MAX_GIVEN {
            return Err(Fault::field("tokens", "must be more than 0 and at most 1000000000"));
        }
        let (org, source) = (self.org(), self.find_lot(lot).await?);
        let to_team = self.team_id("to", to)?;
        let wanted = (id.to_owned(), lot.to_owned(), at.micros(), amount.micro());
        if let Some(known) = books::transfer(&mut self.tx, org, id).await.map_err(fault::of)? {
            return if known == wanted {
                Ok(Outcome::Unchanged)
            } else {
                Err(conflict(format!("another transfer `{id}` is there already")))
            };
        }
        self.check_transfer(&source, to_team, at).await?;
        let moved = LotRow {
            lot_key: id.to_owned(),
            team_id: to_team.0,
            granted: amount.micro(),
            effective_at: at.micros().max(source.effective_at),
            ..source.clone()
        };
        self.add_lot(moved).await?;
        let recorded_at = self.lock.recorded_at();
        books::add_transfer(&mut self.tx, org, source.team_id, wanted, recorded_at)
            .await
            .map_err(fault::of)?;
        Ok(Outcome::New)
    }

    /// Refused: a lot that is expired or void at the time, the same team, and one with a later
    /// transfer recorded (accounting.md, "Burn-down", rule 6).
    pub(super) async fn check_transfer(
        &mut self,
        source: &LotRow,
        to: TeamId,
        at: Instant,
    ) -> Result<(), Fault> {
        let (org, key) = (self.org(), source.lot_key.as_str());
        if source.team_id == to.0 {
            return Err(Fault::field("to", format!("the lot `{key}` is with this team already")));
        }
        if source.expires_at.is_some_and(|end| end <= at.micros()) {
            return Err(Fault::field("lot", format!("the lot `{key}` has expired by then")));
        }
        if books::void_of(&mut self.tx, org, key).await.map_err(fault::of)?.is_some() {
            return Err(Fault::field("lot", format!("the lot `{key}` is void")));
        }
        let last = books::last_transfer(&mut self.tx, org, key).await.map_err(fault::of)?;
        if last.is_some_and(|last| last > at.micros()) {
            let reason = format!("the lot `{key}` has a later transfer: record in order of time");
            return Err(Fault::field("at", reason));
        }
        Ok(())
    }

    pub(super) async fn unblock(&mut self, team: &str, at: Instant) -> Result<Outcome, Fault> {
        let (org, team) = (self.org(), self.team_id("team", team)?.0);
        let known = books::unblocks(&mut self.tx, org, team).await.map_err(fault::of)?;
        if known.contains(&(at.micros(),)) {
            return Ok(Outcome::Unchanged);
        }
        let recorded_at = self.lock.recorded_at();
        books::add_unblock(&mut self.tx, org, (team, at.micros()), recorded_at)
            .await
            .map_err(fault::of)?;
        Ok(Outcome::New)
    }
}
