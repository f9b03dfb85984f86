//! Daily products: all sessions of a touched key, as far back as they matter, and what they are
//! due.

use super::super::book::Book;
use super::reckon::{Alive, Stored, cost_of};
use super::{Due, digest_of};
use crate::store::db::{DbError, Tx};
use crate::store::stored_event::{self, StoredEvent};
use std::collections::BTreeMap;
use tokenscope::event::Status;
use tokenscope::id::{ApiId, OrgId, TeamId, VariantId};
use tokenscope::lot::Class;
use tokenscope::rate::{Session, chain};
use tokenscope::time::{DAY, Instant};
use tokenscope::tokens::Quantity;

/// Team, user, product, variant (0 for none): sessions that share windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The team that pays.
    pub team: i64,
    /// The user.
    pub user: i64,
    /// The product.
    pub api: i64,
    /// The variant, 0 for none.
    pub variant: i64,
}

/// Touched keys, each with the earliest instant from which its charges may be others.
pub type Keys = BTreeMap<Key, i64>;

/// How far before the touched instant sessions are read first. Somebody who uses a product now
/// and then has opened a window of his own accord by then; otherwise all are read.
const BACK: i64 = 31 * DAY;

/// A session with its event, in the order in which sessions of a key are rated.
type Listed = BTreeMap<Session, StoredEvent>;

/// The sessions of all keys and what each of them is due now.
pub async fn due(
    tx: &mut Tx,
    book: &Book,
    keys: &Keys,
    stored: &mut Stored,
) -> Result<Vec<(StoredEvent, Vec<Due>)>, DbError> {
    let mut found = Vec::new();
    let since = keys.values().min().map_or(i64::MIN, |from| from.saturating_sub(BACK));
    let mut open: Keys = keys.clone();
    for since in [since, i64::MIN] {
        let mut lists = sessions(tx, book, &open, since).await?;
        let digests = lists.values().flat_map(BTreeMap::values).map(|e| e.digest.clone());
        let digests: Vec<Vec<u8>> = digests.collect();
        stored.load(tx, book.org, digests).await?;
        let mut unsettled = Keys::new();
        for (key, from) in open {
            let list = lists.remove(&key).unwrap_or_default();
            match start(&list, stored, from, since)? {
                Some(start) => found.extend(rated(book, key, list, start)?),
                None => drop(unsettled.insert(key, from)),
            }
        }
        open = unsettled;
        if open.is_empty() {
            break;
        }
    }
    Ok(found)
}

/// From which session on the windows can be worked out by themselves: one that opened a window of
/// its own accord before the touched instant, while no earlier session ran. None: all sessions
/// are needed, and these are not all.
fn start(
    list: &Listed,
    stored: &Stored,
    from: i64,
    since: i64,
) -> Result<Option<Instant>, DbError> {
    if since == i64::MIN {
        return Ok(Some(Instant::MIN));
    }
    let (mut start, mut ran_until) = (None, i64::MIN);
    for (session, event) in list {
        if event.at >= from {
            break;
        }
        let alone = ran_until <= event.at && event.at >= since.saturating_add(DAY);
        let opened = |alive: &Alive| alive.row.n == 0 && alive.own_at() == event.at;
        if alone && stored.alive(&digest_of(&event.digest)?).any(opened) {
            start = Some(session.time);
        }
        ran_until = ran_until.max(session.end().micros());
    }
    Ok(start)
}

fn rated(
    book: &Book,
    key: Key,
    list: Listed,
    start: Instant,
) -> Result<Vec<(StoredEvent, Vec<Due>)>, DbError> {
    let list = list.into_iter().filter(|(session, _)| session.time >= start);
    let (sessions, events): (Vec<Session>, Vec<StoredEvent>) = list.unzip();
    let variant = (key.variant != 0).then_some(VariantId(key.variant));
    let trial = book.trial(TeamId(key.team));
    let mut due: Vec<(StoredEvent, Vec<Due>)> =
        events.into_iter().map(|event| (event, Vec::new())).collect();
    for window in chain(&book.card, ApiId(key.api), variant, trial, &sessions) {
        due[window.session].1.push(Due {
            team: key.team,
            n: i64::from(window.n),
            at: window.at.micros(),
            class: Class::Product,
            amount: window.amount.micro(),
        });
    }
    Ok(due)
}

/// The stored sessions of the keys, each key's in the order (time, source, id).
async fn sessions(
    tx: &mut Tx,
    book: &Book,
    keys: &Keys,
    since: i64,
) -> Result<BTreeMap<Key, Listed>, DbError> {
    let mut users: Vec<i64> = keys.keys().map(|key| key.user).collect();
    let mut apis: Vec<i64> = keys.keys().map(|key| key.api).collect();
    for numbers in [&mut users, &mut apis] {
        numbers.sort_unstable();
        numbers.dedup();
    }
    let mut found: BTreeMap<Key, Listed> = BTreeMap::new();
    for event in read(tx, book.org, users, apis, since).await? {
        let Some(key) = key_of(book, &event)? else { continue };
        if keys.contains_key(&key) {
            found.entry(key).or_default().insert(session(&event), event);
        }
    }
    Ok(found)
}

async fn read(
    tx: &mut Tx,
    org: OrgId,
    users: Vec<i64>,
    apis: Vec<i64>,
    since: i64,
) -> Result<Vec<StoredEvent>, DbError> {
    stored_event::sessions(tx, org, (users, apis), since).await
}

/// The key of an event that is a session under a book and has a team.
pub fn key_of(book: &Book, event: &StoredEvent) -> Result<Option<Key>, DbError> {
    let cost = cost_of(book, event)?;
    Ok(cost.team.filter(|_| cost.single.is_none()).map(|team| Key {
        team: team.0,
        user: event.user_id,
        api: event.api_id,
        variant: event.variant_id,
    }))
}

fn session(event: &StoredEvent) -> Session {
    Session {
        time: Instant::from_micros(event.at),
        source: event.source.clone(),
        id: event.external_id.clone(),
        quantity: event.quantity.map(Quantity::from_micro),
        status: if event.failed == 0 { Status::Success } else { Status::Failed },
    }
}
