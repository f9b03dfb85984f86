//! Stored answers as of random instants, and as they were known at instants between recordings,
//! are those of `replay` on the same facts.

use crate::given::{at, program_of};
use crate::harness::{Backend, Database, on_each_database, wanted_cases};
use crate::random::{self, Random};
use tokenscope::explain::{ChargeLine, UsageLine};
use tokenscope::fact::Fact;
use tokenscope::replay::Replay;
use tokenscope::report::{Explanation, Figure, Seen, SeenAt};
use tokenscope::scenario::{Scenario, ScenarioEvent};
use tokenscope::service::{Books, Caller, Intake, Ledger};
use tokenscope::time::{DAY, HOUR, Instant};
use tokenscope_server::service::Service;

const ZONES: &[&str] = &["UTC", "Asia/Kolkata", "America/New_York"];
const TEAMS: &[&str] = &["red", "green", "blue"];
/// Facts are recorded in so many batches, a day apart.
const STAGES: u64 = 3;

fn stage(n: u64) -> Instant {
    at("2030-01-01T00:00:00Z").plus(i64::try_from(n).unwrap() * DAY)
}

on_each_database!(
    books_at_any_time_are_those_of_the_replay,
    statements_and_explanations_are_those_of_the_replay,
    the_kept_books_follow_what_arrives,
);

/// How many scenarios a database is given.
fn count(database: &Database) -> u64 {
    let asked = wanted_cases();
    asked.unwrap_or(if database.backend == Backend::Sqlite { 24 } else { 10 })
}

/// A random scenario that was recorded in stages, and the same facts with their record times.
struct Told {
    caller: Caller,
    scenario: Scenario,
    seed: u64,
}

async fn tell(service: &Service, seed: u64) -> Told {
    let mut random = Random::new(seed * 7919 + 1);
    let mut scenario = random::scenario(&mut random);
    for lot in &mut scenario.lots {
        lot.recorded_at = Some(stage(random.below(STAGES)));
    }
    for event in &mut scenario.events {
        event.recorded_at = Some(stage(random.below(STAGES)));
    }
    for unblock in &mut scenario.unblocks {
        unblock.recorded_at = Some(stage(random.below(STAGES)));
    }
    // A transfer comes after its lot.
    for moved in &mut scenario.moves {
        let lot = scenario.lots.iter().find(|lot| lot.id == moved.lot);
        let known = lot.and_then(|lot| lot.recorded_at).unwrap_or(stage(0));
        moved.recorded_at = Some(known.max(stage(random.below(STAGES))));
    }
    let zone = ZONES[usize::try_from(seed).unwrap() % ZONES.len()];
    // Teams, apps, rates and trials of a scenario are known from the beginning.
    service.clock().set(stage(0).plus(-2 * DAY));
    let caller = program_of(service, &format!("t{seed}"), zone).await;
    let mut refused = record(service, &caller, &scenario, Instant::MAX).await;
    for n in 0..STAGES {
        service.clock().set(stage(n));
        refused.extend(record(service, &caller, &scenario, stage(n)).await);
    }
    scenario.moves.retain(|moved| !refused.contains(&moved.id));
    service.clock().set(stage(STAGES));
    Told { caller, scenario, seed }
}

/// Records what belongs to a stage; returns the ids of transfers that were refused.
async fn record(
    service: &Service,
    caller: &Caller,
    whole: &Scenario,
    when: Instant,
) -> Vec<String> {
    let mut part = whole.clone();
    let is_of = |recorded_at: Option<Instant>| recorded_at == Some(when);
    part.lots.retain(|lot| is_of(lot.recorded_at));
    part.unblocks.retain(|unblock| is_of(unblock.recorded_at));
    part.events.retain(|event| is_of(event.recorded_at));
    part.moves.clear();
    service.record(caller, part.facts()).await.unwrap();
    let mut refused = Vec::new();
    for moved in whole.moves.iter().filter(|moved| is_of(moved.recorded_at)) {
        let fact = Fact::Transfer {
            id: moved.id.clone(),
            lot: moved.lot.clone(),
            to: moved.to.clone(),
            at: moved.at,
            tokens: moved.tokens,
        };
        if service.record(caller, vec![fact]).await.is_err() {
            refused.push(moved.id.clone());
        }
    }
    let events = part.new_events().unwrap().into_iter().map(Ok).collect();
    service.accept(caller, events).await.unwrap();
    refused
}

/// Instants of knowledge before, between and after the recordings, and none.
fn known(random: &mut Random) -> Option<Instant> {
    match random.below(STAGES + 2) {
        0 => None,
        n => Some(stage(n - 1).plus(-HOUR)),
    }
}

async fn books_at_any_time_are_those_of_the_replay(database: Database) {
    let service = database.service(stage(0)).await;
    let mut in_debt = 0;
    for seed in 0..count(&database) {
        let told = tell(&service, seed).await;
        let replay = Replay::new(&told.scenario).unwrap();
        let mut random = Random::new(seed);
        for _ in 0..40 {
            let seen = SeenAt { as_of: random.instant(), known_at: known(&mut random) };
            let team = random.pick(TEAMS);
            let got = service.state_known(told.caller.org, team, seen).await.unwrap();
            let wanted = match seen.known_at {
                Some(known_at) => replay.known_at(known_at).unwrap().state(team, seen.as_of),
                None => replay.state(team, seen.as_of),
            };
            let wanted = wanted.unwrap();
            assert_eq!(got, wanted, "seed {seed}, team {team}, {seen:?}");
            in_debt += usize::from(!got.debt.total().is_zero());
        }
        for team in TEAMS {
            let kept = service.state_now(told.caller.org, team).await.unwrap();
            assert_eq!(kept, replay.state(team, service.clock().now()).unwrap(), "seed {seed}");
        }
    }
    assert!(in_debt > 20, "only {in_debt} states had debt");
}

async fn statements_and_explanations_are_those_of_the_replay(database: Database) {
    let service = database.service(stage(0)).await;
    for seed in 100..100 + count(&database) {
        let told = tell(&service, seed).await;
        let replay = Replay::new(&told.scenario).unwrap();
        let mut random = Random::new(seed);
        for _ in 0..6 {
            let known_at = known(&mut random);
            let of = match known_at {
                Some(known_at) => &replay.known_at(known_at).unwrap(),
                None => &replay,
            };
            let (one, other) = (random.instant(), random.instant());
            let (from, as_of) = (one.min(other), one.max(other));
            let from = (!random.one_in(3)).then_some(from);
            let team = random.pick(TEAMS);
            let seen = Seen { as_of: Some(as_of), known_at };
            let asked = Asked { service: &service, told: &told, team, seen, from };
            asked.compare(of).await;
        }
    }
}

/// Events arrive late, in time and a little ahead while the clock goes on; after each batch the
/// kept books are those of the replay of what has arrived.
async fn the_kept_books_follow_what_arrives(database: Database) {
    const MINUTE: i64 = HOUR / 60;
    let service = database.service(stage(0)).await;
    for seed in 200..200 + count(&database) {
        let mut random = Random::new(seed);
        let whole = random::scenario(&mut random);
        service.clock().set(random::start().plus(-9 * DAY));
        let zone = ZONES[usize::try_from(seed).unwrap() % ZONES.len()];
        let caller = program_of(&service, &format!("f{seed}"), zone).await;
        let mut arrived = Scenario { events: Vec::new(), moves: Vec::new(), ..whole.clone() };
        let later = arrived.lots.split_off(arrived.lots.len() / 2);
        service.record(&caller, arrived.facts()).await.unwrap();
        let (mut waiting, mut later) = (whole.events.clone(), later.into_iter());
        let mut now = random::start();
        while now < random::start().plus(9 * DAY) {
            now = now.plus(random.between(1, 12 * 60) * MINUTE);
            if let Some(event) = waiting.iter().find(|event| event.time > now)
                && random.one_in(2)
            {
                // Its sender's clock is ahead.
                now = now.max(event.time.plus(-random.between(1, 5) * MINUTE));
            }
            service.clock().set(now);
            let comes = |event: &ScenarioEvent| event.time <= now.plus(5 * MINUTE);
            let (came, rest): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|event| comes(event) && random.one_in(2));
            waiting = rest;
            let batch = Scenario { events: came.clone(), ..whole.clone() };
            let events = batch.new_events().unwrap().into_iter().map(Ok).collect();
            service.accept(&caller, events).await.unwrap();
            arrived.events.extend(came);
            if let Some(lot) = later.next() {
                arrived.lots.push(lot);
                service.record(&caller, arrived.facts()).await.unwrap();
            }
            let replay = Replay::new(&arrived).unwrap();
            for team in TEAMS {
                let kept = service.state_now(caller.org, team).await.unwrap();
                assert_eq!(kept, replay.state(team, now).unwrap(), "seed {seed}, {team}, {now}");
            }
        }
    }
}

/// A question that the stored ledger and the replay both answer.
struct Asked<'a> {
    service: &'a Service,
    told: &'a Told,
    team: &'a str,
    seen: Seen,
    from: Option<Instant>,
}

impl Asked<'_> {
    fn place(&self) -> String {
        format!(
            "seed {}, team {}, {:?}, from {:?}",
            self.told.seed, self.team, self.seen, self.from
        )
    }

    async fn explained(&self, figure: Figure) -> Explanation {
        let answer = self.service.explain(&self.told.caller, figure).await;
        answer.unwrap_or_else(|fault| panic!("{}: {fault}", self.place()))
    }

    async fn compare(&self, replay: &Replay) {
        let as_of = self.seen.as_of.unwrap();
        let wanted = replay.explain(self.team, self.from, as_of).unwrap();
        let span = (self.from, Some(as_of.plus(1)));
        let got = self.service.statement(&self.told.caller, self.team, span, self.seen.known_at);
        let got = got.await.unwrap_or_else(|fault| panic!("{}: {fault}", self.place()));
        assert_eq!(Some(got.statement), wanted.statement, "{}", self.place());

        let figure = Figure::Balance { team: self.team.into(), seen: self.seen };
        let Explanation::Balance(got) = self.explained(figure).await else { panic!() };
        let all = replay.explain(self.team, None, as_of).unwrap();
        assert_eq!(Some(got.cuts), all.cuts, "{}", self.place());
        assert_eq!(Some(got.position.balance), all.balance);

        let from = self.from.unwrap_or(Instant::MIN);
        let span = (from, as_of.plus(1));
        let (app, api, team) = (None, None, self.team.into());
        let figure = Figure::Bucket { team, span, app, api, seen: self.seen };
        let Explanation::Bucket(got) = self.explained(figure).await else { panic!() };
        // What costs nothing is no charge, so it is not in the ledger.
        let costs = |line: &UsageLine| !line.kinds.is_empty() || !line.uncharged.is_zero();
        let mut usage = wanted.usage.unwrap();
        usage.retain(costs);
        assert_eq!(got.usage, usage, "{}", self.place());
        self.compare_charges(&wanted.charges.unwrap()).await;
    }

    async fn compare_charges(&self, charges: &[ChargeLine]) {
        let costs = charges.iter().filter(|line| !line.tokens.is_zero());
        for wanted in costs.step_by(5) {
            let figure = Figure::Charge {
                source: tokenscope::scenario::SOURCE.into(),
                id: wanted.event.clone(),
                time: None,
                seen: self.seen,
            };
            let Explanation::Charge(got) = self.explained(figure).await else { panic!() };
            let line = got.charges.iter().find(|line| line.n == wanted.n);
            assert_eq!(line, Some(wanted), "{}", self.place());
        }
    }
}
