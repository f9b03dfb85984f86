//! Live holds added up, for teams with very many of them.
//!
//! Two holds that no lot's end lies between are served by the same lots, so what they want can be
//! added up: as exact as [`super::available`], at a cost of the lots and not of the holds.

use super::NotAvailable;
use crate::burn::LotState;
use crate::lot::{Class, PaysFor, PerClass};
use crate::time::Instant;
use crate::tokens::Tokens;
use std::collections::BTreeMap;

/// What usable lots hold that end at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Supply {
    /// In lots for one class.
    narrow: PerClass,
    /// In lots for everything.
    wide: Tokens,
}

/// The usable lots of a team and what live holds want of them.
///
/// Invariant: `demands[n]` is wanted by holds that end after the n-1st and not after the n-th end
/// of a lot; the last one by those that outlast every lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stock {
    /// When lots end, each instant once, in their order.
    ends: Vec<Instant>,
    /// What ends then.
    supplies: Vec<Supply>,
    demands: Vec<PerClass>,
}

impl Stock {
    /// Usable lots of which nothing is held.
    #[must_use]
    pub fn new(lots: &[LotState]) -> Self {
        let mut by_end: BTreeMap<Instant, Supply> = BTreeMap::new();
        for lot in lots.iter().filter(|lot| lot.usable) {
            let supply = by_end.entry(lot.end()).or_default();
            match lot.lot.pays_for {
                PaysFor::Api => supply.narrow.api += lot.remaining,
                PaysFor::Product => supply.narrow.product += lot.remaining,
                PaysFor::All => supply.wide += lot.remaining,
            }
        }
        let demands = vec![PerClass::default(); by_end.len() + 1];
        let (ends, supplies) = by_end.into_iter().unzip();
        Self { ends, supplies, demands }
    }
    /// A hold that ends at `until` wants so much.
    pub fn want(&mut self, class: Class, until: Instant, amount: Tokens) {
        let place = self.place(until);
        *self.demands[place].get_mut(class) += amount;
    }
    /// A hold that ended at `until` wants it no more.
    pub fn free(&mut self, class: Class, until: Instant, amount: Tokens) {
        self.want(class, until, -amount);
    }
    fn place(&self, until: Instant) -> usize {
        self.ends.partition_point(|end| *end < until)
    }
    /// What live holds were promised and can no longer get; as [`super::lacking`].
    #[must_use]
    pub fn lacking(&self) -> Tokens {
        self.unmet(0, Class::Api, Tokens::ZERO)
    }
    /// What a hold of a class that ends at `until` could have; as [`super::available`].
    #[must_use]
    pub fn available(&self, class: Class, until: Instant) -> Tokens {
        let place = self.place(until);
        let given = self.supplies[place..].iter();
        let most: Tokens = given.map(|s| s.narrow.get(class) + s.wide).sum();
        let before = self.lacking();
        // Half the range at a time: a hold that gets all it wants and frees none of the others
        // leaves what is missing as it was.
        let (mut fits, mut over) = (0, most.micro() + 1);
        while fits + 1 < over {
            let middle = fits + (over - fits) / 2;
            let missing = self.unmet(place, class, Tokens::from_micro(middle));
            if missing == before { fits = middle } else { over = middle }
        }
        Tokens::from_micro(fits)
    }
    /// Holds so much, only within what is available.
    ///
    /// # Errors
    /// [`NotAvailable`] with what there is.
    pub fn grant(
        &mut self,
        class: Class,
        until: Instant,
        amount: Tokens,
    ) -> Result<(), NotAvailable> {
        let available = self.available(class, until);
        if amount > available {
            return Err(NotAvailable { available });
        }
        self.want(class, until, amount);
        Ok(())
    }

    /// What the lots cannot give when `more` is wanted besides, latest end first.
    fn unmet(&self, place: usize, class: Class, more: Tokens) -> Tokens {
        let (mut narrow, mut wide, mut missing) = (PerClass::default(), Tokens::ZERO, Tokens::ZERO);
        for n in (0..self.demands.len()).rev() {
            if let Some(supply) = self.supplies.get(n) {
                narrow.add(supply.narrow);
                wide += supply.wide;
            }
            let mut due = self.demands[n];
            if n == place {
                *due.get_mut(class) += more;
            }
            for class in Class::ALL {
                let own = narrow.get_mut(class);
                let mut due = due.get(class);
                for stock in [own, &mut wide] {
                    let taken = due.min(*stock);
                    *stock -= taken;
                    due -= taken;
                }
                missing += due;
            }
        }
        missing
    }
}

/// The live holds of a team, by when they end, with the lots that they are promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promises {
    live: BTreeMap<(Instant, Class), Tokens>,
    /// All of them together.
    reserved: Tokens,
    stock: Stock,
}

impl Promises {
    /// Of holds that live, each with its end, class and amount.
    #[must_use]
    pub fn new(
        lots: &[LotState],
        live: impl IntoIterator<Item = (Instant, Class, Tokens)>,
    ) -> Self {
        let (stock, reserved) = (Stock::new(lots), Tokens::ZERO);
        let mut promises = Self { live: BTreeMap::new(), reserved, stock };
        for (until, class, amount) in live {
            promises.add(class, until, amount);
        }
        promises
    }
    /// The same holds over other lots.
    pub fn renew(&mut self, lots: &[LotState]) {
        self.stock = Stock::new(lots);
        for ((until, class), amount) in &self.live {
            self.stock.want(*class, *until, *amount);
        }
    }
    /// A hold was granted.
    pub fn add(&mut self, class: Class, until: Instant, amount: Tokens) {
        *self.live.entry((until, class)).or_default() += amount;
        self.reserved += amount;
        self.stock.want(class, until, amount);
    }
    /// Holds that end at an instant at the latest reserve nothing any more.
    pub fn pass(&mut self, now: Instant) {
        while let Some(first) = self.live.first_entry()
            && first.key().0 <= now
        {
            let ((until, class), amount) = first.remove_entry();
            self.reserved -= amount;
            self.stock.free(class, until, amount);
        }
    }
    /// A live hold was settled or released.
    pub fn remove(&mut self, class: Class, until: Instant, amount: Tokens) {
        if let Some(sum) = self.live.get_mut(&(until, class)) {
            *sum -= amount;
            self.reserved -= amount;
            self.stock.free(class, until, amount);
        }
    }
    /// What is left for others.
    #[must_use]
    pub const fn stock(&self) -> &Stock {
        &self.stock
    }
    /// All that is reserved.
    #[must_use]
    pub const fn reserved(&self) -> Tokens {
        self.reserved
    }
}
