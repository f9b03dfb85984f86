//! The steps of a burn-down, as coarse as the rules allow: days first, hours where the lots
//! change, parts of an hour between the changes, and single instants only where a debt begins or
//! both classes compete.

use super::sums::{Charges, class};
use crate::service::fault;
use crate::store::db::{DbError, Tx};
use crate::store::ledger as rows;
use std::collections::{BTreeMap, BTreeSet};
use tokenscope::burn::{BurnError, Step, TeamBooks, TeamState, burn};
use tokenscope::fault::Fault;
use tokenscope::lot::PerClass;
use tokenscope::time::{Grain, Instant, Period};
use tokenscope::tokens::Tokens;

/// How fine a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fineness {
    Day,
    Hour,
    /// Between two changes of the lots within an hour.
    Part,
    /// Charge by charge; those of one instant and class together.
    Instants,
}

/// A stretch of time with its steps.
#[derive(Debug, Clone)]
struct Piece {
    to: Instant,
    fineness: Fineness,
    steps: Vec<Step>,
}

/// All steps up to an instant.
#[derive(Debug, Clone)]
pub struct Pieces {
    pieces: BTreeMap<Instant, Piece>,
    /// Where hours are cut: the changes of the lots, and where somebody wants an exact answer.
    cuts: BTreeSet<Instant>,
    /// Where the last bucket ends early: nothing is charged later.
    end: Option<Instant>,
}

/// Every instant at which something happens to lots.
pub fn changes(books: &TeamBooks) -> impl Iterator<Item = Instant> {
    let lots = books.lots.iter().flat_map(|lot| [Some(lot.effective), lot.expires]);
    lots.flatten()
        .chain(books.voids.values().copied())
        .chain(books.moves.iter().map(|given| given.at))
        .chain(books.unblocks.iter().copied())
        .chain(books.notices.iter().map(|notice| notice.of))
}

impl Pieces {
    /// The days up to an instant. `marks` are instants at which somebody wants an exact cut.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub async fn load(
        tx: &mut Tx,
        charges: &Charges<'_>,
        books: &TeamBooks,
        at: Instant,
        marks: &[Instant],
    ) -> Result<Self, Fault> {
        // The microsecond that follows: what happens at the instant is seen.
        let end = at.plus(1);
        let latest = rows::latest(tx, charges.book.org, charges.team).await.map_err(fault::of)?;
        let is_last = latest.is_none_or(|latest| latest <= at.micros());
        let mut cuts: BTreeSet<Instant> = changes(books).chain(marks.iter().copied()).collect();
        cuts.insert(end);
        let mut pieces = Self { pieces: BTreeMap::new(), cuts, end: is_last.then_some(end) };
        let days = charges.days(tx, at).await.map_err(fault::of)?;
        pieces.put(charges, Fineness::Day, days);
        // Known to be needed: marks and the end are no changes of the lots that ask for it.
        for mark in marks.iter().copied().chain([end]) {
            pieces.cut_at(tx, charges, mark).await?;
        }
        Ok(pieces)
    }

    fn put(&mut self, charges: &Charges<'_>, fineness: Fineness, sums: super::sums::Sums) {
        let grain = if fineness == Fineness::Day { Grain::Day } else { Grain::Hour };
        for (from, amounts) in sums {
            let bucket = charges.book.zone.bucket(grain, from);
            let to = self.end.map_or(bucket.to, |end| bucket.to.min(end));
            if amounts != PerClass::default() && bucket.from < to {
                let period = Period::new(bucket.from, to);
                let steps = vec![Step::Sum { period, amounts }];
                self.pieces.insert(bucket.from, Piece { to, fineness, steps });
            }
        }
    }

    /// Lets no piece reach across an instant.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    async fn cut_at(
        &mut self,
        tx: &mut Tx,
        charges: &Charges<'_>,
        at: Instant,
    ) -> Result<(), Fault> {
        loop {
            let found = self.pieces.range(..at).next_back();
            let crossing =
                found.filter(|(_, piece)| piece.to > at && piece.fineness != Fineness::Instants);
            let Some(period) = crossing.map(|(from, piece)| Period::new(*from, piece.to)) else {
                return Ok(());
            };
            self.refine(tx, charges, period).await?;
        }
    }

    /// Replaces a piece by finer ones.
    ///
    /// # Errors
    /// [`Fault`] of the database, and where there is nothing finer.
    pub async fn refine(
        &mut self,
        tx: &mut Tx,
        charges: &Charges<'_>,
        period: Period,
    ) -> Result<(), Fault> {
        let coarse = self.pieces.remove(&period.from).filter(|piece| piece.to == period.to);
        let done = match coarse.map(|piece| piece.fineness) {
            Some(Fineness::Day) => self.by_hours(tx, charges, period).await,
            Some(Fineness::Hour) => self.by_parts(tx, charges, period).await,
            Some(Fineness::Part) => self.by_instants(tx, charges, period).await,
            Some(Fineness::Instants) | None => {
                return Err(fault::of_burn(BurnError::Refine(period)));
            }
        };
        done.map_err(fault::of)
    }

    async fn by_hours(
        &mut self,
        tx: &mut Tx,
        charges: &Charges<'_>,
        day: Period,
    ) -> Result<(), DbError> {
        let hours = charges.hours(tx, day).await?;
        self.put(charges, Fineness::Hour, hours);
        Ok(())
    }

    /// Cuts an hour where the lots change; one in which they do not is needed charge by charge.
    async fn by_parts(
        &mut self,
        tx: &mut Tx,
        charges: &Charges<'_>,
        hour: Period,
    ) -> Result<(), DbError> {
        let within = self.cuts.range(hour.from.plus(1)..hour.to).copied();
        let edges: Vec<Instant> = [hour.from].into_iter().chain(within).chain([hour.to]).collect();
        if edges.len() == 2 {
            return self.by_instants(tx, charges, hour).await;
        }
        for pair in edges.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let span = (from.micros(), to.micros());
            let mut amounts = PerClass::default();
            for (code, amount) in rows::part(tx, charges.asked(), span).await? {
                amounts.add(PerClass::of(class(&code)?, Tokens::from_micro(amount)));
            }
            if amounts != PerClass::default() {
                let steps = vec![Step::Sum { period: Period::new(from, to), amounts }];
                self.pieces.insert(from, Piece { to, fineness: Fineness::Part, steps });
            }
        }
        Ok(())
    }

    async fn by_instants(
        &mut self,
        tx: &mut Tx,
        charges: &Charges<'_>,
        part: Period,
    ) -> Result<(), DbError> {
        let span = (part.from.micros(), part.to.micros());
        let sums = rows::instants(tx, charges.asked(), span).await?;
        let mut steps = Vec::with_capacity(sums.len());
        let mut rest = sums.as_slice();
        while let [(at, ..), ..] = rest {
            let count = rest.iter().take_while(|row| row.0 == *at).count();
            let (same, others) = rest.split_at(count);
            rest = others;
            if let [(at, code, amount)] = same {
                steps.push(step(*at, code, *amount)?);
                continue;
            }
            // Both classes at one instant: which comes first can decide what a lot pays.
            for row in rows::singles(tx, charges.asked(), (*at, at + 1)).await? {
                steps.push(step(row.at, &row.class, row.amount)?);
            }
        }
        let piece = Piece { to: part.to, fineness: Fineness::Instants, steps };
        self.pieces.insert(part.from, piece);
        Ok(())
    }

    /// The steps in the order of time.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        self.pieces.values().flat_map(|piece| piece.steps.iter().copied()).collect()
    }

    /// Does something with the steps, refined for as long as it asks for finer ones.
    ///
    /// # Errors
    /// [`Fault`] of the database or of books that do not add up.
    pub async fn settle<T>(
        &mut self,
        tx: &mut Tx,
        charges: &Charges<'_>,
        work: impl Fn(&[Step]) -> Result<T, BurnError>,
    ) -> Result<T, Fault> {
        loop {
            match work(&self.steps()) {
                Ok(done) => return Ok(done),
                Err(BurnError::Refine(period)) => self.refine(tx, charges, period).await?,
                Err(broken) => return Err(fault::of_burn(broken)),
            }
        }
    }

    /// The books at an instant.
    ///
    /// # Errors
    /// As [`Self::settle`].
    pub async fn state(
        &mut self,
        tx: &mut Tx,
        charges: &Charges<'_>,
        books: &TeamBooks,
        at: Instant,
    ) -> Result<TeamState, Fault> {
        self.settle(tx, charges, |steps| burn(books, steps, at)).await
    }
}

fn step(at: i64, code: &str, amount: i64) -> Result<Step, DbError> {
    Ok(Step::Charge {
        at: Instant::from_micros(at),
        class: class(code)?,
        amount: Tokens::from_micro(amount),
    })
}
