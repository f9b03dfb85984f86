//! What is stored against the core's replay of the same facts: facts of every kind, recorded in a
//! random order long after the time they speak about, events in random batches with duplicates,
//! corrections of corrections, closes between them, by two servers on one database that start
//! again at any time. The answers are the same for now, for any instant and as known at any other.

use crate::given::{program_of, try_send};
use crate::harness::{Backend, Database, on_each_database, wanted_cases};
use crate::random::{Random, TEAMS, event, lots, start};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use tokenscope::access::{Overdraft, Unblock};
use tokenscope::correction::{Correction, Corrections};
use tokenscope::event::{EventResult, NewEvent};
use tokenscope::fact::{Fact, Recorded};
use tokenscope::fault::Fault;
use tokenscope::job::JobState;
use tokenscope::payer::Payer;
use tokenscope::rate::Rounding;
use tokenscope::replay::Replay;
use tokenscope::report::SeenAt;
use tokenscope::scenario::{
    Scenario, ScenarioApp, ScenarioClose, ScenarioCorrection, ScenarioEvent, ScenarioMove,
    ScenarioNotice, ScenarioOwner, ScenarioPayer, ScenarioPolicyLine, ScenarioRate, ScenarioTrial,
    ScenarioUnblock, ScenarioVoid,
};
use tokenscope::service::{Books, Caller, Correcting, Jobs};
use tokenscope::time::{DAY, HOUR, Instant};
use tokenscope::tokens::{MICRO, Quantity, Tokens};
use tokenscope_server::clock::Clock;
use tokenscope_server::service::{Looked, Service};
use tokenscope_server::{args, statements};

/// The cases of each database; SQLite is quick enough for all of them.
fn seeds(backend: Backend) -> Range<u64> {
    let cases = wanted_cases().unwrap_or(16);
    match backend {
        Backend::Sqlite => 0..cases * 2,
        Backend::Postgres => 0..cases / 2,
        Backend::PgHash => cases / 2..cases,
    }
}

/// How many things happen.
const STEPS: i64 = 40;

on_each_database!(stored_answers_are_those_of_a_replay, what_is_stored_adds_up);

async fn stored_answers_are_those_of_a_replay(database: Database) {
    for seed in seeds(database.backend) {
        let mut world = World::new(&database, seed).await;
        world.begin().await;
        for _ in 0..STEPS {
            world.step(&database).await;
        }
        world.compare().await;
    }
}

async fn what_is_stored_adds_up(database: Database) {
    for seed in seeds(database.backend) {
        let mut world = World::new(&database, 1_000 + seed).await;
        world.begin().await;
        for _ in 0..STEPS {
            world.step(&database).await;
        }
    }
    let report = serving(&database, start()).await.verify(&|_, _, _| {}).await.unwrap();
    let lines: Vec<String> = report.differences.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{} differences:\n{}", report.count, lines.join("\n"));
}

struct World {
    seed: u64,
    at_once: i64,
    random: Random,
    services: [Service; 2],
    caller: Caller,
    now: Instant,
    /// The facts that were taken, as they were recorded.
    facts: Scenario,
    /// Events that were not sent yet.
    unsent: Vec<ScenarioEvent>,
    /// How many revisions each event has.
    revisions: BTreeMap<String, u32>,
    steps: Vec<Instant>,
}

impl World {
    async fn new(database: &Database, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let now = start().plus(9 * DAY);
        let services = [serving(database, now).await, serving(database, now).await];
        // In every third world all but the least is rated again by jobs.
        let at_once = if seed % 3 == 2 { 2 } else { i64::MAX };
        let zone = random.pick(&["UTC", "America/New_York", "Asia/Kolkata"]);
        let caller = program_of(&services[0], &format!("world{seed}"), zone).await;
        let unsent = (0..70).map(|n| event(&mut random, n)).collect();
        Self {
            seed,
            at_once,
            random,
            services,
            caller,
            now,
            facts: Scenario { name: format!("world {seed}"), ..Scenario::default() },
            unsent,
            revisions: Default::default(),
            steps: Vec::new(),
        }
    }

    fn service(&mut self) -> Service {
        let n = usize::try_from(self.random.below(2)).unwrap();
        self.services[n].rate_again_at_once(self.at_once);
        self.services[n].clone()
    }

    /// Teams, apps and some rates.
    async fn begin(&mut self) {
        let team = |slug: &&str| Fact::Team { slug: (*slug).into(), name: (*slug).into() };
        let mut facts: Vec<Fact> = TEAMS.iter().map(team).collect();
        for app in ["a0", "a1", "a2"] {
            let (client_id, name) = (app.to_owned(), app.to_owned());
            facts.push(Fact::App { client_id, name, owner: None });
        }
        self.services[0].record(&self.caller, facts).await.unwrap();
        for team in TEAMS {
            self.facts.teams.insert((*team).into(), Default::default());
        }
        for n in 0..5 {
            let line = rate(&mut self.random, n);
            self.rate(line).await;
            self.assign().await;
        }
    }

    async fn step(&mut self, database: &Database) {
        self.now = self.now.plus(HOUR);
        for service in &self.services {
            service.clock().set(self.now);
        }
        if self.random.one_in(6) {
            let n = usize::try_from(self.random.below(2)).unwrap();
            self.services[n] = serving(database, self.now).await;
        }
        match self.random.below(22) {
            0..=5 => self.send().await,
            6..=8 => self.correct().await,
            9 | 10 => self.assign().await,
            11 => {
                let n = self.random.below(5);
                let line = rate(&mut self.random, n);
                self.rate(line).await;
            }
            12 => self.trial().await,
            13 => self.close().await,
            14 => self.policy().await,
            15 => self.owner_or_payer().await,
            16 | 17 => self.lot().await,
            18 => self.take_or_move().await,
            19 | 20 => self.notice().await,
            _ => self.unblock().await,
        }
        self.steps.push(self.now);
        // What is kept from now on has to follow everything that comes.
        let (service, team) = (self.service(), self.random.pick(TEAMS));
        service.state_now(self.caller.org, team).await.unwrap();
    }

    /// Whether the books take a fact.
    async fn takes(&mut self, fact: Fact) -> bool {
        let (service, caller) = (self.service(), self.caller.clone());
        match service.record(&caller, vec![fact.clone()]).await {
            Ok(Recorded { new: 1, job: Some(job), .. }) => self.finish(job).await,
            Ok(recorded) => recorded.new == 1,
            Err(Fault::Invalid { .. } | Fault::Conflict { .. }) => false,
            Err(other) => panic!("seed {}: {fact:?}: {other}", self.seed),
        }
    }

    /// Lets a job come to its end while events arrive and are corrected, and says whether it could
    /// do what it was to do. Its rule is recorded when it switches.
    async fn finish(&mut self, job: i64) -> bool {
        self.now = self.now.plus(HOUR);
        for service in &self.services {
            service.clock().set(self.now);
        }
        if self.random.one_in(2) {
            self.send().await;
        }
        if self.random.one_in(2) {
            self.correct().await;
        }
        self.now = self.now.plus(HOUR);
        for service in &self.services {
            service.clock().set(self.now);
        }
        let (service, caller) = (self.service(), self.caller.clone());
        assert_eq!(service.work_jobs().await.unwrap(), 1);
        let listing = service.job(&caller, job).await.unwrap();
        assert!(matches!(listing.state, JobState::Done | JobState::Failed), "{listing:?}");
        listing.state == JobState::Done
    }

    /// The program looks at all debts.
    async fn notice(&mut self) {
        let service = self.service();
        service.notice_debts(&mut Looked::default()).await.unwrap();
        let mut tx = service.db().read().await.unwrap();
        let rows: Vec<(String, i64, i64)> =
            tx.rows(NOTICES, args![self.caller.org.0]).await.unwrap();
        let at = Instant::from_micros;
        let notice = |(team, of, when)| ScenarioNotice { team, of: Some(at(of)), at: at(when) };
        self.facts.notices = rows.into_iter().map(notice).collect();
    }

    async fn send(&mut self) {
        let size = usize::try_from(1 + self.random.below(14)).unwrap().min(self.unsent.len());
        let mut batch: Vec<ScenarioEvent> = self.unsent.split_off(self.unsent.len() - size);
        let again = self.facts.events.iter().filter(|_| self.random.one_in(8)).cloned();
        batch.extend(again);
        self.random.shuffle(&mut batch);
        let (service, caller) = (self.service(), self.caller.clone());
        let results = try_send(&service, &caller, batch.iter().map(new_event)).await.unwrap();
        for (event, result) in batch.into_iter().zip(results) {
            let known = self.facts.events.iter().any(|e| e.id == event.id);
            match result {
                EventResult::Accepted { .. } => {
                    assert!(!known, "{} was there", event.id);
                    let recorded_at = Some(self.now);
                    self.facts.events.push(ScenarioEvent { recorded_at, ..event });
                }
                EventResult::Duplicate => assert!(known, "{} was not there", event.id),
                EventResult::Rejected { field, .. } => assert_eq!(field, "user"),
                EventResult::Conflict => panic!("{} is in conflict", event.id),
            }
        }
    }

    async fn correct(&mut self) {
        let mut items = Vec::new();
        let mut told = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            let sent = self.facts.events.len() as u64;
            if sent == 0 {
                return;
            }
            let place = usize::try_from(self.random.below(sent)).unwrap();
            let original = self.facts.events[place].clone();
            let id = original.id.clone();
            let revision = self.revisions.get(&id).copied().unwrap_or(0);
            let with = (!self.random.one_in(3)).then(|| self.other(&original));
            let replacement = with.as_ref().map(new_event);
            items.push(Ok(Correction {
                source: "scenario".into(),
                id: id.clone(),
                revision,
                replacement,
            }));
            told.push((id, revision, with));
        }
        let (service, caller) = (self.service(), self.caller.clone());
        let asked = Corrections { items, basis: None };
        let preview = service.preview(&caller, asked.clone()).await.unwrap();
        let asked = Corrections { basis: Some(preview.basis.clone()), ..asked };
        let corrected = service.correct(&caller, asked).await.unwrap();
        assert_eq!(corrected, preview, "seed {}", self.seed);
        for ((id, revision, with), result) in told.into_iter().zip(corrected.results) {
            if !matches!(result, EventResult::Accepted { .. }) {
                let EventResult::Rejected { field, .. } = &result else { panic!("{result:?}") };
                assert!(["id", "user"].contains(&field.as_str()), "{result:?}");
                continue;
            }
            self.revisions.insert(id.clone(), revision + 1);
            let (voids, replaces) = match with {
                None => (Some(id), None),
                Some(_) => (None, Some(id)),
            };
            let with = with.map(|with| ScenarioEvent { id: String::new(), ..with });
            let recorded_at = Some(self.now);
            let line = ScenarioCorrection { voids, replaces, with, revision, recorded_at };
            self.facts.corrections.push(line);
        }
    }

    /// Other content under the key of an event.
    fn other(&mut self, original: &ScenarioEvent) -> ScenarioEvent {
        let other = event(&mut self.random, 0);
        let base = if self.random.one_in(2) { other.clone() } else { original.clone() };
        let time = if self.random.one_in(3) { original.time } else { other.time };
        ScenarioEvent { id: original.id.clone(), time, recorded_at: None, ..base }
    }

    async fn assign(&mut self) {
        let client_id = self.random.pick(&["a0", "a1", "a2"]).to_owned();
        let team = (!self.random.one_in(4)).then(|| self.random.pick(TEAMS).to_owned());
        let from = if self.random.one_in(3) { Instant::MIN } else { self.random.instant() };
        let fact = Fact::Assignment { client_id: client_id.clone(), team: team.clone(), from };
        if self.takes(fact).await {
            let recorded_at = Some(self.now);
            self.facts.apps.push(ScenarioApp { client_id, team, from, recorded_at });
        }
    }

    async fn rate(&mut self, line: ScenarioRate) {
        let fact = Fact::Rate {
            api: line.api.clone(),
            variant: line.variant.clone(),
            tokens: line.tokens,
            per: line.per,
            rounding: line.rounding,
            charge_failed: line.charge_failed,
            from: line.from,
        };
        if self.takes(fact).await {
            let recorded_at = Some(self.now);
            self.facts.rates.push(ScenarioRate { recorded_at, ..line });
        }
    }

    async fn trial(&mut self) {
        let (team, until) = (self.random.pick(TEAMS).to_owned(), self.random.instant());
        if self.takes(Fact::Trial { team: team.clone(), until }).await {
            let recorded_at = Some(self.now);
            self.facts.trials.push(ScenarioTrial { team, until, recorded_at });
        }
    }

    async fn close(&mut self) {
        let until = start().plus(self.random.between(0, 5 * 24) * HOUR);
        if self.takes(Fact::Close { until }).await {
            self.facts.closes.push(ScenarioClose { until, recorded_at: Some(self.now) });
        }
    }

    async fn policy(&mut self) {
        let unblock = self.random.pick(&[Unblock::Manual, Unblock::Automatic]);
        let line = ScenarioPolicyLine {
            team: self.random.one_in(2).then(|| self.random.pick(TEAMS).into()),
            from: self.random.instant(),
            grace_days: Some(u16::try_from(self.random.below(4)).unwrap()),
            unblock: Some(unblock),
            overdraft: Some(self.random.pick(&[Overdraft::Allow, Overdraft::Deny])),
            trial_days: None,
            access_model: None,
            recorded_at: Some(self.now),
        };
        // The same words, as `load` says them.
        let said = Scenario { policies: vec![line.clone()], ..Scenario::default() }.facts();
        let fact = said.into_iter().rev().find(|fact| matches!(fact, Fact::Policy { .. }));
        if self.takes(fact.unwrap()).await {
            self.facts.policies.push(line);
        }
    }

    async fn owner_or_payer(&mut self) {
        let from = self.random.instant();
        let recorded_at = Some(self.now);
        if self.random.one_in(3) {
            let payer = self.random.pick(&[Payer::AppTeam, Payer::OwnerPool]);
            if self.takes(Fact::Payer { payer, from }).await {
                self.facts.payers.push(ScenarioPayer { payer, from, recorded_at });
            }
            return;
        }
        let client_id = self.random.pick(&["a0", "a1", "a2"]).to_owned();
        let owner = (!self.random.one_in(4)).then(|| self.random.pick(&["ann", "bob"]).into());
        let (c, o): (String, Option<String>) = (client_id.clone(), owner);
        if self.takes(Fact::Owner { client_id, owner: o.clone(), from }).await {
            self.facts.owners.push(ScenarioOwner { client_id: c, owner: o, from, recorded_at });
        }
    }

    async fn lot(&mut self) {
        let n = self.facts.lots.len();
        let mut lot = lots(&mut self.random).remove(0);
        (lot.id, lot.voided, lot.recorded_at) = (format!("l{n}"), None, Some(self.now));
        let fact = Fact::Lot {
            id: lot.id.clone(),
            team: lot.team.clone(),
            kind: lot.kind,
            tokens: lot.tokens,
            effective: lot.effective,
            expires: lot.expires,
            priority: lot.priority,
            pays_for: lot.pays_for,
            unit_cost: None,
            reference: None,
            channel: None,
        };
        if self.takes(fact).await {
            self.facts.lots.push(lot);
        }
    }

    async fn take_or_move(&mut self) {
        let count = self.facts.lots.len() as u64;
        if count == 0 {
            return;
        }
        let lot = self.facts.lots[usize::try_from(self.random.below(count)).unwrap()].clone();
        let at = lot.effective.plus(self.random.between(-12, 72) * HOUR);
        let recorded_at = Some(self.now);
        if self.random.one_in(2) {
            if self.takes(Fact::Void { lot: lot.id.clone(), at }).await {
                self.facts.voids.push(ScenarioVoid { lot: lot.id, at, recorded_at });
            }
            return;
        }
        let (id, to) = (format!("m{}", self.facts.moves.len()), self.random.pick(TEAMS));
        let tokens = Tokens::from_micro(self.random.between(1, lot.tokens.micro() + 1));
        let (lot, to) = (lot.id, to.to_owned());
        let fact = Fact::Transfer { id: id.clone(), lot: lot.clone(), to: to.clone(), at, tokens };
        if self.takes(fact).await {
            self.facts.moves.push(ScenarioMove { id, lot, to, at, tokens, recorded_at });
        }
    }

    async fn unblock(&mut self) {
        let (team, at) = (self.random.pick(TEAMS).to_owned(), self.random.instant());
        if self.takes(Fact::Unblock { team: team.clone(), at }).await {
            let recorded_at = Some(self.now);
            self.facts.unblocks.push(ScenarioUnblock { team, at, recorded_at });
        }
    }

    async fn compare(&mut self) {
        let seed = self.seed;
        let replay = Replay::new(&self.facts).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let teams: Vec<String> = replay.teams().map(ToOwned::to_owned).collect();
        let mut times = vec![start().plus(-3 * DAY), self.now];
        times.extend((0..6).map(|_| self.random.instant()));
        // Rows of one transaction are a microsecond apart.
        let mut known = vec![None, Some(self.now.plus(HOUR / 2))];
        known.extend((0..4).map(|_| Some(self.random.pick(&self.steps).plus(HOUR / 2))));
        for known in known {
            let replay = match known {
                Some(known) => replay.known_at(known).unwrap(),
                None => Replay::new(&self.facts).unwrap(),
            };
            for at in &times {
                for team in &teams {
                    self.compare_one(&replay, team, *at, known).await;
                }
            }
        }
    }

    async fn compare_one(
        &mut self,
        replay: &Replay,
        team: &str,
        at: Instant,
        known: Option<Instant>,
    ) {
        let (seed, service, org) = (self.seed, self.service(), self.caller.org);
        let Ok(expected) = replay.state(team, at) else {
            // A pool that nobody was known to own then.
            return;
        };
        let got = match known {
            Some(_) => service.state_known(org, team, SeenAt { as_of: at, known_at: known }).await,
            None if at == self.now => service.state_now(org, team).await,
            None => service.state_of(org, team, at).await,
        };
        let got = got.unwrap_or_else(|e| panic!("seed {seed}: {team}: {e}"));
        if got != expected {
            self.explain(replay, team).await;
        }
        assert_eq!(got, expected, "seed {seed}: {team} at {at}, known at {known:?}");
    }

    /// Says which charges of a team differ, and where the facts are.
    async fn explain(&self, replay: &Replay, team: &str) {
        let file = std::env::temp_dir().join(format!("tokenscope-world-{}.json", self.seed));
        std::fs::write(&file, serde_json::to_string(&self.facts).unwrap()).unwrap();
        let answer = replay.explain(team, None, Instant::MAX.plus(-1)).unwrap();
        let due = answer.charges.unwrap().into_iter().filter(|line| !line.tokens.is_zero());
        let due: BTreeSet<Line> =
            due.map(|l| (l.event, l.n.into(), l.at, l.belongs_to, l.tokens)).collect();
        let mut tx = self.services[0].db().read().await.unwrap();
        type Row = (String, i64, i64, Option<i64>, i64);
        let rows: Vec<Row> = tx.rows(CHARGES_OF, args![self.caller.org.0, team]).await.unwrap();
        let at = Instant::from_micros;
        let line =
            |(id, n, when, of, sum): Row| (id, n, at(when), of.map(at), Tokens::from_micro(sum));
        let stored: BTreeSet<Line> = rows.into_iter().map(line).collect();
        eprintln!("facts: {}", file.display());
        eprintln!("due and not stored: {:#?}", due.difference(&stored).collect::<Vec<_>>());
        eprintln!("stored and not due: {:#?}", stored.difference(&due).collect::<Vec<_>>());
    }
}

/// Event, n, time, the instant it is about, tokens.
type Line = (String, i64, Instant, Option<Instant>, Tokens);

statements! {
    /// The runs of debt that were seen.
    NOTICES = "SELECT t.slug, n.of_at, n.at FROM debt_notice n
        JOIN team t ON t.org_id = n.org_id AND t.team_id = n.team_id
        WHERE n.org_id = $1 ORDER BY n.at";
    /// What is charged to a team.
    CHARGES_OF = "SELECT coalesce(e.external_id, p.external_id) AS id, c.n, c.at, c.belongs_to,
        cast(sum(c.amount) AS bigint) AS amount FROM charge c
        JOIN team t ON t.org_id = c.org_id AND t.team_id = c.team_id
        JOIN event_key k ON k.org_id = c.org_id AND k.digest = c.digest
        LEFT JOIN usage_event e ON e.org_id = c.org_id AND e.at = k.at AND e.digest = c.digest
        LEFT JOIN event_past p ON p.org_id = c.org_id AND p.digest = c.digest AND p.revision = 0
        WHERE c.org_id = $1 AND t.slug = $2
        GROUP BY coalesce(e.external_id, p.external_id), c.n, c.at, c.belongs_to
        HAVING sum(c.amount) <> 0";
}

async fn serving(database: &Database, now: Instant) -> Service {
    Service::new(database.open().await, Clock::standing_at(now))
}

fn new_event(event: &ScenarioEvent) -> NewEvent {
    let alone = Scenario { events: vec![event.clone()], ..Scenario::default() };
    alone.new_events().unwrap().remove(0)
}

fn rate(random: &mut Random, n: u64) -> ScenarioRate {
    let lines = [
        ("calls", None, 3, Rounding::Exact),
        ("photos", None, 50, Rounding::Up),
        ("photos", Some("hd"), 10, Rounding::Up),
        ("cad", None, 1, Rounding::UserDay),
        ("bim", None, 1, Rounding::UserDay),
    ];
    let (api, variant, per, rounding) = lines[usize::try_from(n).unwrap()];
    ScenarioRate {
        api: api.into(),
        variant: variant.map(Into::into),
        tokens: Tokens::from_micro(random.between(1, 9) * MICRO / 2),
        per: Quantity::whole(per),
        rounding,
        charge_failed: random.one_in(4),
        from: if random.one_in(2) { Instant::MIN } else { random.instant() },
        recorded_at: None,
    }
}
