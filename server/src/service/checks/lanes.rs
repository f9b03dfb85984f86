//! Lanes: what arrives while others of its lane are worked on waits, and is then done together.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What waits, by lane. A lane is there while somebody works on it.
pub struct Lanes<K, J> {
    waiting: Mutex<HashMap<K, Vec<J>>>,
}

impl<K, J> Default for Lanes<K, J> {
    fn default() -> Self {
        Self { waiting: Mutex::new(HashMap::new()) }
    }
}

impl<K: Eq + Hash + Clone, J> Lanes<K, J> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Vec<J>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Gets in line. True where nobody works on the lane: then the caller has to see to it.
    pub fn join(&self, lane: K, job: J) -> bool {
        let mut waiting = self.lock();
        let idle = !waiting.contains_key(&lane);
        waiting.entry(lane).or_default().push(job);
        idle
    }
    /// A lane that the caller sees to.
    pub const fn open(&self, lane: K) -> Open<'_, K, J> {
        Open { lanes: self, lane }
    }
}

/// A lane that somebody works on. Should the work be cut short, those who wait get no answer, and
/// the next who joins begins anew.
pub struct Open<'a, K: Eq + Hash + Clone, J> {
    lanes: &'a Lanes<K, J>,
    lane: K,
}

impl<K: Eq + Hash + Clone, J> Open<'_, K, J> {
    /// What waits, in order, at most so many; none leaves the lane.
    pub fn take(&self, most: usize) -> Option<Vec<J>> {
        let mut waiting = self.lanes.lock();
        let jobs = waiting.get_mut(&self.lane)?;
        if jobs.is_empty() {
            waiting.remove(&self.lane);
            return None;
        }
        let rest = jobs.split_off(jobs.len().min(most));
        Some(std::mem::replace(jobs, rest))
    }
}

impl<K: Eq + Hash + Clone, J> Drop for Open<'_, K, J> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.lanes.lock().remove(&self.lane);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_done_together_and_in_order() {
        let lanes = Lanes::default();
        assert!(lanes.join("a", 1));
        assert!(!lanes.join("a", 2));
        assert!(lanes.join("b", 9));
        let open = lanes.open("a");
        assert_eq!(open.take(2), Some(vec![1, 2]));
        for n in 3..6 {
            assert!(!lanes.join("a", n), "somebody works on it");
        }
        assert_eq!(open.take(2), Some(vec![3, 4]));
        assert_eq!(open.take(2), Some(vec![5]));
        assert_eq!(open.take(2), None);
        assert!(lanes.join("a", 6), "the lane was left");
        assert!(!lanes.join("b", 10));
    }

    #[test]
    fn work_that_panics_leaves_the_lane_to_the_next() {
        let lanes: Lanes<&str, i32> = Lanes::default();
        assert!(lanes.join("a", 1));
        let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _open = lanes.open("a");
            panic!("broken");
        }));
        assert!(broken.is_err());
        assert!(lanes.join("a", 2));
    }
}
