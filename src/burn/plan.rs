//! What is going to happen to a team's lots, put in order before the first charge.

use super::{LotState, MoveOut, TeamBooks};
use crate::lot::{BurnKey, Lot};
use crate::time::Instant;
use std::collections::BTreeMap;

/// What changes the usable lots; the order of the variants is the order at one instant
/// (accounting.md, "Burn-down", rule 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    Expire(usize),
    Void(usize),
    Transfer(usize),
    Start(usize),
    Unblock,
    Notice(usize),
    /// Somebody asks for an exact cut here.
    Mark,
}

/// The lots in burn order and everything that changes them in the order of time.
pub struct Plan<'a> {
    pub lots: Vec<LotState>,
    /// Transfers by the bytes of their ids.
    pub moves: Vec<&'a MoveOut>,
    /// Where the lot of each transfer stands in `lots`.
    pub sources: Vec<Option<usize>>,
    pub changes: Vec<(Instant, Change)>,
}

impl<'a> Plan<'a> {
    pub fn new(books: &'a TeamBooks) -> Self {
        let mut moves: Vec<&MoveOut> = books.moves.iter().collect();
        moves.sort_unstable_by(|a, b| a.id.as_bytes().cmp(b.id.as_bytes()));
        let mut plan = Self {
            lots: Vec::with_capacity(books.lots.len()),
            sources: vec![None; moves.len()],
            moves,
            changes: Vec::with_capacity(books.lots.len() * 2),
        };
        plan.place_lots(books);
        let changes = &mut plan.changes;
        changes.extend(plan.moves.iter().enumerate().map(|(n, m)| (m.at, Change::Transfer(n))));
        changes.extend(books.unblocks.iter().map(|at| (*at, Change::Unblock)));
        let notices = books.notices.iter().enumerate();
        changes.extend(notices.map(|(n, notice)| (notice.of, Change::Notice(n))));
        changes.sort_unstable();
        plan
    }

    /// Few lots are voided or moved: their ids are looked up once a lot, in the order in which
    /// the lots lie in memory.
    fn place_lots(&mut self, books: &TeamBooks) {
        let mut touched: BTreeMap<&str, Touched> = BTreeMap::new();
        for (lot, at) in &books.voids {
            touched.entry(lot).or_default().voided = Some(*at);
        }
        for (n, asked) in self.moves.iter().enumerate() {
            touched.entry(&asked.lot).or_default().moves.push(n);
        }
        let touch = |lot: &Lot| touched.get(lot.id.as_str()).filter(|_| !touched.is_empty());
        let mut order: Vec<(BurnKey, &Lot, Option<&Touched>)> =
            books.lots.iter().map(|lot| (lot.burn_key(), lot, touch(lot))).collect();
        // By keys that lie side by side: lots themselves are spread over memory.
        order.sort_unstable_by_key(|(key, ..)| *key);
        for (n, (_, lot, touched)) in order.into_iter().enumerate() {
            for place in touched.into_iter().flat_map(|touched| &touched.moves) {
                self.sources[*place] = Some(n);
            }
            let voided = touched.and_then(|touched| touched.voided);
            // A void at the lot's effective time cancels it as if it had never been.
            if voided.is_some_and(|at| at <= lot.effective) {
                self.lots.push(LotState::cancelled(lot.clone()));
                continue;
            }
            self.changes.push((lot.effective, Change::Start(n)));
            self.changes.extend(lot.expires.map(|end| (end, Change::Expire(n))));
            self.changes.extend(voided.map(|at| (at, Change::Void(n))));
            self.lots.push(LotState::new(lot.clone()));
        }
    }
}

/// What happens to a lot by name.
#[derive(Default)]
struct Touched {
    voided: Option<Instant>,
    moves: Vec<usize>,
}
