//! The interface that reads the ledger: what it answers, who gets it, and how it is paged.

use crate::access_matrix::world::program_on;
use crate::given::{at, event, lot, red_team, send, session, team, tokens};
use crate::harness::{Database, on_each_database};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use tokenscope::fact::Fact;
use tokenscope::lot::{LotKind, UnitCost};
use tokenscope::permission::{OrgRole, Scope, TeamRole};
use tokenscope::service::{Books, Caller, Directory, Keys};
use tokenscope::time::{DAY, HOUR, Instant};
use tokenscope_server::http::router::router;
use tokenscope_server::service::{NewPerson, Service};
use tower::ServiceExt;

fn now() -> Instant {
    at("2026-11-21T12:00:00Z")
}

fn days_ago(days: i64) -> Instant {
    now().plus(-days * DAY)
}

/// The program, its folder, and a key that reads.
struct World {
    service: Service,
    caller: Caller,
    router: Router,
    _site: tempfile::TempDir,
    key: String,
}

impl World {
    async fn new(database: &Database) -> Self {
        let service = database.service(now()).await;
        let caller = red_team(&service, "north").await;
        let (app, site) = program_on(service.clone());
        let scopes = [Scope::Read].into();
        let key = service.create(&caller, "reader", scopes).await.unwrap();
        Self { service, caller, router: router(app), _site: site, key }
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let (status, body) = self.text(path, "application/json").await;
        (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }

    async fn text(&self, path: &str, accept: &str) -> (u16, String) {
        let request = Request::get(format!("/api/v1{path}"))
            .header("authorization", format!("Bearer {}", self.key))
            .header("accept", accept)
            .body(Body::empty())
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), 1 << 22).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// A lot that ended, one that pays, and usage that used up the first before it ended.
    async fn fill(&self) {
        let first = bought("=order-1", "20", days_ago(30), Some(days_ago(10)));
        let second = bought("order-2", "100", days_ago(5), None);
        self.service.record(&self.caller, vec![first, second]).await.unwrap();
        let calls = (0..15).map(|n| event(&format!("c{n}"), days_ago(20).plus(n * HOUR)));
        let late = (0..8).map(|n| event(&format!("d{n}"), days_ago(7).plus(n * HOUR)));
        send(&self.service, &self.caller, calls.chain(late)).await;
        send(&self.service, &self.caller, [session("s", "ann", days_ago(3), 600)]).await;
    }
}

/// A contract lot that cost 2.50 EUR a token.
fn bought(id: &str, amount: &str, effective: Instant, expires: Option<Instant>) -> Fact {
    Fact::Lot {
        id: id.into(),
        team: "red".into(),
        kind: LotKind::Contract,
        tokens: tokens(amount),
        effective,
        expires,
        priority: None,
        pays_for: None,
        unit_cost: Some(UnitCost { micro: 2_500_000, currency: "EUR".into() }),
        reference: Some(format!("PO {id}")),
        channel: None,
    }
}

on_each_database!(
    lots_and_statements_add_up,
    a_figure_explains_itself,
    what_cannot_be_is_refused_by_name,
    lists_come_in_pages_and_as_csv,
    a_member_sees_the_totals_of_his_team,
);

async fn lots_and_statements_add_up(database: Database) {
    let world = World::new(&database).await;
    world.fill().await;
    let (status, lots) = world.get("/lots?team=red").await;
    assert_eq!(status, 200, "{lots}");
    let one = &lots["items"][0];
    for (member, wanted) in [
        ("id", json!("=order-1")),
        ("state", json!("expired")),
        ("granted", json!("20")),
        ("remaining", json!("0")),
        ("burned", json!("15")),
        ("expired", json!("5")),
        ("unit_cost", json!("2.5")),
        ("currency", json!("EUR")),
        ("moved_in", json!(false)),
    ] {
        assert_eq!(one[member], wanted, "{member}");
    }
    // 8 calls found no lot; the second one settled them. The session costs 10.
    let two = &lots["items"][1];
    assert_eq!((&two["settled"], &two["burned"]), (&json!("8"), &json!("10")));
    let (from, to) = (days_ago(8), days_ago(4));
    let (_, statement) = world.get(&format!("/statement?team=red&from={from}&to={to}")).await;
    assert_eq!(statement["opening"], json!({"available": "0", "debt": "0", "balance": "0"}));
    assert_eq!(statement["closing"], json!({"available": "92", "debt": "0", "balance": "92"}));
    let lines = json!([
        {"line": "granted", "lot": "order-2", "available": "100", "debt": "0"},
        {"line": "consumed", "app": "robot", "api": "calls", "available": "0", "debt": "8"},
        {"line": "settled", "lot": "order-2", "available": "-8", "debt": "-8"},
    ]);
    assert_eq!(statement["lines"], lines);
    assert_eq!(statement["totals_only"], json!(false));
    let as_of = days_ago(6);
    let (_, balance) = world.get(&format!("/balance?team=red&as_of={as_of}")).await;
    let item = &balance["items"][0];
    assert_eq!((&item["balance"], &item["debt"]), (&json!("-8"), &json!("8")));
    assert_eq!(item["access"], json!("grace"));
    // Before anything was recorded there was nothing.
    let known_at = now().plus(-1);
    let (_, balance) = world.get(&format!("/balance?team=red&known_at={known_at}")).await;
    assert_eq!(balance["items"][0]["balance"], json!("0"));
    assert_eq!(balance["items"][0]["known_at"], json!(known_at.to_string()));
}

async fn a_figure_explains_itself(database: Database) {
    let world = World::new(&database).await;
    world.fill().await;
    let (_, balance) = world.get("/explain?of=balance&team=red").await;
    assert_eq!((&balance["of"], &balance["balance"]), (&json!("balance"), &json!("82")));
    assert_eq!(balance["access"], json!({"state": "full"}));
    assert_eq!(balance["charged_api"], json!("23"));
    let cuts: Vec<_> = balance["cuts"].as_array().unwrap().iter().collect();
    let first = &cuts[0];
    assert_eq!((&first["lot"], &first["after"]), (&json!("=order-1"), &json!("0")));
    assert_eq!(first["at"], json!(days_ago(20).to_string()));
    let (_, charge) = world.get("/explain?of=charge&source=test&id=d3").await;
    assert_eq!((&charge["team"], &charge["app"]), (&json!("red"), &json!("robot")));
    let line = &charge["charges"][0];
    assert_eq!(line["basis"], json!("rate"));
    assert_eq!(line["rate"]["tokens"], json!("1"));
    let settled = days_ago(5).to_string();
    assert_eq!(line["lots"], json!([{"lot": "order-2", "tokens": "1", "settled": settled}]));
    let (from, to) = (days_ago(21), now());
    let bucket = format!("/explain?of=bucket&team=red&from={from}&to={to}&api=cad");
    let (_, bucket) = world.get(&bucket).await;
    assert_eq!((&bucket["charged"], &bucket["uncharged"]), (&json!("10"), &json!("0")));
    assert_eq!(bucket["usage"][0]["kinds"], json!({"contract": "10"}));
    // An event without a charge is found by its time.
    let free = tokenscope::event::NewEvent { api: "free".into(), ..event("f", days_ago(1)) };
    send(&world.service, &world.caller, [free]).await;
    let (status, problem) = world.get("/explain?of=charge&source=test&id=f").await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("time")));
    let time = days_ago(1);
    let (_, charge) = world.get(&format!("/explain?of=charge&source=test&id=f&time={time}")).await;
    assert_eq!((&charge["api"], &charge["charges"]), (&json!("free"), &json!([])));
    let (status, _) = world.get("/explain?of=charge&source=test&id=unknown").await;
    assert_eq!(status, 404);
    let unknown = "/explain?of=decision&id=00000000-0000-0000-0000-000000000000";
    assert_eq!(world.get(unknown).await.0, 404);
}

async fn what_cannot_be_is_refused_by_name(database: Database) {
    let world = World::new(&database).await;
    let later = now().plus(1);
    for (path, status, word) in [
        (format!("/balance?known_at={later}"), 400, "known_at"),
        (format!("/lots?known_at={later}"), 400, "known_at"),
        ("/balance?as_of=yesterday".into(), 400, "as_of"),
        ("/statement?team=red&from=2026-02-02".into(), 400, "from"),
        ("/statement".into(), 422, "team"),
        ("/statement?team=green".into(), 404, "green"),
        (format!("/statement?team=red&from={later}&to={later}"), 422, "to"),
        ("/lots?limit=0".into(), 422, "limit"),
        ("/lots?colour=red".into(), 422, "colour"),
        (format!("/explain?of=bucket&team=red&from={later}&to={later}"), 422, "to"),
        (format!("/explain?of=bucket&team=red&from={}&to={later}&app=x", now()), 404, "x"),
    ] {
        let (got, body) = world.text(&path, "*/*").await;
        assert_eq!(got, status, "{path}: {body}");
        assert!(body.contains(word), "{path}: {body}");
    }
}

async fn lists_come_in_pages_and_as_csv(database: Database) {
    let world = World::new(&database).await;
    world.fill().await;
    let more = vec![team("blue"), lot("a/b", "blue", "1"), lot("z", "blue", "2")];
    world.service.record(&world.caller, more).await.unwrap();
    let mut seen = Vec::new();
    let mut path = "/lots?limit=1".to_owned();
    loop {
        let (_, page) = world.get(&path).await;
        for lot in page["items"].as_array().unwrap() {
            seen.push(lot["id"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/lots?limit=1&after={}", next.replace('/', "%2F"));
    }
    assert_eq!(seen, ["a/b", "z", "=order-1", "order-2"]);
    let (_, page) = world.get("/balance?limit=1").await;
    assert_eq!((&page["items"][0]["team"], &page["next"]), (&json!("blue"), &json!("blue")));
    let (_, page) = world.get("/balance?limit=1&after=blue").await;
    assert_eq!((&page["items"][0]["team"], &page["next"]), (&json!("red"), &json!(null)));
    let (_, csv) = world.text("/lots?team=red", "text/csv").await;
    let mut lines = csv.lines();
    assert!(lines.next().unwrap().starts_with("team,id,as_of,kind,pays_for,priority,state,"));
    let first = lines.next().unwrap();
    assert!(first.starts_with("red,'=order-1,2026-11-21T12:00:00Z,contract,all,2,expired,20,0,15"));
    let (_, csv) = world.text("/statement?team=red", "text/csv").await;
    assert!(csv.starts_with("line,lot,app,api,available,debt\nopening,,,,0,0\n"), "{csv}");
    assert!(csv.ends_with("closing,,,,82,0\n"), "{csv}");
    let (_, csv) = world.text("/balance?team=red", "text/csv").await;
    assert!(csv.contains("\nred,red,2026-11-21T12:00:00Z,,82,82,18,100,0,full,,\n"), "{csv}");
}

async fn a_member_sees_the_totals_of_his_team(database: Database) {
    let world = World::new(&database).await;
    world.fill().await;
    let ann = person(&world, "ann", TeamRole::Member).await;
    let (service, ledger) = (&world.service, tokenscope::service::Ledger::statement);
    let statement = ledger(service, &ann, "red", (None, None), None).await.unwrap();
    assert!(statement.totals_only);
    assert!(statement.statement.lines.iter().all(|line| line.app.is_none()));
    let bob = person(&world, "bob", TeamRole::Manager).await;
    let statement = ledger(service, &bob, "red", (None, None), None).await.unwrap();
    assert!(!statement.totals_only);
    assert!(statement.statement.lines.iter().any(|line| line.app.as_deref() == Some("robot")));
    let charge = |id: &str| tokenscope::report::Figure::Charge {
        source: "test".into(),
        id: id.into(),
        time: None,
        seen: tokenscope::report::Seen::default(),
    };
    let explain = tokenscope::service::Ledger::explain;
    // Who uses a product sees what he used himself, and no more.
    assert!(explain(service, &ann, charge("s")).await.is_err());
    assert!(explain(service, &bob, charge("s")).await.is_ok());
    let own = session("own", "ann@example.org", days_ago(2), 600);
    send(service, &world.caller, [own]).await;
    let ann = service.caller(ann.person.unwrap()).await.unwrap();
    assert!(explain(service, &ann, charge("own")).await.is_ok());
    world.service.record(&world.caller, vec![team("blue")]).await.unwrap();
    assert!(ledger(service, &bob, "blue", (None, None), None).await.is_err());
}

async fn person(world: &World, name: &str, role: TeamRole) -> Caller {
    let email = format!("{name}@example.org");
    let person = NewPerson {
        email: email.clone(),
        name: name.into(),
        password: "correct horse battery".into(),
        role: OrgRole::Developer,
        teams: vec![("red".into(), role)],
    };
    world.service.add_people(world.caller.org, vec![person]).await.unwrap();
    let signed_in = world.service.sign_in(&email, "correct horse battery", "127.0.0.1").await;
    signed_in.unwrap().done().unwrap()
}
