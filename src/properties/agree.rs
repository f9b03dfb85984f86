//! The engine against the slow reading.

use super::cases;
use super::closes::recorded;
use super::given::{TEAMS, edges, instant, scenario, sessions, start};
use super::slow::{Due, Slow, World};
use crate::explain::{ChargeLine, UsageLine};
use crate::replay::{Replay, answer};
use crate::scenario::Scenario;
use crate::statement::{Kind, Statement};
use crate::time::{DAY, Instant};
use crate::tokens::Tokens;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The conformance vectors.
fn vectors() -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scenarios");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "json") {
            found.push(serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap());
        }
    }
    found
}

#[test]
fn the_slow_reading_gives_the_answers_of_the_scenario_files() {
    let (mut asked, mut wrong) = (0, Vec::new());
    for scenario in vectors().iter().filter(|scenario| scenario.closes.is_empty()) {
        for question in &scenario.ask {
            let known =
                question.known_at.map_or_else(|| scenario.clone(), |at| scenario.known_at(at));
            let slow = Slow::new(&known);
            let world = slow.at(question.at);
            let mut got = world.answer(&question.team);
            got.cuts = Some(world.cuts(&question.team));
            let mut expected = question.expect.clone();
            // These are compared line by line below, or about holds and calls.
            (expected.available, expected.decision, expected.statement) = (None, None, None);
            (expected.charges, expected.usage) = (None, None);
            asked += 1;
            if got.clone().asked(&expected) != expected {
                wrong.push(format!("{}: {question:#?} got {got:#?}", scenario.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 200, "only {asked} questions were found");
}

#[test]
fn both_explain_the_scenario_files_alike() {
    for scenario in vectors().iter().filter(|scenario| scenario.closes.is_empty()) {
        let (replay, slow) = (Replay::new(scenario).unwrap(), Slow::new(scenario));
        for question in &scenario.ask {
            for from in [None, question.from, Some(question.at)] {
                explained_alike(&replay, &slow, &question.team, from, question.at);
            }
        }
    }
}

/// States and lots of a team at an instant.
pub fn states_alike(replay: &Replay, world: &World, team: &str) {
    let at = world.at;
    let state = replay.state(team, at).unwrap();
    assert_eq!(answer(&state), world.answer(team), "{team} at {at}");
    let mut own: Vec<_> = world.lots.iter().filter(|it| it.team == team).collect();
    for it in &state.lots {
        let place = own.iter().position(|slow| slow.lot.id == it.lot.id);
        let slow = own.remove(place.unwrap());
        let ours = [it.remaining, it.burned, it.settled, it.expired, it.voided, it.moved_out];
        let slows =
            [slow.held, slow.burned, slow.settled, slow.expired, slow.voided, slow.moved_out];
        assert_eq!((&it.lot, ours), (&slow.lot, slows), "{team} at {at}");
        assert_eq!(it.usable, slow.is_usable(), "{} of {team} at {at}", it.lot.id);
    }
    assert!(own.is_empty(), "{own:?}");
    let shortfalls = world.dues.iter().filter(|due| due.team == team && due.charge.is_none());
    assert_eq!(state.shortfall, shortfalls.map(|due| due.amount).sum(), "{team} at {at}");
}

/// Charges, statement, usage and cuts of a team over a stretch of time.
pub fn explained_alike(
    replay: &Replay,
    slow: &Slow,
    team: &str,
    from: Option<Instant>,
    at: Instant,
) {
    let world = slow.at(at);
    let full = replay.explain(team, from, at).unwrap();
    let since = |when: Instant| from.is_none_or(|from| from <= when);
    let dues: Vec<&Due> =
        world.dues.iter().filter(|due| due.team == team && since(due.at)).collect();
    let charges: Vec<&&Due> = dues.iter().filter(|due| due.charge.is_some()).collect();
    let lines = full.charges.unwrap();
    assert_eq!(lines.len(), charges.len(), "{team} at {at}");
    for (line, due) in lines.iter().zip(charges) {
        let charge = due.charge.as_ref().unwrap();
        let ChargeLine { event, n, at, class, tokens, rate, lots, uncharged, .. } = line;
        assert_eq!((event, *n, *at), (&charge.event, charge.n, due.at));
        assert_eq!((*class, *tokens, *uncharged), (due.class, due.amount, due.owed), "{event}");
        assert_eq!((rate, lots), (&charge.line, &due.lots), "{event} {n}");
    }
    let opening = from.map_or(Default::default(), |from| slow.at(from.plus(-1)).position(team));
    let statement = full.statement.unwrap();
    assert_eq!((statement.opening, statement.closing), (opening, world.position(team)));
    assert_eq!(entries(&statement), slow_entries(&world, team, from), "{team} {from:?} {at}");
    assert_eq!(full.usage.unwrap(), slow_usage(&world, team, &dues), "{team} {from:?} {at}");
    assert_eq!(full.cuts.unwrap(), world.cuts(team), "{team} at {at}");
}

type Entries = BTreeMap<(Kind, Option<String>, Option<String>, Option<String>), [Tokens; 2]>;

/// The lines of a statement by what they are about; each stands there once.
pub fn entries(statement: &Statement) -> Entries {
    let mut entries = Entries::new();
    for line in statement.lines.clone() {
        let key = (line.line, line.lot, line.app, line.api);
        assert_eq!(entries.insert(key, [line.available, line.debt]), None, "{statement:?}");
    }
    entries
}

fn slow_entries(world: &World, team: &str, from: Option<Instant>) -> Entries {
    let mut entries = Entries::new();
    for entry in world.entries.iter().filter(|entry| entry.team == team) {
        if from.is_none_or(|from| from <= entry.at) {
            let key = (entry.kind, entry.lot.clone(), entry.app.clone(), entry.api.clone());
            let [available, debt] = entries.entry(key).or_default();
            *available += entry.available;
            *debt += entry.debt;
        }
    }
    entries.retain(|_, moved| *moved != [Tokens::ZERO; 2]);
    entries
}

fn slow_usage(world: &World, team: &str, dues: &[&Due]) -> Vec<UsageLine> {
    let kind = |id: &str| world.lots.iter().find(|it| it.lot.id == id).unwrap().lot.kind;
    let mut usage: Vec<UsageLine> = Vec::new();
    for due in dues.iter().filter(|due| due.team == team) {
        let Some(charge) = &due.charge else { continue };
        let (app, api) = (charge.app.clone(), charge.api.clone());
        let place = usage.iter().position(|line| line.app == app && line.api == api);
        let place = place.unwrap_or_else(|| {
            let (kinds, uncharged) = (BTreeMap::new(), Tokens::ZERO);
            usage.push(UsageLine { app, api, kinds, uncharged });
            usage.len() - 1
        });
        let line = &mut usage[place];
        for paid in &due.lots {
            *line.kinds.entry(kind(&paid.lot)).or_default() += paid.tokens;
        }
        line.uncharged += due.owed;
    }
    usage.sort_by(|a, b| (&a.app, &a.api).cmp(&(&b.app, &b.api)));
    usage
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn the_engine_reads_the_rules_as_the_slow_reading_does(
        facts in scenario(50),
        places in vec(any::<Index>(), 4),
        any_time in instant(),
    ) {
        let (replay, slow) = (Replay::new(&facts).unwrap(), Slow::new(&facts));
        let edges = edges(&facts);
        let mut asked: Vec<Instant> = places.iter().map(|place| *place.get(&edges)).collect();
        asked.push(any_time);
        for at in asked {
            let world = slow.at(at);
            for team in TEAMS {
                states_alike(&replay, &world, team);
            }
        }
    }

    #[test]
    fn what_was_known_is_what_the_slow_reading_makes_of_it(
        facts in recorded(),
        places in vec(any::<Index>(), 3),
        known_at in instant(),
    ) {
        let (replay, known) = (Replay::new(&facts).unwrap(), facts.known_at(known_at));
        let (replay, slow) = (replay.known_at(known_at).unwrap(), Slow::new(&known));
        let edges = edges(&facts);
        for at in places.iter().map(|place| *place.get(&edges)) {
            for team in TEAMS {
                states_alike(&replay, &slow.at(at), team);
                explained_alike(&replay, &slow, team, None, at);
            }
        }
    }

    #[test]
    fn product_days_are_those_of_the_slow_reading(facts in sessions()) {
        let (replay, slow) = (Replay::new(&facts).unwrap(), Slow::new(&facts));
        explained_alike(&replay, &slow, "a", None, start().plus(30 * DAY));
    }

    #[test]
    fn the_engine_explains_as_the_slow_reading_does(
        facts in scenario(50),
        places in vec(any::<Index>(), 3),
        stretch in (any::<Index>(), any::<Index>()),
    ) {
        let (replay, slow) = (Replay::new(&facts).unwrap(), Slow::new(&facts));
        let edges = edges(&facts);
        let (a, b) = (*stretch.0.get(&edges), *stretch.1.get(&edges));
        for team in TEAMS {
            for place in &places {
                explained_alike(&replay, &slow, team, None, *place.get(&edges));
            }
            explained_alike(&replay, &slow, team, Some(a.min(b)), a.max(b));
        }
    }
}
