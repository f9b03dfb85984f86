//! How a balance came to be over time: its line with every step, and what made the steps.
//!
//! Worked out from a burn-down in one walk over its steps: between two steps nothing but charges
//! happens, so a line through the ends of the steps is exact where it matters.

use crate::burn::{BurnDown, BurnError, Flow, Slice, Step};
use crate::lot::{Class, PerClass};
use crate::statement::{Kind, Position};
use crate::time::{HOUR, Instant};
use crate::tokens::Tokens;
use serde::{Deserialize, Serialize};

/// A balance at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// When.
    pub at: Instant,
    /// Usable tokens minus debt.
    pub balance: Tokens,
    /// What no lot covers.
    pub debt: Tokens,
}

/// Something besides usage that happened to a team's tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenEvent {
    /// When.
    pub at: Instant,
    /// What.
    pub kind: Kind,
    /// The lot; of a shortfall the place of its transfer, by the bytes of the transfers' ids.
    pub of: Of,
    /// How much, never negative.
    pub amount: Tokens,
}

/// What a token event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Of {
    /// A lot, by its place in burn order.
    Lot(usize),
    /// A transfer, by its place.
    Transfer(usize),
}

/// The line of a balance from an instant on. Where something happens at once there are two points
/// of one instant, before and after it.
///
/// `steps` are those of the burn-down, none of which may reach across `from`.
///
/// # Errors
/// [`BurnError::Broken`] when the line does not end at the balance.
pub fn line(down: &BurnDown, steps: &[Step], from: Instant) -> Result<Vec<Point>, BurnError> {
    let mut walk = Walk::new(down, from);
    for step in steps {
        let (begin, end, amounts, single) = match *step {
            Step::Charge { at, class, amount } => (at, at, PerClass::of(class, amount), true),
            Step::Sum { period, amounts } => (period.from, period.to, amounts, false),
        };
        if begin > down.state.at {
            break;
        }
        walk.happenings(begin);
        walk.start(begin);
        walk.charge(amounts);
        walk.point(end.min(down.state.at), single);
    }
    walk.happenings(down.state.at);
    walk.start(down.state.at);
    walk.point(down.state.at, false);
    if walk.position() == Position::of(&down.state) {
        Ok(walk.points)
    } else {
        Err(BurnError::Broken("the line of a balance"))
    }
}

/// What happened from an instant on, in the order of time.
#[must_use]
pub fn events(
    down: &BurnDown,
    from: Instant,
    is_moved_in: impl Fn(&str) -> bool,
) -> Vec<TokenEvent> {
    let posted = down.postings.iter().filter(|posting| posting.at >= from).map(|posting| {
        let kind = match posting.flow {
            Flow::Granted if is_moved_in(&down.state.lots[posting.lot].lot.id) => Kind::MovedIn,
            Flow::Granted => Kind::Granted,
            Flow::Settled => Kind::Settled,
            Flow::MovedOut => Kind::MovedOut,
            Flow::Expired => Kind::Expired,
            Flow::Voided => Kind::Voided,
        };
        TokenEvent { at: posting.at, kind, of: Of::Lot(posting.lot), amount: posting.amount }
    });
    let short = down.shortfalls.iter().filter(|short| short.at >= from).map(|short| TokenEvent {
        at: short.at,
        kind: Kind::Shortfall,
        of: Of::Transfer(short.transfer),
        amount: short.amount,
    });
    let mut events: Vec<TokenEvent> = posted.chain(short).collect();
    events.sort_by_key(|event| event.at);
    events
}

/// Where the stream of one class stands.
#[derive(Clone, Copy, Default)]
struct Cursor {
    offset: Tokens,
    slice: usize,
}

impl Cursor {
    /// Goes on along the stream; how much of the way was paid at once, and how much was debt.
    fn go(&mut self, slices: &[Slice], amount: Tokens) -> (Tokens, Tokens) {
        let (mut at_once, mut owed, mut left) = (Tokens::ZERO, Tokens::ZERO, amount);
        while !left.is_zero() {
            let Some(slice) = slices.get(self.slice) else {
                self.offset += left;
                owed += left;
                break;
            };
            let end = slice.from + slice.amount;
            let taken = left.min(end - self.offset);
            *(if slice.settled.is_some() { &mut owed } else { &mut at_once }) += taken;
            self.offset += taken;
            left -= taken;
            self.slice += usize::from(self.offset == end);
        }
        (at_once, owed)
    }
}

struct Walk<'a> {
    down: &'a BurnDown,
    from: Instant,
    /// The next posting and the next shortfall.
    next: (usize, usize),
    cursors: [Cursor; 2],
    available: Tokens,
    debt: Tokens,
    points: Vec<Point>,
    /// Whether the last point is that of a single charge.
    after_charge: bool,
}

impl<'a> Walk<'a> {
    fn new(down: &'a BurnDown, from: Instant) -> Self {
        Self {
            down,
            from,
            next: (0, 0),
            cursors: [Cursor::default(); 2],
            available: Tokens::ZERO,
            debt: Tokens::ZERO,
            points: Vec::new(),
            after_charge: false,
        }
    }

    fn position(&self) -> Position {
        let (available, debt) = (self.available, self.debt);
        Position { available, debt, balance: available - debt }
    }

    /// The first point stands at the beginning of the line.
    fn start(&mut self, at: Instant) {
        if self.points.is_empty() && at >= self.from {
            let Position { balance, debt, .. } = self.position();
            self.points.push(Point { at: self.from, balance, debt });
        }
    }

    fn point(&mut self, at: Instant, single: bool) {
        if at < self.from {
            return;
        }
        let Position { balance, debt, .. } = self.position();
        // Of the single charges of an hour the last one is enough.
        let replaces = single && self.after_charge;
        let near = |last: &Point| last.at.micros() / HOUR == at.micros() / HOUR;
        match self.points.last_mut().filter(|last| replaces && near(last)) {
            Some(last) => *last = Point { at, balance, debt },
            None => self.points.push(Point { at, balance, debt }),
        }
        self.after_charge = single;
    }

    fn charge(&mut self, amounts: PerClass) {
        for (cursor, class) in self.cursors.iter_mut().zip(Class::ALL) {
            let (at_once, owed) = cursor.go(self.down.slices(class), amounts.get(class));
            self.available -= at_once;
            self.debt += owed;
        }
    }

    /// Everything besides charges up to and with an instant.
    fn happenings(&mut self, to: Instant) {
        let down = self.down;
        loop {
            let posting = down.postings.get(self.next.0).map(|posting| posting.at);
            let shortfall = down.shortfalls.get(self.next.1).map(|shortfall| shortfall.at);
            let Some(at) = posting.into_iter().chain(shortfall).min().filter(|at| *at <= to) else {
                return;
            };
            self.start(at);
            self.point(at, false);
            while let Some(posting) = down.postings.get(self.next.0).filter(|p| p.at == at) {
                self.next.0 += 1;
                match posting.flow {
                    Flow::Granted => self.available += posting.amount,
                    Flow::MovedOut | Flow::Expired | Flow::Voided => {
                        self.available -= posting.amount;
                    }
                    Flow::Settled => {
                        self.available -= posting.amount;
                        self.debt -= posting.amount;
                    }
                }
            }
            while let Some(short) = down.shortfalls.get(self.next.1).filter(|s| s.at == at) {
                self.next.1 += 1;
                self.charge(PerClass::of(Class::Api, short.amount));
            }
            self.point(at, false);
        }
    }
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
