//! Holds by many at once: no token is promised twice.

use crate::given::{at, charged, event, lot, red_team, send, tokens, try_send};
use crate::harness::{Database, on_each_database};
use crate::random::Random;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokenscope::check::{AskedCall, AskedHold, CheckAnswer, HoldState};
use tokenscope::decision::Denial;
use tokenscope::event::NewEvent;
use tokenscope::id::{LongId, OrgId};
use tokenscope::service::{Books, Caller, Checks};
use tokenscope::time::{Instant, SECOND};
use tokenscope::tokens::{Quantity, Tokens};
use tokenscope_server::clock::Clock;
use tokenscope_server::service::Service;
use tokenscope_server::{args, statements};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

statements! {
    /// All holds, in the order in which they were granted.
    HOLDS = "SELECT from_at, until_at, ended_at, amount FROM hold WHERE org_id = $1
        ORDER BY from_at, hold_id";
    /// How many decisions there are.
    DECISIONS = "SELECT count(*) AS n FROM decision WHERE org_id = $1";
}

fn now() -> Instant {
    at("2026-11-21T12:00:00Z")
}

on_each_database!(
    of_ten_thousand_exactly_as_many_as_fit_are_granted,
    one_key_at_once_is_one_hold,
    no_token_is_promised_twice_while_everything_races,
    who_uses_only_what_he_holds_makes_no_debt,
);

fn call(key: &str, quantity: i64, ttl_s: u32) -> AskedCall {
    AskedCall {
        client_id: "robot".into(),
        user: None,
        api: "calls".into(),
        variant: None,
        quantity: Some(Quantity::whole(quantity)),
        hold: Some(AskedHold { key: key.into(), ttl_s }),
    }
}

async fn of_ten_thousand_exactly_as_many_as_fit_are_granted(database: Database) {
    let services = [database.service(now()).await, database.service(now()).await];
    let caller = red_team(&services[0], "a").await;
    let facts = vec![lot("l", "red", "100.5"), lot("m", "red", "37.4")];
    services[0].record(&caller, facts).await.unwrap();
    send(&services[1], &caller, [NewEvent { tokens: Some(tokens("0.6")), ..event("e", now()) }])
        .await;
    let mut tasks = JoinSet::new();
    for n in 0..10_000_usize {
        let (service, caller) = (services[n % 2].clone(), caller.clone());
        let call = call(&n.to_string(), 1, 60);
        tasks.spawn(async move { service.check(&caller, call).await });
    }
    let (mut granted, mut denied) = (0, 0);
    while let Some(done) = tasks.join_next().await {
        let answer = done.unwrap().unwrap();
        match (answer.denied, answer.hold) {
            (None, Some(hold)) if hold.state == HoldState::Live => granted += 1,
            (Some(Denial::NotEnough), None) => denied += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((granted, denied), (137, 9_863));
    let mut tx = services[0].db().read().await.unwrap();
    let count: Option<(i64,)> = tx.row(DECISIONS, args![caller.org.0]).await.unwrap();
    assert_eq!(count, Some((10_000,)), "every decision is kept, with its hold");
}

async fn one_key_at_once_is_one_hold(database: Database) {
    let services = [database.service(now()).await, database.service(now()).await];
    let caller = red_team(&services[0], "a").await;
    services[0].record(&caller, vec![lot("l", "red", "10")]).await.unwrap();
    let mut tasks = JoinSet::new();
    for n in 0..64_usize {
        let (service, caller) = (services[n % 2].clone(), caller.clone());
        // Half of them another call under the same key.
        let quantity = if n < 32 { 3 } else { 4 };
        let call = call("k", quantity, 60);
        tasks.spawn(async move { (quantity, service.check(&caller, call).await) });
    }
    let mut answers: Vec<(i64, Option<CheckAnswer>)> = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let (quantity, answer) = done.unwrap();
        if let Err(fault) = &answer {
            assert_eq!(fault.status(), 409, "{fault}");
        }
        answers.push((quantity, answer.ok()));
    }
    let granted: Vec<&CheckAnswer> = answers.iter().filter_map(|(_, a)| a.as_ref()).collect();
    assert_eq!(granted.len(), 32, "the other call is refused");
    let first = granted[0].hold.clone().unwrap();
    let new = granted.iter().filter(|answer| !answer.hold.as_ref().unwrap().known).count();
    assert_eq!(new, 1);
    assert!(granted.iter().all(|answer| answer.hold.as_ref().unwrap().id == first.id));
    assert!(granted.iter().all(|answer| answer.decision == granted[0].decision));
}

/// Tasks of two processes.
const TASKS: usize = 8;
const STEPS: usize = 40;
const BALANCE: i64 = 60;

/// What one task did.
#[derive(Default)]
struct Done {
    charged: i64,
    /// Of that, by events that settled a hold in time.
    settled: i64,
    granted: usize,
}

/// Holds, settlements and releases, and unless they are `careful` events without a hold.
async fn race(database: &Database, careful: bool) -> (Service, OrgId, Done) {
    let clock = Clock::standing_at(now());
    let service = async || Service::new(database.open().await, clock.clone());
    let services = [service().await, service().await];
    let caller = red_team(&services[0], "a").await;
    services[0].record(&caller, vec![lot("l", "red", &BALANCE.to_string())]).await.unwrap();
    let (time, barrier) = (Arc::new(AtomicI64::new(0)), Arc::new(Barrier::new(TASKS)));
    let mut tasks = JoinSet::new();
    for n in 0..TASKS {
        let racer = Racer {
            clock: clock.clone(),
            service: services[n % 2].clone(),
            caller: caller.clone(),
            time: Arc::clone(&time),
            random: Random::new(u64::try_from(n).unwrap() + 7),
            name: n,
            careful,
            live: Vec::new(),
            done: Done::default(),
        };
        let barrier = Arc::clone(&barrier);
        tasks.spawn(async move {
            barrier.wait().await;
            racer.run().await
        });
    }
    let mut all = Done::default();
    while let Some(done) = tasks.join_next().await {
        let done = done.unwrap();
        all.charged += done.charged;
        all.settled += done.settled;
        all.granted += done.granted;
    }
    let [service, _] = services;
    (service, caller.org, all)
}

async fn no_token_is_promised_twice_while_everything_races(database: Database) {
    let (service, org, done) = race(&database, false).await;
    assert!(done.granted >= 10, "only {} holds were granted", done.granted);
    assert_eq!(charged(&service, org, "red").await, Tokens::whole(done.charged));
    check_promises(&service, org).await;
}

/// What settled a hold in time was promised: all of it together is within what there was.
async fn who_uses_only_what_he_holds_makes_no_debt(database: Database) {
    let (service, org, done) = race(&database, true).await;
    assert_eq!(charged(&service, org, "red").await, Tokens::whole(done.charged));
    assert!(done.settled <= BALANCE, "{} were used", done.settled);
    assert!(done.settled > BALANCE / 2, "only {} were used", done.settled);
    check_promises(&service, org).await;
}

/// At every grant the live holds were within what was granted to the team.
async fn check_promises(service: &Service, org: OrgId) {
    let mut tx = service.db().read().await.unwrap();
    let holds: Vec<(i64, i64, Option<i64>, i64)> = tx.rows(HOLDS, args![org.0]).await.unwrap();
    assert!(!holds.is_empty());
    for (from, ..) in &holds {
        let is_live = |hold: &&(i64, i64, Option<i64>, i64)| {
            hold.0 <= *from && *from < hold.1 && hold.2.is_none_or(|ended| *from < ended)
        };
        let promised: i64 = holds.iter().filter(is_live).map(|hold| hold.3).sum();
        assert!(promised <= Tokens::whole(BALANCE).micro(), "{promised} were promised at {from}");
    }
}

struct Racer {
    clock: Clock,
    service: Service,
    caller: Caller,
    time: Arc<AtomicI64>,
    random: Random,
    name: usize,
    careful: bool,
    live: Vec<(LongId, i64)>,
    done: Done,
}

impl Racer {
    async fn run(mut self) -> Done {
        for step in 0..STEPS {
            self.step(step).await;
        }
        self.done
    }

    async fn step(&mut self, step: usize) {
        let key = format!("{}-{step}", self.name);
        match self.random.below(10) {
            0..5 => self.hold(&key).await,
            5 | 6 => self.settle(&key).await,
            7 => {
                if let Some((hold, _)) = self.live.pop() {
                    self.service.release(&self.caller, hold).await.unwrap();
                }
            }
            8 if !self.careful => {
                let event = event(&key, self.service.clock().now());
                try_send(&self.service, &self.caller, [event]).await.unwrap();
                self.done.charged += 1;
            }
            // Time goes on, so that holds expire.
            _ if !self.careful || step.is_multiple_of(4) => {
                let now = self.time.fetch_add(SECOND, Ordering::SeqCst) + SECOND;
                self.clock.set(self.clock.now().max(self::now().plus(now)));
            }
            _ => {}
        }
    }

    async fn hold(&mut self, key: &str) {
        let quantity = 1 + i64::try_from(self.random.below(6)).unwrap();
        let ttl_s = 1 + u32::try_from(self.random.below(20)).unwrap();
        let answer = self.service.check(&self.caller, call(key, quantity, ttl_s)).await.unwrap();
        if let Some(hold) = answer.hold {
            assert_eq!((answer.denied, hold.amount), (None, Tokens::whole(quantity)));
            self.live.push((hold.id, quantity));
            self.done.granted += 1;
        }
    }

    async fn settle(&mut self, key: &str) {
        let Some((hold, quantity)) = self.live.pop() else { return };
        let now = self.service.clock().now();
        let event = NewEvent { quantity: Some(Quantity::whole(quantity)), ..event(key, now) };
        let settled = self.service.settle(&self.caller, hold, Ok(event)).await.unwrap();
        self.done.charged += quantity;
        if settled.hold == HoldState::Settled {
            self.done.settled += quantity;
        }
    }
}
