//! Sign-in and API keys.

use crate::given::{at, red_team, team};
use crate::harness::{Database, on_each_database};
use std::collections::BTreeSet;
use tokenscope::fault::Fault;
use tokenscope::permission::{OrgRole, Scope, TeamRole};
use tokenscope::second_factor::SignIn;
use tokenscope::service::{Books, Caller, Directory, Keys};
use tokenscope::time::{Instant, SECOND};
use tokenscope_server::service::{NewPerson, Service};
use tokenscope_server::{args, statements};
use tokio::task::JoinSet;

const RIGHT: &str = "correct horse battery";
const WRONG: &str = "wrong horse battery";
const HOME: &str = "192.0.2.1";

statements! {
    /// All that is stored of keys and people, as text.
    STORED_KEYS = "SELECT name, scopes, hex(secret_hash) AS secret FROM api_key"
        | "SELECT name, scopes, encode(secret_hash, 'hex') AS secret FROM api_key";
    STORED_PEOPLE = "SELECT email, password_hash FROM person";
}

fn now() -> Instant {
    at("2026-11-21T12:00:00Z")
}

fn new_person(email: &str) -> NewPerson {
    NewPerson {
        email: email.into(),
        name: "Ann".into(),
        password: RIGHT.into(),
        role: OrgRole::Manager,
        teams: vec![("red".into(), TeamRole::Member)],
    }
}

async fn with_ann(service: &Service) -> Caller {
    let program = red_team(service, "a").await;
    service.add_people(program.org, vec![new_person("Ann@Example.org")]).await.unwrap();
    program
}

fn wrong<T>(answer: &Result<T, Fault>) -> bool {
    matches!(answer, Err(Fault::Unauthenticated { .. }))
}

on_each_database!(
    sign_in_takes_the_right_password_only,
    guessing_is_slowed_down,
    guessing_side_by_side_is_slowed_down_too,
    people_are_added_all_or_none,
    keys_open_their_own_organization_only,
    a_revoked_key_is_refused,
    secrets_are_not_stored,
);

async fn sign_in_takes_the_right_password_only(database: Database) {
    let service = database.service(now()).await;
    let program = with_ann(&service).await;
    for email in ["ann@example.org", "ANN@EXAMPLE.ORG", " Ann@Example.org "] {
        let caller = service.sign_in(email, RIGHT, HOME).await.unwrap().done().unwrap();
        assert_eq!((caller.org, caller.email.as_str()), (program.org, "ann@example.org"));
        let roles = BTreeSet::from([OrgRole::Developer, OrgRole::Manager]);
        assert_eq!(caller.roles.org, roles);
        assert_eq!(caller.roles.teams.len(), 1);
        assert_eq!((caller.scopes, caller.user.is_some()), (None, true));
        let again = service.caller(caller.person.unwrap()).await.unwrap();
        assert_eq!(again.name, "Ann");
    }
    let reason = |answer: Result<SignIn, Fault>| answer.map(|_| ()).unwrap_err();
    let known = reason(service.sign_in("ann@example.org", WRONG, HOME).await);
    let unknown = reason(service.sign_in("bob@example.org", RIGHT, HOME).await);
    let empty = reason(service.sign_in("ann@example.org", "", HOME).await);
    assert_eq!((&known, known.status()), (&unknown, 401), "they tell which e-mails are known");
    assert_eq!(known, empty);
    let long = "x".repeat(100_000);
    assert!(wrong(&service.sign_in("ann@example.org", &long, HOME).await));
    assert!(wrong(&service.sign_in("", "", HOME).await));
}

async fn guessing_is_slowed_down(database: Database) {
    let service = database.service(now()).await;
    with_ann(&service).await;
    let sign_in = async |password| service.sign_in("ann@example.org", password, HOME).await;
    for _ in 0..5 {
        assert!(wrong(&sign_in(WRONG).await));
    }
    // The right one does not help before the time is over.
    let refused = sign_in(RIGHT).await.unwrap_err();
    let Fault::TooMany { retry_after_s } = refused else { panic!("{refused:?}") };
    assert!(retry_after_s > 0);
    let opens = now().plus(i64::from(retry_after_s) * SECOND);
    service.clock().set(opens.plus(-1));
    assert_eq!(sign_in(RIGHT).await.unwrap_err().status(), 429);
    service.clock().set(opens);
    assert!(wrong(&sign_in(WRONG).await));
    let Err(Fault::TooMany { retry_after_s: longer }) = sign_in(RIGHT).await else { panic!() };
    assert!(longer > retry_after_s, "{longer} s after {retry_after_s} s");
    service.clock().set(opens.plus(i64::from(longer) * SECOND));
    assert!(sign_in(RIGHT).await.is_ok());
    assert!(wrong(&sign_in(WRONG).await), "a success opens the account again");
}

/// Attempts that are checked at the same time count too.
async fn guessing_side_by_side_is_slowed_down_too(database: Database) {
    let service = database.service(now()).await;
    with_ann(&service).await;
    let mut attempts = JoinSet::new();
    for _ in 0..20 {
        let service = service.clone();
        attempts.spawn(async move { service.sign_in("ann@example.org", WRONG, HOME).await });
    }
    let answers = attempts.join_all().await;
    let checked = answers.iter().filter(|answer| wrong(answer)).count();
    assert!(checked <= 5, "{checked} passwords were tried at once");
}

async fn people_are_added_all_or_none(database: Database) {
    let service = database.service(now()).await;
    let program = with_ann(&service).await;
    let add = async |people: Vec<NewPerson>| service.add_people(program.org, people).await;
    let bob = || new_person("bob@example.org");
    let taken = add(vec![bob(), new_person("ANN@example.org")]).await.unwrap_err();
    let Fault::Conflict { reason } = &taken else { panic!("{taken:?}") };
    assert!(reason.contains("e-mail"), "{reason}");
    let carl = || new_person("carl@example.org");
    for (bad, field) in [
        (NewPerson { password: "short".into(), ..carl() }, "password"),
        (NewPerson { email: "carl".into(), ..carl() }, "email"),
        (NewPerson { teams: vec![("blue".into(), TeamRole::Member)], ..carl() }, "team"),
    ] {
        let fault = add(vec![bob(), bad]).await.unwrap_err();
        let Fault::Invalid { fields } = &fault else { panic!("{fault:?}") };
        assert_eq!(fields[0].field, field);
        assert!(wrong(&service.sign_in("bob@example.org", RIGHT, HOME).await));
        service.clock().set(service.clock().now().plus(1000 * SECOND));
    }
    add(vec![bob()]).await.unwrap();
    assert!(service.sign_in("bob@example.org", RIGHT, HOME).await.is_ok());
}

async fn keys_open_their_own_organization_only(database: Database) {
    let service = database.service(now()).await;
    let (one, other) = (red_team(&service, "a").await, red_team(&service, "b").await);
    let scopes = BTreeSet::from([Scope::Ingest, Scope::Read]);
    let key = service.create(&one, "gateway", scopes.clone()).await.unwrap();
    let of_other = service.create(&other, "gateway", scopes.clone()).await.unwrap();
    let caller = service.authenticate(&key).await.unwrap();
    assert_eq!((caller.org, caller.name.as_str()), (one.org, "gateway"));
    assert_eq!(caller.scopes, Some(scopes));
    let parts: Vec<&str> = key.splitn(4, '_').collect();
    let [prefix, org, number, secret] = parts[..] else { panic!("{key}") };
    assert_eq!((prefix, org), ("tsk", one.org.0.to_string().as_str()));
    let foreign = format!("tsk_{}_{number}_{secret}", other.org);
    let theirs = of_other.splitn(4, '_').nth(3).unwrap();
    for bad in [
        foreign,
        format!("tsk_{org}_{number}_{theirs}"),
        format!("tsk_{org}_{number}_"),
        format!("tsk_{org}_{number}_{secret}x"),
        format!("tsk_{org}_{number}_{}", secret.to_uppercase()),
        format!("tsk_{org}_999_{secret}"),
        format!("tsk_999_{number}_{secret}"),
        format!("tsk_{org}_{number}"),
        format!("tsk_{org}_99999999999999999999_{secret}"),
        format!("xyz_{org}_{number}_{secret}"),
        secret.to_owned(),
        String::new(),
        "tsk___".to_owned(),
        "tsk_-1_-1_é".to_owned(),
    ] {
        assert!(wrong(&service.authenticate(&bad).await), "{bad}");
    }
}

async fn a_revoked_key_is_refused(database: Database) {
    let service = database.service(now()).await;
    let (one, other) = (red_team(&service, "a").await, red_team(&service, "b").await);
    let scopes = BTreeSet::from([Scope::Admin]);
    let key = service.create(&one, "key", scopes.clone()).await.unwrap();
    let of_other = service.create(&other, "key", scopes).await.unwrap();
    // Both have the same number, each in its organization.
    assert_eq!(key.split('_').nth(2), of_other.split('_').nth(2));
    let missing = service.revoke_key(&one, &of_other).await;
    assert!(matches!(missing, Err(Fault::NotFound { .. })), "{missing:?}");
    let caller = service.authenticate(&key).await.unwrap();
    service.revoke_key(&one, &key).await.unwrap();
    assert!(wrong(&service.authenticate(&key).await));
    assert!(service.authenticate(&of_other).await.is_ok());
    let again = service.revoke_key(&one, &key).await;
    assert!(matches!(again, Err(Fault::NotFound { .. })), "{again:?}");
    // Whoever was let in before the key was taken back goes on until his request is over.
    assert!(service.record(&caller, vec![team("blue")]).await.is_ok());
}

async fn secrets_are_not_stored(database: Database) {
    let service = database.service(now()).await;
    let program = with_ann(&service).await;
    let key = service.create(&program, "gateway", [Scope::Read].into()).await.unwrap();
    let secret = key.splitn(4, '_').nth(3).unwrap();
    assert!(secret.len() >= 52);
    let mut tx = service.db().read().await.unwrap();
    let keys: Vec<(String, String, String)> = tx.rows(STORED_KEYS, args![]).await.unwrap();
    let people: Vec<(String, String)> = tx.rows(STORED_PEOPLE, args![]).await.unwrap();
    let in_hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let stored = format!("{keys:?} {people:?}").to_lowercase();
    assert!(stored.contains("gateway") && stored.contains("$argon2id$"));
    assert!(!stored.contains(secret) && !stored.contains(&in_hex) && !stored.contains(RIGHT));
}
