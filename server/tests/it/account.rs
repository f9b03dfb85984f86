//! One's own account: lost updates, sessions, passwords and the way back in.

use crate::given::{at, red_team};
use crate::harness::{Database, on_each_database};
use std::sync::Arc;
use tokenscope::account::{PasswordChange, RESET_MINUTES};
use tokenscope::fault::{Fault, Wrong};
use tokenscope::mail::{Letter, Message};
use tokenscope::permission::{OrgRole, TeamRole};
use tokenscope::preference::{Language, Preferences, Theme};
use tokenscope::service::{Accounts, Caller, Directory};
use tokenscope::time::{Instant, SECOND};
use tokenscope_server::service::{Mailer, NewPerson, Outside, Service};
use tokenscope_server::store::session::{self, SessionRow};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const OLD: &str = "correct horse battery";
const NEW: &str = "seven green bicycles";
const HOME: &str = "192.0.2.1";
const ORIGIN: &str = "https://tokens.example.com";

fn now() -> Instant {
    at("2026-11-21T12:00:00Z")
}

/// Somebody with the address `name@example.org`.
pub async fn person(service: &Service, program: &Caller, name: &str, role: OrgRole) -> Caller {
    let email = format!("{name}@example.org");
    let person = NewPerson {
        email: email.clone(),
        name: name.into(),
        password: OLD.into(),
        role,
        teams: vec![("red".into(), TeamRole::Manager)],
    };
    service.add_people(program.org, vec![person]).await.unwrap();
    service.sign_in(&email, OLD, HOME).await.unwrap().done().unwrap()
}

/// Keeps mails instead of sending them.
struct Kept(UnboundedSender<Letter>);

impl Mailer for Kept {
    fn send(&self, letter: Letter) {
        self.0.send(letter).unwrap();
    }
}

fn mailbox(service: &Service) -> UnboundedReceiver<Letter> {
    let (sender, receiver) = unbounded_channel();
    service.meet(Outside { origin: ORIGIN.into(), mailer: Some(Arc::new(Kept(sender))) });
    receiver
}

fn wrongs(fault: &Fault) -> Vec<(&str, Option<Wrong>)> {
    let Fault::Invalid { fields } = fault else { panic!("{fault:?}") };
    fields.iter().map(|field| (field.field.as_str(), field.wrong.clone())).collect()
}

on_each_database!(
    a_profile_is_not_overwritten,
    preferences_are_checked_and_kept,
    a_session_ends_by_its_owner_only,
    a_password_changes_for_who_knows_it,
    a_forgotten_password_is_replaced_by_a_link,
    a_link_is_good_once_and_for_a_while,
    asking_for_links_is_slowed_down,
);

async fn a_profile_is_not_overwritten(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    let ann = person(&service, &program, "ann", OrgRole::Manager).await;
    let profile = service.profile(&ann).await.unwrap();
    assert_eq!((profile.name.as_str(), profile.version), ("ann", 1));
    assert_eq!(profile.teams, [("red".to_owned(), TeamRole::Manager)]);
    assert_eq!(profile.roles, [OrgRole::Developer, OrgRole::Manager]);
    service.rename(&ann, "  Ann Lee ", 1).await.unwrap();
    assert_eq!(service.rename(&ann, "Overwritten", 1).await, Err(Fault::Stale));
    let after = service.profile(&ann).await.unwrap();
    assert_eq!((after.name.as_str(), after.version), ("Ann Lee", 2));
    let empty = service.rename(&ann, "   ", 2).await.unwrap_err();
    assert_eq!(wrongs(&empty), [("name", Some(Wrong::Missing))]);
    let long = service.rename(&ann, &"é".repeat(129), 2).await.unwrap_err();
    assert_eq!(wrongs(&long), [("name", Some(Wrong::TooLong(128)))]);
    service.rename(&ann, &"é".repeat(128), 2).await.unwrap();
    // The program and keys have no account.
    assert_eq!(service.profile(&program).await.unwrap_err().status(), 403);
    let key = Caller { scopes: Some(Default::default()), ..ann };
    assert_eq!(service.rename(&key, "By a key", 3).await.unwrap_err().status(), 403);
}

async fn preferences_are_checked_and_kept(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    let ann = person(&service, &program, "ann", OrgRole::Developer).await;
    let before = service.chosen(&ann).await.unwrap();
    assert_eq!(before.preferences, Preferences::default());
    assert_eq!(before.organization_zone, "UTC");
    let mine = |zone: Option<&str>| Preferences {
        language: Some(Language::Ja),
        zone: zone.map(Into::into),
        theme: Theme::Dark,
    };
    for bad in ["Europe/Atlantis", "+02:00", "../Berlin"] {
        let fault = service.choose(&ann, &mine(Some(bad)), before.version).await.unwrap_err();
        assert_eq!(wrongs(&fault), [("zone", Some(Wrong::NotZone))], "{bad}");
    }
    service.choose(&ann, &mine(Some("asia/tokyo")), before.version).await.unwrap();
    let stale = service.choose(&ann, &mine(None), before.version).await;
    assert_eq!(stale, Err(Fault::Stale));
    let again = service.caller(ann.person.unwrap()).await.unwrap();
    assert_eq!(again.preferences, mine(Some("Asia/Tokyo")));
    let zone = service.sessions(&again, "").await.unwrap().zone;
    assert_eq!(zone.name, "Asia/Tokyo");
    service.choose(&ann, &mine(None), before.version + 1).await.unwrap();
    assert_eq!(service.chosen(&ann).await.unwrap().preferences, mine(None));
}

fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn open(caller: &Caller, hash: u8, used_at: Instant) -> SessionRow {
    SessionRow {
        hash: vec![hash; 32],
        content: "{}".into(),
        expires_at: used_at.plus(3600 * SECOND).micros(),
        person_id: caller.person.map(|person| person.0),
        opened_at: Some(used_at.micros()),
        used_at: Some(used_at.micros()),
        agent: Some(
            "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0".into(),
        ),
        address: Some(HOME.into()),
    }
}

async fn add(service: &Service, row: SessionRow) {
    let mut tx = service.db().write().await.unwrap();
    assert!(session::add(&mut tx, row).await.unwrap());
    tx.commit().await.unwrap();
}

async fn hashes(service: &Service, caller: &Caller, current: &str) -> Vec<String> {
    let list = service.sessions(caller, current).await.unwrap();
    list.sessions.into_iter().map(|session| session.id).collect()
}

async fn a_session_ends_by_its_owner_only(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    let ann = person(&service, &program, "ann", OrgRole::Developer).await;
    let eve = person(&service, &program, "eve", OrgRole::Admin).await;
    let [one, two, three] = [1, 2, 3].map(|hash| hex(&[hash; 32]));
    add(&service, open(&ann, 1, now())).await;
    add(&service, open(&ann, 2, now().plus(-SECOND))).await;
    add(&service, open(&eve, 3, now())).await;
    // One that is over stands in no list.
    add(&service, open(&ann, 4, now().plus(-3600 * SECOND))).await;
    // The one that asks comes first.
    assert_eq!(hashes(&service, &ann, &two).await, [two.clone(), one.clone()]);
    let list = service.sessions(&ann, &two).await.unwrap().sessions;
    assert!(list[0].current && !list[1].current);
    assert_eq!(list[1].device.browser.as_deref(), Some("Firefox"));
    assert_eq!((list[1].address.as_str(), list[1].opened_at), (HOME, now()));
    for foreign in [three.as_str(), "", "zz", &one[..62], "é"] {
        let answer = service.end_session(&ann, foreign).await;
        assert!(matches!(answer, Err(Fault::NotFound { .. })), "{foreign}: {answer:?}");
    }
    assert_eq!(hashes(&service, &eve, "").await, std::slice::from_ref(&three));
    service.end_session(&ann, &one).await.unwrap();
    // A request that is under way with it does not bring it back.
    let mut tx = service.db().write().await.unwrap();
    session::save(&mut tx, open(&ann, 1, now())).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(hashes(&service, &ann, "").await, std::slice::from_ref(&two));
    add(&service, open(&ann, 5, now())).await;
    // Two of them: one is open, one is over.
    assert_eq!(service.end_other_sessions(&ann, &two).await, Ok(2));
    assert_eq!(hashes(&service, &ann, &two).await, [two]);
    assert_eq!(hashes(&service, &eve, "").await, [three]);
}

async fn a_password_changes_for_who_knows_it(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    let ann = person(&service, &program, "ann", OrgRole::Developer).await;
    let mut mails = mailbox(&service);
    add(&service, open(&ann, 1, now())).await;
    add(&service, open(&ann, 2, now())).await;
    let keep = hex(&[1; 32]);
    let change = async |current: &str, new: &str, again: &str| {
        let change = PasswordChange { current, new, again };
        service.change_password(&ann, change, &keep, HOME).await
    };
    for (new, again, field, wrong) in [
        ("short", "short", "password", Wrong::TooShort(12)),
        (NEW, "another thing", "password_again", Wrong::Mismatch),
        (OLD, OLD, "password", Wrong::Unchanged),
        ("ann@example.org", "ann@example.org", "password", Wrong::OwnName),
        ("password1234", "password1234", "password", Wrong::Common),
    ] {
        let fault = change(OLD, new, again).await.unwrap_err();
        assert_eq!(wrongs(&fault), [(field, Some(wrong))], "{new}");
    }
    for _ in 0..5 {
        let fault = change("not the old one", NEW, NEW).await.unwrap_err();
        assert_eq!(wrongs(&fault), [("password_current", Some(Wrong::Incorrect))]);
    }
    assert_eq!(change(OLD, NEW, NEW).await.unwrap_err().status(), 429);
    assert_eq!(hashes(&service, &ann, "").await.len(), 2);
    service.clock().set(now().plus(1800 * SECOND));
    change(OLD, NEW, NEW).await.unwrap();
    assert_eq!(hashes(&service, &ann, "").await, std::slice::from_ref(&keep));
    let sign_in = async |password| service.sign_in("ann@example.org", password, HOME).await;
    assert_eq!(sign_in(OLD).await.unwrap_err().status(), 401);
    assert!(sign_in(NEW).await.is_ok());
    let mail = mails.recv().await.unwrap();
    assert_eq!((mail.to.as_str(), mail.language), ("ann@example.org", Language::En));
    let link = format!("{ORIGIN}/password/forgot");
    assert_eq!(mail.message, Message::PasswordChanged { link });
    assert!(mails.is_empty());
}

async fn a_forgotten_password_is_replaced_by_a_link(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    let ann = person(&service, &program, "ann", OrgRole::Developer).await;
    let mine = Preferences { language: Some(Language::Ja), ..Preferences::default() };
    service.choose(&ann, &mine, 1).await.unwrap();
    let mut mails = mailbox(&service);
    add(&service, open(&ann, 1, now())).await;
    let unknown = service.forgot_password("nobody@example.org", HOME).await;
    let known = service.forgot_password(" Ann@Example.org", HOME).await;
    assert_eq!((unknown, known), (Ok(()), Ok(())), "the answer tells who has an account");
    let token = token_of(&mails.recv().await.unwrap());
    assert_eq!(service.may_reset(&token).await, Ok(true));
    let refused = service.reset_password(&token, NEW, "another thing").await.unwrap_err();
    assert_eq!(wrongs(&refused), [("password_again", Some(Wrong::Mismatch))]);
    let refused = service.reset_password(&token, "annannann ann", "annannann ann").await;
    assert_eq!(wrongs(&refused.unwrap_err()), [("password", Some(Wrong::OwnName))]);
    service.reset_password(&token, NEW, NEW).await.unwrap();
    assert!(hashes(&service, &ann, "").await.is_empty(), "every session is ended");
    assert!(service.sign_in("ann@example.org", NEW, HOME).await.is_ok());
    let told = mails.recv().await.unwrap();
    assert!(matches!(told.message, Message::PasswordChanged { .. }), "{told:?}");
    assert!(mails.is_empty(), "nobody else got a mail");
    for bad in ["", "nobody"] {
        assert_eq!(service.forgot_password(bad, HOME).await.unwrap_err().status(), 422);
    }
}

fn token_of(mail: &Letter) -> String {
    let Message::PasswordReset { link, minutes } = &mail.message else { panic!("{mail:?}") };
    assert_eq!((*minutes, mail.to.as_str()), (RESET_MINUTES, "ann@example.org"));
    let token = link.strip_prefix("https://tokens.example.com/password/reset?token=");
    token.unwrap_or_else(|| panic!("{link}")).to_owned()
}

async fn a_link_is_good_once_and_for_a_while(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    person(&service, &program, "ann", OrgRole::Developer).await;
    let mut mails = mailbox(&service);
    let mut ask = async || {
        service.forgot_password("ann@example.org", HOME).await.unwrap();
        token_of(&mails.recv().await.unwrap())
    };
    let over = async |token: &str| {
        let shown = service.may_reset(token).await.unwrap();
        let used = service.reset_password(token, NEW, NEW).await;
        !shown && matches!(used, Err(Fault::NotFound { .. }))
    };
    let first = ask().await;
    let second = ask().await;
    assert!(over(&first).await, "a new link takes the one before back");
    for forged in ["", "x", &second[1..], &second.to_uppercase(), &format!("{second}0")] {
        assert!(over(forged).await, "{forged}");
    }
    let end = now().plus(i64::from(RESET_MINUTES) * 60 * SECOND);
    service.clock().set(end);
    assert!(over(&second).await, "its time is over");
    service.clock().set(end.plus(-1));
    // Of two who use it at once one gets through.
    let (one, other) = tokio::join!(
        service.reset_password(&second, NEW, NEW),
        service.reset_password(&second, OLD, OLD),
    );
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1, "{one:?} {other:?}");
    assert!(over(&second).await, "it was used");
    let unknown = service.reset_link_for("nobody@example.org").await;
    assert!(matches!(unknown, Err(Fault::NotFound { .. })));
    let link = service.reset_link_for("ANN@example.org").await.unwrap();
    let token = link.rsplit_once('=').unwrap().1;
    service.reset_password(token, "another pair of words", "another pair of words").await.unwrap();
}

async fn asking_for_links_is_slowed_down(database: Database) {
    let service = database.service(now()).await;
    let program = red_team(&service, "a").await;
    person(&service, &program, "ann", OrgRole::Developer).await;
    let _mails = mailbox(&service);
    for email in ["ann@example.org", "nobody@example.org"] {
        for _ in 0..5 {
            assert_eq!(service.forgot_password(email, HOME).await, Ok(()));
        }
        let refused = service.forgot_password(email, HOME).await.unwrap_err();
        assert_eq!(refused.status(), 429, "{email}");
    }
    // Which keeps nobody from signing in.
    assert!(service.sign_in("ann@example.org", OLD, HOME).await.is_ok());
}
