//! Who sees what, and what reports say when there is nothing to see.

use crate::given::{accepted, assigned, at, event, lot, red_team, send, team, tokens};
use crate::harness::{Database, on_each_database};
use tokenscope::event::{NewEvent, Spender};
use tokenscope::fact::Fact;
use tokenscope::fault::Fault;
use tokenscope::permission::{OrgRole, Scope, TeamRole};
use tokenscope::report::{Content, Preset, Range};
use tokenscope::service::{Books, Caller, Directory, Keys, Reports};
use tokenscope::time::{DAY, Instant};
use tokenscope::view::View;
use tokenscope_server::service::{NewPerson, Service};

const PASSWORD: &str = "correct horse battery";

fn now() -> Instant {
    at("2026-11-21T12:00:00Z")
}

fn last_days() -> View {
    View::default()
}

on_each_database!(
    a_report_says_why_it_shows_nothing,
    a_developer_sees_what_is_his_own,
    a_key_does_what_its_scopes_say,
    balances_are_those_of_the_lots,
);

async fn a_report_says_why_it_shows_nothing(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    let ann = person(&service, &program, "ann", OrgRole::Developer, "red").await;
    let longer = View { range: Range::Preset(Preset::Days90), ..View::default() };
    let content = async |view: &View| {
        let overview = service.overview(&program, view).await.unwrap().frame.content;
        (overview, service.me(&ann, view).await.unwrap().frame.content)
    };
    let nothing = (Content::NothingIngested, Content::NothingIngested);
    assert_eq!(content(&last_days()).await, nothing);
    send(&service, &program, [event("1", now().plus(-40 * DAY))]).await;
    let others = (Content::NothingInRange, Content::NothingOwn);
    assert_eq!(content(&last_days()).await, others);
    assert_eq!(content(&longer).await, (Content::Figures, Content::NothingOwn));
    let own =
        NewEvent { user: Some("ann@example.org".into()), ..event("2", now().plus(-50 * DAY)) };
    send(&service, &program, [own]).await;
    let before = (Content::NothingInRange, Content::NothingInRange);
    assert_eq!(content(&last_days()).await, before);
    assert_eq!(content(&longer).await, (Content::Figures, Content::Figures));
    // Another organization's events are nobody's business.
    let other = red_team(&service, "b").await;
    let view = service.overview(&other, &longer).await.unwrap();
    assert_eq!((view.frame.content, view.usage.total), (Content::NothingIngested, 0));
}

async fn person(
    service: &Service,
    program: &Caller,
    name: &str,
    role: OrgRole,
    team: &str,
) -> Caller {
    let email = format!("{name}@example.org");
    let person = NewPerson {
        email: email.clone(),
        name: name.into(),
        password: PASSWORD.into(),
        role,
        teams: vec![(team.into(), TeamRole::PrimaryAdmin)],
    };
    service.add_people(program.org, vec![person]).await.unwrap();
    service.sign_in(&email, PASSWORD, "127.0.0.1").await.unwrap().done().unwrap()
}

fn forbidden<T: std::fmt::Debug>(answer: &Result<T, Fault>) -> bool {
    matches!(answer, Err(Fault::Forbidden { .. }))
}

async fn a_developer_sees_what_is_his_own(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    let own_app = Fact::App {
        client_id: "anns".into(),
        name: "Ann's".into(),
        owner: Some("ANN@example.org".into()),
    };
    let facts = vec![team("blue"), own_app, assigned("anns", Some("blue"), Instant::MIN)];
    service.record(&program, facts).await.unwrap();
    let ann = person(&service, &program, "ann", OrgRole::Developer, "red").await;
    let eve = person(&service, &program, "eve", OrgRole::Developer, "blue").await;
    let by = |id: &str, app: &str, user: Option<&str>| NewEvent {
        spender: Spender::ClientId(app.into()),
        user: user.map(Into::into),
        ..event(id, now())
    };
    let events = [
        by("own app", "anns", None),
        by("other user", "anns", Some("eve@example.org")),
        by("own use", "robot", Some("Ann@example.org")),
        by("others", "robot", Some("eve@example.org")),
        by("nobody", "robot", None),
    ];
    send(&service, &program, events).await;
    let seen = async |caller: &Caller| {
        let report = service.me(caller, &last_days()).await.unwrap();
        let mut ids: Vec<String> = report.recent.into_iter().map(|event| event.id).collect();
        ids.sort();
        let teams: Vec<String> = report.teams.into_iter().map(|team| team.balance.slug).collect();
        let contacts: Vec<String> = report.contacts.into_iter().map(|c| c.email).collect();
        (report.usage.total, ids.join(", "), teams.join(", "), contacts.join(", "))
    };
    let (three, two) = (tokens("3").micro(), tokens("2").micro());
    let (ids, email) = ("other user, own app, own use", "ann@example.org");
    assert_eq!(seen(&ann).await, (three, ids.into(), "red".into(), email.into()));
    let (ids, email) = ("other user, others", "eve@example.org");
    assert_eq!(seen(&eve).await, (two, ids.into(), "blue".into(), email.into()));
    assert!(forbidden(&service.overview(&ann, &last_days()).await));
    // A team that is not his and one that is not there look the same.
    for slug in ["blue", "green"] {
        let answer = service.balances(&ann, Some(slug), None).await;
        assert_eq!(answer, Err(Fault::NotFound { what: format!("the team `{slug}`") }));
    }
    let slugs = async |caller: &Caller| {
        let balances = service.balances(caller, None, None).await.unwrap();
        balances.into_iter().map(|balance| balance.slug).collect::<Vec<_>>()
    };
    assert_eq!(slugs(&ann).await, ["red"]);
    let manager = person(&service, &program, "max", OrgRole::Manager, "red").await;
    assert_eq!(slugs(&manager).await, ["blue", "red"]);
    assert!(service.overview(&manager, &last_days()).await.is_ok());
    assert!(forbidden(&service.record(&manager, vec![team("green")]).await));
    let apps = async |caller: &Caller| {
        let (apps, _) = service.apps(caller, None, 10).await.unwrap();
        apps.into_iter().map(|app| app.client_id).collect::<Vec<_>>()
    };
    // An admin of the team red sees its apps too.
    assert_eq!(apps(&ann).await, ["anns", "robot"]);
    assert_eq!(apps(&eve).await, ["anns"]);
    assert_eq!(apps(&manager).await, ["anns", "robot"]);
}

async fn a_key_does_what_its_scopes_say(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    let key = async |scope: Scope| {
        let secret = service.create(&program, "a key", [scope].into()).await.unwrap();
        service.authenticate(&secret).await.unwrap()
    };
    for scope in [Scope::Ingest, Scope::IngestRated, Scope::Check, Scope::Read, Scope::Admin] {
        let caller = key(scope).await;
        let reads = [
            service.overview(&caller, &last_days()).await.map(|_| ()),
            service.me(&caller, &last_days()).await.map(|_| ()),
            service.balances(&caller, None, None).await.map(|_| ()),
            service.apps(&caller, None, 10).await.map(|_| ()),
        ];
        for read in reads {
            assert_eq!(forbidden(&read), scope != Scope::Read, "{scope:?} reads: {read:?}");
        }
        let writes = [
            service.record(&caller, vec![team("blue")]).await.map(|_| ()),
            service.create(&caller, "another", [Scope::Admin].into()).await.map(|_| ()),
            service.revoke_key(&caller, "1").await.or_else(|fault| match fault {
                Fault::NotFound { .. } => Ok(()),
                other => Err(other),
            }),
        ];
        for write in writes {
            assert_eq!(forbidden(&write), scope != Scope::Admin, "{scope:?} writes: {write:?}");
        }
        let sent = crate::given::try_send(&service, &caller, [event(scope.code(), now())]).await;
        assert_eq!(forbidden(&sent), scope != Scope::Ingest, "{scope:?} sends: {sent:?}");
    }
}

async fn balances_are_those_of_the_lots(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    service.record(&program, vec![lot("l", "red", "2.5"), team("blue")]).await.unwrap();
    let balance = async |at: Option<Instant>| {
        let mut found = service.balances(&program, Some("red"), at).await.unwrap();
        let red = found.remove(0);
        (red.available.to_string(), red.balance.to_string(), red.debt.to_string())
    };
    let said = |available: &str, balance: &str, debt: &str| {
        (available.to_owned(), balance.to_owned(), debt.to_owned())
    };
    assert_eq!(balance(None).await, said("2.5", "2.5", "0"));
    let calls = [event("1", now().plus(-2 * DAY)), event("2", now().plus(-DAY))];
    assert_eq!(send(&service, &program, calls).await, [accepted("1"), accepted("1")]);
    assert_eq!(balance(None).await, said("0.5", "0.5", "0"));
    send(&service, &program, [event("3", now())]).await;
    assert_eq!(balance(None).await, said("0", "-0.5", "0.5"));
    assert_eq!(balance(Some(now().plus(-1))).await, said("0.5", "0.5", "0"));
    assert_eq!(balance(Some(now().plus(-DAY - 1))).await, said("1.5", "1.5", "0"));
}
