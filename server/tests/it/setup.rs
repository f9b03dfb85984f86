//! The first start: one organization, whoever is faster.

use crate::given::at;
use crate::harness::{Database, on_each_database};
use tokenscope::fault::Fault;
use tokenscope::permission::OrgRole;
use tokenscope::preference::Language;
use tokenscope::report::FirstSteps;
use tokenscope::service::{Caller, Directory, Removal, Reports, Setup};
use tokenscope::setup::{DemoMade, FirstStart, Opening};
use tokenscope::view::View;
use tokenscope_server::service::Service;
use tokenscope_server::{args, statements};
use tokio::task::JoinSet;

const PASSWORD: &str = "correct horse battery";

statements! {
    /// What the first start leaves.
    ORGS = "SELECT slug, zone, locale, token_name, demo FROM org";
    PEOPLE = "SELECT count(*) AS people FROM person";
    MARKED = "SELECT count(*) AS people FROM person WHERE demo = 1";
}

fn start(email: &str) -> FirstStart {
    FirstStart {
        name: "Ada".into(),
        email: email.into(),
        password: PASSWORD.into(),
        password_again: PASSWORD.into(),
        organization: "Northwind Robotics".into(),
        zone: "Asia/Tokyo".into(),
        language: Language::Ja,
        ..FirstStart::default()
    }
}

async fn service(database: &Database) -> (Service, String) {
    let service = database.service(at("2026-11-21T12:00:00Z")).await;
    let token = service.setup_token().await.unwrap().unwrap();
    (service, token)
}

async fn count(service: &Service, sql: tokenscope_server::store::db::Sql) -> i64 {
    let mut tx = service.db().read().await.unwrap();
    let row: Option<(i64,)> = tx.row(sql, args![]).await.unwrap();
    row.unwrap().0
}

async fn steps(service: &Service, caller: &Caller) -> Option<FirstSteps> {
    service.overview(caller, &View::default()).await.unwrap().first_steps
}

on_each_database!(
    the_first_start_makes_an_organization_and_its_admin,
    only_the_token_of_this_process_opens_it,
    of_many_at_once_one_succeeds,
    demo_data_fills_the_new_organization,
);

async fn the_first_start_makes_an_organization_and_its_admin(database: Database) {
    let (service, token) = service(&database).await;
    let Opening::Open { zones } = service.opening(&token).await.unwrap() else { panic!() };
    assert!(zones.contains(&"Asia/Tokyo".to_owned()));
    let (caller, demo) = service.begin(&token, start("Ada@Example.org")).await.unwrap();
    assert_eq!((caller.email.as_str(), demo), ("ada@example.org", DemoMade::None));
    assert!(caller.roles.org.contains(&OrgRole::Admin) && caller.user.is_some());
    assert_eq!(caller.preferences.language, Some(Language::Ja));
    let mut tx = service.db().read().await.unwrap();
    let orgs: Vec<(String, String, String, String, i64)> = tx.rows(ORGS, args![]).await.unwrap();
    let wanted = ["northwind-robotics", "Asia/Tokyo", "ja", "token"].map(ToOwned::to_owned);
    let [slug, zone, locale, unit] = wanted;
    assert_eq!(orgs, [(slug, zone, locale, unit, 0)]);
    drop(tx);
    assert!(service.sign_in("ada@example.org", PASSWORD, "192.0.2.1").await.is_ok());
    // It is over, for this process and for any other.
    assert_eq!(service.opening(&token).await.unwrap(), Opening::Done);
    assert_eq!(service.setup_token().await.unwrap(), None);
    let other = database.service(at("2026-11-21T12:00:00Z")).await;
    assert_eq!(other.setup_token().await.unwrap(), None);
    let again = service.begin(&token, start("bob@example.org")).await;
    assert!(matches!(again, Err(Fault::Conflict { .. })), "{again:?}");
    let nothing = FirstSteps { has_key: false, has_event: false, has_purchase: false };
    assert_eq!(steps(&service, &caller).await, Some(nothing));
}

async fn only_the_token_of_this_process_opens_it(database: Database) {
    let (service, token) = service(&database).await;
    let other = database.service(at("2026-11-21T12:00:00Z")).await;
    let foreign = other.setup_token().await.unwrap().unwrap();
    assert_ne!(token, foreign);
    for bad in ["", &foreign, &token[..token.len() - 1], &format!("{token}x")] {
        assert_eq!(service.opening(bad).await.unwrap(), Opening::Locked, "{bad}");
        let refused = service.begin(bad, start("ada@example.org")).await;
        assert!(matches!(refused, Err(Fault::Unauthenticated { .. })), "{refused:?}");
    }
    let wrong = FirstStart { zone: "Mars/Base".into(), ..start("ada") };
    let refused = service.begin(&token, wrong).await.unwrap_err();
    let Fault::Invalid { fields } = refused else { panic!("{refused:?}") };
    let fields: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(fields, ["email", "zone"]);
    assert_eq!((count(&service, PEOPLE).await, service.organizations().await.unwrap()), (0, 0));
}

/// Two processes, several browsers each.
async fn of_many_at_once_one_succeeds(database: Database) {
    // Both processes wait for their first start before any browser sends it.
    let processes = [service(&database).await, service(&database).await];
    let mut starts = JoinSet::new();
    for (process, (service, token)) in processes.iter().enumerate() {
        for browser in 0..3 {
            let (service, token) = (service.clone(), token.clone());
            let email = format!("a{process}{browser}@example.org");
            starts.spawn(async move { service.begin(&token, start(&email)).await });
        }
    }
    let answers = starts.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let late = |answer: &Result<_, Fault>| matches!(answer, Err(Fault::Conflict { .. }));
    assert_eq!(answers.iter().filter(|answer| late(answer)).count(), 5, "{answers:?}");
    let service = database.service(at("2026-11-21T12:00:00Z")).await;
    assert_eq!((count(&service, PEOPLE).await, service.organizations().await.unwrap()), (1, 1));
}

async fn demo_data_fills_the_new_organization(database: Database) {
    let (service, token) = service(&database).await;
    // One of the demo's own people has this address; the account is the admin's.
    let wished = FirstStart { demo: true, ..start("manager@example.com") };
    let (caller, demo) = service.begin(&token, wished).await.unwrap();
    assert_ne!(demo, DemoMade::Failed);
    // It may still be made behind the page.
    for _ in 0..1200 {
        match service.demo_contents(&caller).await.unwrap().events {
            5_000 => break,
            _ => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    }
    let report = service.overview(&caller, &View::default()).await.unwrap();
    assert!(report.frame.demo && report.usage.total > 0);
    assert_eq!(report.teams.len(), 4);
    assert_eq!(report.frame.zone.name, "Asia/Tokyo");
    assert_eq!((count(&service, PEOPLE).await, count(&service, MARKED).await), (39, 38));
    assert!(service.sign_in("manager@example.com", PASSWORD, "192.0.2.1").await.is_ok());
}
