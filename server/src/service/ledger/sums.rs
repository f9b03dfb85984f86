//! Sums of a team's charges per day and hour as they were known at an instant: what is stored now
//! without what came later.

use crate::service::book::Book;
use crate::service::fault;
use crate::store::charge::{self, SumRow};
use crate::store::db::{DbError, Tx};
use crate::store::ledger::{self, Asked, Sight};
use std::collections::BTreeMap;
use tokenscope::fault::Fault;
use tokenscope::id::TeamId;
use tokenscope::lot::{Class, PerClass};
use tokenscope::time::{Grain, HOUR, Instant, Period};
use tokenscope::tokens::Tokens;

/// Later charges are asked for by quarters of an hour of UTC: in nearly every zone no hour or day
/// begins within one.
const QUARTER: i64 = HOUR / 4;

/// A team's charges as they were known at an instant.
pub struct Charges<'a> {
    /// The organization.
    pub book: &'a Book,
    /// The team.
    pub team: TeamId,
    /// Which rows of the journal count.
    pub sight: Sight,
    /// What came later, by hour; empty where nothing is hidden.
    later: BTreeMap<Instant, PerClass>,
}

/// Sums by the start of their bucket.
pub type Sums = BTreeMap<Instant, PerClass>;

pub(super) fn class(code: &str) -> Result<Class, DbError> {
    Class::from_code(code).ok_or_else(|| DbError::Damaged(format!("a charge of class {code}")))
}

fn add(sums: &mut Sums, at: Instant, code: &str, amount: i64) -> Result<(), DbError> {
    let sum = PerClass::of(class(code)?, Tokens::from_micro(amount));
    sums.entry(at).or_default().add(sum);
    Ok(())
}

impl<'a> Charges<'a> {
    /// Of a team, without what was recorded after `known`.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub async fn known_at(
        tx: &mut Tx,
        book: &'a Book,
        team: TeamId,
        known: Option<Instant>,
    ) -> Result<Self, Fault> {
        let micros = known.map(Instant::micros);
        let sight = ledger::sight(tx, book.org, micros).await.map_err(fault::of)?;
        let mut charges = Self { book, team, sight, later: Sums::new() };
        if let Some(micros) = micros {
            charges.later = charges.later(tx, micros).await.map_err(fault::of)?;
        }
        Ok(charges)
    }

    /// Whose charges are asked for.
    pub fn asked(&self) -> Asked<'_> {
        Asked { org: self.book.org, team: self.team, sight: &self.sight }
    }

    /// What was recorded after an instant, by the hours of the organization's zone.
    async fn later(&self, tx: &mut Tx, known: i64) -> Result<Sums, DbError> {
        let of = (self.book.org, self.team);
        let zone = &self.book.zone;
        let mut sums = Sums::new();
        for (start, code, amount) in ledger::later(tx, of, known, QUARTER).await? {
            let hour = zone.bucket(Grain::Hour, Instant::from_micros(start));
            if Instant::from_micros(start).plus(QUARTER) <= hour.to {
                add(&mut sums, hour.from, &code, amount)?;
                continue;
            }
            // An hour begins within this quarter, as in zones of long ago.
            let span = (start, start + QUARTER);
            let fine = ledger::later_fine(tx, of, known, span).await?;
            for (at, fine_code, amount) in fine.into_iter().filter(|row| row.1 == code) {
                let hour = zone.bucket(Grain::Hour, Instant::from_micros(at));
                add(&mut sums, hour.from, &fine_code, amount)?;
            }
        }
        for (start, code, amount) in ledger::later_by_jobs(tx, of, known).await? {
            add(&mut sums, Instant::from_micros(start), &code, amount)?;
        }
        Ok(sums)
    }

    /// The sums of the days that start at or before an instant.
    ///
    /// # Errors
    /// [`DbError`]
    pub async fn days(&self, tx: &mut Tx, until: Instant) -> Result<Sums, DbError> {
        let rows = charge::day_sums(tx, self.book.org, self.team, until.micros()).await?;
        let mut sums = of_rows(rows)?;
        let mut day = Period::new(Instant::MIN, Instant::MIN);
        for (hour, amounts) in self.later.range(..) {
            if !day.contains(*hour) {
                day = self.book.zone.bucket(Grain::Day, *hour);
            }
            if day.from <= until {
                take(&mut sums, day.from, *amounts);
            }
        }
        Ok(sums)
    }

    /// The sums of the hours that start in a period.
    ///
    /// # Errors
    /// [`DbError`]
    pub async fn hours(&self, tx: &mut Tx, period: Period) -> Result<Sums, DbError> {
        let span = (period.from.micros(), period.to.micros());
        let rows = charge::hour_sums(tx, self.book.org, self.team, span).await?;
        let mut sums = of_rows(rows)?;
        for (hour, amounts) in self.later.range(period.from..period.to) {
            take(&mut sums, *hour, *amounts);
        }
        Ok(sums)
    }
}

fn of_rows(rows: Vec<SumRow>) -> Result<Sums, DbError> {
    let mut sums = Sums::new();
    for (at, code, amount) in rows {
        add(&mut sums, Instant::from_micros(at), &code, amount)?;
    }
    Ok(sums)
}

fn take(sums: &mut Sums, at: Instant, amounts: PerClass) {
    let sum = sums.entry(at).or_default();
    sum.add(PerClass { api: -amounts.api, product: -amounts.product });
}
