//! Statements: what made a team's balance over a stretch of time (accounting.md, "Burn-down").
//!
//! Each line says what it did to the usable tokens and to the debt; opening plus lines is closing
//! in both, which is checked in release.

use crate::burn::{Bill, BurnDown, BurnError, Flow, Item, TeamState};
use crate::time::Instant;
use crate::tokens::Tokens;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A team's usable tokens and debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Usable remainders.
    pub available: Tokens,
    /// What no lot covers.
    pub debt: Tokens,
    /// The difference.
    pub balance: Tokens,
}

impl Position {
    fn new(available: Tokens, debt: Tokens) -> Self {
        Self { available, debt, balance: available - debt }
    }
    /// The position of books.
    #[must_use]
    pub fn of(state: &TeamState) -> Self {
        Self::new(state.available(), state.debt.total())
    }
}

/// What happened. Lines stand in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A lot became usable.
    Granted,
    /// A lot that another team gave became usable.
    MovedIn,
    /// Usage of an API by an app.
    Consumed,
    /// A lot paid older debt.
    Settled,
    /// What was left of a lot expired.
    Expired,
    /// What was left of a lot was voided.
    Voided,
    /// A part of a lot moved to another team.
    MovedOut,
    /// What a transfer took that its lot no longer held.
    Shortfall,
}

/// What a line is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    kind: Kind,
    lot: Option<String>,
    app: Option<String>,
    api: Option<String>,
}

impl Entry {
    const fn lot(kind: Kind, lot: String) -> Self {
        Self { kind, lot: Some(lot), app: None, api: None }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// What happened.
    pub line: Kind,
    /// The lot; of a shortfall the other team's new lot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// The app that used; none = sent for the team itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// What was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// What it did to the usable tokens.
    pub available: Tokens,
    /// What it did to the debt.
    pub debt: Tokens,
}

/// What made a balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Before the stretch.
    pub opening: Position,
    /// What happened in it.
    pub lines: Vec<Line>,
    /// At its end.
    pub closing: Position,
}

/// Names for the lines of a statement.
pub trait Names {
    /// App and API of a bill.
    fn usage(&self, bill: usize) -> (Option<String>, String);
    /// Id of a transfer.
    fn transfer(&self, place: usize) -> String;
    /// Whether a lot came from another team.
    fn is_moved_in(&self, lot: &str) -> bool;
}

/// The statement of the time after `opening` (none = from the beginning) up to the books of
/// `down`. `bills` are all charges of that time.
///
/// # Errors
/// [`BurnError::Refine`] where bills are too coarse, [`BurnError::Broken`] when it would not add
/// up.
pub fn statement(
    down: &BurnDown,
    opening: Option<&TeamState>,
    bills: &[Bill],
    names: &impl Names,
) -> Result<Statement, BurnError> {
    let mut sheet = Sheet::default();
    let since = opening.map_or(Instant::MIN, |state| state.at.plus(1));
    for posting in down.postings.iter().filter(|posting| posting.at >= since) {
        let lot = down.state.lots[posting.lot].lot.id.clone();
        let amount = posting.amount;
        let nothing = Tokens::ZERO;
        let (kind, available, debt) = match posting.flow {
            Flow::Granted if names.is_moved_in(&lot) => (Kind::MovedIn, amount, nothing),
            Flow::Granted => (Kind::Granted, amount, nothing),
            Flow::Settled => (Kind::Settled, -amount, -amount),
            Flow::MovedOut => (Kind::MovedOut, -amount, nothing),
            Flow::Expired => (Kind::Expired, -amount, nothing),
            Flow::Voided => (Kind::Voided, -amount, nothing),
        };
        sheet.add(Entry::lot(kind, lot), available, debt);
    }
    down.walk(opening, bills, |item, class, parts| {
        let entry = match item {
            Item::Bill(n) => {
                let (app, api) = names.usage(n);
                Entry { kind: Kind::Consumed, lot: None, app, api: Some(api) }
            }
            Item::Shortfall(n) => {
                Entry::lot(Kind::Shortfall, names.transfer(down.shortfalls[n].transfer))
            }
        };
        let slices = down.slices(class);
        let at_once = |slice: Option<usize>| slice.is_some_and(|n| slices[n].settled.is_none());
        for part in parts {
            let paid = at_once(part.slice);
            let (available, debt) =
                if paid { (-part.amount, Tokens::ZERO) } else { (Tokens::ZERO, part.amount) };
            sheet.add(entry.clone(), available, debt);
        }
    })?;
    let opening = opening.map(Position::of).unwrap_or_default();
    sheet.close(opening, Position::of(&down.state))
}

#[derive(Default)]
struct Sheet(BTreeMap<Entry, (Tokens, Tokens)>);

impl Sheet {
    fn add(&mut self, entry: Entry, available: Tokens, debt: Tokens) {
        let line = self.0.entry(entry).or_default();
        line.0 += available;
        line.1 += debt;
    }
    fn close(self, opening: Position, closing: Position) -> Result<Statement, BurnError> {
        let available: Tokens = self.0.values().map(|line| line.0).sum();
        let debt: Tokens = self.0.values().map(|line| line.1).sum();
        if Position::new(opening.available + available, opening.debt + debt) != closing {
            return Err(BurnError::Broken("a statement"));
        }
        let line = |(entry, (available, debt)): (Entry, (Tokens, Tokens))| {
            let Entry { kind, lot, app, api } = entry;
            Line { line: kind, lot, app, api, available, debt }
        };
        let lines = self.0.into_iter().filter(|(_, moved)| *moved != Default::default());
        Ok(Statement { opening, lines: lines.map(line).collect(), closing })
    }
}
