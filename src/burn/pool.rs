//! The usable lots that still hold something, in burn order.

use super::LotState;
use crate::lot::{Class, PaysFor};
use crate::tokens::Tokens;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Lots by what they pay for; the smallest number burns first, since lots are numbered in burn
/// order. A lot that ended or was emptied leaves when it comes to the front.
#[derive(Default)]
pub struct Pool {
    api: BinaryHeap<Reverse<usize>>,
    product: BinaryHeap<Reverse<usize>>,
    all: BinaryHeap<Reverse<usize>>,
    wide: Tokens,
}

impl Pool {
    /// A lot became usable.
    pub fn put(&mut self, n: usize, lot: &LotState) {
        match lot.lot.pays_for {
            PaysFor::Api => self.api.push(Reverse(n)),
            PaysFor::Product => self.product.push(Reverse(n)),
            PaysFor::All => {
                self.all.push(Reverse(n));
                self.wide += lot.remaining;
            }
        }
    }
    /// Tokens left a usable lot.
    pub fn take(&mut self, pays_for: PaysFor, amount: Tokens) {
        if pays_for == PaysFor::All {
            self.wide -= amount;
        }
    }
    /// What the usable lots for everything hold together.
    pub const fn wide(&self) -> Tokens {
        self.wide
    }
    /// What the first of them holds.
    pub fn first_wide(&mut self, lots: &[LotState]) -> Tokens {
        first(&mut self.all, lots).map_or(Tokens::ZERO, |n| lots[n].remaining)
    }
    /// The lot that pays next for a class, among those that cover so many classes.
    pub fn first(&mut self, class: Class, width: u8, lots: &[LotState]) -> Option<usize> {
        match (width, class) {
            (1, Class::Api) => first(&mut self.api, lots),
            (1, Class::Product) => first(&mut self.product, lots),
            _ => first(&mut self.all, lots),
        }
    }
}

fn first(heap: &mut BinaryHeap<Reverse<usize>>, lots: &[LotState]) -> Option<usize> {
    loop {
        let Reverse(n) = *heap.peek()?;
        if lots[n].usable && !lots[n].remaining.is_zero() {
            return Some(n);
        }
        heap.pop();
    }
}
