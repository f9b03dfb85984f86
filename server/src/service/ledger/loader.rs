//! A team's books besides its charges, as they were known at an instant.

use crate::service::book::Book;
use crate::service::fault;
use crate::store::books::LotRow;
use crate::store::db::{DbError, Tx};
use crate::store::ledger::{self, LedgerRows, ReturnRow};
use std::collections::BTreeMap;
use tokenscope::burn::{MoveOut, Notice, TeamBooks};
use tokenscope::fault::Fault;
use tokenscope::id::TeamId;
use tokenscope::lot::{Class, Lot, LotKind, PaysFor, UnitCost};
use tokenscope::time::Instant;
use tokenscope::tokens::Tokens;

/// A team's books besides its charges, with whom it dealt with.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// What burn-down needs.
    pub books: TeamBooks,
    /// From which team a lot came, by its id.
    pub taken: BTreeMap<String, TeamId>,
    /// To which team a transfer went, by the id of its lot.
    pub given: BTreeMap<String, TeamId>,
}

impl Facts {
    /// Whether a lot came from another team.
    pub fn is_moved_in(&self, lot: &str) -> bool {
        self.taken.contains_key(lot)
    }
    /// The id of a transfer by its place among all of the team, by the bytes of their ids.
    pub fn transfer(&self, place: usize) -> String {
        // A map of texts is in the order of their bytes.
        self.given.keys().nth(place).cloned().unwrap_or_default()
    }
}

/// The facts of a team besides its charges, without those that were recorded after `known`.
///
/// # Errors
/// [`Fault`] of the database.
pub async fn facts_of(
    tx: &mut Tx,
    book: &Book,
    team: TeamId,
    known: Option<Instant>,
) -> Result<Facts, Fault> {
    let rows = ledger::rows(tx, book.org, team, known.map(Instant::micros)).await;
    facts(book, team, known, rows.map_err(fault::of)?).map_err(fault::of)
}

fn facts(
    book: &Book,
    team: TeamId,
    known: Option<Instant>,
    rows: LedgerRows,
) -> Result<Facts, DbError> {
    let at = Instant::from_micros;
    let given = rows.given.iter().map(|row| (row.0.clone(), TeamId(row.4))).collect();
    let moved = |(id, lot, time, amount, _)| MoveOut {
        id,
        lot,
        at: at(time),
        amount: Tokens::from_micro(amount),
    };
    let mut lots: Vec<Lot> = rows.lots.into_iter().map(lot).collect::<Result<_, _>>()?;
    for row in rows.returns {
        lots.push(returned(row)?);
    }
    let books = TeamBooks {
        lots,
        voids: rows.voids.into_iter().map(|(lot, time)| (lot, at(time))).collect(),
        moves: rows.given.into_iter().map(moved).collect(),
        unblocks: rows.unblocks.into_iter().map(|(time,)| at(time)).collect(),
        notices: rows
            .notices
            .into_iter()
            .map(|(of, seen)| Notice { of: at(of), at: at(seen) })
            .collect(),
        policy: book.policy(team, known),
        trial_until: book.trial_known(team, known),
    };
    let taken = rows.taken.into_iter().map(|(lot, from)| (lot, TeamId(from))).collect();
    Ok(Facts { books, taken, given })
}

fn lot(row: LotRow) -> Result<Lot, DbError> {
    let damaged = |what: &str| DbError::Damaged(format!("lot {}: {what}", row.lot_key));
    let cost = row.unit_cost.zip(row.currency.clone());
    Ok(Lot {
        kind: LotKind::from_code(&row.kind).ok_or_else(|| damaged("its kind"))?,
        pays_for: PaysFor::from_code(&row.pays_for).ok_or_else(|| damaged("what it pays for"))?,
        priority: i16::try_from(row.priority).map_err(|_| damaged("its priority"))?,
        id: row.lot_key,
        granted: Tokens::from_micro(row.granted),
        effective: Instant::from_micros(row.effective_at),
        expires: row.expires_at.map(Instant::from_micros),
        unit_cost: cost.map(|(micro, currency)| UnitCost { micro, currency }),
        reference: row.reference,
        channel: row.channel,
    })
}

/// A charge of closed books that is no more: its tokens, for its class, used before all others and
/// without an end.
fn returned((id, code, amount, effective, reference): ReturnRow) -> Result<Lot, DbError> {
    let damaged = || DbError::Damaged(format!("lot {id}: its class {code}"));
    Ok(Lot {
        kind: LotKind::Returned,
        pays_for: match Class::from_code(&code).ok_or_else(damaged)? {
            Class::Api => PaysFor::Api,
            Class::Product => PaysFor::Product,
        },
        priority: LotKind::Returned.priority(),
        granted: Tokens::from_micro(amount),
        effective: Instant::from_micros(effective),
        expires: None,
        unit_cost: None,
        reference: Some(reference),
        channel: None,
        id,
    })
}
