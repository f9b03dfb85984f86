//! API keys as pages make, list and revoke them.

use crate::account::person;
use crate::given::{at, red_team};
use crate::harness::{Database, on_each_database};
use std::collections::BTreeSet;
use tokenscope::fault::{Fault, Wrong};
use tokenscope::key::{KeyOwner, KeyState, Lifetime, NewKey};
use tokenscope::permission::{OrgRole, Scope};
use tokenscope::service::{Caller, Keys, Reports};
use tokenscope::time::{DAY, Instant, SECOND};
use tokenscope::view::View;
use tokenscope_server::service::Service;

use KeyOwner::{Myself, Organization};

fn now() -> Instant {
    at("2026-11-21T12:00:30Z")
}

fn key(owner: KeyOwner, scopes: &[Scope], lifetime: Lifetime) -> NewKey {
    NewKey { name: "a key".into(), owner, scopes: scopes.iter().copied().collect(), lifetime }
}

fn number(secret: &str) -> i64 {
    secret.split('_').nth(2).unwrap().parse().unwrap()
}

fn status<T: std::fmt::Debug>(answer: Result<T, Fault>) -> u16 {
    answer.unwrap_err().status()
}

on_each_database!(
    ones_own_key_can_do_no_more_than_oneself,
    a_key_of_somebody_else_is_not_there,
    a_key_ends_by_itself,
    uses_are_written_now_and_then,
    managers_see_the_keys_and_change_none,
);

async fn ones_own_key_can_do_no_more_than_oneself(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    let ann = person(&service, &program, "ann", OrgRole::Developer).await;
    let secret = service.make(&ann, key(Myself, &[Scope::Read], Lifetime::Days30)).await.unwrap();
    let caller = service.authenticate(&secret).await.unwrap();
    assert_eq!((caller.person, caller.scopes.clone()), (ann.person, Some([Scope::Read].into())));
    assert!(service.me(&caller, &View::default()).await.is_ok());
    assert_eq!(status(service.overview(&caller, &View::default()).await), 403);
    for scopes in [&[Scope::Ingest][..], &[Scope::Read, Scope::Admin], &[Scope::IngestRated]] {
        let fault = service.make(&ann, key(Myself, scopes, Lifetime::Endless)).await.unwrap_err();
        let Fault::Invalid { fields } = &fault else { panic!("{fault:?}") };
        assert_eq!(fields[0].wrong, Some(Wrong::NotChoice), "{scopes:?}");
    }
    assert_eq!(status(service.make(&ann, key(Myself, &[], Lifetime::Endless)).await), 422);
    let nameless = NewKey { name: " ".into(), ..key(Myself, &[Scope::Read], Lifetime::Endless) };
    assert_eq!(status(service.make(&ann, nameless).await), 422);
    // A key makes no keys, and the program is nobody.
    for nobody in [&caller, &program] {
        let made = service.make(nobody, key(Myself, &[Scope::Read], Lifetime::Endless)).await;
        assert_eq!(status(made), 403);
        assert_eq!(status(service.list(nobody, Myself).await), 403);
    }
    let listed = service.list(&ann, Myself).await.unwrap();
    assert!(listed.may_change && listed.keys.len() == 1);
    assert!(secret.starts_with(&listed.keys[0].prefix));
    assert_eq!(listed.keys[0].expires_at, Some(now().plus(30 * DAY)));
    service.revoke(&ann, Myself, number(&secret)).await.unwrap();
    assert_eq!(status(service.authenticate(&secret).await), 401);
    assert_eq!(service.list(&ann, Myself).await.unwrap().keys[0].state, KeyState::Revoked);
}

async fn a_key_of_somebody_else_is_not_there(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    let ann = person(&service, &program, "ann", OrgRole::Developer).await;
    let eve = person(&service, &program, "eve", OrgRole::Admin).await;
    let new = |owner| key(owner, &[Scope::Read], Lifetime::Endless);
    let anns = service.make(&ann, new(Myself)).await.unwrap();
    let shared = service.make(&eve, new(Organization)).await.unwrap();
    for (caller, owner, secret) in [
        (&eve, Myself, &anns),
        (&eve, Organization, &anns),
        (&ann, Myself, &shared),
        (&eve, Myself, &shared),
    ] {
        assert_eq!(status(service.key(caller, owner, number(secret)).await), 404);
        assert_eq!(status(service.revoke(caller, owner, number(secret)).await), 404);
    }
    assert_eq!(status(service.revoke(&ann, Organization, number(&shared)).await), 403);
    assert!(service.list(&eve, Myself).await.unwrap().keys.is_empty());
    let other = red_team(&service, "b").await;
    let theirs = person(&service, &other, "bea", OrgRole::Admin).await;
    assert!(service.list(&theirs, Organization).await.unwrap().keys.is_empty());
    assert_eq!(status(service.revoke(&theirs, Organization, number(&shared)).await), 404);
    for secret in [&anns, &shared] {
        assert!(service.authenticate(secret).await.is_ok());
    }
}

async fn a_key_ends_by_itself(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    for (lifetime, days) in [(Lifetime::Days30, 30), (Lifetime::Days90, 90)] {
        service.clock().set(now());
        let new = key(Organization, &[Scope::Read], lifetime);
        let secret = service.make(&program, new).await.unwrap();
        service.clock().set(now().plus(days * DAY - 1));
        assert!(service.authenticate(&secret).await.is_ok());
        service.clock().set(now().plus(days * DAY));
        let refused = service.authenticate(&secret).await.unwrap_err();
        assert_eq!(refused.status(), 401);
        assert!(refused.to_string().contains("expired at 20"), "{refused}");
        // Who has not the secret does not learn that it is over.
        let guess = format!("{}x", &secret[..secret.len() - 1]);
        assert!(!service.authenticate(&guess).await.unwrap_err().to_string().contains("expired"));
        let listed = service.key(&program, Organization, number(&secret)).await.unwrap();
        assert_eq!(listed.state, KeyState::Expired);
    }
    let secret = service.create(&program, "endless", [Scope::Read].into()).await.unwrap();
    service.clock().set(now().plus(100 * 365 * DAY));
    assert!(service.authenticate(&secret).await.is_ok());
}

async fn used(service: &Service, caller: &Caller, secret: &str) -> Option<Instant> {
    service.key(caller, Organization, number(secret)).await.unwrap().used_at
}

async fn uses_are_written_now_and_then(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    let new = || key(Organization, &[Scope::Read], Lifetime::Endless);
    let secret = service.make(&program, new()).await.unwrap();
    let other = service.make(&program, new()).await.unwrap();
    for _ in 0..3 {
        service.authenticate(&secret).await.unwrap();
    }
    assert!(service.authenticate(&format!("{other}x")).await.is_err());
    assert_eq!(used(&service, &program, &secret).await, None, "a request does not write it");
    service.write_key_uses().await.unwrap();
    let minute = at("2026-11-21T12:00:00Z");
    assert_eq!(used(&service, &program, &secret).await, Some(minute));
    assert_eq!(used(&service, &program, &other).await, None, "a wrong secret is no use");
    // Another process noted a later one; an older one does not overwrite it.
    let second = database.service(now().plus(600 * SECOND)).await;
    second.authenticate(&secret).await.unwrap();
    second.write_key_uses().await.unwrap();
    service.authenticate(&secret).await.unwrap();
    service.write_key_uses().await.unwrap();
    let later = at("2026-11-21T12:10:00Z");
    assert_eq!(used(&service, &program, &secret).await, Some(later));
}

async fn managers_see_the_keys_and_change_none(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    let [dev, manager, admin] = [
        person(&service, &program, "dev", OrgRole::Developer).await,
        person(&service, &program, "max", OrgRole::Manager).await,
        person(&service, &program, "ada", OrgRole::Admin).await,
    ];
    let all: BTreeSet<Scope> = Organization.scopes().iter().copied().collect();
    let new = || NewKey { scopes: all.clone(), ..key(Organization, &[], Lifetime::Days365) };
    let secret = service.make(&admin, new()).await.unwrap();
    for (caller, may_read) in [(&dev, false), (&manager, true)] {
        assert_eq!(status(service.make(caller, new()).await), 403);
        assert_eq!(status(service.revoke(caller, Organization, number(&secret)).await), 403);
        let list = service.list(caller, Organization).await;
        assert_eq!(list.is_ok(), may_read);
        assert!(list.is_err() || list.is_ok_and(|list| !list.may_change && list.keys.len() == 1));
    }
    assert!(service.list(&admin, Organization).await.unwrap().may_change);
    // A key of the organization with the scope admin may as well, one without may not.
    let by_key = service.authenticate(&secret).await.unwrap();
    let reader = service.make(&by_key, key(Organization, &[Scope::Read], Lifetime::Days30)).await;
    let reader = service.authenticate(&reader.unwrap()).await.unwrap();
    assert_eq!(status(service.make(&reader, new()).await), 403);
    assert_eq!(status(service.list(&reader, Organization).await), 403);
}
