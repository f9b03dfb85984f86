//! The facts of the books over REST, and requests that are done once.

use crate::access_matrix::world::{Answer, Question, ask, program_on};
use crate::given::{assigned, at, lot, red_team, team};
use crate::harness::{Database, on_each_database};
use axum::Router;
use serde_json::{Value, json};
use tokenscope::fact::{Fact, Once};
use tokenscope::fault::Fault;
use tokenscope::id::TeamId;
use tokenscope::permission::{OrgRole, Roles, Scope, TeamRole};
use tokenscope::service::{Books, Caller, Keys};
use tokenscope::time::{DAY, Instant};
use tokenscope_server::http::router::router;
use tokenscope_server::service::Service;
use tokenscope_server::{args, statements};

statements! {
    /// The numbers of the teams.
    TEAMS = "SELECT team_id, slug FROM team WHERE org_id = $1";
}

const NOW: &str = "2026-11-21T12:00:00Z";
const JSON: &str = "application/json";

/// A program with the organization of [`red_team`], and two keys: one that writes, one that reads.
struct Program {
    service: Service,
    caller: Caller,
    router: Router,
    admin: String,
    reader: String,
    _site: tempfile::TempDir,
}

impl Program {
    async fn make(database: &Database) -> Self {
        let service = database.service(at(NOW)).await;
        let caller = red_team(&service, "acme").await;
        let key = async |name: &str, scope| {
            format!("Bearer {}", service.create(&caller, name, [scope].into()).await.unwrap())
        };
        let (admin, reader) = (key("writer", Scope::Admin).await, key("r", Scope::Read).await);
        let (app, site) = program_on(service.clone());
        Self { service, caller, router: router(app), admin, reader, _site: site }
    }
    async fn post(&self, path: &str, body: &Value, key: Option<&str>) -> Answer {
        let path = format!("/api/v1{path}");
        let mut question = Question::post(&path, JSON, body.to_string());
        let headers = &mut question.headers;
        headers.push(("authorization".into(), self.admin.clone()));
        headers.extend(key.map(|key| ("idempotency-key".to_owned(), key.to_owned())));
        ask(&self.router, question).await
    }
    async fn get(&self, path: &str, accept: &str) -> Answer {
        let question = Question {
            method: "GET".into(),
            path: format!("/api/v1{path}"),
            headers: vec![
                ("authorization".into(), self.reader.clone()),
                ("accept".into(), accept.into()),
            ],
            body: String::new(),
        };
        ask(&self.router, question).await
    }
    async fn granted(&self, team: &str) -> String {
        let state = self.service.state_of(self.caller.org, team, Instant::MAX).await.unwrap();
        state.available().to_string()
    }
}

fn body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

fn recorded(new: u64, unchanged: u64) -> Value {
    json!({ "new": new, "unchanged": unchanged })
}

on_each_database!(
    each_path_takes_its_facts_and_a_repeat_changes_nothing,
    what_is_wrong_is_named_and_nothing_is_recorded,
    a_request_with_a_key_is_done_once,
    requests_with_one_key_at_the_same_time_are_one,
    a_key_is_forgotten_after_thirty_days,
    who_runs_a_team_transfers_and_unblocks_within_his_teams,
    lists_come_in_pages_and_as_csv,
);

async fn each_path_takes_its_facts_and_a_repeat_changes_nothing(database: Database) {
    let program = Program::make(&database).await;
    let from = "2026-01-01T00:00:00Z";
    let requests = [
        ("/teams", json!([{"slug": "blue", "name": "Blue"}, {"slug": "green", "name": "Green"}])),
        ("/apps", json!({"client_id": "viewer", "name": "Viewer", "owner": "Bob@example.org"})),
        ("/assignments", json!({"client_id": "viewer", "team": "blue", "from": from})),
        ("/owners", json!({"client_id": "viewer", "owner": "bob@example.org", "from": from})),
        ("/payer", json!({"payer": "app_team", "from": from})),
        ("/apis", json!({"code": "render", "name": "Render", "unit": "job"})),
        (
            "/rates",
            json!({"api": "render", "variant": "hd", "tokens": "0.5", "per": 10,
                "rounding": "up", "charge_failed": true, "from": from}),
        ),
        (
            "/products",
            json!({"user": "bob@example.org", "api": "cad", "assigned": true, "from": from}),
        ),
        (
            "/lots",
            json!({"id": "L1", "team": "red", "kind": "flex", "tokens": "100.25",
                "effective": from, "expires": "2027-01-01T00:00:00Z", "priority": 2,
                "pays_for": "all", "unit_cost": {"amount": "3.00", "currency": "EUR"},
                "reference": "PO 7", "channel": "reseller"}),
        ),
        (
            "/transfers",
            json!({"id": "M1", "lot": "L1", "to": "blue", "at": "2026-02-01T00:00:00Z",
                "tokens": "40"}),
        ),
        ("/voids", json!({"lot": "M1", "at": "2026-03-01T00:00:00Z"})),
        ("/unblocks", json!({"team": "red", "at": "2026-03-01T00:00:00Z"})),
        (
            "/policy",
            json!({"team": "red", "from": from, "policy": {"grace_days": 3, "overdraft": "deny"}}),
        ),
        ("/trials", json!({"team": "green", "until": "2026-02-01T00:00:00Z"})),
        ("/closes", json!({"until": "2026-01-02T00:00:00Z"})),
    ];
    for (path, sent) in &requests {
        let count = sent.as_array().map_or(1, Vec::len) as u64;
        let answer = program.post(path, sent, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert_eq!(body(&answer)["recorded"], recorded(count, 0), "{path}");
    }
    for (path, sent) in requests.iter().filter(|(path, _)| *path != "/policy") {
        let count = sent.as_array().map_or(1, Vec::len) as u64;
        let again = program.post(path, sent, None).await;
        assert_eq!(body(&again)["recorded"], recorded(0, count), "{path}: {}", again.body);
    }
    assert_eq!(program.granted("blue").await, "0");
    let ids = program.post("/lots", &requests[8].1, None).await;
    assert_eq!(body(&ids)["ids"], json!(["L1"]));
}

async fn what_is_wrong_is_named_and_nothing_is_recorded(database: Database) {
    let program = Program::make(&database).await;
    let good = json!({"slug": "blue", "name": "Blue"});
    let wrong = [
        ("/teams", json!([good, {"slug": "x", "name": "X", "colour": "red"}]), "1.colour"),
        ("/teams", json!({"slug": "x"}), "name"),
        ("/teams", json!({"slug": "x", "name": 7}), "name"),
        ("/teams", json!([good, 7]), "1"),
        ("/teams", json!([good, {"slug": "a b", "name": "A"}]), "1.slug"),
        ("/assignments", json!({"client_id": "robot", "from": NOW}), "team"),
        ("/assignments", json!({"client_id": "robot", "team": "red", "from": "now"}), "from"),
        ("/products", json!({"user": "u", "api": "cad", "assigned": 1, "from": NOW}), "assigned"),
        ("/payer", json!({"payer": "me", "from": NOW}), "payer"),
        ("/policy", json!({"from": NOW, "policy": {"grace_days": 9999}}), "policy.grace_days"),
        ("/policy", json!({"from": NOW, "policy": {"grace": 1}}), "policy.grace"),
        ("/policy", json!({"from": NOW}), "policy"),
        (
            "/lots",
            json!({"id": "a", "team": "red", "kind": "returned", "tokens": "1", "effective": NOW}),
            "kind",
        ),
        (
            "/lots",
            json!({"id": "a", "team": "red", "kind": "flex", "tokens": "-1", "effective": NOW}),
            "tokens",
        ),
        (
            "/lots",
            json!({"id": "a", "team": "none", "kind": "flex", "tokens": "1", "effective": NOW}),
            "team",
        ),
        (
            "/lots",
            json!({"id": "a", "team": "red", "kind": "flex", "tokens": "1", "effective": NOW,
                "unit_cost": {"amount": "1", "currency": "euro"}}),
            "unit_cost.currency",
        ),
        ("/closes", json!({"until": "2100-01-01T00:00:00Z"}), "until"),
    ];
    for (path, sent, field) in wrong {
        let answer = program.post(path, &sent, Some("k")).await;
        assert_eq!(answer.status, 422, "{path} {sent}: {}", answer.body);
        assert_eq!(body(&answer)["errors"][0]["field"], field, "{path} {sent}: {}", answer.body);
    }
    for bad in ["", "7", "[]", "{", "[1,2"] {
        let mut question = Question::post("/api/v1/teams", JSON, bad.into());
        question.headers.push(("authorization".into(), program.admin.clone()));
        assert_eq!(ask(&program.router, question).await.status, 400, "{bad}");
    }
    let listed = body(&program.get("/teams", JSON).await);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    // The key of a refused request is free.
    assert_eq!(program.post("/teams", &good, Some("k")).await.status, 200);
}

fn half_lot() -> Value {
    json!({"team": "red", "kind": "flex", "tokens": "10", "effective": "2026-01-01T00:00:00Z"})
}

async fn a_request_with_a_key_is_done_once(database: Database) {
    let program = Program::make(&database).await;
    let without = program.post("/lots", &half_lot(), None).await;
    assert_eq!(without.status, 400);
    assert!(without.body.contains("Idempotency-Key"), "{}", without.body);
    let first = program.post("/lots", &half_lot(), Some("\"order 7\"")).await;
    assert_eq!((first.status, program.granted("red").await.as_str()), (200, "10"));
    assert!(!first.headers.contains_key("idempotency-replayed"));
    // With or without the quotes of a structured field, it is the same key.
    let again = program.post("/lots", &half_lot(), Some("order 7")).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(program.granted("red").await, "10");
    let other = json!({"team": "red", "kind": "flex", "tokens": "11",
        "effective": "2026-01-01T00:00:00Z"});
    for (path, sent) in [("/lots", &other), ("/teams", &json!({"slug": "x", "name": "X"}))] {
        let answer = program.post(path, sent, Some("order 7")).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert_eq!(body(&answer)["errors"][0]["field"], "Idempotency-Key");
    }
    for bad in ["", &"x".repeat(256), "\"\""] {
        let answer = program.post("/lots", &half_lot(), Some(bad)).await;
        assert_eq!(answer.status, 422, "`{bad}`: {}", answer.body);
    }
    let second = program.post("/lots", &half_lot(), Some("order 8")).await;
    assert_ne!(body(&second)["ids"], body(&first)["ids"]);
    assert_eq!(program.granted("red").await, "20");
}

async fn requests_with_one_key_at_the_same_time_are_one(database: Database) {
    let program = Program::make(&database).await;
    let sent = half_lot();
    let (a, b, c, d) = tokio::join!(
        program.post("/lots", &sent, Some("once")),
        program.post("/lots", &sent, Some("once")),
        program.post("/lots", &sent, Some("once")),
        program.post("/lots", &sent, Some("once")),
    );
    let answers = [a, b, c, d];
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    let replayed = |answer: &&Answer| answer.headers.contains_key("idempotency-replayed");
    assert_eq!(answers.iter().filter(replayed).count(), 3);
    assert_eq!(program.granted("red").await, "10");
}

async fn a_key_is_forgotten_after_thirty_days(database: Database) {
    let program = Program::make(&database).await;
    let first = program.post("/lots", &half_lot(), Some("k")).await;
    program.service.clock().set(at(NOW).plus(30 * DAY - 1));
    assert_eq!(program.service.sweep_answers().await.unwrap(), 0);
    assert_eq!(program.post("/lots", &half_lot(), Some("k")).await.body, first.body);
    program.service.clock().set(at(NOW).plus(30 * DAY));
    let late = program.post("/lots", &half_lot(), Some("k")).await;
    assert_ne!(late.body, first.body, "an answer that is over was given again");
    program.service.clock().set(at(NOW).plus(60 * DAY));
    assert_eq!(program.service.sweep_answers().await.unwrap(), 1);
}

async fn who_runs_a_team_transfers_and_unblocks_within_his_teams(database: Database) {
    let service = database.service(at(NOW)).await;
    let program = red_team(&service, "acme").await;
    let teams = vec![team("blue"), team("green"), lot("r", "red", "9"), lot("g", "green", "9")];
    service.record(&program, teams).await.unwrap();
    let mut roles = Roles { org: [OrgRole::Developer].into(), ..Roles::default() };
    let mut tx = service.db().read().await.unwrap();
    let numbers: Vec<(i64, String)> = tx.rows(TEAMS, args![program.org.0]).await.unwrap();
    drop(tx);
    for (number, slug) in numbers {
        let role = match slug.as_str() {
            "red" => TeamRole::SecondaryAdmin,
            "blue" => TeamRole::PrimaryAdmin,
            _ => TeamRole::Manager,
        };
        roles.teams.insert(TeamId(number), role);
    }
    let lead = Caller { roles, ..program.clone() };
    let transfer = |id: &str, lot: &str, to: &str| Fact::Transfer {
        id: id.into(),
        lot: lot.into(),
        to: to.into(),
        at: at("2026-02-01T00:00:00Z"),
        tokens: "1".parse().unwrap(),
    };
    let unblock = |team: &str| Fact::Unblock { team: team.into(), at: at(NOW) };
    for fact in [transfer("1", "r", "blue"), unblock("red"), unblock("blue")] {
        service.record(&lead, vec![fact]).await.unwrap();
    }
    for facts in [
        vec![transfer("2", "r", "green")],
        vec![transfer("3", "g", "red")],
        vec![unblock("green")],
        vec![unblock("red"), lot("mine", "red", "1")],
        vec![assigned("robot", Some("blue"), at(NOW))],
        vec![],
    ] {
        let once = Once { key: "k".into(), fingerprint: 1 };
        let answer = service.record_once(&lead, facts.clone(), Some(once)).await;
        assert!(matches!(answer, Err(Fault::Forbidden { .. })), "{facts:?}: {answer:?}");
    }
}

async fn lists_come_in_pages_and_as_csv(database: Database) {
    let program = Program::make(&database).await;
    let teams = json!([{"slug": "blue", "name": "=Blue"}, {"slug": "green", "name": "Green"}]);
    program.post("/teams", &teams, None).await;
    let first = body(&program.get("/teams?limit=2", JSON).await);
    assert_eq!(first["next"], "green");
    assert_eq!(first["items"][0]["slug"], "blue");
    let rest = body(&program.get("/teams?limit=2&after=green", JSON).await);
    assert_eq!((&rest["items"][0]["slug"], &rest["next"]), (&json!("red"), &Value::Null));
    let csv = program.get("/teams?limit=1", "text/csv").await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(csv.headers["next-cursor"], "blue");
    assert_eq!(csv.body, "slug,name,trial_until\nblue,'=Blue,\n");
    let apis = body(&program.get("/apis", JSON).await);
    assert_eq!(apis["items"][1]["code"], "calls");
    let rates = body(&program.get("/rates?limit=1", JSON).await);
    assert_eq!(rates["items"][0]["api"], "cad");
    let next = rates["next"].as_str().unwrap();
    let rest = body(&program.get(&format!("/rates?after={next}"), JSON).await);
    assert_eq!((&rest["items"][0]["api"], &rest["next"]), (&json!("calls"), &Value::Null));
    for path in ["/rates?after=x", "/teams?limit=0", "/apis?colour=red", "/audit?before=x"] {
        assert_eq!(program.get(path, JSON).await.status, 422, "{path}");
    }
}
