//! The audit log: what stands in it, and that its chain holds.

use crate::given::{app, at, lot, program_of, red_team, team};
use crate::harness::{Database, on_each_database};
use tokenscope::audit::{Actor, AuditLine, AuditQuestion, NOTHING_BEFORE};
use tokenscope::fact::Fact;
use tokenscope::fault::Fault;
use tokenscope::permission::{OrgRole, Roles, Scope};
use tokenscope::service::{Audit, Books, Caller, Directory, Keys};
use tokenscope::time::{HOUR, Instant};
use tokenscope_server::service::{NewPerson, Service};
use tokenscope_server::store::audit::after;
use tokenscope_server::{args, statements};

statements! {
    /// Erases people.
    ERASE = "DELETE FROM person WHERE email = $1";
}

const NOW: &str = "2026-11-21T12:00:00Z";

on_each_database!(
    facts_and_keys_are_written_down_with_their_actors,
    people_stand_as_numbers_and_can_be_erased,
    many_facts_make_one_unbroken_chain,
    entries_are_found_page_by_page,
    only_admins_and_managers_read_it,
);

async fn lines(service: &Service, caller: &Caller, question: AuditQuestion) -> Vec<AuditLine> {
    service.audit(caller, &question).await.unwrap().lines
}

fn some(limit: u16) -> AuditQuestion {
    AuditQuestion { limit, ..AuditQuestion::default() }
}

async fn ann(service: &Service, program: &Caller) -> Caller {
    let person = NewPerson {
        email: "ann@example.org".into(),
        name: "Ann".into(),
        password: "correct horse battery".into(),
        role: OrgRole::Admin,
        teams: Vec::new(),
    };
    service.add_people(program.org, vec![person]).await.unwrap();
    let signed = service.sign_in("ann@example.org", "correct horse battery", "192.0.2.1").await;
    signed.unwrap().done().unwrap()
}

async fn facts_and_keys_are_written_down_with_their_actors(database: Database) {
    let service = database.service(at(NOW)).await;
    let program = red_team(&service, "acme").await;
    let ann = ann(&service, &program).await;
    service.record(&ann, vec![team("blue"), lot("l", "blue", "7.5")]).await.unwrap();
    // What is there already is not done again.
    service.record(&ann, vec![team("blue")]).await.unwrap();
    let key = service.create(&ann, "gateway", [Scope::Admin].into()).await.unwrap();
    let gateway = service.authenticate(&key).await.unwrap();
    service.record(&gateway, vec![team("green")]).await.unwrap();
    let number = gateway.key.unwrap();
    service.revoke_key(&ann, &key).await.unwrap();
    let found = lines(&service, &ann, some(5)).await;
    let told: Vec<(Actor, Option<&str>, &str, &str)> = found
        .iter()
        .map(|l| (l.actor, l.name.as_deref(), l.action.as_str(), l.subject.as_str()))
        .collect();
    let (by_ann, of_key) = (Actor::Person(ann.person.unwrap()), format!("key:{number}"));
    let expected = [
        (by_ann, Some("Ann"), "key_revoked", of_key.as_str()),
        (Actor::Key(number), Some("gateway"), "team", "team:green"),
        (by_ann, Some("Ann"), "key_made", of_key.as_str()),
        (by_ann, Some("Ann"), "lot", "lot:l"),
        (by_ann, Some("Ann"), "team", "team:blue"),
    ];
    assert_eq!(told, expected);
    assert!(found[3].content.contains(r#""tokens":"7.5""#), "{}", found[3].content);
    let secret = key.rsplit('_').next().unwrap();
    assert!(found.iter().all(|line| !line.content.contains(secret)));
}

async fn people_stand_as_numbers_and_can_be_erased(database: Database) {
    let service = database.service(at(NOW)).await;
    let program = red_team(&service, "acme").await;
    let ann = ann(&service, &program).await;
    let owner = |name: &str| Some(name.to_owned());
    let (client_id, api) = ("robot".to_owned(), "cad".to_owned());
    let facts = vec![
        Fact::App { client_id: "a".into(), name: "A".into(), owner: owner("Bob@example.org") },
        Fact::Owner { client_id, owner: owner("bob@example.org"), from: Instant::MIN },
        Fact::Product { user: "BOB@example.org".into(), api, assigned: true, from: Instant::MIN },
        lot("pool", "~bob@example.org", "1"),
    ];
    service.record(&ann, facts).await.unwrap();
    let found = lines(&service, &ann, some(4)).await;
    assert_eq!(found.len(), 4);
    for line in &found {
        let text = format!("{line:?}").to_lowercase();
        assert!(!text.contains("bob"), "{text}");
    }
    assert!(found[1].subject.starts_with("user:") && found[1].subject != "user:0");
    assert!(found[2].content.contains(r#""owner":{"user":"#), "{}", found[2].content);
    let mut tx = service.db().write().await.unwrap();
    tx.run(ERASE, args!["ann@example.org"]).await.unwrap();
    tx.commit().await.unwrap();
    let found = lines(&service, &program, some(1)).await;
    assert_eq!((found[0].actor.code(), &found[0].name), ("person", &None));
}

async fn many_facts_make_one_unbroken_chain(database: Database) {
    let service = database.service(at(NOW)).await;
    let program = program_of(&service, "acme", "UTC").await;
    let many = (0..700).map(|n| team(&format!("team-{n}"))).collect();
    service.record(&program, many).await.unwrap();
    let elsewhere = database.service(at(NOW)).await;
    let (one, other) = tokio::join!(
        service.record(&program, vec![team("one")]),
        elsewhere.record(&program, vec![team("other")]),
    );
    one.unwrap();
    other.unwrap();
    let mut tx = service.db().read().await.unwrap();
    let rows = after(&mut tx, program.org, 0, 1000).await.unwrap();
    let mut hash = NOTHING_BEFORE.to_vec();
    for (n, row) in rows.iter().enumerate() {
        assert_eq!(row.entry, i64::try_from(n).unwrap() + 1);
        assert_eq!(row.previous_hash, hash);
        assert_eq!(row.hash, row.due_hash(program.org, &hash));
        hash.clone_from(&row.hash);
    }
    assert_eq!(rows.len(), 702);
}

async fn entries_are_found_page_by_page(database: Database) {
    let service = database.service(at(NOW)).await;
    let program = program_of(&service, "acme", "UTC").await;
    for (n, name) in ["a", "b", "c"].iter().enumerate() {
        let hours = i64::try_from(n).unwrap();
        service.clock().set(at(NOW).plus(hours * HOUR));
        service.record(&program, vec![team(name), app(name)]).await.unwrap();
    }
    let first = service.audit(&program, &some(4)).await.unwrap();
    assert_eq!(first.lines.iter().map(|l| l.entry).collect::<Vec<_>>(), [6, 5, 4, 3]);
    let rest = AuditQuestion { before: first.next, ..some(4) };
    let rest = service.audit(&program, &rest).await.unwrap();
    assert_eq!(rest.lines.iter().map(|l| l.entry).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(rest.next, None);
    let by = |question| async { lines(&service, &program, question).await.len() };
    assert_eq!(by(AuditQuestion { action: Some("app".into()), ..some(9) }).await, 3);
    assert_eq!(by(AuditQuestion { subject: Some("team:b".into()), ..some(9) }).await, 1);
    let from = Some(at(NOW).plus(HOUR));
    assert_eq!(by(AuditQuestion { from, ..some(9) }).await, 4);
    assert_eq!(by(AuditQuestion { from, to: Some(at(NOW).plus(2 * HOUR)), ..some(9) }).await, 2);
}

async fn only_admins_and_managers_read_it(database: Database) {
    let service = database.service(at(NOW)).await;
    let program = red_team(&service, "acme").await;
    let as_role = |role| {
        let roles = Roles { org: [role].into(), ..Roles::default() };
        Caller { roles, ..program.clone() }
    };
    assert!(service.audit(&as_role(OrgRole::Manager), &some(1)).await.is_ok());
    let developer = as_role(OrgRole::Developer);
    let ingest = Caller { scopes: Some([Scope::Ingest].into()), ..program.clone() };
    for caller in [developer, ingest] {
        let answer = service.audit(&caller, &some(1)).await;
        assert!(matches!(answer, Err(Fault::Forbidden { .. })), "{answer:?}");
    }
}
