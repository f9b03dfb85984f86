//! What a transaction adds to the journal of charges and to everything that is summed from it:
//! team sums, usage rollups, tokens that come back from closed books.
//!
//! - `usage`: additions to the usage rollups.
//! - `windows`: daily products, key by key.
//! - `reckon`: stored events against what they should cost now.

mod reckon;
mod usage;
mod windows;

pub use reckon::{Touch, is_session, keys_of, kind_changes, reckon, try_cost};
pub use usage::{UsageDeltas, dimensions, resolved};
pub use windows::{Key, Keys};

use super::book::Book;
use crate::store::charge::{ChargeRow, NetRow, SumDeltas};
use crate::store::charge_return::ReturnRow;
use crate::store::db::{DbError, Tx};
use crate::store::rollup::Dimensions;
use crate::store::{charge, charge_return, job};
use std::collections::{BTreeMap, BTreeSet};
use tokenscope::lot::Class;
use tokenscope::scenario::RETURNED;
use tokenscope::time::{Grain, Instant};
use usage::Buckets;

/// A charge that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The team that pays.
    pub team: i64,
    /// Which of its event's charges.
    pub n: i64,
    /// Its own time.
    pub at: i64,
    /// What it is for.
    pub class: Class,
    /// In micro-tokens.
    pub amount: i64,
}

/// The event of a charge, as the journal and the rollups know it.
#[derive(Debug, Clone)]
pub struct Billed {
    /// Digest of source and id.
    pub digest: [u8; 16],
    /// Its revision.
    pub revision: i64,
    /// Its time.
    pub at: i64,
    /// Under which numbers its usage is summed.
    pub dimensions: Dimensions,
}

/// Whether what is written counts at once, or once the job that prepares it has switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// At once, under the locks of the teams.
    Now,
    /// With a job.
    WithJob(i64),
}

/// The additions of one transaction.
pub struct Journal<'a> {
    book: &'a Book,
    now: i64,
    counts: Counts,
    rows: Vec<ChargeRow>,
    returns: Vec<ReturnRow>,
    taken_back: Vec<ReturnRow>,
    /// Additions to the usage rollups.
    pub usage: UsageDeltas<'a>,
}

impl<'a> Journal<'a> {
    /// Nothing yet.
    pub fn new(book: &'a Book, now: Instant, counts: Counts) -> Self {
        Self {
            book,
            now: now.micros(),
            counts,
            rows: Vec::new(),
            returns: Vec::new(),
            taken_back: Vec::new(),
            usage: UsageDeltas::new(&book.zone),
        }
    }

    /// A charge that is new: it counts at its own time, or at the first open instant.
    pub fn post(&mut self, event: &Billed, due: &Due) -> Result<(), DbError> {
        let at = due.at.max(self.book.open().micros());
        let belongs_to = (at != due.at).then_some(due.at);
        self.push(event, due, at, belongs_to)
    }

    /// The same charge of another revision of its event: it stays where it is.
    fn repost(&mut self, event: &Billed, due: &Due, old: &NetRow) -> Result<(), DbError> {
        self.push(event, due, old.at, old.belongs_to)
    }

    fn push(
        &mut self,
        event: &Billed,
        due: &Due,
        at: i64,
        belongs_to: Option<i64>,
    ) -> Result<(), DbError> {
        if due.amount == 0 {
            return Ok(());
        }
        self.usage.tokens(at, event.dimensions, due.amount)?;
        self.rows.push(ChargeRow {
            team_id: due.team,
            at,
            digest: event.digest,
            n: due.n,
            recorded_at: 0,
            event_at: event.at,
            class: due.class,
            amount: due.amount,
            revision: event.revision,
            belongs_to,
            generation: 0,
        });
        Ok(())
    }

    /// A charge of open books is no more.
    fn reverse(&mut self, event: &Billed, old: &NetRow) -> Result<(), DbError> {
        self.usage.tokens(old.at, event.dimensions, -old.amount)?;
        self.rows.push(ChargeRow {
            team_id: old.team_id,
            at: old.at,
            digest: event.digest,
            n: old.n,
            recorded_at: 0,
            event_at: event.at,
            class: class(&old.class)?,
            amount: -old.amount,
            revision: old.revision,
            belongs_to: old.belongs_to,
            generation: 0,
        });
        Ok(())
    }

    /// A charge of closed books is no more: it stays, and its tokens come back.
    fn give_back(&mut self, (source, id): (&str, &str), old: &NetRow, again: usize) {
        self.returns.push(ReturnRow {
            team_id: old.team_id,
            at: old.at,
            digest: old.digest.clone(),
            n: old.n,
            recorded_at: 0,
            effective_at: self.book.open().micros(),
            class: old.class.clone(),
            amount: old.amount,
            lot_key: format!("{RETURNED}{source}:{id}:{}:{again}", old.n),
            reference: id.to_owned(),
            taken_back_at: None,
        });
    }

    /// The numbers of the teams that are charged otherwise than before.
    pub fn teams(&self) -> BTreeSet<i64> {
        let charged = self.rows.iter().map(|row| row.team_id);
        let returned = self.returns.iter().chain(&self.taken_back).map(|row| row.team_id);
        charged.chain(returned).collect()
    }

    /// Writes everything. The teams' locks are taken here, in the order of their numbers, unless
    /// a job prepares.
    pub async fn write(self, tx: &mut Tx) -> Result<(), DbError> {
        match self.counts {
            Counts::Now => self.write_now(tx).await,
            Counts::WithJob(job) => self.prepare(tx, job).await,
        }
    }

    async fn write_now(mut self, tx: &mut Tx) -> Result<(), DbError> {
        let org = self.book.org;
        let teams: Vec<i64> = self.teams().into_iter().collect();
        if !teams.is_empty() {
            let locked = charge::lock_teams(tx, org, teams).await?;
            let recorded = Recorded::after(self.now, &locked);
            self.date(&recorded);
            charge::add(tx, org, &self.rows).await?;
            let (by_hour, by_day) = self.sums()?;
            charge::add_sums(tx, org, &by_hour, &by_day).await?;
            charge_return::add(tx, org, &self.returns).await?;
            for row in &self.taken_back {
                let at = recorded.get(&row.team_id).map_or(self.now, |r| r.row);
                charge_return::take_back(tx, org, row, at).await?;
            }
            for (team, recorded) in &recorded {
                charge::set_recorded(tx, org, *team, recorded.row).await?;
            }
        }
        self.usage.write(tx, org).await
    }

    /// The record times: reversals first, so that a new row of the same charge comes after the
    /// row that takes the old one back.
    fn date(&mut self, recorded: &BTreeMap<i64, Recorded>) {
        for row in &mut self.rows {
            if let Some(times) = recorded.get(&row.team_id) {
                row.recorded_at = if row.amount < 0 { times.reversal } else { times.row };
            }
        }
        for row in &mut self.returns {
            row.recorded_at = recorded.get(&row.team_id).map_or(self.now, |times| times.row);
        }
    }

    fn sums(&self) -> Result<(SumDeltas, SumDeltas), DbError> {
        let zone = &self.book.zone;
        let (mut by_hour, mut by_day) = (SumDeltas::new(), SumDeltas::new());
        let (mut hours, mut days) =
            (Buckets::new(zone, Grain::Hour), Buckets::new(zone, Grain::Day));
        for row in &self.rows {
            for (sums, start) in
                [(&mut by_hour, hours.start(row.at)), (&mut by_day, days.start(row.at))]
            {
                let sum = sums.entry((row.team_id, start, row.class)).or_default();
                *sum = sum.checked_add(row.amount).ok_or(DbError::Overflow)?;
            }
        }
        Ok((by_hour, by_day))
    }

    /// Writes what counts once the job has switched. Nothing of it is seen before: rows carry the
    /// job's number, and sums lie apart.
    async fn prepare(mut self, tx: &mut Tx, job: i64) -> Result<(), DbError> {
        let org = self.book.org;
        // Below zero: never the record time of another row, and the job's switch dates them.
        for row in &mut self.rows {
            row.generation = job;
            let again = i64::from(row.amount >= 0);
            row.recorded_at = -(2 * self.now + again);
        }
        charge::add(tx, org, &self.rows).await?;
        let (by_hour, _) = self.sums()?;
        job::add_sums(tx, org, job, &by_hour).await?;
        let deltas = self.usage.into_parts();
        job::add_usage(tx, org, job, &deltas).await
    }
}

/// The record times of one team.
struct Recorded {
    reversal: i64,
    row: i64,
}

impl Recorded {
    fn after(now: i64, locked: &BTreeMap<i64, i64>) -> BTreeMap<i64, Self> {
        let times = |(team, last): (&i64, &i64)| {
            let reversal = now.max(last + 1);
            (*team, Self { reversal, row: reversal + 1 })
        };
        locked.iter().map(times).collect()
    }
}

/// The class of a stored code.
pub fn class(code: &str) -> Result<Class, DbError> {
    Class::from_code(code).ok_or_else(|| DbError::Damaged(format!("a charge of class {code}")))
}

/// A digest as it is stored.
pub fn digest_of(bytes: &[u8]) -> Result<[u8; 16], DbError> {
    bytes.try_into().map_err(|_| DbError::Damaged("a digest has not 16 bytes".into()))
}
