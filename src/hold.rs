//! Holds: tokens reserved for a call before it is made (accounting.md, "Access and decisions").
//! A hold refuses no event and stops no expiry: what was used is charged.

use crate::lot::Class;
use crate::time::Instant;
use crate::tokens::Tokens;
use serde::{Deserialize, Serialize};

/// The longest time to live: 24 hours, in seconds.
pub const TTL_MAX_S: u32 = 86_400;
/// The time to live when nothing is said, in seconds.
pub const TTL_S: u32 = 60;

/// How a hold ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldEnd {
    /// By the ordinary event that carried the use.
    Settled,
    /// Given back unused.
    Released,
    /// Its time to live was over first.
    Expired,
}

/// Reserved tokens of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The sender's key: the same key is the same hold.
    pub key: String,
    /// What it reserves for.
    pub class: Class,
    /// How much.
    pub amount: Tokens,
    /// When it was granted.
    pub from: Instant,
    /// When it ends by itself.
    pub until: Instant,
    /// How and when it was ended before that.
    pub ended: Option<(Instant, HoldEnd)>,
}

/// A hold that is over cannot be ended again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the hold was over already: {0:?}")]
pub struct HoldIsOver(pub HoldEnd);

impl Hold {
    /// How it ended, as an instant sees it; none while it lives.
    #[must_use]
    pub fn end_at(&self, at: Instant) -> Option<HoldEnd> {
        match self.ended {
            Some((when, how)) if when <= at && when < self.until => Some(how),
            _ if self.until <= at => Some(HoldEnd::Expired),
            _ => None,
        }
    }
    /// What it keeps from others at an instant.
    #[must_use]
    pub fn reserved(&self, at: Instant) -> Tokens {
        let lives = self.from <= at && self.end_at(at).is_none();
        if lives { self.amount } else { Tokens::ZERO }
    }
    /// Ends it at an instant.
    ///
    /// # Errors
    /// [`HoldIsOver`] when it was settled, released or expired by then.
    pub fn end(&mut self, at: Instant, how: HoldEnd) -> Result<(), HoldIsOver> {
        match self.end_at(at) {
            Some(before) => Err(HoldIsOver(before)),
            None => {
                self.ended = Some((at, how));
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_ends_once_and_then_reserves_nothing() {
        let at = Instant::from_micros;
        let mut hold = Hold {
            key: "k".into(),
            class: Class::Api,
            amount: Tokens::whole(5),
            from: at(10),
            until: at(20),
            ended: None,
        };
        let reserved = [9, 10, 19, 20].map(|t| hold.reserved(at(t)));
        assert_eq!(reserved, [0, 5, 5, 0].map(Tokens::whole));
        assert_eq!(hold.end(at(20), HoldEnd::Settled), Err(HoldIsOver(HoldEnd::Expired)));
        assert_eq!(hold.end(at(15), HoldEnd::Settled), Ok(()));
        assert_eq!(hold.end(at(16), HoldEnd::Released), Err(HoldIsOver(HoldEnd::Settled)));
        assert_eq!(hold.reserved(at(15)), Tokens::ZERO);
        assert_eq!(hold.reserved(at(14)), Tokens::whole(5));
    }
}
