//! Sums against single charges, and what another lot does.

use super::*;
use crate::lot::{LotKind, PaysFor};
use proptest::prelude::*;

fn at(n: i64) -> Instant {
    Instant::from_micros(n)
}

type Charge = (i64, bool, i64);

fn lot(n: usize, (start, length, amount, scope): (i64, i64, i64, u8)) -> Lot {
    Lot {
        id: format!("l{n}"),
        kind: LotKind::Flex,
        pays_for: [PaysFor::All, PaysFor::Api, PaysFor::Product][usize::from(scope)],
        priority: 3,
        granted: Tokens::from_micro(amount),
        effective: at(start),
        expires: (length > 0).then(|| at(start + length)),
        unit_cost: None,
        reference: None,
        channel: None,
    }
}
fn class(product: bool) -> Class {
    if product { Class::Product } else { Class::Api }
}
fn singles(charges: &[Charge], period: Period) -> impl Iterator<Item = Step> {
    charges.iter().filter(move |c| period.contains(at(c.0))).map(|&(t, product, micro)| {
        Step::Charge { at: at(t), class: class(product), amount: Tokens::from_micro(micro) }
    })
}
/// Sums over buckets of ten, split into single charges where they are asked for.
fn from_sums(books: &TeamBooks, charges: &[Charge], now: Instant) -> TeamState {
    let mut fine = std::collections::BTreeSet::new();
    loop {
        let steps: Vec<Step> = (0..10)
            .flat_map(|n| {
                let period = Period::new(at(n * 10), at(n * 10 + 10));
                if fine.contains(&period) {
                    return singles(charges, period).collect::<Vec<_>>();
                }
                let mut amounts = PerClass::default();
                for (_, product, micro) in charges.iter().filter(|c| period.contains(at(c.0))) {
                    amounts.add(PerClass::of(class(*product), Tokens::from_micro(*micro)));
                }
                vec![Step::Sum { period, amounts }]
            })
            .collect();
        match burn(books, &steps, now) {
            Ok(state) => return state,
            Err(BurnError::Refine(period)) => assert!(fine.insert(period), "asked twice"),
            Err(broken) => panic!("{broken}"),
        }
    }
}

fn sum(from: i64, to: i64, micro: i64) -> Step {
    let amounts = PerClass::of(Class::Api, Tokens::from_micro(micro));
    Step::Sum { period: Period::new(at(from), at(to)), amounts }
}

#[test]
fn a_sum_with_a_change_or_a_cut_inside_is_too_coarse() {
    let books = TeamBooks { lots: vec![lot(0, (0, 50, 100, 0))], ..TeamBooks::default() };
    let refine = |from, to| BurnError::Refine(Period::new(at(from), at(to)));
    let state = |steps: &[Step]| burn(&books, steps, at(99)).map(|state| state.charged.api);
    assert_eq!(state(&[sum(0, 50, 7)]), Ok(Tokens::from_micro(7)));
    assert_eq!(state(&[sum(0, 51, 7)]), Err(refine(0, 51)), "the lot expires inside");
    assert_eq!(state(&[sum(0, 51, 0), sum(51, 200, 0)]), Ok(Tokens::ZERO), "nothing to place");
    let down = |cut, now| burn_down(&books, &[sum(10, 20, 7)], Some(at(cut)), at(now)).map(|_| ());
    for (cut, now, expected) in [
        (10, 30, Ok(())),
        (11, 30, Err(refine(10, 20))),
        (19, 30, Err(refine(10, 20))),
        (20, 30, Ok(())),
        (20, 19, Ok(())),
        (20, 18, Err(refine(10, 20))),
    ] {
        assert_eq!(down(cut, now), expected, "cut at {cut}, asked at {now}");
    }
}

#[test]
fn slices_ask_for_more_only_where_two_lots_share_both_classes() {
    let books = TeamBooks {
        lots: vec![lot(0, (0, 0, 10, 0)), lot(1, (0, 0, 20, 0))],
        ..TeamBooks::default()
    };
    let period = Period::new(at(1), at(9));
    let of = |api, product| {
        let (api, product) = (Tokens::from_micro(api), Tokens::from_micro(product));
        Step::Sum { period, amounts: PerClass { api, product } }
    };
    let down = |step| burn_down(&books, &[step], None, at(9)).map(|_| ());
    assert_eq!(down(of(4, 6)), Ok(()), "the first lot pays all");
    assert_eq!(down(of(4, 7)), Err(BurnError::Refine(period)));
    assert_eq!(down(of(15, 0)), Ok(()), "one class alone is cut anywhere");
    assert_eq!(down(of(0, 15)), Ok(()));
    assert_eq!(down(of(30, 0)), Ok(()), "all is used and nothing is owed");
    assert_eq!(down(of(31, 0)), Err(BurnError::Refine(period)), "debt begins inside");
    let single = Step::Charge { at: at(0), class: Class::Api, amount: Tokens::from_micro(31) };
    let state = burn(&books, &[single, of(4, 7)], at(9)).unwrap();
    assert_eq!(state.debt, PerClass { api: Tokens::from_micro(5), product: Tokens::from_micro(7) });
}

proptest! {
    #[test]
    fn sums_give_the_same_as_charge_by_charge(
        lots in prop::collection::vec((0i64..90, 0i64..60, 1i64..60, 0u8..3), 0..6),
        mut charges in prop::collection::vec((0i64..100, any::<bool>(), 1i64..20), 0..40),
        now in 0i64..110,
    ) {
        charges.sort_unstable();
        let lots = lots.into_iter().enumerate().map(|(n, given)| lot(n, given)).collect();
        let books = TeamBooks { lots, ..TeamBooks::default() };
        let all = Period::new(at(0), at(1000));
        let slow: Vec<Step> = singles(&charges, all).collect();
        let slow = burn(&books, &slow, at(now)).unwrap();
        prop_assert_eq!(from_sums(&books, &charges, at(now)), slow);
    }

    #[test]
    fn another_lot_never_lowers_a_balance(
        lots in prop::collection::vec((0i64..90, 0i64..60, 1i64..60, 0u8..3), 1..6),
        mut charges in prop::collection::vec((0i64..100, any::<bool>(), 1i64..20), 0..40),
        now in 0i64..110,
    ) {
        charges.sort_unstable();
        let all = Period::new(at(0), at(1000));
        let steps: Vec<Step> = singles(&charges, all).collect();
        let lots: Vec<Lot> =
            lots.into_iter().enumerate().map(|(n, given)| lot(n, given)).collect();
        let balance = |lots: &[Lot]| {
            let books = TeamBooks { lots: lots.to_vec(), ..TeamBooks::default() };
            burn(&books, &steps, at(now)).unwrap().balance()
        };
        prop_assert!(balance(&lots) >= balance(&lots[1..]));
    }
}
