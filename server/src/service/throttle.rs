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
    /// How many seconds an attempt must wait, 0 for none.
    pub fn wait_s(&self, account: &str, address: &str, now: Instant) -> u32 {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = |key: String, free| {
            let found = failures.get(&key).filter(|f| !f.is_old(now));
            found.map_or(0, |f| f.wait_s(free, now))
        };
        wait(format!("account {account}"), FREE)
            .max(wait(format!("address {address}"), FREE_PER_ADDRESS))
    }
    /// Remembers a failure.
    pub fn failed(&self, account: &str, address: &str, now: Instant) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
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
    }
    /// Forgets the failures of an account that signed in.
    pub fn succeeded(&self, account: &str) {
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
            assert_eq!(throttle.wait_s("a", "x", at(n)), 0, "attempt {n}");
            throttle.failed("a", "x", at(n));
        }
        let first = throttle.wait_s("a", "x", at(5));
        assert!(first > 0);
        assert_eq!(throttle.wait_s("b", "x", at(5)), 0);
        throttle.failed("a", "x", at(6));
        assert!(throttle.wait_s("a", "x", at(7)) > first);
        assert_eq!(throttle.wait_s("a", "x", at(7 + i64::from(LONGEST_S + 1) * SECOND)), 0);
        throttle.succeeded("a");
        assert_eq!(throttle.wait_s("a", "x", at(7)), 0);
    }
}
