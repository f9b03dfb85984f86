//! Holds against every way to serve them.

use super::cases;
use super::given::start;
use crate::burn::LotState;
use crate::hold::{Granted, Hold, Promises, available, grant, lacking};
use crate::lot::{Class, Lot, LotKind, PaysFor};
use crate::time::{HOUR, Instant};
use crate::tokens::Tokens;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

fn at(hours: i64) -> Instant {
    start().plus(hours * HOUR)
}

fn lots() -> impl Strategy<Value = Vec<LotState>> {
    let scope = select(vec![PaysFor::Api, PaysFor::Product, PaysFor::All]);
    let end = proptest::option::weighted(0.7, 1..6_i64);
    vec((scope, end, 0..6_i64, proptest::bool::weighted(0.9)), 0..6)
        .prop_map(|given| given.into_iter().enumerate().map(|(n, given)| lot(n, given)).collect())
}

fn lot(n: usize, (pays_for, end, left, usable): (PaysFor, Option<i64>, i64, bool)) -> LotState {
    let nothing = Tokens::ZERO;
    let lot = Lot {
        id: format!("l{n}"),
        kind: LotKind::Flex,
        pays_for,
        priority: 3,
        granted: Tokens::from_micro(left),
        effective: at(0),
        expires: end.map(at),
        unit_cost: None,
        reference: None,
        channel: None,
    };
    LotState {
        remaining: lot.granted,
        lot,
        burned: nothing,
        settled: nothing,
        expired: nothing,
        voided: nothing,
        moved_out: nothing,
        usable,
        has_ended: false,
    }
}

fn holds(most: usize) -> impl Strategy<Value = Vec<Hold>> {
    let class = select(vec![Class::Api, Class::Product]);
    vec((class, 1..7_i64, 1..8_i64), 0..most).prop_map(|given| {
        let hold = |(n, (class, end, micro)): (usize, (Class, i64, i64))| Hold {
            key: n.to_string(),
            class,
            amount: Tokens::from_micro(micro),
            from: at(0),
            until: at(end),
            ended: None,
        };
        given.into_iter().enumerate().map(hold).collect()
    })
}

/// The most that lots can give to holds: over all sets of holds, what the lots that serve one of
/// the set hold, and the other holds in full; the least of these is the most (max-flow, min-cut).
fn most_served(lots: &[LotState], holds: &[Hold]) -> Tokens {
    let sets = 0..1_u32 << holds.len();
    let bound = |set: u32| {
        let is_in = |n: usize| set >> n & 1 == 1;
        let serves = |it: &&LotState| {
            let one = |(n, hold): (usize, &Hold)| {
                let lasts = it.lot.expires.is_none_or(|end| hold.until <= end);
                is_in(n) && lasts && it.lot.pays_for.covers(hold.class)
            };
            it.usable && holds.iter().enumerate().any(one)
        };
        let given: Tokens = lots.iter().filter(serves).map(|it| it.remaining).sum();
        let others = holds.iter().enumerate().filter(|(n, _)| !is_in(*n));
        given + others.map(|(_, hold)| hold.amount).sum()
    };
    sets.map(bound).min().unwrap()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn granted_holds_can_all_be_served_and_not_a_microtoken_more(
        lots in lots(),
        wanted in holds(6),
    ) {
        let mut live: Vec<Hold> = Vec::new();
        for mut hold in wanted {
            let most = available(&lots, &live, hold.class, at(0), hold.until);
            let mut beyond = live.clone();
            let more = Hold { amount: most + Tokens::from_micro(1), ..hold.clone() };
            prop_assert!(grant(&lots, &live, more.clone()).is_err());
            beyond.push(more);
            let all: Tokens = beyond.iter().map(|hold| hold.amount).sum();
            prop_assert!(most_served(&lots, &beyond) < all, "{} could be held", all);
            hold.amount = hold.amount.min(most);
            if hold.amount.is_zero() {
                continue;
            }
            let Ok(Granted::New(hold)) = grant(&lots, &live, hold) else {
                return Err(TestCaseError::fail("refused what is available"));
            };
            live.push(hold);
            let all: Tokens = live.iter().map(|hold| hold.amount).sum();
            prop_assert_eq!(most_served(&lots, &live), all);
        }
    }

    /// Lots may have been used up behind holds: then a call takes nothing from what is left for
    /// them.
    #[test]
    fn what_is_available_takes_nothing_from_live_holds(
        lots in lots(),
        live in holds(5),
        class in select(vec![Class::Api, Class::Product]),
        end in 1..7_i64,
    ) {
        let until = at(end);
        let before = most_served(&lots, &live);
        let with = |amount| {
            let mut all = live.clone();
            let (key, from) = ("new".to_owned(), at(0));
            all.push(Hold { key, class, amount, from, until, ended: None });
            most_served(&lots, &all) == before + amount
        };
        let most = available(&lots, &live, class, at(0), until);
        prop_assert!(with(most), "{} is too much", most);
        prop_assert!(!with(most + Tokens::from_micro(1)), "{} is too little", most);
    }

    /// Added up, holds leave the same for others, whatever ended and whichever lots there are.
    #[test]
    fn holds_added_up_leave_the_same(
        (before, lots) in (lots(), lots()),
        live in holds(12),
        ended in vec(proptest::bool::ANY, 12),
        now in 0..7_i64,
    ) {
        let given = live.iter().map(|hold| (hold.until, hold.class, hold.amount));
        let mut promises = Promises::new(&before, given);
        let mut left = Vec::new();
        for (hold, ended) in live.into_iter().zip(ended) {
            if ended {
                promises.remove(hold.class, hold.until, hold.amount);
            } else {
                left.push(hold);
            }
        }
        promises.pass(at(now));
        promises.renew(&lots);
        promises.pass(at(now));
        let reserved: Tokens = left.iter().map(|hold| hold.reserved(at(now))).sum();
        prop_assert_eq!(promises.reserved(), reserved);
        prop_assert_eq!(promises.stock().lacking(), lacking(&lots, &left, at(now)));
        for class in Class::ALL {
            for until in (now..8).map(at) {
                let most = available(&lots, &left, class, at(now), until);
                prop_assert_eq!(promises.stock().available(class, until), most);
            }
        }
    }
}
