//! The second factor: codes count once, on every database and between processes, and whoever only
//! knows the password gets nothing.

use crate::given::{at, red_team};
use crate::harness::{Database, on_each_database};
use axum::Router;
use axum::body::Body;
use http::{Method, Request, Response, header};
use std::sync::Arc;
use tokenscope::fault::{Fault, Needs, Wrong};
use tokenscope::id::PersonId;
use tokenscope::permission::{OrgRole, Scope};
use tokenscope::second_factor::{RECOVERY_CODES, SecondFactor, SignIn, Standing};
use tokenscope::service::{Caller, Directory};
use tokenscope::time::{Instant, SECOND};
use tokenscope_server::clock::Clock;
use tokenscope_server::config::Config;
use tokenscope_server::http::assets::Site;
use tokenscope_server::http::router::{App, router};
use tokenscope_server::service::{NewPerson, Service, totp};
use tokio::task::JoinSet;
use tower::ServiceExt;

const ANN: &str = "ann@example.org";
const PASSWORD: &str = "correct horse battery";
const HOME: &str = "192.0.2.1";

fn now() -> Instant {
    at("2026-11-21T12:00:00Z")
}

on_each_database!(
    a_code_is_asked_for_once_it_is_confirmed,
    a_code_counts_once,
    a_code_counts_once_side_by_side,
    a_recovery_code_counts_once_side_by_side,
    guessing_codes_is_slowed_down,
    new_recovery_codes_replace_the_old,
    it_is_turned_off_with_password_and_code,
    a_lost_phone_is_no_lost_account,
    keys_have_no_second_factor,
    who_only_passed_the_password_sees_nothing,
);

#[test]
fn codes_are_those_of_the_standard() {
    // RFC 6238, appendix B, SHA-1; the last six of its eight digits.
    let secret = b"12345678901234567890";
    for (seconds, code) in [
        (59, 287_082),
        (1_111_111_109, 81_804),
        (1_111_111_111, 50_471),
        (1_234_567_890, 5_924),
        (2_000_000_000, 279_037),
        (20_000_000_000, 353_130),
    ] {
        let step = totp::step_at(Instant::from_micros(seconds * SECOND));
        assert_eq!(totp::code_at(secret, step), code, "{seconds}");
    }
}

/// Somebody who can sign in, and his authenticator.
struct Ann {
    caller: Caller,
    id: PersonId,
    secret: Vec<u8>,
    recovery: Vec<String>,
}

impl Ann {
    async fn with_password(service: &Service) -> Self {
        let program = red_team(service, "a").await;
        let ann = NewPerson {
            email: ANN.into(),
            name: "Ann".into(),
            password: PASSWORD.into(),
            role: OrgRole::Developer,
            teams: vec![],
        };
        service.add_people(program.org, vec![ann]).await.unwrap();
        let caller = service.sign_in(ANN, PASSWORD, HOME).await.unwrap().done().unwrap();
        let id = caller.person.unwrap();
        Self { caller, id, secret: vec![], recovery: vec![] }
    }

    async fn enrol(&mut self, service: &Service) {
        service.enrol(&self.caller, PASSWORD, HOME).await.unwrap();
        let enrolment = service.enrolment(&self.caller).await.unwrap().unwrap();
        self.secret = data_encoding::BASE32_NOPAD.decode(enrolment.secret.as_bytes()).unwrap();
        assert_eq!(self.secret.len(), 20);
        assert!(enrolment.uri.contains("ann%40example.org"), "{}", enrolment.uri);
    }

    /// With a confirmed authenticator; the clock is then a minute later.
    async fn with_authenticator(service: &Service) -> Self {
        let mut ann = Self::with_password(service).await;
        ann.enrol(service).await;
        let code = ann.code(service, 0);
        ann.recovery = service.confirm(&ann.caller, &code, HOME).await.unwrap();
        later(service, 60);
        ann
    }

    /// What the authenticator shows so many steps from now.
    fn code(&self, service: &Service, steps: i64) -> String {
        let step = totp::step_at(service.clock().now()) + steps;
        format!("{:06}", totp::code_at(&self.secret, step))
    }

    /// A code that is wrong now.
    fn wrong_code(&self, service: &Service) -> String {
        let near: Vec<String> = (-2..=2).map(|steps| self.code(service, steps)).collect();
        let free = (0..10).map(|n| format!("{n:06}")).find(|code| !near.contains(code));
        free.unwrap()
    }
}

fn later(service: &Service, seconds: i64) {
    service.clock().set(service.clock().now().plus(seconds * SECOND));
}

fn wrong<T>(answer: &Result<T, Fault>) -> bool {
    matches!(answer, Err(Fault::Unauthenticated { .. }))
}

async fn needs_code(service: &Service) -> bool {
    matches!(service.sign_in(ANN, PASSWORD, HOME).await.unwrap(), SignIn::NeedsCode(_))
}

async fn a_code_is_asked_for_once_it_is_confirmed(database: Database) {
    let service = database.service(now()).await;
    let mut ann = Ann::with_password(&service).await;
    let refused = service.enrol(&ann.caller, "wrong horse battery", HOME).await;
    assert_eq!(refused, Err(Fault::wrong("password", Wrong::Incorrect)));
    assert_eq!(service.enrolment(&ann.caller).await.unwrap(), None);
    ann.enrol(&service).await;
    // A secret nobody has typed a code of counts for nothing.
    assert!(!needs_code(&service).await);
    assert_eq!(service.standing(&ann.caller).await.unwrap(), Standing::Off);
    let refused = service.confirm(&ann.caller, &ann.wrong_code(&service), HOME).await;
    assert_eq!(refused, Err(Fault::wrong("code", Wrong::Incorrect)));
    let code = ann.code(&service, 0);
    assert!(wrong(&service.second_step(ann.id, &code, HOME).await));
    ann.enrol(&service).await;
    let old = service.confirm(&ann.caller, &code, HOME).await;
    assert_eq!(old, Err(Fault::wrong("code", Wrong::Incorrect)), "of the secret before");
    let code = ann.code(&service, 0);
    let codes = service.confirm(&ann.caller, &code, HOME).await.unwrap();
    assert_eq!(codes.len(), RECOVERY_CODES);
    assert!(codes.iter().all(|code| code.len() == 19), "{codes:?}");
    assert!(needs_code(&service).await);
    assert_eq!(service.enrolment(&ann.caller).await.unwrap(), None, "shown no more");
    let again = service.enrol(&ann.caller, PASSWORD, HOME).await;
    assert!(matches!(again, Err(Fault::Conflict { .. })), "{again:?}");
    let standing = service.standing(&ann.caller).await.unwrap();
    let Standing::On { since, codes_left, .. } = standing else { panic!("{standing:?}") };
    assert_eq!((since, codes_left), (now(), 10));
    assert!(wrong(&service.second_step(ann.id, &code, HOME).await), "used to confirm");
}

async fn a_code_counts_once(database: Database) {
    let service = database.service(now()).await;
    let ann = Ann::with_authenticator(&service).await;
    // A clock that is half a minute ahead or behind is as good.
    let behind = ann.code(&service, -1);
    let signed_in = service.second_step(ann.id, &behind, HOME).await.unwrap();
    assert_eq!(signed_in.person, Some(ann.id));
    assert!(wrong(&service.second_step(ann.id, &behind, HOME).await), "replayed");
    let ahead = ann.code(&service, 1);
    assert!(service.second_step(ann.id, &ahead, HOME).await.is_ok());
    let between = ann.code(&service, 0);
    assert!(wrong(&service.second_step(ann.id, &between, HOME).await), "older than one used");
    let far = ann.code(&service, 2);
    assert!(wrong(&service.second_step(ann.id, &far, HOME).await), "too far ahead");
    later(&service, 30);
    assert!(service.second_step(ann.id, &far, HOME).await.is_ok());
    later(&service, 300);
    assert!(wrong(&service.second_step(ann.id, "", HOME).await));
    assert!(service.second_step(ann.id, &ann.code(&service, 0), HOME).await.is_ok());
    assert!(wrong(&service.second_step(PersonId(1), &ann.code(&service, 0), HOME).await));
}

/// How many of several processes take a code that each gets twice at the same time.
async fn taken(database: &Database, ann: &Ann, code: &str, at: Instant) -> usize {
    let mut attempts = JoinSet::new();
    for _ in 0..4 {
        let service = database.service(at).await;
        for _ in 0..2 {
            let (service, id, code) = (service.clone(), ann.id, code.to_owned());
            attempts.spawn(async move { service.second_step(id, &code, HOME).await });
        }
    }
    let answers = attempts.join_all().await;
    assert!(answers.iter().all(|answer| answer.is_ok() || wrong(answer)), "{answers:?}");
    answers.iter().filter(|answer| answer.is_ok()).count()
}

async fn a_code_counts_once_side_by_side(database: Database) {
    let service = database.service(now()).await;
    let ann = Ann::with_authenticator(&service).await;
    let code = ann.code(&service, 0);
    assert_eq!(taken(&database, &ann, &code, service.clock().now()).await, 1);
}

async fn a_recovery_code_counts_once_side_by_side(database: Database) {
    let service = database.service(now()).await;
    let ann = Ann::with_authenticator(&service).await;
    let typed = ann.recovery[3].to_uppercase().replace('-', " ");
    assert_eq!(taken(&database, &ann, &typed, service.clock().now()).await, 1);
    assert!(wrong(&service.second_step(ann.id, &ann.recovery[3], HOME).await));
    let standing = service.standing(&ann.caller).await.unwrap();
    assert!(matches!(standing, Standing::On { codes_left: 9, .. }), "{standing:?}");
    assert!(service.second_step(ann.id, &ann.recovery[4], HOME).await.is_ok());
}

async fn guessing_codes_is_slowed_down(database: Database) {
    let service = database.service(now()).await;
    let ann = Ann::with_authenticator(&service).await;
    for _ in 0..5 {
        let guess = ann.wrong_code(&service);
        assert!(wrong(&service.second_step(ann.id, &guess, HOME).await));
        // Signing in with the password again does not start the count anew.
        assert!(needs_code(&service).await);
    }
    let right = ann.code(&service, 0);
    let refused = service.second_step(ann.id, &right, HOME).await.unwrap_err();
    let Fault::TooMany { retry_after_s } = refused else { panic!("{refused:?}") };
    let recovery = service.second_step(ann.id, &ann.recovery[0], HOME).await;
    assert_eq!(recovery.unwrap_err().status(), 429);
    later(&service, i64::from(retry_after_s));
    let right = ann.code(&service, 0);
    assert!(service.second_step(ann.id, &right, HOME).await.is_ok());
}

async fn new_recovery_codes_replace_the_old(database: Database) {
    let service = database.service(now()).await;
    let ann = Ann::with_authenticator(&service).await;
    let refused = service.renew_codes(&ann.caller, "wrong horse battery", HOME).await;
    assert_eq!(refused, Err(Fault::wrong("password", Wrong::Incorrect)));
    assert!(service.second_step(ann.id, &ann.recovery[0], HOME).await.is_ok());
    let new = service.renew_codes(&ann.caller, PASSWORD, HOME).await.unwrap();
    assert!(new.iter().all(|code| !ann.recovery.contains(code)));
    assert!(wrong(&service.second_step(ann.id, &ann.recovery[1], HOME).await));
    assert!(service.second_step(ann.id, &new[0], HOME).await.is_ok());
}

async fn it_is_turned_off_with_password_and_code(database: Database) {
    let service = database.service(now()).await;
    let ann = Ann::with_authenticator(&service).await;
    let off = async |password: &str, code: &str| {
        service.turn_off(&ann.caller, password, code, HOME).await
    };
    let code = ann.code(&service, 0);
    let refused = off("wrong horse battery", &code).await;
    assert_eq!(refused, Err(Fault::wrong("password", Wrong::Incorrect)));
    let refused = off(PASSWORD, &ann.wrong_code(&service)).await;
    assert_eq!(refused, Err(Fault::wrong("code", Wrong::Incorrect)));
    assert!(needs_code(&service).await);
    off(PASSWORD, &code).await.unwrap();
    assert!(!needs_code(&service).await);
    assert_eq!(service.standing(&ann.caller).await.unwrap(), Standing::Off);
    assert!(wrong(&service.second_step(ann.id, &ann.recovery[0], HOME).await));
    let renewed = service.renew_codes(&ann.caller, PASSWORD, HOME).await;
    assert!(matches!(renewed, Err(Fault::Conflict { .. })), "{renewed:?}");
}

async fn a_lost_phone_is_no_lost_account(database: Database) {
    let service = database.service(now()).await;
    Ann::with_authenticator(&service).await;
    let missing = service.reset_second_factor("bob@example.org").await;
    assert!(matches!(missing, Err(Fault::NotFound { .. })), "{missing:?}");
    assert!(needs_code(&service).await);
    assert!(service.reset_second_factor(" Ann@Example.org").await.unwrap());
    assert!(!needs_code(&service).await);
    assert!(!service.reset_second_factor(ANN).await.unwrap(), "there is none any more");
}

async fn keys_have_no_second_factor(database: Database) {
    let service = database.service(now()).await;
    let ann = Ann::with_authenticator(&service).await;
    let key = Caller { scopes: Some([Scope::Read].into()), ..ann.caller.clone() };
    let person = Fault::Forbidden { needs: Needs::Person };
    assert_eq!(service.standing(&key).await, Err(person.clone()));
    let off = service.turn_off(&key, PASSWORD, &ann.recovery[0], HOME).await;
    assert_eq!(off, Err(person));
    assert!(service.second_step(ann.id, &ann.recovery[0], HOME).await.is_ok(), "not used up");
}

/// The program as browsers see it.
fn site(service: &Service) -> Router {
    let config = Arc::new(Config::default());
    let leptos = leptos::config::LeptosOptions::builder().output_name("tokenscope").build();
    let files = Site::Absent.files().unwrap();
    let (service, site) = (service.clone(), Site::Absent);
    router(App { service, config, site, files, leptos, process: "test".into() })
}

async fn ask(site: &Router, method: Method, url: &str, cookie: &str, form: &str) -> Response<Body> {
    let request = Request::builder()
        .method(method)
        .uri(url)
        .header(header::COOKIE, cookie)
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()));
    site.clone().oneshot(request.unwrap()).await.unwrap()
}

fn location(answer: &Response<Body>) -> &str {
    answer.headers().get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
}

fn session_cookie(answer: &Response<Body>) -> String {
    let cookies = answer.headers().get_all(header::SET_COOKIE).iter();
    let mut cookies = cookies.map(|value| value.to_str().unwrap());
    let session = cookies.find(|cookie| cookie.starts_with("tokenscope=")).unwrap();
    session.split(';').next().unwrap().to_owned()
}

async fn who_only_passed_the_password_sees_nothing(database: Database) {
    // The cookie's end is worked out with the machine's clock.
    let service = database.service(Clock::system().now()).await;
    let ann = Ann::with_authenticator(&service).await;
    let site = site(&service);
    let form = format!("email={ANN}&password={PASSWORD}&next=%2Fme%3Frange%3D7d").replace(' ', "+");
    let answer = ask(&site, Method::POST, "/login", "", &form).await;
    let step = "/login/code?next=/me%3Frange%3D7d";
    assert_eq!((answer.status().as_u16(), location(&answer)), (303, step));
    let half = session_cookie(&answer);
    let get = async |url: &str, cookie: &str| ask(&site, Method::GET, url, cookie, "").await;
    let pages = ["/", "/me", "/overview", "/account/two-factor", "/account/two-factor/set-up"];
    for page in pages {
        let answer = get(page, &half).await;
        assert_eq!(answer.status(), 303, "{page}");
        assert!(location(&answer).starts_with("/login"), "{page}: {}", location(&answer));
    }
    for form in ["set-up", "confirm", "codes", "off"] {
        let url = format!("/account/two-factor/{form}");
        let answer = ask(&site, Method::POST, &url, &half, "password=x&code=1").await;
        assert!(location(&answer).starts_with("/login?next="), "{url}");
    }
    assert_eq!(get(step, &half).await.status(), 200);
    assert_eq!(location(&get(step, "").await), "/login?next=/me%3Frange%3D7d");
    let send = async |code: &str, cookie: &str| {
        let form = format!("next=%2Fme%3Frange%3D7d&code={code}");
        ask(&site, Method::POST, "/login/code", cookie, &form).await
    };
    let nobody = send(&ann.code(&service, 0), "").await;
    assert_eq!(location(&nobody), "/login?next=/me%3Frange%3D7d");
    assert_eq!(location(&send(&ann.wrong_code(&service), &half).await), step);
    // After five minutes the password is asked for again.
    let begun = service.clock().now();
    service.clock().set(begun.plus(300 * SECOND));
    assert_eq!(location(&get(step, &half).await), "/login?next=/me%3Frange%3D7d");
    let late = send(&ann.code(&service, 0), &half).await;
    assert_eq!(location(&late), "/login?next=/me%3Frange%3D7d");
    service.clock().set(begun.plus(299 * SECOND));
    let answer = send(&ann.code(&service, 0), &half).await;
    assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/me?range=7d"));
    let whole = session_cookie(&answer);
    assert_ne!(whole, half, "a new session id");
    assert_eq!(get("/me", &whole).await.status(), 200);
    assert_eq!(location(&get(step, &whole).await), "/");
    assert_eq!(get("/me", &half).await.status(), 303, "the old id opens nothing");
}
