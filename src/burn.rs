//! Burn-down: what a team's lots still hold and what it owes (accounting.md, "Burn-down").
//!
//! Between two instants at which the usable lots change, only the sum of the charges per class
//! matters. [`burn`] therefore takes [`Step`]s: single charges, or sums over a period. Where a sum
//! is too coarse for an exact answer it returns [`BurnError::Refine`] with the period; the caller
//! gives finer steps for it and asks again. A sum is too coarse when
//! - the usable lots change inside it, or the instant asked about lies inside it;
//! - the first debt of a run begins inside it, since the run starts at one charge;
//! - a lot for everything becomes usable later and pays only a part of what both classes owe
//!   from it.
//!
//! [`burn_down`] also says what paid for what: the charges of a class, in their order, are a
//! stream of micro-tokens, and lots pay for it from its beginning on. Debt is a queue, so what no
//! lot covers is always the stream's end, and what a lot paid are slices of it: at most one for
//! each time that the lots change. With sums it asks for finer steps once more, where the last
//! part of one lot and the first of the next compete for both classes.
//!
//! Invariants, checked in release: per lot `granted = remaining + burned + settled + expired +
//! voided + moved out`; per team `charged + transfer shortfall = burned + settled + debt`.
//!
//! Cost: O(n log n) in the lots and what happens to them, O(1) a step besides.

mod debt;
mod journal;
mod plan;
mod pool;
mod state;

pub use journal::{Bill, BurnDown, Flow, Item, Part, Posting, Shortfall, Slice};
pub use state::{LotState, TeamState};

use crate::access::{DebtClock, PolicyLines};
use crate::lot::{Class, Lot, PerClass};
use crate::time::{Instant, Period};
use crate::tokens::Tokens;
use debt::Debts;
use journal::{Journal, Silent, Watch};
use plan::{Change, Plan};
use pool::Pool;
use std::collections::BTreeMap;

/// A part of a lot that moved to another team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveOut {
    /// Id of the new lot; breaks ties of one instant.
    pub id: String,
    /// Id of the lot it came from.
    pub lot: String,
    /// When it was asked for.
    pub at: Instant,
    /// How much the other team got.
    pub amount: Tokens,
}

/// The program saw a run of debt for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    /// An instant of the run: its beginning, as it was known then.
    pub of: Instant,
    /// When the program saw it.
    pub at: Instant,
}

/// The facts of one team besides its charges.
#[derive(Debug, Clone, Default)]
pub struct TeamBooks {
    /// Its lots, those that came by transfer too.
    pub lots: Vec<Lot>,
    /// When a lot was voided, by id.
    pub voids: BTreeMap<String, Instant>,
    /// What it gave away.
    pub moves: Vec<MoveOut>,
    /// When somebody unblocked it.
    pub unblocks: Vec<Instant>,
    /// When its debt was seen.
    pub notices: Vec<Notice>,
    /// Its policies.
    pub policy: PolicyLines,
    /// End of its trial.
    pub trial_until: Option<Instant>,
}

/// Charges, in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// One charge, or several of one class and instant.
    Charge {
        /// The charge's own time.
        at: Instant,
        /// What it is for.
        class: Class,
        /// How much; not negative.
        amount: Tokens,
    },
    /// The sums of all charges in a period.
    Sum {
        /// The period.
        period: Period,
        /// The sums.
        amounts: PerClass,
    },
}

impl Step {
    const fn from(&self) -> Instant {
        match self {
            Self::Charge { at, .. } => *at,
            Self::Sum { period, .. } => period.from,
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BurnError {
    /// The sum over this period is too coarse: give finer steps.
    #[error("the charges of {} to {} are needed one by one", .0.from, .0.to)]
    Refine(Period),
    /// An invariant does not hold: the stored facts are damaged or the rules are wrong.
    #[error("conservation is violated: {0}")]
    Broken(&'static str),
}

/// Works out a team's books at an instant: what happens at it is seen.
///
/// `steps` must be in the order of time and not overlap.
///
/// # Errors
/// [`BurnError::Refine`] where finer steps are needed, [`BurnError::Broken`] when the result
/// would not add up.
pub fn burn(books: &TeamBooks, steps: &[Step], at: Instant) -> Result<TeamState, BurnError> {
    Ok(Burner::new(books, Silent).run(steps, at)?.0)
}

/// The same, with what paid for what. No sum reaches across `cut`, so that the answer can be
/// told apart into what was before and what came then.
///
/// # Errors
/// As [`burn`]; it may ask for more.
pub fn burn_down(
    books: &TeamBooks,
    steps: &[Step],
    cut: Option<Instant>,
    at: Instant,
) -> Result<BurnDown, BurnError> {
    let mut burner = Burner::new(books, Journal::default());
    if let Some(cut) = cut {
        burner.mark(cut);
    }
    let (state, journal) = burner.run(steps, at)?;
    Ok(journal.close(state))
}

struct Burner<'a, W> {
    books: &'a TeamBooks,
    lots: Vec<LotState>,
    moves: Vec<&'a MoveOut>,
    /// Where the lot of each transfer stands in `lots`.
    sources: Vec<Option<usize>>,
    changes: Vec<(Instant, Change)>,
    /// The first change that has not come yet.
    next: usize,
    pool: Pool,
    debts: Debts,
    charged: PerClass,
    shortfall: Tokens,
    clock: DebtClock,
    watch: W,
}

impl<'a, W: Watch> Burner<'a, W> {
    fn new(books: &'a TeamBooks, watch: W) -> Self {
        let Plan { lots, moves, sources, changes } = Plan::new(books);
        Self {
            books,
            lots,
            moves,
            sources,
            changes,
            next: 0,
            pool: Pool::default(),
            debts: Debts::default(),
            charged: PerClass::default(),
            shortfall: Tokens::ZERO,
            clock: DebtClock::default(),
            watch,
        }
    }

    fn mark(&mut self, at: Instant) {
        let place = self.changes.partition_point(|change| *change < (at, Change::Mark));
        self.changes.insert(place, (at, Change::Mark));
    }

    fn run(mut self, steps: &[Step], at: Instant) -> Result<(TeamState, W), BurnError> {
        for step in steps {
            let from = step.from();
            if from > at {
                break;
            }
            self.advance(from)?;
            match *step {
                Step::Charge { at, class, amount } => {
                    self.charged.add(PerClass::of(class, amount));
                    self.pay_one(at, class, amount);
                }
                Step::Sum { amounts, .. } if amounts == PerClass::default() => {}
                Step::Sum { period, amounts } => {
                    let change = self.changes.get(self.next).is_some_and(|c| c.0 < period.to);
                    if change || period.to > at.plus(1) {
                        return Err(BurnError::Refine(period));
                    }
                    self.charged.add(amounts);
                    self.pay_sum(period, amounts)?;
                }
            }
        }
        self.advance(at)?;
        self.finish(at)
    }

    /// Lives through what happens up to and with an instant.
    fn advance(&mut self, to: Instant) -> Result<(), BurnError> {
        while let Some(&(at, change)) = self.changes.get(self.next).filter(|c| c.0 <= to) {
            self.next += 1;
            match change {
                Change::Expire(n) => self.end(n, at, Flow::Expired),
                Change::Void(n) => self.end(n, at, Flow::Voided),
                Change::Transfer(n) => self.transfer(n, at),
                Change::Start(n) => self.start(n, at)?,
                Change::Unblock => self.clock.unblocked(),
                Change::Notice(n) => self.notice(self.books.notices[n]),
                Change::Mark => {}
            }
        }
        Ok(())
    }

    /// A lot becomes usable and pays the oldest debt that it covers first. One that ended before
    /// it began (by a void or a short validity) stays out.
    fn start(&mut self, n: usize, at: Instant) -> Result<(), BurnError> {
        let lot = &mut self.lots[n];
        if lot.has_ended {
            return Ok(());
        }
        lot.usable = true;
        self.watch.post(at, Flow::Granted, n, lot.lot.granted);
        self.watch.post(at, Flow::MovedOut, n, lot.moved_out);
        let pays_for = lot.lot.pays_for;
        while let Some(debt) = self.debts.oldest(pays_for, lot.remaining)? {
            let paid = lot.remaining.min(debt.amount);
            lot.remaining -= paid;
            lot.settled += paid;
            self.debts.pay(debt.class, paid);
            self.watch.paid(at, debt.class, n, paid, true);
        }
        self.pool.put(n, lot);
        if self.debts.is_empty() && self.clock.debt_since().is_some() {
            self.clock.debt_ends(at, self.books.policy.at(at));
        }
        Ok(())
    }

    /// A lot expires or is voided: what it still holds is lost.
    fn end(&mut self, n: usize, at: Instant, how: Flow) {
        let lot = &mut self.lots[n];
        let lost = std::mem::take(&mut lot.remaining);
        if lot.usable {
            lot.usable = false;
            self.pool.take(lot.lot.pays_for, lost);
            self.watch.post(at, how, n, lost);
        }
        lot.has_ended = true;
        match how {
            Flow::Voided => lot.voided += lost,
            _ => lot.expired += lost,
        }
    }

    /// Moves tokens to another team; what the lot no longer holds, other lots and then debt pay.
    fn transfer(&mut self, n: usize, at: Instant) {
        let mut missing = self.moves[n].amount;
        if let Some(source) = self.sources[n] {
            let lot = &mut self.lots[source];
            let taken = missing.min(lot.remaining);
            lot.remaining -= taken;
            lot.moved_out += taken;
            missing -= taken;
            if lot.usable {
                self.pool.take(lot.lot.pays_for, taken);
                self.watch.post(at, Flow::MovedOut, source, taken);
            }
        }
        if !missing.is_zero() {
            self.shortfall += missing;
            self.watch.shortfall(at, n, missing);
            self.pay_one(at, Class::Api, missing);
        }
    }

    fn notice(&mut self, notice: Notice) {
        if let Some(since) = self.clock.debt_since() {
            let policy = self.books.policy.at(since);
            self.clock.noticed(notice.of, notice.at, policy);
        }
    }

    /// Pays one charge; what no lot covers becomes debt.
    fn pay_one(&mut self, at: Instant, class: Class, amount: Tokens) {
        let narrow = self.draw(at, class, 1, amount);
        let left = self.draw(at, class, 2, narrow);
        if !left.is_zero() {
            self.owe(Period::new(at, at.plus(1)), PerClass::of(class, left));
        }
    }

    /// Pays the charges of a period, where their order is of no matter.
    fn pay_sum(&mut self, period: Period, amounts: PerClass) -> Result<(), BurnError> {
        let mut due = amounts;
        // Lots that cover one class come first in burn order: there the classes do not meet.
        for class in Class::ALL {
            *due.get_mut(class) = self.draw(period.from, class, 1, due.get(class));
        }
        // Where there is debt, lots for everything are empty: they would have settled it. So either
        // they suffice, or debt begins here and its first charge has to be known.
        let unpaid = due.total() > self.pool.wide();
        if unpaid && self.clock.debt_since().is_none() {
            return Err(BurnError::Refine(period));
        }
        let both = !due.api.is_zero() && !due.product.is_zero();
        if W::EXACT && both && !unpaid && due.total() > self.pool.first_wide(&self.lots) {
            return Err(BurnError::Refine(period));
        }
        for class in Class::ALL {
            *due.get_mut(class) = self.draw(period.from, class, 2, due.get(class));
        }
        if !due.total().is_zero() {
            self.owe(period, due);
        }
        Ok(())
    }

    /// Draws from the usable lots of a width in burn order and answers what they do not cover.
    fn draw(&mut self, at: Instant, class: Class, width: u8, amount: Tokens) -> Tokens {
        let mut due = amount;
        while !due.is_zero() {
            let Some(n) = self.pool.first(class, width, &self.lots) else {
                break;
            };
            let lot = &mut self.lots[n];
            let paid = due.min(lot.remaining);
            lot.remaining -= paid;
            lot.burned += paid;
            due -= paid;
            self.pool.take(lot.lot.pays_for, paid);
            self.watch.paid(at, class, n, paid, false);
        }
        due
    }

    fn owe(&mut self, period: Period, due: PerClass) {
        self.debts.push(period, due);
        if self.clock.debt_since().is_some() {
            return;
        }
        let since = period.from;
        let policy = self.books.policy.at(since);
        self.clock.debt_begins(since, policy);
        // A notice of this very instant came before the charge that began the run.
        for notice in self.books.notices.iter().filter(|notice| notice.of == since) {
            self.clock.noticed(since, notice.at, policy);
        }
    }

    fn finish(self, at: Instant) -> Result<(TeamState, W), BurnError> {
        if !self.lots.iter().all(LotState::is_conserved) {
            return Err(BurnError::Broken("a lot"));
        }
        let paid: Tokens = self.lots.iter().map(|l| l.burned + l.settled).sum();
        if self.charged.total() + self.shortfall != paid + self.debts.owed().total() {
            return Err(BurnError::Broken("a team"));
        }
        let state = TeamState {
            at,
            access: self.clock.access(at, self.books.trial_until),
            lots: self.lots,
            debt: self.debts.owed(),
            charged: self.charged,
            shortfall: self.shortfall,
            clock: self.clock,
        };
        Ok((state, self.watch))
    }
}

#[cfg(test)]
#[path = "burn/tests.rs"]
mod tests;
