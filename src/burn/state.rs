//! A team's books at an instant.

use crate::access::{Access, DebtClock};
use crate::lot::{Lot, PerClass};
use crate::time::Instant;
use crate::tokens::Tokens;

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
    /// Whether it expired or was voided.
    pub has_ended: bool,
}

impl LotState {
    pub(crate) fn new(lot: Lot) -> Self {
        Self {
            remaining: lot.granted,
            lot,
            burned: Tokens::ZERO,
            settled: Tokens::ZERO,
            expired: Tokens::ZERO,
            voided: Tokens::ZERO,
            moved_out: Tokens::ZERO,
            usable: false,
            has_ended: false,
        }
    }
    pub(super) fn cancelled(lot: Lot) -> Self {
        let voided = lot.granted;
        Self { remaining: Tokens::ZERO, voided, has_ended: true, ..Self::new(lot) }
    }
    /// Its expiry; the end of time where it has none.
    #[must_use]
    pub fn end(&self) -> Instant {
        self.lot.expires.unwrap_or(Instant::MAX)
    }
    pub(super) fn is_conserved(&self) -> bool {
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
    /// Sums of the charges, per class.
    pub charged: PerClass,
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
