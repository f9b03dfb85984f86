//! What a transaction adds to the usage rollups.

use super::super::book::Book;
use crate::store::db::{DbError, Tx};
use crate::store::rollup::{self, Bucket, Deltas, Dimensions, Sums};
use crate::store::stored_event::StoredEvent;
use tokenscope::id::OrgId;
use tokenscope::rate::SESSION_MIN;
use tokenscope::time::{Grain, Instant, Period, Zone};
use tokenscope::tokens::MICRO;

/// Finds buckets; neighbours in a batch mostly lie in the same one.
pub struct Buckets<'a> {
    zone: &'a Zone,
    grain: Grain,
    last: Period,
}

impl<'a> Buckets<'a> {
    /// Buckets of one length.
    pub fn new(zone: &'a Zone, grain: Grain) -> Self {
        let last = Period::new(Instant::MIN, Instant::MIN);
        Self { zone, grain, last }
    }
    /// The start of the bucket that an instant lies in.
    pub fn start(&mut self, at: i64) -> i64 {
        let at = Instant::from_micros(at);
        if !self.last.contains(at) {
            self.last = self.zone.bucket(self.grain, at);
        }
        self.last.from.micros()
    }
}

/// What is added to the rollups of each bucket length.
pub struct UsageDeltas<'a> {
    hours: (Buckets<'a>, Deltas),
    days: (Buckets<'a>, Deltas),
    months: (Buckets<'a>, Deltas),
}

impl<'a> UsageDeltas<'a> {
    /// Nothing yet.
    pub fn new(zone: &'a Zone) -> Self {
        let empty = |grain| (Buckets::new(zone, grain), Deltas::new());
        Self { hours: empty(Grain::Hour), days: empty(Grain::Day), months: empty(Grain::Month) }
    }
    /// An event comes (1), goes (-1) or counts another quantity than before (0).
    pub fn event(
        &mut self,
        at: i64,
        key: Dimensions,
        quantity: i64,
        events: i64,
    ) -> Result<(), DbError> {
        let sums = Sums {
            events,
            quantity: quantity / MICRO,
            quantity_micro: quantity % MICRO,
            tokens: 0,
        };
        self.add(at, key, sums)
    }
    /// Tokens are charged, or taken back.
    pub fn tokens(&mut self, at: i64, key: Dimensions, tokens: i64) -> Result<(), DbError> {
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
    /// The additions to the buckets of one length.
    pub fn of(&self, bucket: Bucket) -> &Deltas {
        match bucket {
            Bucket::Hour => &self.hours.1,
            Bucket::Day => &self.days.1,
            Bucket::Month => &self.months.1,
        }
    }
    /// The additions by bucket length.
    pub fn into_parts(self) -> [(Bucket, Deltas); 3] {
        [(Bucket::Hour, self.hours.1), (Bucket::Day, self.days.1), (Bucket::Month, self.months.1)]
    }
    /// Adds everything to the stored rollups.
    pub async fn write(self, tx: &mut Tx, org: OrgId) -> Result<(), DbError> {
        for (bucket, deltas) in self.into_parts() {
            rollup::add(tx, org, bucket, &deltas).await?;
        }
        Ok(())
    }
}

/// Under which numbers an event's usage is summed.
pub const fn dimensions(event: &StoredEvent) -> Dimensions {
    let &StoredEvent { app_id, api_id, variant_id, user_id, .. } = event;
    Dimensions { app_id, api_id, variant_id, user_id }
}

/// The quantity of an event in micro-units: a session that names none is 300 s long, anything else
/// is one.
pub fn resolved(quantity: Option<i64>, is_session: bool) -> i64 {
    quantity.unwrap_or(if is_session { SESSION_MIN } else { MICRO })
}

impl Book {
    /// The instant at which an event of a time is booked.
    pub fn booked(&self, at: i64) -> i64 {
        at.max(self.open().micros())
    }
}
