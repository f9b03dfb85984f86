//! One transaction for a group of holds: locks first, then what is there, then one wish after the
//! other in memory, then all rows together.

use super::super::book::Book;
use super::super::{Service, fault};
use super::ground::{Change, Found, Stand};
use super::judged::{Judged, judge};
use super::priced::Priced;
use super::reserve::{Lost, Wish, locked_book};
use super::seen::window_of;
use crate::clock;
use crate::store::db::Tx;
use crate::store::decision::{self, NewDecision};
use crate::store::hold::{self, HoldRow, NewHold, TeamVersion, class_of, id_of};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokenscope::check::{AskedCall, CheckAnswer, HoldListing, HoldState};
use tokenscope::fault::Fault;
use tokenscope::hold::HoldEnd;
use tokenscope::id::{LongId, OrgId, TeamId};
use tokenscope::time::Instant;
use tokenscope::tokens::Tokens;

/// What became of a wish.
pub enum Outcome {
    /// A decision, with its hold.
    Checked(Box<CheckAnswer>),
    /// A hold that is given back, or was over before.
    Released(HoldListing),
}

/// A transaction in progress.
pub struct Batch<'a> {
    service: &'a Service,
    tx: Tx,
    book: Arc<Book>,
    now: Instant,
    locked: BTreeMap<TeamId, TeamVersion>,
    stands: BTreeMap<TeamId, Stand>,
    /// Holds by key: those there were, and those granted here.
    known: BTreeMap<String, HoldRow>,
    holds: Vec<NewHold>,
    decisions: Vec<NewDecision>,
    changes: BTreeMap<TeamId, Vec<Change>>,
}

impl<'a> Batch<'a> {
    /// Does all wishes in one transaction.
    pub async fn run(
        service: &'a Service,
        org: OrgId,
        wishes: &[Wish],
    ) -> Result<Vec<Result<Outcome, Fault>>, Lost> {
        let (mut batch, mut released) = Self::begin(service, org, wishes).await?;
        // What is given back is free for those who ask beside it.
        batch.release(&mut released).await?;
        let mut outcomes = Vec::with_capacity(wishes.len());
        for wish in wishes {
            outcomes.push(match wish {
                Wish::Release(id) => released
                    .get(id)
                    .map(|row| listing(row, batch.now, true).map(Outcome::Released))
                    .unwrap_or_else(|| Err(missing())),
                Wish::Reserve(call) => batch.reserve(call).await,
            });
        }
        batch.end().await?;
        Ok(outcomes)
    }

    /// Takes the locks and reads what the wishes name.
    async fn begin(
        service: &'a Service,
        org: OrgId,
        wishes: &[Wish],
    ) -> Result<(Self, BTreeMap<LongId, HoldRow>), Lost> {
        let mut tx = service.write().await?;
        let book = locked_book(service, &mut tx, org).await?;
        let calls: Vec<&Arc<AskedCall>> = wishes.iter().filter_map(Wish::call).collect();
        let ids: Vec<LongId> = wishes.iter().filter_map(Wish::hold).collect();
        let released = hold::by_ids(&mut tx, org, &ids).await?;
        let now = service.clock().now();
        let mut teams: BTreeSet<TeamId> = super::seen::teams(&book, calls.iter().copied(), now);
        teams.extend(released.iter().map(|row| TeamId(row.team_id)));
        let locked = hold::lock_teams(&mut tx, org, teams).await?;
        // Read under the locks: nobody changes these any more.
        let keys = calls.iter().filter_map(|call| Some(call.hold.as_ref()?.key.clone()));
        let known = hold::by_keys(&mut tx, org, keys.collect()).await?;
        let released = hold::by_ids(&mut tx, org, &ids).await?;
        let released = released.into_iter().map(|row| Ok((id_of(&row.hold_id)?, row)));
        let released = released.collect::<Result<_, crate::store::db::DbError>>()?;
        let batch = Self {
            service,
            tx,
            book,
            now: service.clock().now(),
            locked,
            stands: BTreeMap::new(),
            known: known.into_iter().map(|row| (row.hold_key.clone(), row)).collect(),
            holds: Vec::new(),
            decisions: Vec::new(),
            changes: BTreeMap::new(),
        };
        Ok((batch, released))
    }

    async fn release(&mut self, rows: &mut BTreeMap<LongId, HoldRow>) -> Result<(), Lost> {
        let (org, now) = (self.book.org, self.now);
        for (id, row) in rows {
            if !hold::end(&mut self.tx, org, *id, now, HoldEnd::Released).await? {
                continue;
            }
            row.ended_at = Some(now.micros());
            row.ended_how = Some("released".into());
            self.changes.entry(TeamId(row.team_id)).or_default().push(Change {
                class: class_of(&row.class)?,
                until: Instant::from_micros(row.until_at),
                amount: Tokens::from_micro(row.amount),
                added: false,
            });
            if let Some(known) = self.known.get_mut(&row.hold_key) {
                known.clone_from(row);
            }
        }
        Ok(())
    }

    async fn reserve(&mut self, call: &AskedCall) -> Result<Outcome, Fault> {
        let Some(asked) = &call.hold else {
            return Err(fault::internal(&"a call without a hold was to be held for"));
        };
        let print = print_of(call);
        let known = self.known.get(&asked.key).cloned();
        if known.as_ref().is_some_and(|row| row.call_print != print) {
            return Err(taken(&asked.key));
        }
        let priced = Priced::new(&self.book, call, self.now)?;
        if priced.team.is_some_and(|team| !self.locked.contains_key(&team)) {
            // The app went to another team while the locks were taken.
            return Err(Fault::Busy);
        }
        self.look_at(priced.team).await?;
        let stand = priced.team.and_then(|team| self.stands.get(&team));
        let window =
            window_of(self.service, &mut self.tx, &self.book, call, &priced, stand).await?;
        let judged = judge(&self.book, call, priced, stand, window, self.now);
        let answer = match known {
            Some(row) => again(&judged, &row)?,
            None => self.grant(call, print, judged)?,
        };
        Ok(Outcome::Checked(Box::new(answer)))
    }

    /// Reads where a team stands, without what is given back here.
    async fn look_at(&mut self, team: Option<TeamId>) -> Result<(), Fault> {
        let found = team.and_then(|team| Some(Found { team, version: *self.locked.get(&team)? }));
        let Some(found) = found.filter(|found| !self.stands.contains_key(&found.team)) else {
            return Ok(());
        };
        let grounds = &self.service.parts.checks.grounds;
        let mut stand = grounds.stand(&mut self.tx, &self.book, found, self.now).await?;
        for change in self.changes.get(&found.team).into_iter().flatten() {
            stand.apply(change);
        }
        self.stands.insert(found.team, stand);
        Ok(())
    }

    /// A new decision, with its hold where it is allowed and somebody would pay.
    fn grant(
        &mut self,
        call: &AskedCall,
        print: i64,
        judged: Judged,
    ) -> Result<CheckAnswer, Fault> {
        let id = judged.id();
        let mut answer = judged.answer(id);
        let allowed = judged.decision.denied.is_none();
        if let (true, Some(team), Some(asked)) = (allowed, judged.priced.team, &call.hold)
            && let Some(stand) = self.stands.get_mut(&team)
        {
            let new = NewHold {
                key: asked.key.clone(),
                id: clock::long_id(judged.at),
                team,
                class: judged.priced.class(),
                amount: judged.decision.price,
                from: judged.at,
                until: judged.until,
                call_print: print,
                decision: id,
            };
            let change =
                Change { class: new.class, until: new.until, amount: new.amount, added: true };
            stand.apply(&change);
            self.changes.entry(team).or_default().push(change);
            let row = row_of(&new);
            answer.hold = Some(listing(&row, judged.at, false)?);
            self.known.insert(new.key.clone(), row);
            self.holds.push(new);
        }
        let hold = answer.hold.as_ref().map(|hold| hold.id);
        self.decisions.push(judged.kept(&self.book, call.clone(), id, hold)?);
        Ok(answer)
    }

    /// Writes everything and makes it last.
    async fn end(mut self) -> Result<(), Lost> {
        let org = self.book.org;
        hold::add(&mut self.tx, org, &self.holds).await?;
        decision::add(&mut self.tx, org, &self.decisions).await?;
        hold::changed(&mut self.tx, org, self.changes.keys().copied()).await?;
        self.tx.commit().await?;
        for (team, changes) in &self.changes {
            if let Some(found) = self.locked.get(team) {
                self.service.parts.checks.grounds.changed((org, *team), *found, changes);
            }
        }
        Ok(())
    }
}

impl Wish {
    fn call(&self) -> Option<&Arc<AskedCall>> {
        match self {
            Self::Reserve(call) => Some(call),
            Self::Release(_) => None,
        }
    }
    const fn hold(&self) -> Option<LongId> {
        match self {
            Self::Release(id) => Some(*id),
            Self::Reserve(_) => None,
        }
    }
}

/// The answer to a key that is known: the hold as it is, under the decision that granted it.
fn again(judged: &Judged, row: &HoldRow) -> Result<CheckAnswer, Fault> {
    let mut answer = judged.answer(id_of(&row.decision_id).map_err(fault::of)?);
    answer.denied = None;
    answer.remedy = None;
    answer.price = Tokens::from_micro(row.amount);
    answer.hold = Some(listing(row, judged.at, true)?);
    Ok(answer)
}

/// A hold as its sender sees it at an instant.
pub fn listing(row: &HoldRow, at: Instant, known: bool) -> Result<HoldListing, Fault> {
    Ok(HoldListing {
        id: id_of(&row.hold_id).map_err(fault::of)?,
        key: row.hold_key.clone(),
        state: HoldState::from(row.end_at(at).map_err(fault::of)?),
        amount: Tokens::from_micro(row.amount),
        until: Instant::from_micros(row.until_at),
        known,
    })
}

/// A hold of this id is not there, or no longer kept.
pub fn missing() -> Fault {
    Fault::NotFound { what: "a hold of this id".into() }
}

fn taken(key: &str) -> Fault {
    let reason = format!(
        "the hold key `{key}` was used for another call: choose a new key for each call, and \
         send a call again with all its members as they were"
    );
    Fault::Conflict { reason }
}

fn row_of(new: &NewHold) -> HoldRow {
    HoldRow {
        hold_key: new.key.clone(),
        hold_id: new.id.0.to_vec(),
        team_id: new.team.0,
        class: new.class.code().into(),
        amount: new.amount.micro(),
        until_at: new.until.micros(),
        ended_at: None,
        ended_how: None,
        call_print: new.call_print,
        decision_id: new.decision.0.to_vec(),
    }
}

/// 8 bytes that stand for a call; how long its hold was to live is no part of it.
fn print_of(call: &AskedCall) -> i64 {
    let mut hasher = Sha256::new();
    let mut part = |text: Option<String>| match text {
        Some(text) => {
            hasher.update(text.len().to_be_bytes());
            hasher.update(text);
        }
        None => hasher.update([0xff; 9]),
    };
    part(Some(call.client_id.clone()));
    part(call.user.as_ref().map(|user| user.to_lowercase()));
    part(Some(call.api.clone()));
    part(call.variant.clone());
    part(call.quantity.map(|quantity| quantity.micro().to_string()));
    let mut eight = [0; 8];
    eight.copy_from_slice(&hasher.finalize()[..8]);
    i64::from_be_bytes(eight)
}
