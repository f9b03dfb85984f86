//! Burn-down: what a team's lots still hold and what it owes (accounting.md, "Burn-down").
//!
//! Between two instants at which the usable lots change, only the sum of the charges per class
//! matters. [`burn`] therefore takes [`Step`]s: single charges, or sums over a period. Where a sum
//! is too coarse for an exact answer it returns [`BurnError::Refine`] with the period; the caller
//! gives finer steps for it and asks again. A sum is too coarse when
//! - the usable lots change inside it, or the instant asked about lies inside it;
//! - the first debt of a run begins inside it, since the run starts at one charge;
//! - both classes compete in it for lots that do not suffice, or a lot pays only a part of it.
//!
//! Invariants, checked in release: per lot `granted = remaining + burned + settled + expired +
//! voided + moved out`; per team `charged + transfer shortfall = burned + settled + debt`.

use crate::access::{Access, DebtClock, PolicyLines};
use crate::lot::{Class, Lot, PerClass};
use crate::time::{Instant, Period};
use crate::tokens::Tokens;
use std::collections::{BTreeMap, VecDeque};

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

/// What became of one lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotState {
    /// The lot.
    pub lot: Lot,
    /// What is left in it; nothing once expired or void.
    pub remaining: Tokens,
    /// Paid for charges and shortfalls when they came.
    pub burned: Tokens,
    /// Paid for older debt when the lot became usable.
    pub settled: Tokens,
    /// Lost at its expiry.
    pub expired: Tokens,
    /// Taken away by a void.
    pub voided: Tokens,
    /// Moved to other teams.
    pub moved_out: Tokens,
    /// Whether it pays now.
    pub usable: bool,
}

impl LotState {
    fn new(lot: Lot) -> Self {
        Self {
            remaining: lot.granted,
            lot,
            burned: Tokens::ZERO,
            settled: Tokens::ZERO,
            expired: Tokens::ZERO,
            voided: Tokens::ZERO,
            moved_out: Tokens::ZERO,
            usable: false,
        }
    }
    fn cancelled(lot: Lot) -> Self {
        let voided = lot.granted;
        Self { remaining: Tokens::ZERO, voided, ..Self::new(lot) }
    }
    fn is_conserved(&self) -> bool {
        let out = self.burned + self.settled + self.expired + self.voided + self.moved_out;
        self.lot.granted == self.remaining + out && !self.remaining.is_negative()
    }
}

/// A team's books at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamState {
    /// The instant.
    pub at: Instant,
    /// All lots in burn order; of a cancelled one, which never paid, all is voided.
    pub lots: Vec<LotState>,
    /// What no lot covers, per class.
    pub debt: PerClass,
    /// Sum of the charges.
    pub charged: Tokens,
    /// What transfers took that their lots no longer held.
    pub shortfall: Tokens,
    /// The clock of the debt.
    pub clock: DebtClock,
    /// What calls may do.
    pub access: Access,
}

impl TeamState {
    /// Usable remainders.
    #[must_use]
    pub fn available(&self) -> Tokens {
        self.lots.iter().filter(|l| l.usable).map(|l| l.remaining).sum()
    }
    /// Usable remainders minus debt.
    #[must_use]
    pub fn balance(&self) -> Tokens {
        self.available() - self.debt.total()
    }
    /// Granted amounts of the lots that are active: valid and not void. What moved to another
    /// team no longer counts as granted here.
    #[must_use]
    pub fn granted_active(&self) -> Tokens {
        self.lots.iter().filter(|l| l.usable).map(|l| l.lot.granted - l.moved_out).sum()
    }
    /// What expired so far.
    #[must_use]
    pub fn expired(&self) -> Tokens {
        self.lots.iter().map(|l| l.expired).sum()
    }
}

/// What changes the usable lots; the order of the variants is the order at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Expire(usize),
    Void(usize),
    Transfer(usize),
    Start(usize),
    Unblock,
}

struct Debt {
    period: Period,
    single: bool,
    class: Class,
    amount: Tokens,
}

struct Burner<'a> {
    books: &'a TeamBooks,
    lots: Vec<LotState>,
    moves: Vec<&'a MoveOut>,
    changes: VecDeque<(Instant, Change)>,
    debts: VecDeque<Debt>,
    debt: PerClass,
    charged: Tokens,
    shortfall: Tokens,
    clock: DebtClock,
}

/// Works out a team's books at an instant: what happens at it is seen.
///
/// `steps` must be in the order of time and not overlap.
///
/// # Errors
/// [`BurnError::Refine`] where finer steps are needed, [`BurnError::Broken`] when the result
/// would not add up.
pub fn burn(books: &TeamBooks, steps: &[Step], at: Instant) -> Result<TeamState, BurnError> {
    let mut burner = Burner::new(books);
    for step in steps {
        let from = step.from();
        if from > at {
            break;
        }
        burner.advance(from)?;
        match *step {
            Step::Charge { at, class, amount } => {
                let instant = Period::new(at, at.plus(1));
                burner.charge(instant, PerClass::of(class, amount), true)?;
            }
            Step::Sum { amounts, .. } if amounts == PerClass::default() => {}
            Step::Sum { period, amounts } => {
                let change = burner.changes.front().is_some_and(|c| c.0 < period.to);
                if change || period.to > at.plus(1) {
                    return Err(BurnError::Refine(period));
                }
                burner.charge(period, amounts, false)?;
            }
        }
    }
    burner.advance(at)?;
    burner.finish(at)
}

impl<'a> Burner<'a> {
    fn new(books: &'a TeamBooks) -> Self {
        let voided_at = |lot: &Lot| books.voids.get(&lot.id).copied();
        let stands = |lot: &Lot| voided_at(lot).is_none_or(|at| at > lot.effective);
        let mut lots = books.lots.clone();
        lots.sort_by(Lot::burns_before);
        let mut moves: Vec<&MoveOut> = books.moves.iter().collect();
        moves.sort_by(|a, b| a.id.as_bytes().cmp(b.id.as_bytes()));
        let mut changes = Vec::new();
        for (n, lot) in lots.iter().enumerate().filter(|(_, lot)| stands(lot)) {
            changes.push((lot.effective, Change::Start(n)));
            changes.extend(lot.expires.map(|end| (end, Change::Expire(n))));
            changes.extend(voided_at(lot).map(|at| (at, Change::Void(n))));
        }
        changes.extend(moves.iter().enumerate().map(|(n, m)| (m.at, Change::Transfer(n))));
        changes.extend(books.unblocks.iter().map(|at| (*at, Change::Unblock)));
        changes.sort_unstable();
        Self {
            books,
            lots: lots
                .into_iter()
                .map(|lot| if stands(&lot) { LotState::new(lot) } else { LotState::cancelled(lot) })
                .collect(),
            moves,
            changes: changes.into(),
            debts: VecDeque::new(),
            debt: PerClass::default(),
            charged: Tokens::ZERO,
            shortfall: Tokens::ZERO,
            clock: DebtClock::default(),
        }
    }

    fn advance(&mut self, to: Instant) -> Result<(), BurnError> {
        while let Some(&(at, change)) = self.changes.front().filter(|(at, _)| *at <= to) {
            self.changes.pop_front();
            match change {
                Change::Expire(n) => {
                    let lot = &mut self.lots[n];
                    lot.usable = false;
                    lot.expired += std::mem::take(&mut lot.remaining);
                }
                Change::Void(n) => {
                    let lot = &mut self.lots[n];
                    lot.usable = false;
                    lot.voided += std::mem::take(&mut lot.remaining);
                }
                Change::Transfer(n) => self.transfer(n, at)?,
                Change::Start(n) => {
                    // A lot that ended before it began (by a void or a short validity) stays out.
                    if self.lots[n].lot.expires.is_none_or(|end| at < end) {
                        self.lots[n].usable = true;
                        self.settle(n, at)?;
                    }
                }
                Change::Unblock => self.clock.unblocked(),
            }
        }
        Ok(())
    }

    fn transfer(&mut self, n: usize, at: Instant) -> Result<(), BurnError> {
        let moved = self.moves[n];
        let mut missing = moved.amount;
        if let Some(lot) = self.lots.iter_mut().find(|l| l.lot.id == moved.lot) {
            let taken = missing.min(lot.remaining);
            lot.remaining -= taken;
            lot.moved_out += taken;
            missing -= taken;
        }
        if missing.is_zero() {
            return Ok(());
        }
        self.shortfall += missing;
        self.pay(Period::new(at, at.plus(1)), PerClass::of(Class::Api, missing), true)
    }

    fn charge(&mut self, period: Period, amounts: PerClass, single: bool) -> Result<(), BurnError> {
        self.charged += amounts.total();
        self.pay(period, amounts, single)
    }

    /// Pays from the usable lots; what they cannot cover becomes debt.
    fn pay(&mut self, period: Period, amounts: PerClass, single: bool) -> Result<(), BurnError> {
        let mut due = amounts;
        // Lots that cover one class come first in burn order: there the order of charges is
        // of no matter.
        for class in Class::ALL {
            self.pay_from(class, 1, due.get_mut(class));
        }
        let wide = |l: &&LotState| l.usable && l.lot.pays_for.width() > 1;
        let left: Tokens = self.lots.iter().filter(wide).map(|l| l.remaining).sum();
        if due.total() > left {
            let both = !due.api.is_zero() && !due.product.is_zero();
            let competing = both && !left.is_zero();
            if !single && (competing || self.clock.debt_since().is_none()) {
                return Err(BurnError::Refine(period));
            }
        }
        for class in Class::ALL {
            self.pay_from(class, 2, due.get_mut(class));
            let amount = due.get(class);
            if amount.is_zero() {
                continue;
            }
            *self.debt.get_mut(class) += amount;
            self.debts.push_back(Debt { period, single, class, amount });
            self.clock.debt_begins(period.from, self.books.policy.at(period.from));
        }
        Ok(())
    }

    fn pay_from(&mut self, class: Class, width: u8, due: &mut Tokens) {
        for lot in self.lots.iter_mut() {
            if due.is_zero() {
                return;
            }
            if !lot.usable || lot.lot.pays_for.width() != width || !lot.lot.pays_for.covers(class) {
                continue;
            }
            let paid = (*due).min(lot.remaining);
            lot.remaining -= paid;
            lot.burned += paid;
            *due -= paid;
        }
    }

    /// A lot that became usable pays the oldest debt it covers first.
    fn settle(&mut self, n: usize, at: Instant) -> Result<(), BurnError> {
        let lot = &mut self.lots[n];
        let covers = lot.lot.pays_for;
        for place in 0..self.debts.len() {
            if lot.remaining.is_zero() {
                break;
            }
            let entry = &self.debts[place];
            if !covers.covers(entry.class) {
                continue;
            }
            // Two classes of one sum: which charge is older is not known from here.
            let twin = self.debts.get(place + 1);
            let twin = twin.filter(|t| !entry.single && t.period == entry.period);
            if let Some(twin) = twin
                && covers.covers(twin.class)
                && lot.remaining < entry.amount + twin.amount
            {
                return Err(BurnError::Refine(entry.period));
            }
            let entry = &mut self.debts[place];
            let paid = lot.remaining.min(entry.amount);
            lot.remaining -= paid;
            lot.settled += paid;
            entry.amount -= paid;
            *self.debt.get_mut(entry.class) -= paid;
        }
        self.debts.retain(|debt| !debt.amount.is_zero());
        if self.debts.is_empty() && self.clock.debt_since().is_some() {
            self.clock.debt_ends(at, self.books.policy.at(at));
        }
        Ok(())
    }

    fn finish(self, at: Instant) -> Result<TeamState, BurnError> {
        if !self.lots.iter().all(LotState::is_conserved) {
            return Err(BurnError::Broken("a lot"));
        }
        let paid: Tokens = self.lots.iter().map(|l| l.burned + l.settled).sum();
        let owed: Tokens = self.debts.iter().map(|d| d.amount).sum();
        if self.charged + self.shortfall != paid + owed || owed != self.debt.total() {
            return Err(BurnError::Broken("a team"));
        }
        Ok(TeamState {
            at,
            access: self.clock.access(at, self.books.trial_until),
            lots: self.lots,
            debt: self.debt,
            charged: self.charged,
            shortfall: self.shortfall,
            clock: self.clock,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lot::{LotKind, PaysFor};
    use proptest::prelude::*;

    fn at(n: i64) -> Instant {
        Instant::from_micros(n)
    }

    type Charge = (i64, bool, i64);

    fn lot(n: usize, (start, length, amount, scope): (i64, i64, i64, u8)) -> Lot {
        Lot {
            id: format!("l{n}"),
            kind: LotKind::Flex,
            pays_for: [PaysFor::All, PaysFor::Api, PaysFor::Product][usize::from(scope)],
            priority: 3,
            granted: Tokens::from_micro(amount),
            effective: at(start),
            expires: (length > 0).then(|| at(start + length)),
            unit_cost: None,
            reference: None,
            channel: None,
        }
    }
    fn class(product: bool) -> Class {
        if product { Class::Product } else { Class::Api }
    }
    fn singles(charges: &[Charge], period: Period) -> impl Iterator<Item = Step> {
        charges.iter().filter(move |c| period.contains(at(c.0))).map(|&(t, product, micro)| {
            Step::Charge { at: at(t), class: class(product), amount: Tokens::from_micro(micro) }
        })
    }
    /// Sums over buckets of ten, split into single charges where they are asked for.
    fn from_sums(books: &TeamBooks, charges: &[Charge], now: Instant) -> TeamState {
        let mut fine = std::collections::BTreeSet::new();
        loop {
            let steps: Vec<Step> = (0..10)
                .flat_map(|n| {
                    let period = Period::new(at(n * 10), at(n * 10 + 10));
                    if fine.contains(&period) {
                        return singles(charges, period).collect::<Vec<_>>();
                    }
                    let mut amounts = PerClass::default();
                    for (_, product, micro) in charges.iter().filter(|c| period.contains(at(c.0))) {
                        amounts.add(PerClass::of(class(*product), Tokens::from_micro(*micro)));
                    }
                    vec![Step::Sum { period, amounts }]
                })
                .collect();
            match burn(books, &steps, now) {
                Ok(state) => return state,
                Err(BurnError::Refine(period)) => assert!(fine.insert(period), "asked twice"),
                Err(broken) => panic!("{broken}"),
            }
        }
    }

    proptest! {
        #[test]
        fn sums_give_the_same_as_charge_by_charge(
            lots in prop::collection::vec((0i64..90, 0i64..60, 1i64..60, 0u8..3), 0..6),
            mut charges in prop::collection::vec((0i64..100, any::<bool>(), 1i64..20), 0..40),
            now in 0i64..110,
        ) {
            charges.sort_unstable();
            let lots = lots.into_iter().enumerate().map(|(n, given)| lot(n, given)).collect();
            let books = TeamBooks { lots, ..TeamBooks::default() };
            let all = Period::new(at(0), at(1000));
            let slow: Vec<Step> = singles(&charges, all).collect();
            let slow = burn(&books, &slow, at(now)).unwrap();
            prop_assert_eq!(from_sums(&books, &charges, at(now)), slow);
        }

        #[test]
        fn another_lot_never_lowers_a_balance(
            lots in prop::collection::vec((0i64..90, 0i64..60, 1i64..60, 0u8..3), 1..6),
            mut charges in prop::collection::vec((0i64..100, any::<bool>(), 1i64..20), 0..40),
            now in 0i64..110,
        ) {
            charges.sort_unstable();
            let all = Period::new(at(0), at(1000));
            let steps: Vec<Step> = singles(&charges, all).collect();
            let lots: Vec<Lot> =
                lots.into_iter().enumerate().map(|(n, given)| lot(n, given)).collect();
            let balance = |lots: &[Lot]| {
                let books = TeamBooks { lots: lots.to_vec(), ..TeamBooks::default() };
                burn(&books, &steps, at(now)).unwrap().balance()
            };
            prop_assert!(balance(&lots) >= balance(&lots[1..]));
        }
    }
}
