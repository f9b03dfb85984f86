//! Checks: the decision table by REST, and answers that are never older than their questions.

use crate::given::{
    accepted, app, assigned, at, event, lot, program_of, rate, red_team, send, session, team,
    tokens,
};
use crate::harness::{Database, on_each_database};
use crate::rest::Rest;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tokenscope::access::{Overdraft, Policy};
use tokenscope::fact::Fact;
use tokenscope::hold::{Hold, available};
use tokenscope::id::{LongId, TeamId};
use tokenscope::lot::{Class, PerClass};
use tokenscope::permission::Scope;
use tokenscope::rate::Rounding;
use tokenscope::scenario::{Available, Question, Scenario, ScenarioHold};
use tokenscope::service::{Books, Caller, Checks, Intake};
use tokenscope::time::{DAY, HOUR, Instant, SECOND};
use tokenscope_server::clock::long_id;
use tokenscope_server::service::Service;
use tokenscope_server::store::{hold, names};

const CHECK: &str = "/api/v1/check";

fn now() -> Instant {
    at("2026-11-21T12:00:00Z")
}

on_each_database!(
    scenarios_are_decided_by_rest_as_expected,
    answers_follow_what_is_recorded,
    a_window_is_paid_once,
    decisions_are_kept_and_swept,
    what_is_wrong_is_named,
    archived_and_brought_apps_are_unknown,
    many_checks_at_once_are_answered,
);

/// The files that ask for decisions or for what holds leave.
fn scenarios() -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/scenarios");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    paths.sort();
    let json = paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "json"));
    let read = |path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let asks = |scenario: &Scenario| scenario.ask.iter().any(is_about_checks);
    json.map(read).filter(asks).collect()
}

fn is_about_checks(question: &Question) -> bool {
    question.expect.decision.is_some() || question.expect.available.is_some()
}

async fn scenarios_are_decided_by_rest_as_expected(database: Database) {
    let mut asked = 0;
    for (n, scenario) in scenarios().iter().enumerate() {
        let service = database.service(at("2030-01-01T00:00:00Z")).await;
        let caller = program_of(&service, &format!("s{n}"), "UTC").await;
        load(&service, &caller, scenario).await;
        let rest = Rest::new(&service, &caller, &[Scope::Check]).await;
        let mut questions: Vec<&Question> =
            scenario.ask.iter().filter(|question| is_about_checks(question)).collect();
        questions.sort_by_key(|question| question.at);
        let mut before = Instant::MIN;
        for question in questions {
            service.clock().set(question.at);
            live_through(&service, &caller, &scenario.holds, before, question.at).await;
            before = question.at;
            ask_scenario(&service, &caller, &rest, question).await;
            asked += 1;
        }
    }
    assert!(asked >= 34, "only {asked} questions were asked");
}

async fn load(service: &Service, caller: &Caller, scenario: &Scenario) {
    let mut facts = scenario.facts();
    facts.extend(scenario.products.iter().map(|line| Fact::Product {
        user: line.user.clone(),
        api: line.api.clone(),
        assigned: line.assigned,
        from: line.from,
    }));
    service.record(caller, facts).await.unwrap();
    let events = scenario.new_events().unwrap().into_iter().map(Ok).collect();
    service.accept(caller, events).await.unwrap();
}

async fn team_of(service: &Service, caller: &Caller, slug: &str) -> TeamId {
    let mut tx = service.db().read().await.unwrap();
    let teams = names::all(&mut tx, caller.org).await.unwrap().teams;
    teams.into_iter().find(|team| team.1 == slug).map(|team| TeamId(team.0)).unwrap()
}

/// Writes what happened to holds after an instant and up to another.
async fn live_through(
    service: &Service,
    caller: &Caller,
    holds: &[ScenarioHold],
    after: Instant,
    until: Instant,
) {
    let happened = |at: Instant| after < at && at <= until;
    for (n, given) in holds.iter().enumerate() {
        let team = team_of(service, caller, &given.team).await;
        let mut id = [7; 16];
        id[15] = u8::try_from(n).unwrap();
        let mut tx = service.db().write().await.unwrap();
        if happened(given.from) {
            let new = hold::NewHold {
                key: given.key.clone(),
                id: LongId(id),
                team,
                class: given.class,
                amount: given.tokens,
                from: given.from,
                until: given.from.plus(i64::from(given.ttl_s.unwrap_or(60)) * SECOND),
                call_print: 0,
                decision: LongId(id),
            };
            let known = hold::by_keys(&mut tx, caller.org, vec![given.key.clone()]).await;
            if known.unwrap().is_empty() {
                hold::add(&mut tx, caller.org, &[new]).await.unwrap();
            }
        }
        if let Some(end) = given.ended.filter(|end| happened(end.at)) {
            hold::end(&mut tx, caller.org, LongId(id), end.at, end.how).await.unwrap();
        }
        hold::changed(&mut tx, caller.org, [team]).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn ask_scenario(service: &Service, caller: &Caller, rest: &Rest, question: &Question) {
    if let Some(expected) = question.expect.available {
        let state = service.state_of(caller.org, &question.team, question.at).await.unwrap();
        let holds = live_holds(service, caller, &question.team, question.at).await;
        let now = |class| available(&state.lots, &holds, class, question.at, question.at);
        let got = PerClass { api: now(Class::Api), product: now(Class::Product) };
        assert_eq!(Available::from(got), expected, "{question:?}");
    }
    let (Some(expected), Some(call)) = (&question.expect.decision, &question.call) else {
        return;
    };
    let mut body = json!({"client_id": call.app, "api": call.api});
    for (name, value) in [
        ("user", call.user.clone()),
        ("variant", call.variant.clone()),
        ("quantity", call.quantity.map(|quantity| quantity.to_string())),
    ] {
        body[name] = value.into();
    }
    if let Some(ttl_s) = call.ttl_s {
        let key = long_id(question.at).to_string();
        body["hold"] = json!({"key": key, "ttl_s": ttl_s});
    }
    let answer = rest.ok(CHECK, &body).await;
    let mut expected = serde_json::to_value(expected).unwrap();
    for name in ["denied", "remedy"] {
        expected[name] = expected[name].take();
    }
    // What is held is promised: beyond what is available it is denied whatever the policy.
    let beyond = call.ttl_s.is_some() && question.expect.decision.unwrap().price > tokens("4");
    for (name, value) in expected.as_object().unwrap() {
        if beyond && ["denied", "remedy"].contains(&name.as_str()) {
            continue;
        }
        assert_eq!(answer[name], *value, "{name} of {question:?}: {answer}");
    }
    if let Some(id) = answer["hold"]["id"].as_str() {
        let released = rest.ok(&format!("/api/v1/holds/{id}/release"), &json!({})).await;
        assert_eq!(released["state"], "released");
    }
}

async fn live_holds(service: &Service, caller: &Caller, team: &str, at: Instant) -> Vec<Hold> {
    let team = team_of(service, caller, team).await;
    let mut tx = service.db().read().await.unwrap();
    let live = hold::live(&mut tx, caller.org, team, at).await.unwrap();
    let hold = |(until, class, amount)| Hold {
        key: String::new(),
        class,
        amount,
        from: at,
        until,
        ended: None,
    };
    live.into_iter().map(hold).collect()
}

/// Every answer rests on what was recorded before the question: here by another process.
async fn answers_follow_what_is_recorded(database: Database) {
    let (asked, other) = (database.service(now()).await, database.service(now()).await);
    let caller = red_team(&other, "a").await;
    let rest = Rest::new(&asked, &caller, &[Scope::Check]).await;
    let call = json!({"client_id": "robot", "api": "calls", "quantity": "5"});
    let deny = Policy { overdraft: Overdraft::Deny, ..Policy::default() };
    let policy = Fact::Policy { team: None, from: Instant::MIN, policy: deny };
    other.record(&caller, vec![policy]).await.unwrap();
    let says = async |denied: Value, available: &str| {
        let answer = rest.ok(CHECK, &call).await;
        let got = (answer["denied"].clone(), answer["available"].as_str().unwrap().to_owned());
        assert_eq!(got, (denied, available.to_owned()), "{answer}");
    };
    says("not_enough".into(), "0").await;
    other.record(&caller, vec![lot("l", "red", "7")]).await.unwrap();
    says(Value::Null, "7").await;
    assert_eq!(send(&other, &caller, [event("1", now())]).await, [accepted("1")]);
    says(Value::Null, "6").await;
    // One of the next minute counts when it has come.
    let ahead = now().plus(60 * SECOND);
    assert_eq!(send(&other, &caller, [event("2", ahead)]).await, [accepted("1")]);
    says(Value::Null, "6").await;
    asked.clock().set(ahead.plus(-1));
    says(Value::Null, "6").await;
    asked.clock().set(ahead);
    says(Value::Null, "5").await;
    // An expiry and a late effect are no facts of their own.
    let (from, to) = (ahead.plus(HOUR), ahead.plus(2 * HOUR));
    let Fact::Lot { id: _, team, kind, tokens, .. } = lot("m", "red", "30") else { panic!() };
    let brief = Fact::Lot {
        id: "m".into(),
        team,
        kind,
        tokens,
        effective: from,
        expires: Some(to),
        priority: None,
        pays_for: None,
        unit_cost: None,
        reference: None,
        channel: None,
    };
    other.record(&caller, vec![brief]).await.unwrap();
    for (time, available) in [
        (from.plus(-1), "5"),
        (from, "35"),
        (to.plus(-1), "35"),
        (to, "5"),
        (from, "35"),
        (ahead.plus(-1), "6"),
    ] {
        asked.clock().set(time);
        says(Value::Null, available).await;
    }
    asked.clock().set(to);
    other.record(&caller, vec![assigned("robot", None, to)]).await.unwrap();
    says("no_team".into(), "0").await;
}

async fn a_window_is_paid_once(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let product = |user: &str| Fact::Product {
        user: user.into(),
        api: "cad".into(),
        assigned: true,
        from: Instant::MIN,
    };
    let facts = vec![product("Ann"), product("bob"), product("cid"), lot("l", "red", "1000")];
    service.record(&caller, facts).await.unwrap();
    let price = async |user: &str| {
        let call = json!({"client_id": "robot", "api": "cad", "user": user});
        let rest = Rest::new(&service, &caller, &[Scope::Check]).await;
        rest.ok(CHECK, &call).await["price"].as_str().unwrap().to_owned()
    };
    service.clock().set(now().plus(-1));
    assert_eq!(price("ann").await, "10");
    // 30 hours: the second window opens by itself.
    let sessions = [
        session("a", "ann", now().plus(-HOUR), 30 * 3600),
        session("b", "bob", now().plus(-DAY), 3600),
        session("c", "cid", now().plus(-60 * SECOND), 60),
    ];
    send(&service, &caller, sessions).await;
    for (after, ann, bob, cid) in [
        (-1, "0", "0", "10"),
        (0, "0", "10", "10"),
        (23 * HOUR, "0", "10", "10"),
        (47 * HOUR - 1, "0", "10", "10"),
        (47 * HOUR, "10", "10", "10"),
    ] {
        service.clock().set(now().plus(after));
        for (user, expected) in [("ANN", ann), ("bob", bob), ("Cid", cid)] {
            assert_eq!(price(user).await, expected, "{user} after {after}");
        }
    }
    // In a trial nothing is charged, but its windows count after it.
    service.clock().set(now());
    let trial = Fact::Trial { team: "red".into(), until: now().plus(HOUR) };
    service.record(&caller, vec![trial]).await.unwrap();
    assert_eq!(price("cid").await, "0");
    send(&service, &caller, [session("d", "cid", now(), 3600)]).await;
    service.clock().set(now().plus(2 * HOUR));
    assert_eq!(price("cid").await, "0");
    service.clock().set(now().plus(DAY));
    assert_eq!(price("cid").await, "10");
}

async fn decisions_are_kept_and_swept(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    service.record(&caller, vec![lot("l", "red", "7")]).await.unwrap();
    let rest = Rest::new(&service, &caller, &[Scope::Check]).await;
    let call = json!({"client_id": "robot", "api": "calls", "quantity": "2"});
    let seen = rest.ok(CHECK, &call).await;
    let mut held = call.clone();
    held["hold"] = json!({"key": "k", "ttl_s": 90});
    let held = rest.ok(CHECK, &held).await;
    let id = |answer: &Value| answer["decision"].as_str().unwrap().parse::<LongId>().unwrap();
    let record = service.decision(&caller, id(&seen)).await.unwrap();
    let payer = record.payer.unwrap();
    assert_eq!((record.price, record.available), (tokens("2"), tokens("7")));
    assert_eq!((payer.team.as_str(), payer.lots.all), ("red", tokens("7")));
    assert_eq!(record.rate.unwrap().tokens, tokens("1"));
    assert_eq!((record.at, record.hold), (now(), None));
    let record = service.decision(&caller, id(&held)).await.unwrap();
    assert_eq!(record.hold.map(|id| id.to_string()).as_deref(), held["hold"]["id"].as_str());
    assert_eq!(record.call.hold.unwrap().ttl_s, 90);
    // Another organization does not find it.
    let other = program_of(&service, "other", "UTC").await;
    assert_eq!(service.decision(&other, id(&seen)).await.unwrap_err().status(), 404);
    service.clock().set(now().plus(30 * DAY));
    assert_eq!(service.sweep_decisions().await.unwrap(), 0);
    service.clock().set(now().plus(30 * DAY + SECOND));
    assert_eq!(service.sweep_decisions().await.unwrap(), 2);
    assert_eq!(service.decision(&caller, id(&seen)).await.unwrap_err().status(), 404);
    service.clock().set(now().plus(31 * DAY + SECOND));
    assert_eq!(service.sweep_decisions().await.unwrap(), 1, "the hold");
}

async fn what_is_wrong_is_named(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let rest = Rest::new(&service, &caller, &[Scope::Check]).await;
    for (call, named) in [
        (json!({"client_id": "robot", "api": "calls", "colour": "red"}), "`colour`"),
        (json!({"client_id": "robot"}), "`api`"),
        (json!({"client_id": "robot", "api": "cad"}), "`user`"),
        (json!({"client_id": "robot", "api": "calls", "quantity": "1000000000000"}), "`quantity`"),
        (
            json!({"client_id": "robot", "api": "calls", "hold": {"key": "k", "ttl_s": 86_401}}),
            "`hold.ttl_s`",
        ),
    ] {
        let (status, answer) = rest.post(CHECK, &call).await;
        assert_eq!(status, 400, "{answer}");
        assert!(answer["detail"].as_str().unwrap().contains(named), "{answer}");
    }
}

async fn archived_and_brought_apps_are_unknown(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let rest = Rest::new(&service, &caller, &[Scope::Check]).await;
    let denied = async |client_id: &str| {
        let call = json!({"client_id": client_id, "api": "calls"});
        rest.ok(CHECK, &call).await["denied"].clone()
    };
    let mut brought = event("1", now());
    brought.spender = tokenscope::event::Spender::ClientId("brought".into());
    send(&service, &caller, [brought]).await;
    assert_eq!(denied("brought").await, "unknown_app");
    let facts = vec![assigned("brought", Some("red"), Instant::MIN), app("loose")];
    service.record(&caller, facts).await.unwrap();
    assert_eq!(denied("brought").await, Value::Null);
    assert_eq!(denied("loose").await, "no_team");
    let end = now().micros();
    let archive = format!("UPDATE app SET archived_at = {end} WHERE client_id = 'robot'");
    let mut tx = service.db().write().await.unwrap();
    let revise = "UPDATE org SET revision = revision + 1".to_owned();
    tx.migrate(vec![archive, revise]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(denied("robot").await, "unknown_app");
    service.clock().set(now().plus(-1));
    assert_eq!(denied("robot").await, Value::Null);
}

/// Calls of many teams and apps, free and rated, from two processes while events come in.
async fn many_checks_at_once_are_answered(database: Database) {
    let services = [database.service(now()).await, database.service(now()).await];
    let caller = program_of(&services[0], "a", "UTC").await;
    let mut facts = vec![rate("calls", "1", Rounding::Exact)];
    for n in 0..8 {
        let (team_, app_) = (format!("t{n}"), format!("a{n}"));
        facts.push(team(&team_));
        facts.push(lot(&format!("l{n}"), &team_, "1000"));
        facts.push(app(&app_));
        facts.push(assigned(&app_, Some(&team_), Instant::MIN));
    }
    services[0].record(&caller, facts).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..200_usize {
        let (service, caller) = (services[n % 2].clone(), caller.clone());
        tasks.spawn(async move {
            let client_id = format!("a{}", n % 8);
            let mut charged = event(&n.to_string(), now());
            charged.spender = tokenscope::event::Spender::ClientId(client_id.clone());
            let before = send(&service, &caller, [charged]).await;
            assert_eq!(before, [accepted("1")]);
            let call = tokenscope::check::AskedCall {
                client_id,
                user: None,
                api: "calls".into(),
                variant: None,
                quantity: None,
                hold: None,
            };
            let answer = service.check(&caller, call).await.unwrap();
            assert!(answer.denied.is_none());
            assert!(answer.available < tokens("1000"), "the event was there before");
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}
