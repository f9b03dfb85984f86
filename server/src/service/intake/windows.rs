//! Rates the daily products that a batch touches again: all sessions of each touched key, and the
//! differences to what is charged now.

use super::super::book::Book;
use super::prepare::{Cost, Ready};
use crate::store::charge::{ChargeRow, NetRow};
use crate::store::db::{DbError, Tx};
use crate::store::{charge, event};
use std::collections::{BTreeMap, BTreeSet};
use tokenscope::event::Status;
use tokenscope::id::{ApiId, AppId, TeamId, VariantId};
use tokenscope::lot::Class;
use tokenscope::rate::{Rounding, Session, chain};
use tokenscope::time::Instant;
use tokenscope::tokens::{Quantity, Tokens};

/// Team, user, product, variant (0 for none).
type Key = (TeamId, i64, i64, i64);

/// What is charged now: by team and event, then by time and n.
type Charged = BTreeMap<(i64, [u8; 16]), BTreeMap<(i64, i64), NetRow>>;

/// A session with what its charges need besides.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Known {
    session: Session,
    digest: [u8; 16],
    app_id: i64,
}

/// A change of what a session is charged.
pub struct WindowChange {
    /// The row of the journal; its record time is still to be set.
    pub row: ChargeRow,
    /// App, API, variant and user of the event, for the rollups.
    pub app_id: i64,
    /// The product.
    pub api_id: i64,
    /// The variant, 0 for none.
    pub variant_id: i64,
    /// The user.
    pub user_id: i64,
}

/// Works out the changes of all keys that new sessions touch. Call it under the teams' locks and
/// after the new events are written.
pub async fn changes(
    tx: &mut Tx,
    book: &Book,
    new: &[&Ready],
) -> Result<Vec<WindowChange>, DbError> {
    let keys: BTreeSet<Key> = new
        .iter()
        .filter(|ready| matches!(ready.rating, Cost::Session))
        .filter_map(|ready| {
            let row = &ready.row;
            ready.team.map(|team| (team, row.user_id, row.api_id, row.variant_id))
        })
        .collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let sessions = sessions(tx, book, &keys).await?;
    let digests = sessions.values().flatten().map(|known| known.digest.to_vec()).collect();
    let mut now = Charged::new();
    for row in charge::net(tx, book.org, digests).await? {
        let of_event = now.entry((row.team_id, digest_of(&row.digest)?)).or_default();
        of_event.insert((row.at, row.n), row);
    }
    let mut changes = Vec::new();
    for ((team, user_id, api_id, variant_id), list) in &sessions {
        let variant = (*variant_id != 0).then_some(VariantId(*variant_id));
        let ordered: Vec<Session> = list.iter().map(|known| known.session.clone()).collect();
        let due = chain(&book.card, ApiId(*api_id), variant, book.trial(*team), &ordered);
        let change = |known: &Known, at: i64, n: i64, amount: i64| WindowChange {
            row: ChargeRow {
                team_id: team.0,
                at,
                digest: known.digest,
                n,
                recorded_at: 0,
                event_at: known.session.time.micros(),
                class: Class::Product,
                amount,
            },
            app_id: known.app_id,
            api_id: *api_id,
            variant_id: *variant_id,
            user_id: *user_id,
        };
        for window in due.iter().filter(|window| !window.amount.is_zero()) {
            let known = &list[window.session];
            let (at, n) = (window.at.micros(), i64::from(window.n));
            let of_event = now.get_mut(&(team.0, known.digest));
            let charged = of_event.and_then(|rows| rows.remove(&(at, n))).map_or(0, |r| r.amount);
            if charged != 0 && charged != window.amount.micro() {
                changes.push(change(known, at, n, -charged));
            }
            if charged != window.amount.micro() {
                changes.push(change(known, at, n, window.amount.micro()));
            }
        }
        // What is charged and no longer due is taken back.
        for known in list {
            for row in
                now.remove(&(team.0, known.digest)).into_iter().flat_map(BTreeMap::into_values)
            {
                changes.push(change(known, row.at, row.n, -row.amount));
            }
        }
    }
    Ok(changes)
}

/// The stored sessions of the keys, each key's in the order (time, source, id).
async fn sessions(
    tx: &mut Tx,
    book: &Book,
    keys: &BTreeSet<Key>,
) -> Result<BTreeMap<Key, Vec<Known>>, DbError> {
    let users: BTreeSet<i64> = keys.iter().map(|key| key.1).collect();
    let apis: BTreeSet<i64> = keys.iter().map(|key| key.2).collect();
    let (users, apis) = (users.into_iter().collect(), apis.into_iter().collect());
    let mut found: BTreeMap<Key, Vec<Known>> = BTreeMap::new();
    for row in event::sessions(tx, book.org, users, apis).await? {
        let at = Instant::from_micros(row.at);
        let team = book.apps.get(&AppId(row.app_id)).and_then(|app| app.team_at(at));
        let Some(team) = team else { continue };
        let key = (team, row.user_id, row.api_id, row.variant_id);
        let variant = (row.variant_id != 0).then_some(VariantId(row.variant_id));
        let line = book.card.line(ApiId(row.api_id), variant, at);
        let is_session = line.is_some_and(|line| line.rounding == Rounding::UserDay);
        if !keys.contains(&key) || !is_session {
            continue;
        }
        let session = Session {
            time: at,
            source: row.source,
            id: row.external_id,
            quantity: row.quantity.map(Quantity::from_micro),
            status: if row.failed != 0 { Status::Failed } else { Status::Success },
        };
        let digest = digest_of(&row.digest)?;
        found.entry(key).or_default().push(Known { session, digest, app_id: row.app_id });
    }
    for list in found.values_mut() {
        list.sort();
    }
    Ok(found)
}

/// A digest as it is stored.
pub fn digest_of(bytes: &[u8]) -> Result<[u8; 16], DbError> {
    bytes.try_into().map_err(|_| DbError::Damaged("a digest has not 16 bytes".into()))
}

/// What the changes add to the charges of each event.
pub fn charged(changes: &[WindowChange]) -> BTreeMap<[u8; 16], Tokens> {
    let mut sums = BTreeMap::new();
    for change in changes {
        let sum = sums.entry(change.row.digest).or_insert(Tokens::ZERO);
        *sum += Tokens::from_micro(change.row.amount);
    }
    sums
}
