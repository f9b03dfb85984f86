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
        let (effective_at, belongs_to) = self.booked(effective);
        let row = LotRow {
            lot_key: id,
            team_id: self.team_id("team", &team)?.0,
            kind: kind.code().into(),
            pays_for: pays_for.unwrap_or(kind.pays_for()).code().into(),
            priority: priority.unwrap_or(kind.priority()).into(),
            granted: tokens.micro(),
            effective_at,
            // One that ended before the books were open ends when it would begin.
            expires_at: expires.map(|end| end.micros().max(effective_at)),
            unit_cost: unit_cost.as_ref().map(|cost| cost.micro),
            currency: unit_cost.map(|cost| cost.currency),
            reference,
            channel,
            belongs_to,
        };
        self.add_lot(row).await
    }

    pub(super) async fn add_lot(&mut self, row: LotRow) -> Result<Outcome, Fault> {
        let org = self.org();
        let known = books::lot(&mut self.tx, org, &row.lot_key).await.map_err(fault::of)?;
        match known {
            Some(known) if is_same(&known, &row) => return Ok(Outcome::Unchanged),
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
        let asked = at.micros();
        let (at, belongs_to) = self.booked(at);
        match books::void_of(&mut self.tx, org, lot).await.map_err(fault::of)? {
            Some((at, about)) if about.unwrap_or(at) == asked => return Ok(Outcome::Unchanged),
            Some(_) => return Err(conflict(format!("the lot `{lot}` is void already"))),
            None => {}
        }
        let moved = books::last_transfer(&mut self.tx, org, lot).await.map_err(fault::of)?;
        let cancels = at <= row.effective_at;
        // At one instant voids come before transfers.
        if moved.is_some_and(|(then, for_then)| cancels || then >= at || for_then >= asked) {
            let reason = format!("a part of the lot `{lot}` was moved out after this void");
            return Err(conflict(reason));
        }
        let recorded_at = self.lock.recorded_at();
        books::add_void(&mut self.tx, org, lot, (at, belongs_to), recorded_at)
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
        let (booked, belongs_to) = self.booked(at);
        self.check_transfer(&source, to_team, (booked, at.micros())).await?;
        let moved = LotRow {
            lot_key: id.to_owned(),
            team_id: to_team.0,
            granted: amount.micro(),
            effective_at: booked.max(source.effective_at),
            belongs_to: None,
            ..source.clone()
        };
        self.add_lot(moved).await?;
        let recorded_at = self.lock.recorded_at();
        let row = (wanted.0, wanted.1, booked, wanted.3);
        let when = (belongs_to, recorded_at);
        books::add_transfer(&mut self.tx, org, source.team_id, row, when)
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
        (at, asked): (i64, i64),
    ) -> Result<(), Fault> {
        let (org, key) = (self.org(), source.lot_key.as_str());
        if source.team_id == to.0 {
            return Err(Fault::field("to", format!("the lot `{key}` is with this team already")));
        }
        if source.expires_at.is_some_and(|end| end <= at) {
            return Err(Fault::field("lot", format!("the lot `{key}` has expired by then")));
        }
        if books::void_of(&mut self.tx, org, key).await.map_err(fault::of)?.is_some() {
            return Err(Fault::field("lot", format!("the lot `{key}` is void")));
        }
        let last = books::last_transfer(&mut self.tx, org, key).await.map_err(fault::of)?;
        if last.is_some_and(|(then, for_then)| then > at || for_then > asked) {
            let reason = format!("the lot `{key}` has a later transfer: record in order of time");
            return Err(Fault::field("at", reason));
        }
        Ok(())
    }

    pub(super) async fn unblock(&mut self, team: &str, at: Instant) -> Result<Outcome, Fault> {
        let (org, team) = (self.org(), self.team_id("team", team)?.0);
        let known = books::unblocks(&mut self.tx, org, team).await.map_err(fault::of)?;
        let (at, belongs_to) = self.booked(at);
        if known.contains(&(at,)) {
            return Ok(Outcome::Unchanged);
        }
        let recorded_at = self.lock.recorded_at();
        books::add_unblock(&mut self.tx, org, (team, at), (belongs_to, recorded_at))
            .await
            .map_err(fault::of)?;
        Ok(Outcome::New)
    }
}

/// Whether a lot says what one says that is there. What closed books made of its times is of no
/// matter: it was recorded before or after they were closed.
fn is_same(known: &LotRow, asked: &LotRow) -> bool {
    let begins = |row: &LotRow| row.belongs_to.unwrap_or(row.effective_at);
    let ends = |row: &LotRow| row.expires_at.filter(|end| *end > row.effective_at);
    let at_once = |row: &LotRow| row.expires_at == Some(row.effective_at);
    let same_end = ends(known) == ends(asked) || at_once(known) || at_once(asked);
    let plain = |row: &LotRow| LotRow {
        effective_at: begins(row),
        expires_at: None,
        belongs_to: None,
        ..row.clone()
    };
    same_end
        && known.expires_at.is_some() == asked.expires_at.is_some()
        && plain(known) == plain(asked)
}
