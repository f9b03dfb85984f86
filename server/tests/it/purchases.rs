//! Purchases: the preview says what then happens, and nothing is recorded twice.

use crate::given::{at, event, lot, program_of, red_team, send, team, tokens};
use crate::harness::{Database, on_each_database};
use tokenscope::fact::Fact;
use tokenscope::fault::{Fault, Wrong};
use tokenscope::permission::{OrgRole, Roles, Scope};
use tokenscope::purchase::{PurchaseInput, consequence};
use tokenscope::service::{Books, Caller, Keys, Purchases};
use tokenscope::time::{DAY, Instant};
use tokenscope_server::service::Service;

fn now() -> Instant {
    at("2026-11-21T12:00:00Z")
}

fn input(amount: &str) -> PurchaseInput {
    PurchaseInput {
        team: "red".into(),
        kind: "flex".into(),
        amount: amount.into(),
        effective: "2026-11-21".into(),
        expires: "2027-11-21".into(),
        unit_cost: "2.5".into(),
        currency: "eur".into(),
        reference: "PO-17".into(),
        ..PurchaseInput::default()
    }
}

fn as_role(program: &Caller, role: OrgRole) -> Caller {
    Caller { roles: Roles { org: [role].into(), ..Roles::default() }, ..program.clone() }
}

async fn count(service: &Service, caller: &Caller) -> i64 {
    service.purchases(caller, 1).await.unwrap().count
}

on_each_database!(
    a_preview_is_what_is_recorded,
    a_purchase_is_recorded_once,
    wrong_purchases_are_refused,
    a_first_team_is_made_with_its_purchase,
    only_admins_purchase_and_managers_read,
    the_list_has_pages_and_says_what_became_of_each_lot,
);

async fn a_preview_is_what_is_recorded(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    service.record(&caller, vec![lot("old", "red", "2")]).await.unwrap();
    let calls = (1..=5).map(|n| event(&n.to_string(), now().plus(-n * DAY)));
    send(&service, &caller, calls).await;
    // Recorded before and after the debt, in part and in whole, now and later.
    let later = PurchaseInput { effective: "2026-12-24".into(), ..input("1") };
    let earlier = PurchaseInput { effective: "2026-11-18".into(), ..input("0.25") };
    for typed in [input("1.5"), earlier, later, input("10"), input("3")] {
        let preview = service.preview_purchase(&caller, &typed, None).await.unwrap();
        let expected = preview.consequence.unwrap();
        let before = service.state_of(caller.org, "red", expected.at).await.unwrap();
        let name = service.record_purchase(&caller, &typed, &preview.id).await.unwrap();
        assert_eq!(name, "red");
        let after = service.state_of(caller.org, "red", expected.at).await.unwrap();
        assert_eq!(consequence(&before, &after, &preview.id), expected, "{typed:?}");
        let recorded = after.lots.iter().find(|state| state.lot.id == preview.id).unwrap();
        assert_eq!(recorded.lot, preview.purchase.lot(&preview.id, &preview.ground.zone));
        assert_eq!(recorded.lot.reference.as_deref(), Some("PO-17"));
        assert_eq!(recorded.lot.unit_cost.as_ref().unwrap().micro, 2_500_000);
        // The page of something recorded asks nobody to confirm it again.
        let again = service.preview_purchase(&caller, &typed, Some(&preview.id)).await.unwrap();
        assert_eq!((again.id, again.consequence), (preview.id, None));
    }
}

async fn a_purchase_is_recorded_once(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let id = service.preview_purchase(&caller, &input("10"), None).await.unwrap().id;
    let mut clicks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (service, caller, id) = (service.clone(), caller.clone(), id.clone());
        clicks.spawn(async move { service.record_purchase(&caller, &input("10"), &id).await });
    }
    for answer in clicks.join_all().await {
        assert_eq!(answer, Ok("red".to_owned()));
    }
    assert_eq!(count(&service, &caller).await, 1);
    let other = service.record_purchase(&caller, &input("11"), &id).await;
    assert!(matches!(other, Err(Fault::Conflict { .. })), "{other:?}");
    let state = service.state_of(caller.org, "red", now()).await.unwrap();
    assert_eq!(state.balance(), tokens("10"));
    // Another confirmation has another id.
    let next = service.preview_purchase(&caller, &input("10"), None).await.unwrap().id;
    assert_ne!(next, id);
}

async fn wrong_purchases_are_refused(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let unknown = PurchaseInput { team: "blue".into(), ..input("1") };
    let taken = PurchaseInput { team: String::new(), new_team: "Red".into(), ..input("1") };
    let wrong = PurchaseInput { amount: "0".into(), kind: "gold".into(), ..input("1") };
    for (typed, fields) in [
        (unknown, vec![("team", Wrong::Unknown)]),
        (taken, vec![("new_team", Wrong::Taken)]),
        (wrong, vec![("kind", Wrong::NotChoice), ("amount", Wrong::NotAmount)]),
    ] {
        let previewed = service.preview_purchase(&caller, &typed, None).await.map(|_| ());
        let recorded = service.record_purchase(&caller, &typed, "p").await.map(|_| ());
        for answer in [previewed, recorded] {
            let Err(Fault::Invalid { fields: found }) = answer else { panic!("{answer:?}") };
            let found: Vec<_> =
                found.iter().map(|f| (f.field.as_str(), f.wrong.clone().unwrap())).collect();
            assert_eq!(found, fields);
        }
    }
    for id in ["", &"x".repeat(200)] {
        let answer = service.record_purchase(&caller, &input("1"), id).await;
        let Err(Fault::Invalid { fields }) = answer else { panic!("{answer:?}") };
        assert_eq!(fields[0].field, "id");
    }
    assert_eq!(count(&service, &caller).await, 0);
}

async fn a_first_team_is_made_with_its_purchase(database: Database) {
    let service = database.service(now()).await;
    let caller = program_of(&service, "a", "Asia/Tokyo").await;
    assert!(service.purchase_ground(&caller).await.unwrap().teams.is_empty());
    let typed =
        PurchaseInput { team: String::new(), new_team: "Research Lab".into(), ..input("10") };
    let preview = service.preview_purchase(&caller, &typed, None).await.unwrap();
    let expected = preview.consequence.unwrap();
    assert_eq!(expected.balance.after, tokens("10"));
    assert_eq!(preview.team, "Research Lab");
    for _ in 0..2 {
        service.record_purchase(&caller, &typed, &preview.id).await.unwrap();
    }
    let ground = service.purchase_ground(&caller).await.unwrap();
    assert_eq!(ground.teams, [("research-lab".to_owned(), "Research Lab".to_owned())]);
    let list = service.purchases(&caller, 1).await.unwrap();
    assert_eq!((list.count, list.lines[0].team.as_str()), (1, "Research Lab"));
    // Midnight of the organization's zone.
    assert_eq!(list.lines[0].effective, at("2026-11-20T15:00:00Z"));
}

async fn only_admins_purchase_and_managers_read(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    let forbidden = |answer: Result<(), Fault>| matches!(answer, Err(Fault::Forbidden { .. }));
    let reads = async |caller: &Caller| service.purchases(caller, 1).await.map(|_| ());
    let writes = async |caller: &Caller| {
        let typed = input("1");
        [
            service.purchase_ground(caller).await.map(|_| ()),
            service.preview_purchase(caller, &typed, None).await.map(|_| ()),
            service.record_purchase(caller, &typed, "p").await.map(|_| ()),
        ]
    };
    for role in [OrgRole::Developer, OrgRole::Manager, OrgRole::Admin] {
        let caller = as_role(&program, role);
        assert_eq!(forbidden(reads(&caller).await), role == OrgRole::Developer, "{role:?}");
        for answer in writes(&caller).await {
            assert_eq!(forbidden(answer), role != OrgRole::Admin, "{role:?}");
        }
    }
    for scope in [Scope::Ingest, Scope::Check, Scope::Read, Scope::Admin] {
        let key = service.create(&program, "key", [scope].into()).await.unwrap();
        let caller = service.authenticate(&key).await.unwrap();
        assert_eq!(forbidden(reads(&caller).await), scope != Scope::Read, "{scope:?}");
        for answer in writes(&caller).await {
            assert_eq!(forbidden(answer), scope != Scope::Admin, "{scope:?}");
        }
    }
    let other = red_team(&service, "b").await;
    assert_eq!(count(&service, &other).await, 0, "another organization's purchases are seen");
}

async fn the_list_has_pages_and_says_what_became_of_each_lot(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let from = |id: &str, effective, expires| match lot(id, "red", "2") {
        Fact::Lot { id, team, kind, tokens, priority, pays_for, .. } => Fact::Lot {
            id,
            team,
            kind,
            tokens,
            effective,
            expires,
            priority,
            pays_for,
            unit_cost: None,
            reference: None,
            channel: None,
        },
        other => other,
    };
    let day = |n: i64| now().plus(n * DAY);
    let mut facts = vec![
        team("blue"),
        lot("blue-1", "blue", "5"),
        from("expired", day(-20), Some(day(-10))),
        from("used", day(-9), Some(day(8))),
        from("active", day(-9), Some(day(9))),
        from("upcoming", day(1), None),
        from("void", day(-9), None),
        Fact::Void { lot: "void".into(), at: day(-2) },
    ];
    facts.extend((0..30).map(|n| lot(&format!("blue-x{n:02}"), "blue", "1")));
    service.record(&caller, facts).await.unwrap();
    send(&service, &caller, (0..3).map(|n| event(&n.to_string(), day(-1)))).await;
    let first = service.purchases(&caller, 1).await.unwrap();
    assert_eq!((first.count, first.page, first.pages, first.lines.len()), (36, 1, 2, 25));
    assert_eq!(first.lines[0].id, "blue-x29", "the newest is not first");
    let second = service.purchases(&caller, 2).await.unwrap();
    assert_eq!(second.lines.len(), 11);
    assert_eq!(service.purchases(&caller, 99).await.unwrap().page, 2);
    assert_eq!(service.purchases(&caller, -7).await.unwrap().page, 1);
    let standing = |id: &str| {
        let line = second.lines.iter().find(|line| line.id == id).unwrap();
        (line.standing.code(), line.remaining.to_string())
    };
    let said = |code, left: &str| (code, left.to_owned());
    assert_eq!(standing("expired"), said("expired", "0"));
    assert_eq!(standing("used"), said("used-up", "0"));
    assert_eq!(standing("active"), said("active", "1"));
    assert_eq!(standing("upcoming"), said("upcoming", "2"));
    assert_eq!(standing("void"), said("void", "0"));
    assert_eq!(standing("blue-1"), said("active", "5"));
}
