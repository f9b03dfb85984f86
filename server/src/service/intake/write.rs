//! The transaction of a batch: keys, events, charges, sums and rollups together.

use super::super::checks::HoldEnding;
use super::super::journal::{Billed, Counts, Due, Journal, Key, Keys, digest_of, reckon, resolved};
use super::Written;
use super::prepare::{Cost, Prepared, Ready};
use crate::store::db::{DbError, Tx};
use crate::store::rollup::Dimensions;
use crate::store::{charge, event, job, org, outbox};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokenscope::event::EventResult;
use tokenscope::id::OrgId;
use tokenscope::time::Instant;
use tokenscope::tokens::Tokens;

/// Writes a batch. Nothing is written when it answers [`Written::Stale`].
pub async fn write(tx: &mut Tx, batch: &Prepared) -> Result<Written, DbError> {
    let org_id = batch.book.org;
    if org::revision(tx, org_id).await? != batch.book.revision {
        return Ok(Written::Stale);
    }
    let mut results = batch.results.clone();
    let (new, stored) = take_keys(tx, batch, &mut results).await?;
    for repeat in &batch.repeats {
        let same = stored.get(&repeat.digest) == Some(&repeat.fingerprint);
        let result = if same { EventResult::Duplicate } else { EventResult::Conflict };
        results[repeat.place] = Some(result);
    }
    if !new.is_empty() {
        let sessions = add(tx, batch, &new).await?;
        for ready in &new {
            results[ready.place] = Some(EventResult::Accepted { charge: cost(ready, &sessions) });
        }
    }
    let every = results.into_iter().collect::<Option<Vec<_>>>();
    let every = every.ok_or_else(|| DbError::Damaged("an item has no result".into()))?;
    HoldEnding::apply(batch.ending.as_ref(), tx, org_id, &every).await?;
    Ok(Written::Results(every))
}

/// Adds new events with all that follows from them, and says what sessions were charged.
async fn add(
    tx: &mut Tx,
    batch: &Prepared,
    new: &[&Ready],
) -> Result<BTreeMap<[u8; 16], Tokens>, DbError> {
    let (org_id, book) = (batch.book.org, &batch.book);
    let mut teams: BTreeSet<i64> = new.iter().filter_map(|r| r.team).map(|t| t.0).collect();
    HoldEnding::join(batch.ending.as_ref(), &mut teams);
    // Before sessions are read, so that two batches with sessions of one key see each other.
    charge::lock_teams(tx, org_id, teams.into_iter().collect()).await?;
    event::add(tx, org_id, &new.iter().map(|ready| &ready.row).collect::<Vec<_>>()).await?;
    if !book.jobs.is_empty() {
        let digests: Vec<[u8; 16]> = new.iter().map(|ready| ready.row.digest).collect();
        job::note_events(tx, org_id, &book.jobs, &digests).await?;
    }
    let mut journal = Journal::new(book, batch.now, Counts::Now);
    let sessions = reckon(tx, book, &mut journal, (Vec::new(), &keys(new), 0)).await?;
    for ready in new {
        let (row, is_session) = (&ready.row, matches!(ready.rating, Cost::Session));
        let quantity = resolved(row.quantity, is_session);
        journal.usage.event(book.booked(row.at), dimensions(ready), quantity, 1)?;
        if let (Some(team), &Cost::Price(class, amount)) = (ready.team, &ready.rating) {
            let amount = amount.micro();
            let due = Due { team: team.0, n: 0, at: row.at, class, amount };
            journal.post(&billed(ready), &due)?;
        }
    }
    journal.write(tx).await?;
    Ok(sessions)
}

/// The keys of daily products that the batch touches, each from its first session on.
fn keys(new: &[&Ready]) -> Keys {
    let mut keys = Keys::new();
    for ready in new.iter().filter(|ready| matches!(ready.rating, Cost::Session)) {
        let Some(team) = ready.team else { continue };
        let row = &ready.row;
        let (user, api, variant) = (row.user_id, row.api_id, row.variant_id);
        let from = keys.entry(Key { team: team.0, user, api, variant }).or_insert(row.at);
        *from = row.at.min(*from);
    }
    keys
}

/// Notes for each organization of a transaction that something of it arrived: one row, however
/// many batches share the commit.
pub async fn announce<'a>(
    tx: &mut Tx,
    written: impl IntoIterator<Item = (&'a Prepared, &'a Written)>,
) -> Result<(), DbError> {
    let mut arrived: BTreeMap<OrgId, Instant> = BTreeMap::new();
    for (batch, written) in written {
        let Written::Results(results) = written else { continue };
        if results.iter().any(|result| matches!(result, EventResult::Accepted { .. })) {
            let newest = arrived.entry(batch.book.org).or_insert(batch.now);
            *newest = batch.now.max(*newest);
        }
    }
    for (org, at) in arrived {
        outbox::add(tx, org, at).await?;
    }
    Ok(())
}

fn cost(ready: &Ready, windows: &BTreeMap<[u8; 16], Tokens>) -> Option<Tokens> {
    ready.team?;
    Some(match ready.rating {
        Cost::Price(_, amount) => amount,
        Cost::Session => windows.get(&ready.row.digest).copied().unwrap_or_default(),
    })
}

/// The fingerprint that is stored under each key.
type Stored = HashMap<[u8; 16], i64>;

/// Takes the keys of the batch and returns the events that are new, and what is stored under each
/// key; events that are not new get their result.
async fn take_keys<'a>(
    tx: &mut Tx,
    batch: &'a Prepared,
    results: &mut [Option<EventResult>],
) -> Result<(Vec<&'a Ready>, Stored), DbError> {
    let key = |ready: &Ready| (ready.row.digest, ready.row.fingerprint, ready.row.at);
    let mut keys: Vec<([u8; 16], i64, i64)> = batch.events.iter().map(key).collect();
    // In one order, so that two batches with the same keys wait for each other instead of
    // blocking each other, and so that neighbours in the index are written together.
    keys.sort_unstable();
    let taken: BTreeSet<Vec<u8>> =
        event::take_keys(tx, batch.book.org, &keys).await?.into_iter().collect();
    let mut stored: Stored = keys.into_iter().map(|(digest, print, _)| (digest, print)).collect();
    let is_new = |ready: &&Ready| taken.contains(ready.row.digest.as_slice());
    let (new, known): (Vec<&Ready>, Vec<&Ready>) = batch.events.iter().partition(is_new);
    if !known.is_empty() {
        let digests = known.iter().map(|ready| ready.row.digest.to_vec()).collect();
        for (digest, fingerprint) in event::fingerprints(tx, batch.book.org, digests).await? {
            stored.insert(digest_of(&digest)?, fingerprint);
        }
        for ready in known {
            let same = stored.get(&ready.row.digest) == Some(&ready.row.fingerprint);
            let result = if same { EventResult::Duplicate } else { EventResult::Conflict };
            results[ready.place] = Some(result);
        }
    }
    Ok((new, stored))
}

fn dimensions(ready: &Ready) -> Dimensions {
    let row = &ready.row;
    Dimensions {
        app_id: row.app_id,
        api_id: row.api_id,
        variant_id: row.variant_id,
        user_id: row.user_id,
    }
}

fn billed(ready: &Ready) -> Billed {
    let row = &ready.row;
    let dimensions = dimensions(ready);
    Billed { digest: row.digest, revision: row.revision, at: row.at, dimensions }
}
