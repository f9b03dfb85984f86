//! One fact after the other: after each the books of all teams must add up, and be those that the
//! slow reading finds.

use super::agree::states_alike;
use super::cases;
use super::given::{Given, TEAMS, add, beginning, edges, fact};
use super::slow::Slow;
use crate::burn::TeamState;
use crate::replay::Replay;
use crate::scenario::Scenario;
use crate::time::Instant;
use crate::tokens::Tokens;
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

/// The facts; the slow reading says what they come to.
struct Facts;

impl ReferenceStateMachine for Facts {
    type State = Scenario;
    type Transition = Given;

    fn init_state() -> BoxedStrategy<Scenario> {
        beginning().boxed()
    }
    fn transitions(_: &Scenario) -> BoxedStrategy<Given> {
        fact().boxed()
    }
    fn preconditions(facts: &Scenario, given: &Given) -> bool {
        add(&mut facts.clone(), given.clone())
    }
    fn apply(mut facts: Scenario, given: &Given) -> Scenario {
        add(&mut facts, given.clone());
        facts
    }
}

/// The engine with the facts that it was told.
struct Engine(Scenario);

impl StateMachineTest for Engine {
    type SystemUnderTest = Self;
    type Reference = Facts;

    fn init_test(facts: &Scenario) -> Self {
        Self(facts.clone())
    }
    fn apply(mut engine: Self, _: &Scenario, given: Given) -> Self {
        assert!(add(&mut engine.0, given));
        engine
    }
    fn check_invariants(engine: &Self, facts: &Scenario) {
        let (replay, slow) = (Replay::new(&engine.0).unwrap(), Slow::new(facts));
        let edges = edges(facts);
        // Four edges from all over the time, others for each number of facts, and the end.
        let step = edges.len() / 4 + 1;
        let some = edges.iter().skip(facts.events.len() % step).step_by(step);
        for at in some.chain(edges.last()) {
            let world = slow.at(*at);
            for team in TEAMS {
                states_alike(&replay, &world, team);
            }
            books_add_up(&replay, facts, *at);
        }
    }
}

fn books_add_up(replay: &Replay, facts: &Scenario, at: Instant) {
    let (mut moved_out, mut short) = (Tokens::ZERO, Tokens::ZERO);
    for team in TEAMS {
        let state = replay.state(team, at).unwrap();
        lots_add_up(&state);
        let paid: Tokens = state.lots.iter().map(|it| it.burned + it.settled).sum();
        let due = state.charged.api + state.charged.product + state.shortfall;
        assert_eq!(due, paid + state.debt.api + state.debt.product, "{team} at {at}");
        let usable = state.lots.iter().filter(|it| it.usable).map(|it| it.remaining);
        assert_eq!(state.balance(), usable.sum::<Tokens>() - state.debt.total());
        moved_out += state.lots.iter().map(|it| it.moved_out).sum();
        short += state.shortfall;
    }
    // What teams gave is what transfers posted.
    let moved = facts.moves.iter().filter(|moved| moved.at <= at).map(|moved| moved.tokens);
    assert_eq!(moved_out + short, moved.sum(), "transfers at {at}");
}

fn lots_add_up(state: &TeamState) {
    for it in &state.lots {
        let gone = [it.burned, it.settled, it.expired, it.voided, it.moved_out];
        assert!(gone.iter().all(|part| !part.is_negative()), "{it:?}");
        assert!(!it.remaining.is_negative(), "{it:?}");
        let all: Tokens = gone.into_iter().sum();
        assert_eq!(it.lot.granted, it.remaining + all, "{it:?}");
        let ended = it.lot.expires.is_some_and(|end| end <= state.at);
        assert!(!it.usable || (it.lot.effective <= state.at && !ended), "{it:?}");
        assert!(!it.has_ended || it.remaining.is_zero(), "{it:?}");
    }
}

prop_state_machine! {
    #![proptest_config(cases(25))]

    #[test]
    fn every_fact_leaves_books_that_add_up(sequential 1..30 => Engine);
}
