//! The plan, replayed by the core, holds what it promises.

use super::as_scenario::scenario;
use super::*;
use std::collections::BTreeSet;
use tokenscope::burn::TeamState;
use tokenscope::replay::Replay;

const SPECS: [DemoSpec; 6] = [
    DemoSpec { seed: 1, days: 400, events: 20_000 },
    DemoSpec { seed: 7, days: 400, events: 20_000 },
    DemoSpec { seed: 1, days: 60, events: 3_000 },
    DemoSpec { seed: 7, days: 60, events: 3_000 },
    DemoSpec { seed: 3, days: 30, events: 2_000 },
    DemoSpec { seed: 4, days: 400, events: 2_000 },
];

/// A Saturday morning, a Monday noon and the evening before a clock change.
const INSTANTS: [&str; 3] =
    ["2026-11-21T02:51:17.123456Z", "2027-03-01T12:00:00Z", "2026-10-24T20:00:00Z"];

fn zone() -> Zone {
    let at = |text: &str| text.parse::<Instant>().unwrap().micros();
    let changes = vec![(at("2026-03-29T01:00:00Z"), 7200), (at("2026-10-25T01:00:00Z"), 3600)];
    Zone::new("Europe/Berlin".into(), 3600, changes)
}

fn made(spec: &DemoSpec, now: &str) -> DemoPlan {
    plan(spec, now.parse().unwrap(), &zone())
}

fn percent_left(state: &TeamState) -> i64 {
    state.available().micro() * 100 / state.granted_active().micro()
}

#[test]
fn every_team_is_in_its_situation() {
    for (n, spec) in SPECS.iter().enumerate() {
        let now = INSTANTS[n % INSTANTS.len()];
        let at: Instant = now.parse().unwrap();
        let replay = Replay::new(&scenario(&made(spec, now))).unwrap();
        for team in Situation::ALL {
            let state = replay.state(team.slug(), at).unwrap();
            let seen = format!("{spec:?} at {now}: {team:?} {:?}", state.access);
            let debt_days = state.clock.debt_since().map(|since| at.since(since) / DAY);
            let access = state.access.code();
            match team {
                Situation::Healthy => {
                    assert_eq!(access, "full", "{seen}");
                    assert!((55..75).contains(&percent_left(&state)), "{seen}");
                }
                Situation::Low => {
                    assert_eq!(access, "full", "{seen}");
                    assert!((5..20).contains(&percent_left(&state)), "{seen}");
                }
                Situation::Grace => {
                    assert_eq!(access, "grace", "{seen}");
                    assert!((1..=7).contains(&debt_days.unwrap()), "{seen}");
                }
                Situation::Restricted => {
                    assert_eq!(access, "restricted", "{seen}");
                    assert!((20..=27).contains(&debt_days.unwrap()), "{seen}");
                }
            }
            assert_eq!(state.shortfall, tokenscope::tokens::Tokens::ZERO, "{seen}");
        }
    }
}

#[test]
fn some_lots_expired_unused_and_some_end_within_ninety_days() {
    let at: Instant = INSTANTS[0].parse().unwrap();
    let replay = Replay::new(&scenario(&made(&SPECS[0], INSTANTS[0]))).unwrap();
    let soon = at.plus(90 * DAY);
    let mut ending = 0;
    for team in Situation::ALL {
        let state = replay.state(team.slug(), at).unwrap();
        assert!(!state.expired().is_zero(), "{team:?}");
        let left = state.lots.iter().filter(|lot| !lot.remaining.is_zero());
        ending += left.filter(|lot| lot.lot.expires.is_some_and(|end| end < soon)).count();
    }
    assert!(ending >= 2, "{ending} lots end soon");
}

#[test]
fn events_are_ordered_unique_and_in_the_past() {
    for spec in &SPECS {
        let now: Instant = INSTANTS[0].parse().unwrap();
        let events = made(spec, INSTANTS[0]).events;
        assert_eq!(events.len(), usize::try_from(spec.events).unwrap());
        let keys: BTreeSet<_> = events.iter().map(|e| (&e.source, &e.id)).collect();
        assert_eq!(keys.len(), events.len());
        let times: Vec<Instant> = events.iter().map(|e| e.time.unwrap()).collect();
        assert!(times.is_sorted());
        let (first, last) = (times[0], times[times.len() - 1]);
        assert!(first >= now.plus(-i64::from(spec.days) * DAY), "{first}");
        assert!(last < now && now.since(last) < 60_000_000, "{last}");
    }
}

#[test]
fn it_holds_what_the_dashboard_shows() {
    let plan = made(&SPECS[0], INSTANTS[0]);
    let count = |wanted: fn(&Fact) -> bool| plan.facts.iter().filter(|f| wanted(f)).count();
    assert_eq!(count(|f| matches!(f, Fact::Team { .. })), 4);
    assert_eq!(count(|f| matches!(f, Fact::App { owner: Some(_), .. })), 12);
    assert_eq!(count(|f| matches!(f, Fact::Assignment { .. })), 12);
    assert_eq!(plan.people.len(), 40);
    let emails: BTreeSet<_> = plan.people.iter().map(|p| p.email.as_str()).collect();
    let owners_and_users = (plan.facts.iter())
        .filter_map(|f| match f {
            Fact::App { owner, .. } => owner.as_deref(),
            _ => None,
        })
        .chain(plan.events.iter().filter_map(|e| e.user.as_deref()));
    let strangers: Vec<_> = owners_and_users.filter(|who| !emails.contains(who)).collect();
    assert!(strangers.is_empty(), "{strangers:?}");
    let used: BTreeSet<_> = plan.events.iter().map(|e| e.api.as_str()).collect();
    assert_eq!(used.len(), 9, "{used:?}");
    let failed = plan.events.iter().filter(|e| e.status != Default::default()).count();
    assert!((200..600).contains(&failed), "{failed} failed");
}

#[test]
fn the_same_spec_gives_the_same_plan() {
    let spec = SPECS[2];
    assert_eq!(made(&spec, INSTANTS[0]), made(&spec, INSTANTS[0]));
    let other = DemoSpec { seed: spec.seed + 1, ..spec };
    assert_ne!(made(&spec, INSTANTS[0]).events, made(&other, INSTANTS[0]).events);
}
