//! Keys that were looked up within the last second, so that a gateway's calls do not each ask the
//! database for the same row. A key that is taken back is refused at once by the process that took
//! it back, and by every other within a second.

use crate::store::api_key::KeyRow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokenscope::id::OrgId;
use tokio::time::Instant;

/// How long a row counts: what is promised about keys that are taken back.
const FRESH: Duration = Duration::from_secs(1);
/// Most keys that are remembered.
const KEYS: usize = 10_000;

type Rows = HashMap<(OrgId, i64), (Instant, Arc<KeyRow>)>;

/// Rows by organization and number, each with when its reading began.
#[derive(Default)]
pub struct KeyCache {
    rows: Mutex<Rows>,
    /// Counts what was forgotten, so that a row that was read before is not remembered after.
    forgotten: AtomicU64,
}

/// A reading that began.
pub struct Reading {
    began: Instant,
    forgotten: u64,
}

impl KeyCache {
    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// A row that is no older than a second.
    pub fn get(&self, org: OrgId, key: i64, now: Instant) -> Option<Arc<KeyRow>> {
        let rows = self.lock();
        let (began, row) = rows.get(&(org, key))?;
        (now.duration_since(*began) < FRESH).then(|| Arc::clone(row))
    }
    /// Before a row is read.
    pub fn reading(&self, now: Instant) -> Reading {
        Reading { began: now, forgotten: self.forgotten.load(Ordering::SeqCst) }
    }
    /// A row was read.
    pub fn put(&self, org: OrgId, reading: &Reading, row: &Arc<KeyRow>) {
        let mut rows = self.lock();
        if self.forgotten.load(Ordering::SeqCst) != reading.forgotten {
            return;
        }
        if rows.len() >= KEYS {
            rows.clear();
        }
        rows.insert((org, row.key_id), (reading.began, Arc::clone(row)));
    }
    /// A key was taken back.
    pub fn forget(&self, org: OrgId, key: i64) {
        let mut rows = self.lock();
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        rows.remove(&(org, key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: i64) -> Arc<KeyRow> {
        Arc::new(KeyRow {
            key_id: number,
            name: "k".into(),
            secret_hash: vec![1],
            scopes: String::new(),
            person_id: None,
            created_at: 0,
            last_used_at: None,
            expires_at: None,
            revoked_at: None,
        })
    }

    #[test]
    fn a_row_counts_for_a_second_from_when_its_reading_began() {
        let (cache, org, now) = (KeyCache::default(), OrgId(1), Instant::now());
        cache.put(org, &cache.reading(now), &row(7));
        assert!(cache.get(org, 7, now + FRESH.saturating_sub(Duration::from_nanos(1))).is_some());
        assert!(cache.get(org, 7, now + FRESH).is_none());
        assert!(cache.get(OrgId(2), 7, now).is_none());
    }

    #[test]
    fn what_was_read_before_a_key_was_taken_back_is_not_remembered() {
        let (cache, org, now) = (KeyCache::default(), OrgId(1), Instant::now());
        cache.put(org, &cache.reading(now), &row(7));
        let reading = cache.reading(now);
        cache.forget(org, 7);
        cache.put(org, &reading, &row(7));
        assert!(cache.get(org, 7, now).is_none());
    }
}
