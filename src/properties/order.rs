//! The order in which facts stand, repeated facts, and where a stretch of time is cut.

use super::agree::entries;
use super::cases;
use super::given::{File, Given, TEAMS, add, edges, lot, scenario};
use super::slow::Slow;
use crate::burn::{TeamBooks, burn_down};
use crate::replay::{Replay, answer};
use crate::scenario::{Answer, Scenario};
use crate::time::Instant;
use crate::tokens::Tokens;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeSet;

/// The same facts in another order, some of them twice.
fn reordered(File(facts): File) -> impl Strategy<Value = (File, File)> {
    let mut twice = facts.clone();
    twice.events.extend_from_within(..facts.events.len() / 2);
    twice.lots.extend_from_within(facts.lots.len() / 2..);
    twice.moves.extend_from_within(..);
    twice.voids.extend_from_within(..);
    twice.unblocks.extend_from_within(..);
    twice.notices.extend_from_within(..);
    twice.corrections.extend_from_within(..facts.corrections.len() / 2);
    let lines = (
        Just(twice.rates.clone()).prop_shuffle(),
        Just(twice.apps.clone()).prop_shuffle(),
        Just(twice.owners.clone()).prop_shuffle(),
        Just(twice.payers.clone()).prop_shuffle(),
        Just(twice.trials.clone()).prop_shuffle(),
        Just(twice.policies.clone()).prop_shuffle(),
    );
    let others = (
        Just(twice.lots.clone()).prop_shuffle(),
        Just(twice.moves.clone()).prop_shuffle(),
        Just(twice.voids.clone()).prop_shuffle(),
        Just(twice.unblocks.clone()).prop_shuffle(),
        Just(twice.notices.clone()).prop_shuffle(),
        Just(twice.events.clone()).prop_shuffle(),
        Just(twice.corrections.clone()).prop_shuffle(),
    );
    (lines, others).prop_map(move |(lines, others)| {
        let (rates, apps, owners, payers, trials, policies) = lines;
        let (lots, moves, voids, unblocks, notices, events, corrections) = others;
        let rest = facts.clone();
        let shuffled = Scenario {
            rates,
            apps,
            owners,
            payers,
            trials,
            policies,
            lots,
            moves,
            voids,
            unblocks,
            notices,
            events,
            corrections,
            ..rest
        };
        (File(facts.clone()), File(shuffled))
    })
}

/// Only what happened up to and with an instant. Lines speak of a time and stay.
fn without_later(facts: &Scenario, at: Instant) -> Scenario {
    let mut past = facts.clone();
    past.moves.retain(|moved| moved.at <= at);
    past.voids.retain(|void| void.at <= at);
    past.unblocks.retain(|unblock| unblock.at <= at);
    for lot in &mut past.lots {
        lot.voided = lot.voided.filter(|voided| *voided <= at);
    }
    // A lot to come may have been moved already.
    let moved: BTreeSet<&String> = past.moves.iter().map(|moved| &moved.lot).collect();
    let voided: BTreeSet<&String> = past.voids.iter().map(|void| &void.lot).collect();
    let named = |id: &String| moved.contains(id) || voided.contains(id);
    past.lots.retain(|lot| lot.effective <= at || named(&lot.id));
    let mut later = BTreeSet::new();
    for event in &facts.events {
        let of = facts.corrections.iter().filter(|c| c.event() == event.id);
        let last = of.max_by_key(|c| c.revision);
        let time = match last {
            Some(last) => last.with.as_ref().map(|with| with.time),
            None => Some(event.time),
        };
        if time.is_none_or(|time| time > at) {
            later.insert(event.id.clone());
        }
    }
    past.events.retain(|event| !later.contains(&event.id));
    past.corrections.retain(|correction| !later.contains(correction.event()));
    past
}

fn answers(replay: &Replay, at: Instant) -> [Answer; 3] {
    TEAMS.map(|team| answer(&replay.state(team, at).unwrap()))
}

/// The facts of a team as they may come out of storage.
fn any_order(books: TeamBooks) -> impl Strategy<Value = TeamBooks> {
    let lists = (
        Just(books.lots.clone()).prop_shuffle(),
        Just(books.moves.clone()).prop_shuffle(),
        Just(books.unblocks.clone()).prop_shuffle(),
        Just(books.notices.clone()).prop_shuffle(),
    );
    lists.prop_map(move |(lots, moves, unblocks, notices)| TeamBooks {
        lots,
        moves,
        unblocks,
        notices,
        ..books.clone()
    })
}

fn two_orders() -> impl Strategy<Value = (File, TeamBooks)> {
    scenario(50).prop_flat_map(|facts| {
        let (books, _) = Slow::new(&facts).books("a");
        (Just(facts), any_order(books))
    })
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn the_order_of_a_teams_books_changes_nothing(
        (facts, shuffled) in two_orders(),
        places in vec(any::<Index>(), 3),
    ) {
        let (books, steps) = Slow::new(&facts).books("a");
        let edges = edges(&facts);
        for at in places.iter().map(|place| *place.get(&edges)) {
            let down = burn_down(&books, &steps, None, at).unwrap();
            prop_assert_eq!(burn_down(&shuffled, &steps, None, at).unwrap(), down, "at {}", at);
        }
    }

    #[test]
    fn order_and_repetition_of_facts_change_nothing(
        (facts, shuffled) in scenario(40).prop_flat_map(reordered),
        places in vec(any::<Index>(), 3),
    ) {
        let (one, other) = (Replay::new(&facts).unwrap(), Replay::new(&shuffled).unwrap());
        let edges = edges(&facts);
        for at in places.iter().map(|place| *place.get(&edges)) {
            for team in TEAMS {
                let [one, other] =
                    [&one, &other].map(|replay| replay.explain(team, None, at).unwrap());
                prop_assert_eq!(one, other, "{} at {}", team, at);
            }
        }
    }

    #[test]
    fn a_statement_in_two_parts_is_the_statement(
        facts in scenario(40),
        places in vec(any::<Index>(), 3),
    ) {
        let replay = Replay::new(&facts).unwrap();
        let edges = edges(&facts);
        let mut times: Vec<Instant> = places.iter().map(|place| *place.get(&edges)).collect();
        times.sort_unstable();
        let (from, middle, at) = (times[0], times[1], times[2]);
        for team in TEAMS {
            let of = |from, at| replay.explain(team, Some(from), at).unwrap();
            let (first, whole) = (of(from, middle), of(from, at));
            let (first, whole) = (first.statement.unwrap(), whole.statement.unwrap());
            let second = of(middle.plus(1), at.max(middle.plus(1))).statement.unwrap();
            prop_assert_eq!(first.closing, second.opening);
            prop_assert_eq!(first.opening, whole.opening);
            if at <= middle {
                continue;
            }
            prop_assert_eq!(second.closing, whole.closing);
            let mut sum = entries(&first);
            for (entry, [available, debt]) in entries(&second) {
                let both = sum.entry(entry).or_default();
                both[0] += available;
                both[1] += debt;
            }
            sum.retain(|_, moved| *moved != [Tokens::ZERO; 2]);
            prop_assert_eq!(sum, entries(&whole));
        }
    }

    #[test]
    fn what_comes_later_is_not_seen(facts in scenario(40), places in vec(any::<Index>(), 3)) {
        let replay = Replay::new(&facts).unwrap();
        let edges = edges(&facts);
        for at in places.iter().map(|place| *place.get(&edges)) {
            let past = Replay::new(&without_later(&facts, at)).unwrap();
            prop_assert_eq!(answers(&replay, at), answers(&past, at), "at {}", at);
        }
    }

    #[test]
    fn another_lot_lowers_no_balance(
        facts in scenario(40),
        another in lot(),
        places in vec(any::<Index>(), 3),
    ) {
        let mut more = facts.0.clone();
        prop_assume!(add(&mut more, Given::Lot(another)));
        let (before, after) = (Replay::new(&facts).unwrap(), Replay::new(&more).unwrap());
        let edges = edges(&more);
        for at in places.iter().map(|place| *place.get(&edges)) {
            for (before, after) in answers(&before, at).iter().zip(answers(&after, at)) {
                prop_assert!(after.balance >= before.balance, "at {}", at);
            }
        }
    }
}
