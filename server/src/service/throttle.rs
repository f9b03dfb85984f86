//! Slows down guessing of passwords: after a few failures an account, and an address, must wait.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokenscope::time::{Instant, SECOND};

/// Failures that are free.
const FREE: u32 = 5;
/// The same for an address, behind which many people may sit.
const FREE_PER_ADDRESS: u32 = 30;
/// The longest wait, after which failures are forgotten.
const LONGEST_S: u32 = 900;
/// Most names that are remembered; beyond it the oldest are forgotten.
const REMEMBERED: usize = 10_000;

/// Failed attempts by name.
#[derive(Default)]
pub struct Throttle {
    failures: Mutex<HashMap<String, Failures>>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Failures {
    fn wait_s(self, free: u32, now: Instant) -> u32 {
        let Some(over) = (self.count + 1).checked_sub(free + 1) else {
            return 0;
        };
        if self.count < free {
            return 0;
        }
        // 2 s, 4 s, 8 s and so on.
        let wait = 2u32.saturating_pow(over + 1).min(LONGEST_S);
        let passed = u32::try_from(now.since(self.last).max(0) / SECOND).unwrap_or(u32::MAX);
        wait.saturating_sub(passed)
    }
    fn is_old(self, now: Instant) -> bool {
        now.since(self.last) > i64::from(LONGEST_S) * SECOND
    }
}

impl Throttle {
    /// Begins an attempt, or says how many seconds it must wait. It counts as a failure until it
    /// has [succeeded](Self::succeeded), so that attempts side by side are no way around.
    pub fn begin(&self, account: &str, address: &str, now: Instant) -> Result<(), u32> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = |key: String, free| {
            let found = failures.get(&key).filter(|f| !f.is_old(now));
            found.map_or(0, |f| f.wait_s(free, now))
        };
        let wait = wait(format!("account {account}"), FREE)
            .max(wait(format!("address {address}"), FREE_PER_ADDRESS));
        if wait > 0 {
            return Err(wait);
        }
        if failures.len() > REMEMBERED {
            failures.retain(|_, f| !f.is_old(now));
        }
        if failures.len() > REMEMBERED {
            failures.clear();
        }
        for key in [format!("account {account}"), format!("address {address}")] {
            let known = failures.get(&key).filter(|f| !f.is_old(now)).map_or(0, |f| f.count);
            failures.insert(key, Failures { count: known + 1, last: now });
        }
        Ok(())
    }
    /// Forgets the failures of an account that signed in, and that this attempt was one.
    pub fn succeeded(&self, account: &str, address: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&format!("account {account}"));
        if let Some(known) = failures.get_mut(&format!("address {address}")) {
            known.count = known.count.saturating_sub(1);
        }
    }
    /// Forgets the failures of an account whose password is another now.
    pub fn forget(&self, account: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&format!("account {account}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sixth_attempt_waits_longer_and_longer() {
        let (throttle, at) = (Throttle::default(), Instant::from_micros);
        for n in 0..5 {
            assert_eq!(throttle.begin("a", "x", at(n)), Ok(()), "attempt {n}");
        }
        let first = throttle.begin("a", "x", at(5)).unwrap_err();
        assert_eq!(throttle.begin("b", "x", at(5)), Ok(()));
        let later = 5 + i64::from(first) * SECOND;
        assert_eq!(throttle.begin("a", "x", at(later)), Ok(()));
        assert!(throttle.begin("a", "x", at(later)).unwrap_err() > first);
        let forgotten = later + i64::from(LONGEST_S + 1) * SECOND;
        assert_eq!(throttle.begin("a", "x", at(forgotten)), Ok(()));
    }

    #[test]
    fn a_success_is_no_failure() {
        let (throttle, at) = (Throttle::default(), Instant::from_micros);
        for _ in 0..100 {
            assert_eq!(throttle.begin("a", "x", at(0)), Ok(()));
            throttle.succeeded("a", "x");
        }
    }

    #[test]
    fn many_accounts_from_one_address_wait_too() {
        let (throttle, at) = (Throttle::default(), Instant::from_micros);
        for n in 0..FREE_PER_ADDRESS {
            assert_eq!(throttle.begin(&format!("a{n}"), "x", at(0)), Ok(()));
        }
        assert!(throttle.begin("z", "x", at(0)).is_err());
        assert_eq!(throttle.begin("z", "y", at(0)), Ok(()));
    }
}
