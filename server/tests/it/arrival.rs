//! The order in which facts and events arrive changes no figure: shuffled, cut into other batches
//! and repeated they end in the state of one ordered batch, and in that of the core's own replay.

use crate::given::{at, program_of, send};
use crate::harness::{Backend, Database, on_each_database};
use crate::random::{Random, scenario, start};
use crate::rollups::{self, Named};
use std::ops::Range;
use tokenscope::event::{EventResult, NewEvent};
use tokenscope::fact::Fact;
use tokenscope::replay::Replay;
use tokenscope::scenario::Scenario;
use tokenscope::service::{Books, Caller};
use tokenscope::time::{DAY, Instant};
use tokenscope_server::service::Service;

/// The cases of each database; SQLite is quick enough for all of them.
const fn seeds(backend: Backend) -> Range<u64> {
    match backend {
        Backend::Sqlite => 0..30,
        Backend::Postgres => 0..15,
        Backend::PgHash => 15..30,
    }
}

const ZONE: &str = "America/New_York";

on_each_database!(arrival_does_not_matter);

async fn arrival_does_not_matter(database: Database) {
    let service = database.service(at("2030-01-01T00:00:00Z")).await;
    for seed in seeds(database.backend) {
        let mut random = Random::new(seed);
        let scenario = scenario(&mut random);
        let replay = Replay::new(&scenario).unwrap();
        let ordered = program_of(&service, &format!("ordered{seed}"), ZONE).await;
        load_in_order(&service, &ordered, &scenario).await;
        let shuffled = program_of(&service, &format!("shuffled{seed}"), ZONE).await;
        load_shuffled(&service, &shuffled, &scenario, &mut random).await;
        for (team, when) in questions(&scenario, &mut random) {
            let expected = replay.state(&team, when).unwrap();
            for (caller, how) in [(&ordered, "ordered"), (&shuffled, "shuffled")] {
                let got = service.state_of(caller.org, &team, when).await.unwrap();
                assert_eq!(got, expected, "seed {seed}, {how}: {team} at {when}");
            }
        }
        let db = service.db();
        let named = (Named::read(db, ordered.org).await, Named::read(db, shuffled.org).await);
        assert_eq!(named.0, named.1, "seed {seed}");
        assert!(!named.0.charges.is_empty(), "seed {seed}: nothing is charged");
        rollups::check(db, ordered.org, ZONE).await;
        rollups::check(db, shuffled.org, ZONE).await;
    }
}

fn questions(scenario: &Scenario, random: &mut Random) -> Vec<(String, Instant)> {
    let mut times = vec![start().plus(-3 * DAY), start().plus(20 * DAY)];
    times.extend((0..6).map(|_| random.instant()));
    times.extend(
        scenario.lots.iter().take(2).flat_map(|lot| [Some(lot.effective), lot.expires]).flatten(),
    );
    let teams = scenario.team_names().into_iter();
    teams.flat_map(|team| times.iter().map(move |time| (team.to_owned(), *time))).collect()
}

async fn load_in_order(service: &Service, caller: &Caller, scenario: &Scenario) {
    service.record(caller, scenario.facts()).await.unwrap();
    let mut events = scenario.new_events().unwrap();
    events.sort_by_key(|event| event.time);
    for result in send(service, caller, events).await {
        assert!(matches!(result, EventResult::Accepted { .. }), "{result:?}");
    }
}

/// Rules before the events they rate; lots and what happens to them at any time; events in any
/// order, in batches of any size, some of them several times.
async fn load_shuffled(
    service: &Service,
    caller: &Caller,
    scenario: &Scenario,
    random: &mut Random,
) {
    let (mut rules, lots) = in_two(scenario.facts());
    random.shuffle(&mut rules);
    // What a fact names must be there.
    rules.sort_by_key(|fact| !matches!(fact, Fact::Team { .. } | Fact::App { .. }));
    service.record(caller, rules).await.unwrap();
    let events = scenario.new_events().unwrap();
    let mut sent = events.clone();
    sent.extend(events.iter().filter(|_| random.one_in(4)).cloned());
    random.shuffle(&mut sent);
    let mut lots = lots.into_iter().peekable();
    let mut accepted = 0;
    let mut rest = sent.as_slice();
    while !rest.is_empty() {
        let size = usize::try_from(1 + random.below(25)).unwrap().min(rest.len());
        let (batch, later) = rest.split_at(size);
        accepted += accepted_of(service, caller, batch).await;
        rest = later;
        if lots.peek().is_some() && random.one_in(2) {
            let some = lots.by_ref().take(3).collect();
            service.record(caller, some).await.unwrap();
        }
    }
    service.record(caller, lots.collect()).await.unwrap();
    assert_eq!(accepted, events.len());
    assert_eq!(accepted_of(service, caller, &events).await, 0, "the same again");
}

/// How many were new; the others must be duplicates.
async fn accepted_of(service: &Service, caller: &Caller, batch: &[NewEvent]) -> usize {
    let results = send(service, caller, batch.iter().cloned()).await;
    let is_new = |result: &&EventResult| matches!(result, EventResult::Accepted { .. });
    let new = results.iter().filter(is_new).count();
    let repeated = results.iter().filter(|result| **result == EventResult::Duplicate).count();
    assert_eq!(new + repeated, batch.len(), "{results:?}");
    new
}

/// Rules, and the facts of lots in their order.
fn in_two(facts: Vec<Fact>) -> (Vec<Fact>, Vec<Fact>) {
    facts.into_iter().partition(|fact| {
        let of_lots = matches!(
            fact,
            Fact::Lot { .. } | Fact::Void { .. } | Fact::Transfer { .. } | Fact::Unblock { .. }
        );
        !of_lots
    })
}
