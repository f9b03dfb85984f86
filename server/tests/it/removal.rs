//! The removal of demo data leaves nothing of it behind, and nobody else's things touched.

use crate::given::{at, event, red_team, send};
use crate::harness::{Database, on_each_database};
use std::collections::{BTreeMap, BTreeSet};
use tokenscope::fault::Fault;
use tokenscope::permission::{OrgRole, Roles, Scope};
use tokenscope::service::{Caller, Directory, Keys, Removal, Reports, Setup};
use tokenscope::setup::{DemoMade, FirstStart};
use tokenscope::view::View;
use tokenscope_server::service::{NewPerson, Service};
use tokenscope_server::store::db::{Db, Sql};
use tokenscope_server::store::migrate::DIRECTORY_TABLES;
use tokenscope_server::store::removal::{EMPTIED, KEPT};
use tokenscope_server::{args, statements};

const PASSWORD: &str = "correct horse battery";

statements! {
    /// Who is left.
    EMAILS = "SELECT email, demo FROM person ORDER BY email";
    USERS = "SELECT external_id FROM usage_user WHERE org_id = $1 ORDER BY external_id";
}

/// How many rows of an organization each tenant table of the database has.
async fn rows(db: &Db, org: i64) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for (name, table) in crate::schema::read(db).await.tables {
        let parted = name.ends_with("_p0") || name.ends_with("_p1");
        let tenant = table.columns.iter().any(|column| column.name == "org_id");
        if !tenant || parted || DIRECTORY_TABLES.contains(&name.as_str()) {
            continue;
        }
        let text = format!("SELECT count(*) AS n FROM {name} WHERE org_id = $1");
        let sql = Sql::both("COUNT", Box::leak(text.into_boxed_str()));
        let mut tx = db.read().await.unwrap();
        let row: Option<(i64,)> = tx.row(sql, args![org]).await.unwrap();
        counts.insert(name, row.unwrap().0);
    }
    counts
}

/// An organization with demo data, and its admin.
async fn with_demo(database: &Database) -> (Service, Caller) {
    let service = database.service(at("2026-11-21T12:00:00Z")).await;
    let token = service.setup_token().await.unwrap().unwrap();
    let start = FirstStart {
        name: "Ada".into(),
        email: "ada@example.org".into(),
        password: PASSWORD.into(),
        password_again: PASSWORD.into(),
        organization: "Northwind".into(),
        demo: true,
        ..FirstStart::default()
    };
    let (caller, demo) = service.begin(&token, start).await.unwrap();
    assert_ne!(demo, DemoMade::Failed);
    // It may still be made behind the page; then it is not removed.
    for _ in 0..1200 {
        match service.demo_contents(&caller).await.unwrap().events {
            5_000 => break,
            _ => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    }
    (service, caller)
}

/// Removes the demo data as soon as it is made.
async fn remove(service: &Service, caller: &Caller) {
    for _ in 0..600 {
        match service.remove_demo(caller).await {
            Ok(()) => return,
            Err(Fault::Conflict { .. }) => {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            Err(other) => panic!("{other}"),
        }
    }
    panic!("the demo data was never finished");
}

fn person(email: &str) -> NewPerson {
    NewPerson {
        email: email.into(),
        name: "Bob".into(),
        password: PASSWORD.into(),
        role: OrgRole::Manager,
        teams: Vec::new(),
    }
}

/// The control of the tests below: a new table is either emptied or named as one that stays.
#[tokio::test(flavor = "multi_thread")]
async fn every_tenant_table_is_emptied_or_kept() {
    let test = |database: Database| async move {
        let there: BTreeSet<String> = rows(&database.open().await, 1).await.into_keys().collect();
        let emptied = EMPTIED.iter().map(|(name, _)| *name);
        let known: BTreeSet<String> =
            emptied.chain(KEPT.iter().copied()).map(ToOwned::to_owned).collect();
        assert_eq!(there, known);
    };
    crate::harness::run(crate::harness::Backend::Sqlite, test).await;
}

on_each_database!(
    nothing_of_the_demo_is_left,
    the_demos_own_admin_stays_when_he_removes_it,
    only_an_admin_removes_demo_data_alone,
);

async fn nothing_of_the_demo_is_left(database: Database) {
    let (service, ada) = with_demo(&database).await;
    let elsewhere = database.service(at("2026-11-21T12:00:00Z")).await;
    let other = red_team(&service, "other").await;
    send(&service, &other, [event("1", at("2026-11-21T11:00:00Z"))]).await;
    let others = rows(service.db(), other.org.0).await;
    service.add_people(ada.org, vec![person("bob@example.org")]).await.unwrap();
    let key = service.create(&ada, "gateway", [Scope::Ingest].into()).await.unwrap();
    // Another process has seen the demo, too.
    assert!(elsewhere.overview(&ada, &View::default()).await.unwrap().frame.demo);
    let before = service.demo_contents(&ada).await.unwrap();
    assert_eq!((before.events, before.teams, before.apps), (5_000, 4, 12));
    assert!(before.lots > 8 && before.people == 39, "{before:?}");
    let full = rows(service.db(), ada.org.0).await;
    assert!(full["charge"] > 0 && full["usage_by_month"] > 0 && full["team_member"] > 0);

    remove(&service, &ada).await;

    let left = rows(service.db(), ada.org.0).await;
    for (table, count) in &left {
        assert!(KEPT.contains(&table.as_str()) || *count == 0, "{count} rows left in {table}");
    }
    assert_eq!((left["org"], left["api_key"]), (1, 1));
    assert_eq!(rows(service.db(), other.org.0).await, others, "another organization lost rows");
    let mut tx = service.db().read().await.unwrap();
    let people: Vec<(String, i64)> = tx.rows(EMAILS, args![]).await.unwrap();
    let own = ["ada@example.org", "bob@example.org"].map(|email| (email.to_owned(), 0));
    assert_eq!(people, own);
    let users: Vec<(String,)> = tx.rows(USERS, args![ada.org.0]).await.unwrap();
    let users: Vec<&str> = users.iter().map(|(user,)| user.as_str()).collect();
    assert_eq!(users, ["ada@example.org", "bob@example.org"]);
    drop(tx);
    // Ada, Bob and the key go on; events start from nothing, in every process.
    assert!(service.sign_in("bob@example.org", PASSWORD, "192.0.2.1").await.is_ok());
    let ada = service.caller(ada.person.unwrap()).await.unwrap();
    for service in [&service, &elsewhere] {
        let report = service.overview(&ada, &View::default()).await.unwrap();
        assert!(!report.frame.demo && report.teams.is_empty());
        let steps = report.first_steps.unwrap();
        assert!(steps.has_key && !steps.has_event && !steps.has_purchase);
    }
    let gone = service.remove_demo(&ada).await;
    assert!(matches!(gone, Err(Fault::NotFound { .. })), "{gone:?}");
    let gateway = service.authenticate(&key).await.unwrap();
    let sent = send(&service, &gateway, [event("1", at("2026-11-21T11:00:00Z"))]).await;
    assert_eq!(sent, [tokenscope::event::EventResult::Accepted { charge: None }]);
}

/// Where the program made the demo with its own admin.
async fn the_demos_own_admin_stays_when_he_removes_it(database: Database) {
    let (service, ada) = with_demo(&database).await;
    let ada_email = vec!["ada@example.org".to_owned()];
    service.mark_demo_people(ada.org, ada_email).await.unwrap();
    remove(&service, &ada).await;
    let again = service.sign_in("ada@example.org", PASSWORD, "192.0.2.1").await.unwrap();
    let again = again.done().unwrap();
    assert!(again.roles.org.contains(&OrgRole::Admin) && again.user.is_some());
    let mut tx = service.db().read().await.unwrap();
    let people: Vec<(String, i64)> = tx.rows(EMAILS, args![]).await.unwrap();
    assert_eq!(people, [("ada@example.org".to_owned(), 0)]);
}

async fn only_an_admin_removes_demo_data_alone(database: Database) {
    let service = database.service(at("2026-11-21T12:00:00Z")).await;
    let program = red_team(&service, "a").await;
    let missing = |answer: Result<(), Fault>| matches!(answer, Err(Fault::NotFound { .. }));
    assert!(missing(service.remove_demo(&program).await), "real data could be removed");
    assert!(missing(service.demo_contents(&program).await.map(|_| ())));
    for role in [OrgRole::Developer, OrgRole::Manager] {
        let roles = Roles { org: [role].into(), ..Roles::default() };
        let caller = Caller { roles, ..program.clone() };
        let answer = service.remove_demo(&caller).await;
        assert!(matches!(answer, Err(Fault::Forbidden { .. })), "{answer:?}");
        let answer = service.demo_contents(&caller).await;
        assert!(matches!(answer, Err(Fault::Forbidden { .. })), "{answer:?}");
    }
}
