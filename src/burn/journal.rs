//! What paid for what, and what came and went: kept only where somebody asks for it.

use super::{BurnError, TeamState};
use crate::lot::{Class, PerClass};
use crate::time::{Instant, Period};
use crate::tokens::Tokens;
use serde::{Deserialize, Serialize};

/// Follows a burn-down. `lot` is a place in burn order.
pub trait Watch {
    /// Whether slices are to be exact where both classes meet in one sum.
    const EXACT: bool;
    /// A lot paid a part of the stream of a class: for charges, or (settled) for older debt.
    fn paid(&mut self, at: Instant, class: Class, lot: usize, amount: Tokens, settled: bool);
    /// Tokens of a lot came or went without paying.
    fn post(&mut self, at: Instant, flow: Flow, lot: usize, amount: Tokens);
    /// A transfer took more than its lot held.
    fn shortfall(&mut self, at: Instant, transfer: usize, amount: Tokens);
}

/// Follows nothing.
pub struct Silent;

impl Watch for Silent {
    const EXACT: bool = false;
    fn paid(&mut self, _: Instant, _: Class, _: usize, _: Tokens, _: bool) {}
    fn post(&mut self, _: Instant, _: Flow, _: usize, _: Tokens) {}
    fn shortfall(&mut self, _: Instant, _: usize, _: Tokens) {}
}

/// How usable tokens of a lot come and go besides paying for charges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// The lot became usable.
    Granted,
    /// It paid older debt.
    Settled,
    /// A part moved to another team.
    MovedOut,
    /// What was left expired.
    Expired,
    /// What was left was voided.
    Voided,
}

/// One such change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// When.
    pub at: Instant,
    /// How.
    pub flow: Flow,
    /// Place of the lot in burn order.
    pub lot: usize,
    /// How much.
    pub amount: Tokens,
}

/// A stretch of the charges of one class that one lot paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// Where it begins: so much was charged before it.
    pub from: Tokens,
    /// How long it is.
    pub amount: Tokens,
    /// Place of the lot in burn order.
    pub lot: usize,
    /// When it was paid, where it was debt before.
    pub settled: Option<Instant>,
}

/// A transfer shortfall in the stream of class `api`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortfall {
    /// When.
    pub at: Instant,
    /// Place of the transfer, by the bytes of its id.
    pub transfer: usize,
    /// How much.
    pub amount: Tokens,
}

/// Follows everything.
#[derive(Default)]
pub struct Journal {
    api: Vec<Slice>,
    product: Vec<Slice>,
    paid: PerClass,
    postings: Vec<Posting>,
    shortfalls: Vec<Shortfall>,
}

impl Watch for Journal {
    const EXACT: bool = true;
    fn paid(&mut self, at: Instant, class: Class, lot: usize, amount: Tokens, settled: bool) {
        let settled = settled.then_some(at);
        if settled.is_some() {
            self.postings.push(Posting { at, flow: Flow::Settled, lot, amount });
        }
        let from = self.paid.get(class);
        *self.paid.get_mut(class) += amount;
        let slices = match class {
            Class::Api => &mut self.api,
            Class::Product => &mut self.product,
        };
        match slices.last_mut().filter(|last| (last.lot, last.settled) == (lot, settled)) {
            Some(last) => last.amount += amount,
            None => slices.push(Slice { from, amount, lot, settled }),
        }
    }
    fn post(&mut self, at: Instant, flow: Flow, lot: usize, amount: Tokens) {
        if !amount.is_zero() {
            self.postings.push(Posting { at, flow, lot, amount });
        }
    }
    fn shortfall(&mut self, at: Instant, transfer: usize, amount: Tokens) {
        self.shortfalls.push(Shortfall { at, transfer, amount });
    }
}

impl Journal {
    pub(super) fn close(self, state: TeamState) -> BurnDown {
        let Self { api, product, postings, shortfalls, .. } = self;
        BurnDown { state, api, product, postings, shortfalls }
    }
}

/// A team's books at an instant with what led to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BurnDown {
    /// The books.
    pub state: TeamState,
    api: Vec<Slice>,
    product: Vec<Slice>,
    /// What came and went, in the order of time.
    pub postings: Vec<Posting>,
    /// Transfer shortfalls, in the order of time.
    pub shortfalls: Vec<Shortfall>,
}

/// Charges to be explained: one, or the sum of those of one key over a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bill {
    /// When: of a single charge its instant and a microsecond.
    pub period: Period,
    /// Whether it is a single charge.
    pub single: bool,
    /// What it is for.
    pub class: Class,
    /// How much.
    pub amount: Tokens,
}

/// What a stretch of charges belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// A bill, by its place.
    Bill(usize),
    /// A transfer shortfall, by its place.
    Shortfall(usize),
}

/// A part of an item and the slice that paid it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Place among the slices of the class; none = debt.
    pub slice: Option<usize>,
    /// How much.
    pub amount: Tokens,
}

/// Where a walk along the stream of one class stands.
#[derive(Clone, Copy)]
struct Cursor {
    offset: Tokens,
    slice: usize,
}

impl BurnDown {
    /// What lots paid of a class, from its beginning on.
    #[must_use]
    pub fn slices(&self, class: Class) -> &[Slice] {
        match class {
            Class::Api => &self.api,
            Class::Product => &self.product,
        }
    }

    /// Tells for bills and the shortfalls between them which slices paid. Bills are in the order
    /// of time, those of one sum (period and class) side by side; `opening` are the books before
    /// the first, none = from the beginning.
    ///
    /// # Errors
    /// [`BurnError::Refine`] for a sum of several bills that several slices paid.
    pub fn walk(
        &self,
        opening: Option<&TeamState>,
        bills: &[Bill],
        mut visit: impl FnMut(Item, Class, &[Part]),
    ) -> Result<(), BurnError> {
        let mut cursors = [Class::Api, Class::Product].map(|class| self.cursor(opening, class));
        let since = opening.map_or(Instant::MIN, |state| state.at.plus(1));
        let mut shortfalls = self.shortfalls.iter().enumerate().filter(|(_, s)| s.at >= since);
        let mut shortfall = shortfalls.next();
        let mut next = 0;
        while next < bills.len() || shortfall.is_some() {
            // Of one instant transfers come before charges.
            if let Some((n, short)) = shortfall
                && bills.get(next).is_none_or(|bill| short.at <= bill.period.from)
            {
                let parts = self.parts(&mut cursors[0], Class::Api, short.amount);
                visit(Item::Shortfall(n), Class::Api, &parts);
                shortfall = shortfalls.next();
                continue;
            }
            let bill = bills[next];
            let cursor = &mut cursors[usize::from(bill.class == Class::Product)];
            let same = |other: &&Bill| {
                !bill.single && (other.period, other.class) == (bill.period, bill.class)
            };
            let group = bills[next..].iter().take_while(same).count().max(1);
            let sum: Tokens = bills[next..next + group].iter().map(|bill| bill.amount).sum();
            if group > 1 && self.parts(&mut cursor.clone(), bill.class, sum).len() > 1 {
                return Err(BurnError::Refine(bill.period));
            }
            for (n, bill) in bills.iter().enumerate().skip(next).take(group) {
                let parts = self.parts(cursor, bill.class, bill.amount);
                visit(Item::Bill(n), bill.class, &parts);
            }
            next += group;
        }
        Ok(())
    }

    fn cursor(&self, opening: Option<&TeamState>, class: Class) -> Cursor {
        let charged = opening.map_or(Tokens::ZERO, |state| state.charged.get(class));
        let moved = opening.filter(|_| class == Class::Api);
        let offset = charged + moved.map_or(Tokens::ZERO, |state| state.shortfall);
        let slices = self.slices(class);
        Cursor { offset, slice: slices.partition_point(|s| s.from + s.amount <= offset) }
    }

    /// Cuts the next stretch of a class along its slices.
    fn parts(&self, cursor: &mut Cursor, class: Class, amount: Tokens) -> Vec<Part> {
        let slices = self.slices(class);
        let mut parts = Vec::new();
        let mut left = amount;
        while !left.is_zero() {
            let Some(slice) = slices.get(cursor.slice) else {
                parts.push(Part { slice: None, amount: left });
                cursor.offset += left;
                break;
            };
            let end = slice.from + slice.amount;
            let taken = left.min(end - cursor.offset);
            parts.push(Part { slice: Some(cursor.slice), amount: taken });
            cursor.offset += taken;
            left -= taken;
            if cursor.offset == end {
                cursor.slice += 1;
            }
        }
        parts
    }
}
