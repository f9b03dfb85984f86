//! Closed books: what is recorded later changes nothing before a close, and nothing is lost.

use super::cases;
use super::given::{File, TEAMS, edges, scenario, start};
use crate::lot::LotKind;
use crate::replay::{Replay, answer};
use crate::scenario::{Answer, Scenario, ScenarioClose};
use crate::time::{DAY, HOUR, Instant};
use crate::tokens::Tokens;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeMap;

/// Gives every fact a time of recording, no two the same, and what a fact needs before it.
fn record(mut facts: Scenario, hours: &[i64]) -> File {
    let mut n = 0_usize;
    let mut stamp = |after: Instant| {
        n += 1;
        let micros = i64::try_from(n).unwrap();
        Some(start().plus(hours[n % hours.len()] * HOUR).max(after).plus(micros))
    };
    let first = Instant::MIN;
    facts.policies.iter_mut().for_each(|line| line.recorded_at = stamp(first));
    facts.trials.iter_mut().for_each(|line| line.recorded_at = stamp(first));
    facts.rates.iter_mut().skip(2).for_each(|line| line.recorded_at = stamp(first));
    facts.apps.iter_mut().skip(2).for_each(|line| line.recorded_at = stamp(first));
    facts.owners.iter_mut().for_each(|line| line.recorded_at = stamp(first));
    facts.payers.iter_mut().for_each(|line| line.recorded_at = stamp(first));
    facts.unblocks.iter_mut().for_each(|unblock| unblock.recorded_at = stamp(first));
    let mut known: BTreeMap<String, Instant> = BTreeMap::new();
    for lot in &mut facts.lots {
        lot.recorded_at = stamp(first);
        known.extend(lot.recorded_at.map(|at| (lot.id.clone(), at)));
    }
    facts.moves.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    for moved in &mut facts.moves {
        moved.recorded_at = stamp(known[&moved.lot]);
        known.extend(moved.recorded_at.map(|at| (moved.id.clone(), at)));
    }
    for void in &mut facts.voids {
        void.recorded_at = stamp(known[&void.lot]);
    }
    for event in &mut facts.events {
        event.recorded_at = stamp(first);
        known.extend(event.recorded_at.map(|at| (event.id.clone(), at)));
    }
    for correction in &mut facts.corrections {
        let id = correction.event().to_owned();
        correction.recorded_at = stamp(known[&id]);
        known.extend(correction.recorded_at.map(|at| (id, at)));
    }
    File(facts)
}

/// Facts with a time of recording.
pub fn recorded() -> impl Strategy<Value = File> {
    (scenario(40), vec(-24..240_i64, 17)).prop_map(|(File(facts), hours)| record(facts, &hours))
}

/// Facts with a time of recording, and one or two closes.
fn closed() -> impl Strategy<Value = File> {
    let close = (0..8_i64, proptest::option::weighted(0.5, 0..72_i64)).prop_map(|(days, after)| {
        let until = start().plus(days * DAY);
        let recorded_at = after.map(|hours| until.plus(hours * HOUR));
        ScenarioClose { until, recorded_at }
    });
    let closed = (recorded(), vec(close, 1..3)).prop_map(|(File(facts), closes)| {
        let mut facts = Scenario { closes, ..facts };
        // A transfer that comes after a close may come too late for its lot.
        while facts.check().is_err() && facts.moves.pop().is_some() {}
        while facts.check().is_err() && facts.voids.pop().is_some() {}
        File(facts)
    });
    closed.prop_filter("something cannot be", |facts| facts.check().is_ok())
}

fn answers(replay: &Replay, at: Instant) -> [Answer; 3] {
    TEAMS.map(|team| answer(&replay.state(team, at).unwrap()))
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn nothing_before_a_close_changes_any_more(
        facts in closed(),
        places in vec(any::<Index>(), 4),
    ) {
        let replay = Replay::new(&facts).unwrap();
        for close in &facts.closes {
            let then = replay.known_at(close.recorded_at()).unwrap();
            let edges = edges(&facts);
            let before: Vec<Instant> = edges.into_iter().filter(|at| *at < close.until).collect();
            prop_assume!(!before.is_empty());
            for at in places.iter().map(|place| *place.get(&before)) {
                prop_assert_eq!(answers(&replay, at), answers(&then, at), "at {}", at);
                for team in TEAMS {
                    let [now, then] =
                        [&replay, &then].map(|replay| replay.explain(team, None, at).unwrap());
                    prop_assert_eq!(now.statement, then.statement, "{} at {}", team, at);
                    prop_assert_eq!(now.cuts, then.cuts, "{} at {}", team, at);
                    prop_assert_eq!(now.usage, then.usage, "{} at {}", team, at);
                }
            }
        }
    }

    #[test]
    fn a_close_loses_no_usage(facts in closed()) {
        let end = start().plus(400 * DAY);
        let open = Scenario { closes: Vec::new(), ..facts.0.clone() };
        let (closed, open) = (Replay::new(&facts).unwrap(), Replay::new(&open).unwrap());
        for team in TEAMS {
            let [closed, open] = [&closed, &open].map(|replay| replay.state(team, end).unwrap());
            let returned = closed.lots.iter().filter(|it| it.lot.kind == LotKind::Returned);
            let returned: Tokens = returned.map(|it| it.lot.granted).sum();
            prop_assert_eq!(closed.charged.total() - returned, open.charged.total(), "{}", team);
        }
    }

    #[test]
    fn what_was_known_stays_known(
        facts in closed(),
        place in any::<Index>(),
        of in any::<Index>(),
    ) {
        let times: Vec<Instant> = facts.events.iter().filter_map(|e| e.recorded_at).collect();
        prop_assume!(!times.is_empty());
        let known_at = *of.get(&times);
        let at = *place.get(&edges(&facts));
        let early = Replay::new(&facts.known_at(known_at)).unwrap();
        let late = Replay::new(&facts).unwrap();
        let known = late.known_at(known_at).unwrap();
        prop_assert_eq!(answers(&known, at), answers(&early, at), "known at {}", known_at);
        prop_assert_eq!(answers(&early.known_at(known_at).unwrap(), at), answers(&early, at));
    }
}
