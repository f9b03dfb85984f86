//! The steps of a burn-down, as coarse as the rules allow: days first, hours where the lots
//! change, parts of an hour between the changes, and single instants only where a debt begins or
//! both classes compete.
//!
//! Pieces can be kept: what was recorded since is added to them ([`Pieces::renew`]).

use super::sums::{Charges, Sums, class};
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

/// What is charged in a stretch of time.
#[derive(Debug, Clone)]
enum Content {
    /// The sums of all of it.
    Sum(PerClass),
    /// Charge by charge, in their order.
    Charges(Vec<Step>),
}

/// A stretch of time.
#[derive(Debug, Clone)]
struct Piece {
    /// The first instant after it: the end of its bucket, or earlier where nothing is charged
    /// later.
    to: Instant,
    /// The end of its bucket.
    whole: Instant,
    fineness: Fineness,
    content: Content,
}

/// All steps up to an instant.
#[derive(Debug, Clone, Default)]
pub struct Pieces {
    pieces: BTreeMap<Instant, Piece>,
    /// Where hours are cut: the changes of the lots, and where somebody wants an exact answer.
    cuts: BTreeSet<Instant>,
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
        let days = charges.days(tx, at).await.map_err(fault::of)?;
        Self::of_days(tx, charges, books, (at, marks), days).await
    }

    /// The same with the days that are booked ahead, so that they can be kept.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub async fn load_to_keep(
        tx: &mut Tx,
        charges: &Charges<'_>,
        books: &TeamBooks,
        at: Instant,
    ) -> Result<Self, Fault> {
        let days = charges.days(tx, Instant::MAX).await.map_err(fault::of)?;
        Self::of_days(tx, charges, books, (at, &[]), days).await
    }

    async fn of_days(
        tx: &mut Tx,
        charges: &Charges<'_>,
        books: &TeamBooks,
        (at, marks): (Instant, &[Instant]),
        days: Sums,
    ) -> Result<Self, Fault> {
        let mut pieces = Self { pieces: BTreeMap::new(), cuts: cuts_of(books, marks) };
        pieces.put(charges, Fineness::Day, days);
        pieces.end_at(tx, charges, at, marks).await?;
        Ok(pieces)
    }

    /// The same pieces with what was charged since, up to an instant: (time, class, amount) of
    /// the rows that were recorded meanwhile.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub async fn renew(
        &mut self,
        tx: &mut Tx,
        charges: &Charges<'_>,
        books: &TeamBooks,
        at: Instant,
        rows: Vec<(i64, String, i64)>,
    ) -> Result<(), Fault> {
        self.cuts = cuts_of(books, &[]);
        for piece in self.pieces.values_mut() {
            piece.to = piece.whole;
        }
        let mut lists = BTreeSet::new();
        for (time, code, amount) in rows {
            let class = class(&code).map_err(fault::of)?;
            let amounts = PerClass::of(class, Tokens::from_micro(amount));
            lists.extend(self.add(charges, Instant::from_micros(time), amounts));
        }
        for from in lists {
            if let Some(part) = self.pieces.get(&from).map(|piece| Period::new(from, piece.whole)) {
                self.by_instants(tx, charges, part).await.map_err(fault::of)?;
            }
        }
        self.end_at(tx, charges, at, &[]).await
    }

    /// Lets the pieces end with an instant, or be cut there where more is charged later.
    async fn end_at(
        &mut self,
        tx: &mut Tx,
        charges: &Charges<'_>,
        at: Instant,
        marks: &[Instant],
    ) -> Result<(), Fault> {
        // The microsecond that follows: what happens at the instant is seen.
        let end = at.plus(1);
        let latest = rows::latest(tx, charges.book.org, charges.team).await.map_err(fault::of)?;
        if latest.is_none_or(|latest| latest <= at.micros()) {
            for piece in self.pieces.range_mut(..end).map(|(_, piece)| piece) {
                piece.to = piece.to.min(end);
            }
        }
        self.cuts.insert(end);
        // Known to be needed: marks and the end are no changes of the lots that ask for it.
        for mark in marks.iter().copied().chain([end]) {
            self.cut_at(tx, charges, mark).await?;
        }
        Ok(())
    }

    /// Adds a charge, or takes one back. Where there is a list of charges already, it answers when
    /// that begins: it has to be read again, since their order is the database's matter.
    fn add(&mut self, charges: &Charges<'_>, at: Instant, amounts: PerClass) -> Option<Instant> {
        let found = self.pieces.range_mut(..=at).next_back().filter(|(_, piece)| piece.to > at);
        match found {
            Some((_, Piece { content: Content::Sum(sum), .. })) => {
                sum.add(amounts);
                return None;
            }
            Some((from, _)) => return Some(*from),
            None => {}
        }
        // Nothing was charged here yet. Where a part of the bucket is there already, it was needed
        // finer.
        let zone = &charges.book.zone;
        for (grain, fineness) in [(Grain::Day, Fineness::Day), (Grain::Hour, Fineness::Hour)] {
            let bucket = zone.bucket(grain, at);
            if self.pieces.range(bucket.from..bucket.to).next().is_none() {
                self.insert(bucket, fineness, Content::Sum(amounts));
                return None;
            }
        }
        let hour = zone.bucket(Grain::Hour, at);
        let before = self.pieces.range(..at).next_back().map(|(_, piece)| piece.whole);
        let cut = self.cuts.range(..=at).next_back().copied();
        let from = before.into_iter().chain(cut).fold(hour.from, Instant::max);
        let after = self.pieces.range(at..).next().map(|(from, _)| *from);
        let cut = self.cuts.range(at.plus(1)..).next().copied();
        let to = after.into_iter().chain(cut).fold(hour.to, Instant::min);
        self.insert(Period::new(from, to), Fineness::Part, Content::Sum(amounts));
        None
    }

    fn insert(&mut self, period: Period, fineness: Fineness, content: Content) {
        let (to, whole) = (period.to, period.to);
        self.pieces.insert(period.from, Piece { to, whole, fineness, content });
    }

    fn put(&mut self, charges: &Charges<'_>, fineness: Fineness, sums: Sums) {
        let grain = if fineness == Fineness::Day { Grain::Day } else { Grain::Hour };
        for (from, amounts) in sums.into_iter().filter(|(_, a)| *a != PerClass::default()) {
            let bucket = charges.book.zone.bucket(grain, from);
            self.insert(bucket, fineness, Content::Sum(amounts));
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
        let Some(Piece { whole, fineness, .. }) = coarse else {
            return Err(fault::of_burn(BurnError::Refine(period)));
        };
        let bucket = Period::new(period.from, whole);
        let done = match fineness {
            Fineness::Day => self.by_hours(tx, charges, bucket).await,
            Fineness::Hour => self.by_parts(tx, charges, bucket).await,
            Fineness::Part => self.by_instants(tx, charges, bucket).await,
            Fineness::Instants => return Err(fault::of_burn(BurnError::Refine(period))),
        };
        done.map_err(fault::of)?;
        // What was known to end early still does.
        for piece in self.pieces.range_mut(bucket.from..period.to).map(|(_, piece)| piece) {
            piece.to = piece.to.min(period.to);
        }
        Ok(())
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
                self.insert(Period::new(from, to), Fineness::Part, Content::Sum(amounts));
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
        self.insert(part, Fineness::Instants, Content::Charges(steps));
        Ok(())
    }

    /// The steps in the order of time.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::with_capacity(self.pieces.len());
        for (from, piece) in &self.pieces {
            match &piece.content {
                Content::Sum(amounts) => {
                    let period = Period::new(*from, piece.to.max(*from));
                    steps.push(Step::Sum { period, amounts: *amounts });
                }
                Content::Charges(charges) => steps.extend(charges),
            }
        }
        steps
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

fn cuts_of(books: &TeamBooks, marks: &[Instant]) -> BTreeSet<Instant> {
    changes(books).chain(marks.iter().copied()).collect()
}

fn step(at: i64, code: &str, amount: i64) -> Result<Step, DbError> {
    Ok(Step::Charge {
        at: Instant::from_micros(at),
        class: class(code)?,
        amount: Tokens::from_micro(amount),
    })
}
