//! The transaction of a batch: keys, events, charges, sums and rollups together.

use super::super::checks::HoldEnding;
use super::Written;
use super::prepare::{Cost, Prepared, Ready};
use super::windows::{self, WindowChange};
use crate::store::charge::{ChargeRow, SumDeltas};
use crate::store::db::{DbError, Tx};
use crate::store::rollup::{Bucket, Deltas, Dimensions, Sums};
use crate::store::{charge, event, org, outbox, rollup};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokenscope::event::EventResult;
use tokenscope::id::OrgId;
use tokenscope::time::{Grain, Instant, Period, Zone};
use tokenscope::tokens::{MICRO, Tokens};

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
        let mut teams: BTreeSet<i64> = new.iter().filter_map(|r| r.team).map(|t| t.0).collect();
        HoldEnding::join(batch.ending.as_ref(), &mut teams);
        let locked = charge::lock_teams(tx, org_id, teams.into_iter().collect()).await?;
        event::add(tx, org_id, &new.iter().map(|ready| &ready.row).collect::<Vec<_>>()).await?;
        let changes = windows::changes(tx, &batch.book, &new).await?;
        let mut charges = Charges::new(batch.now, locked);
        let mut usage = UsageDeltas::new(&batch.book.zone);
        for ready in &new {
            usage.event(ready)?;
            charges.event(ready, &mut usage)?;
        }
        for change in &changes {
            charges.window(change, &mut usage)?;
        }
        charges.write(tx, batch).await?;
        usage.write(tx, batch).await?;
        let windows = windows::charged(&changes);
        for ready in &new {
            results[ready.place] = Some(EventResult::Accepted { charge: cost(ready, &windows) });
        }
    }
    let every = results.into_iter().collect::<Option<Vec<_>>>();
    let every = every.ok_or_else(|| DbError::Damaged("an item has no result".into()))?;
    HoldEnding::apply(batch.ending.as_ref(), tx, org_id, &every).await?;
    Ok(Written::Results(every))
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
    let mut keys: Vec<([u8; 16], i64)> =
        batch.events.iter().map(|ready| (ready.row.digest, ready.row.fingerprint)).collect();
    // In one order, so that two batches with the same keys wait for each other instead of
    // blocking each other, and so that neighbours in the index are written together.
    keys.sort_unstable();
    let taken: BTreeSet<Vec<u8>> =
        event::take_keys(tx, batch.book.org, &keys).await?.into_iter().collect();
    let mut stored: Stored = keys.into_iter().collect();
    let is_new = |ready: &&Ready| taken.contains(ready.row.digest.as_slice());
    let (new, known): (Vec<&Ready>, Vec<&Ready>) = batch.events.iter().partition(is_new);
    if !known.is_empty() {
        let digests = known.iter().map(|ready| ready.row.digest.to_vec()).collect();
        for (digest, fingerprint) in event::fingerprints(tx, batch.book.org, digests).await? {
            stored.insert(windows::digest_of(&digest)?, fingerprint);
        }
        for ready in known {
            let same = stored.get(&ready.row.digest) == Some(&ready.row.fingerprint);
            let result = if same { EventResult::Duplicate } else { EventResult::Conflict };
            results[ready.place] = Some(result);
        }
    }
    Ok((new, stored))
}

/// The rows of the journal and what they add to the teams' sums.
struct Charges {
    recorded: BTreeMap<i64, Recorded>,
    rows: Vec<ChargeRow>,
}

/// The record times of one team: reversals first, so that a new row of the same charge comes
/// after the row that takes the old one back.
struct Recorded {
    reversal: i64,
    row: i64,
}

impl Charges {
    fn new(now: Instant, locked: BTreeMap<i64, i64>) -> Self {
        let times = |(team, last): (i64, i64)| {
            let reversal = now.micros().max(last + 1);
            (team, Recorded { reversal, row: reversal + 1 })
        };
        Self { recorded: locked.into_iter().map(times).collect(), rows: Vec::new() }
    }
    fn event(&mut self, ready: &Ready, usage: &mut UsageDeltas<'_>) -> Result<(), DbError> {
        let (Some(team), Cost::Price(class, amount)) = (ready.team, &ready.rating) else {
            return Ok(());
        };
        if amount.is_zero() {
            return Ok(());
        }
        let row = &ready.row;
        usage.tokens(row.at, dimensions(ready), amount.micro())?;
        self.push(ChargeRow {
            team_id: team.0,
            at: row.at,
            digest: row.digest,
            n: 0,
            recorded_at: 0,
            event_at: row.at,
            class: *class,
            amount: amount.micro(),
        });
        Ok(())
    }
    fn window(
        &mut self,
        change: &WindowChange,
        usage: &mut UsageDeltas<'_>,
    ) -> Result<(), DbError> {
        let &WindowChange { app_id, api_id, variant_id, user_id, .. } = change;
        let key = Dimensions { app_id, api_id, variant_id, user_id };
        usage.tokens(change.row.at, key, change.row.amount)?;
        self.push(change.row.clone());
        Ok(())
    }
    fn push(&mut self, mut row: ChargeRow) {
        if let Some(recorded) = self.recorded.get(&row.team_id) {
            row.recorded_at = if row.amount < 0 { recorded.reversal } else { recorded.row };
            self.rows.push(row);
        }
    }
    async fn write(self, tx: &mut Tx, batch: &Prepared) -> Result<(), DbError> {
        let (org_id, zone) = (batch.book.org, &batch.book.zone);
        let (mut by_hour, mut by_day) = (SumDeltas::new(), SumDeltas::new());
        let (mut hours, mut days) =
            (Buckets::new(zone, Grain::Hour), Buckets::new(zone, Grain::Day));
        for row in &self.rows {
            for (sums, start) in
                [(&mut by_hour, hours.start(row.at)), (&mut by_day, days.start(row.at))]
            {
                let sum = sums.entry((row.team_id, start, row.class)).or_default();
                *sum = sum.checked_add(row.amount).ok_or(DbError::Overflow)?;
            }
        }
        charge::add(tx, org_id, &self.rows).await?;
        charge::add_sums(tx, org_id, &by_hour, &by_day).await?;
        let charged: BTreeSet<i64> = self.rows.iter().map(|row| row.team_id).collect();
        for (team, recorded) in &self.recorded {
            if charged.contains(team) {
                charge::set_recorded(tx, org_id, *team, recorded.row).await?;
            }
        }
        Ok(())
    }
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

/// Finds buckets; neighbours in a batch mostly lie in the same one.
struct Buckets<'a> {
    zone: &'a Zone,
    grain: Grain,
    last: Period,
}

impl<'a> Buckets<'a> {
    fn new(zone: &'a Zone, grain: Grain) -> Self {
        let last = Period::new(Instant::MIN, Instant::MIN);
        Self { zone, grain, last }
    }
    fn start(&mut self, at: i64) -> i64 {
        let at = Instant::from_micros(at);
        if !self.last.contains(at) {
            self.last = self.zone.bucket(self.grain, at);
        }
        self.last.from.micros()
    }
}

/// What a batch adds to the usage rollups.
struct UsageDeltas<'a> {
    hours: (Buckets<'a>, Deltas),
    days: (Buckets<'a>, Deltas),
    months: (Buckets<'a>, Deltas),
}

impl<'a> UsageDeltas<'a> {
    fn new(zone: &'a Zone) -> Self {
        let empty = |grain| (Buckets::new(zone, grain), Deltas::new());
        Self { hours: empty(Grain::Hour), days: empty(Grain::Day), months: empty(Grain::Month) }
    }
    fn event(&mut self, ready: &Ready) -> Result<(), DbError> {
        let quantity = ready.row.quantity.unwrap_or(match ready.rating {
            Cost::Price(..) => MICRO,
            Cost::Session => tokenscope::rate::SESSION_MIN,
        });
        let sums = Sums {
            events: 1,
            quantity: quantity / MICRO,
            quantity_micro: quantity % MICRO,
            tokens: 0,
        };
        self.add(ready.row.at, dimensions(ready), sums)
    }
    fn tokens(&mut self, at: i64, key: Dimensions, tokens: i64) -> Result<(), DbError> {
        self.add(at, key, Sums { tokens, ..Sums::default() })
    }
    fn add(&mut self, at: i64, key: Dimensions, sums: Sums) -> Result<(), DbError> {
        for (buckets, deltas) in [&mut self.days, &mut self.months] {
            deltas.entry((buckets.start(at), key)).or_default().add(sums)?;
        }
        let (buckets, deltas) = &mut self.hours;
        let without_user = Dimensions { user_id: 0, ..key };
        deltas.entry((buckets.start(at), without_user)).or_default().add(sums)
    }
    async fn write(self, tx: &mut Tx, batch: &Prepared) -> Result<(), DbError> {
        let org_id = batch.book.org;
        rollup::add(tx, org_id, Bucket::Hour, &self.hours.1).await?;
        rollup::add(tx, org_id, Bucket::Day, &self.days.1).await?;
        rollup::add(tx, org_id, Bucket::Month, &self.months.1).await
    }
}
