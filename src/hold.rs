//! Holds: tokens reserved for a call before it is made (accounting.md, "Access and decisions").
//! A hold refuses no event and stops no expiry: what was used is charged.

mod stock;

pub use stock::{Promises, Stock};

use crate::burn::LotState;
use crate::lot::{Class, PaysFor, PerClass};
use crate::time::Instant;
use crate::tokens::Tokens;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

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

/// What a call of a class could hold from `at` to `until`: usable remainders that do not expire
/// before the hold ends, without what live holds may need, never below zero.
///
/// Live holds are served from lots that pay for their class alone before lots that pay for
/// everything, so a hold for an API keeps no more from products than it must.
#[must_use]
pub fn available(
    lots: &[LotState],
    holds: &[Hold],
    class: Class,
    at: Instant,
    until: Instant,
) -> Tokens {
    let (supplies, mut demands) = stand(lots, holds, at);
    let place = demands.partition_point(|demand| demand.until >= until);
    let mut with = |amount| {
        demands.insert(place, Demand { class, until, amount });
        let unmet = unmet(&supplies, &demands);
        demands.remove(place);
        (unmet.0[place], unmet.1 - unmet.0[place])
    };
    let before = with(Tokens::ZERO).1;
    let covers = |lot: &&&LotState| lot.lot.pays_for.covers(class) && lot.end() >= until;
    let most: Tokens = supplies.iter().filter(covers).map(|lot| lot.remaining).sum();
    // Half the range at a time: more for this call is never less for it and never frees a hold.
    let (mut fits, mut over) = (0, most.micro() + 1);
    while fits + 1 < over {
        let middle = fits + (over - fits) / 2;
        let (mine, others) = with(Tokens::from_micro(middle));
        if mine.is_zero() && others == before { fits = middle } else { over = middle }
    }
    Tokens::from_micro(fits)
}

/// What live holds were promised and can no longer get at an instant: lots expired or were voided
/// since, or usage took the tokens.
#[must_use]
pub fn lacking(lots: &[LotState], holds: &[Hold], at: Instant) -> Tokens {
    let (supplies, demands) = stand(lots, holds, at);
    unmet(&supplies, &demands).1
}

/// Usable lots and what live holds want of them, latest end first.
fn stand<'a>(
    lots: &'a [LotState],
    holds: &[Hold],
    at: Instant,
) -> (Vec<&'a LotState>, Vec<Demand>) {
    let live = holds.iter().filter(|hold| !hold.reserved(at).is_zero());
    let mut demands: Vec<Demand> = live.map(Demand::of).collect();
    demands.sort_unstable_by_key(|demand| Reverse(demand.until));
    let mut supplies: Vec<&LotState> = lots.iter().filter(|lot| lot.usable).collect();
    supplies.sort_unstable_by_key(|lot| Reverse(lot.end()));
    (supplies, demands)
}

/// A hold was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Granted {
    /// It is granted.
    New(Hold),
    /// There is a hold of this key: it is the same one.
    Known(Hold),
}

/// The hold is more than what is available.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only {available} tokens are available")]
pub struct NotAvailable {
    /// What could have been held.
    pub available: Tokens,
}

/// Grants a hold, only within what is available: live holds together never promise a token twice.
///
/// # Errors
/// [`NotAvailable`] with what there is.
pub fn grant(lots: &[LotState], holds: &[Hold], wanted: Hold) -> Result<Granted, NotAvailable> {
    if let Some(known) = holds.iter().find(|hold| hold.key == wanted.key) {
        return Ok(Granted::Known(known.clone()));
    }
    let available = available(lots, holds, wanted.class, wanted.from, wanted.until);
    if wanted.amount > available {
        return Err(NotAvailable { available });
    }
    Ok(Granted::New(wanted))
}

#[derive(Clone, Copy)]
struct Demand {
    class: Class,
    until: Instant,
    amount: Tokens,
}

impl Demand {
    const fn of(hold: &Hold) -> Self {
        Self { class: hold.class, until: hold.until, amount: hold.amount }
    }
}

/// What supplies cannot give, demand by demand and in all. Both stand latest end first: whatever
/// serves a demand also serves all that end before it, so taking narrow lots first is best.
fn unmet(supplies: &[&LotState], demands: &[Demand]) -> (Vec<Tokens>, Tokens) {
    let (mut narrow, mut wide) = (PerClass::default(), Tokens::ZERO);
    let mut next = supplies.iter().peekable();
    let mut missing = Vec::with_capacity(demands.len());
    for demand in demands {
        while let Some(lot) = next.next_if(|lot| lot.end() >= demand.until) {
            match lot.lot.pays_for {
                PaysFor::Api => narrow.api += lot.remaining,
                PaysFor::Product => narrow.product += lot.remaining,
                PaysFor::All => wide += lot.remaining,
            }
        }
        let own = narrow.get_mut(demand.class);
        let mut due = demand.amount;
        for stock in [own, &mut wide] {
            let taken = due.min(*stock);
            *stock -= taken;
            due -= taken;
        }
        missing.push(due);
    }
    let sum = missing.iter().copied().sum();
    (missing, sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lot::{Lot, LotKind};

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

    fn lot(pays_for: PaysFor, whole: i64, expires: Option<i64>) -> LotState {
        let mut lot = LotState::new(Lot {
            id: String::new(),
            kind: LotKind::Flex,
            pays_for,
            priority: 3,
            granted: Tokens::whole(whole),
            effective: Instant::from_micros(0),
            expires: expires.map(Instant::from_micros),
            unit_cost: None,
            reference: None,
            channel: None,
        });
        lot.usable = true;
        lot
    }
    fn hold(key: &str, class: Class, whole: i64, until: i64) -> Hold {
        Hold {
            key: key.into(),
            class,
            amount: Tokens::whole(whole),
            from: Instant::from_micros(0),
            until: Instant::from_micros(until),
            ended: None,
        }
    }
    fn free(lots: &[LotState], holds: &[Hold], class: Class, until: i64) -> Tokens {
        available(lots, holds, class, Instant::from_micros(0), Instant::from_micros(until))
    }

    #[test]
    fn a_long_hold_needs_a_lot_that_outlasts_it_and_a_short_one_takes_the_other() {
        let lots = [lot(PaysFor::All, 5, Some(10)), lot(PaysFor::All, 7, None)];
        let short = hold("short", Class::Api, 6, 10);
        let long = hold("long", Class::Api, 6, 11);
        for (holds, until, left) in [
            (vec![], 10, 12),
            (vec![], 11, 7),
            (vec![short.clone()], 10, 6),
            (vec![short.clone()], 11, 6),
            (vec![long.clone()], 10, 6),
            (vec![long.clone()], 11, 1),
            (vec![short, long], 10, 0),
        ] {
            assert_eq!(free(&lots, &holds, Class::Api, until), Tokens::whole(left), "{holds:?}");
        }
    }

    #[test]
    fn holds_of_one_class_leave_the_other_what_it_can_use() {
        let lots = [
            lot(PaysFor::Api, 5, None),
            lot(PaysFor::Product, 3, None),
            lot(PaysFor::All, 4, None),
        ];
        let holds = [hold("a", Class::Api, 7, 10), hold("p", Class::Product, 1, 10)];
        assert_eq!(free(&lots, &holds, Class::Api, 10), Tokens::whole(2));
        assert_eq!(free(&lots, &holds, Class::Product, 10), Tokens::whole(4));
        // Lots were voided since: what is promised too often takes nothing from the other class.
        let fewer = [lot(PaysFor::Product, 3, None)];
        assert_eq!(free(&fewer, &holds, Class::Api, 10), Tokens::ZERO);
        assert_eq!(free(&fewer, &holds, Class::Product, 10), Tokens::whole(2));
        let lack = |lots: &[LotState]| lacking(lots, &holds, Instant::from_micros(0));
        assert_eq!([lack(&lots), lack(&fewer)], [0, 7].map(Tokens::whole));
    }

    #[test]
    fn no_token_is_promised_twice() {
        let lots = [lot(PaysFor::Api, 100, None), lot(PaysFor::All, 37, Some(100))];
        let mut holds: Vec<Hold> = Vec::new();
        let mut refused = 0;
        for n in 0..1000 {
            match grant(&lots, &holds, hold(&n.to_string(), Class::Api, 1, 50)) {
                Ok(Granted::New(hold)) => holds.push(hold),
                Ok(Granted::Known(hold)) => panic!("{hold:?} was never asked for"),
                Err(NotAvailable { available }) => {
                    assert_eq!(available, Tokens::ZERO);
                    refused += 1;
                }
            }
        }
        assert_eq!((holds.len(), refused), (137, 863));
        let again = grant(&lots, &holds, hold("7", Class::Api, 1, 50));
        assert_eq!(again, Ok(Granted::Known(holds[7].clone())));
        holds[7].end(Instant::from_micros(0), HoldEnd::Released).unwrap();
        let one_more = hold("new", Class::Api, 1, 50);
        assert_eq!(grant(&lots, &holds, one_more.clone()), Ok(Granted::New(one_more)));
    }
}
