//! The second step of the sign-in, and the forms of one's own second factor.

use super::client::ClientAddress;
use super::form::{Posted, Signed, done, done_with_secret, refused, see_other};
use super::router::App;
use super::session::{self, OpenedFrom};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tokenscope::fault::Fault;
use tokenscope::id::PersonId;
use tokenscope::second_factor::SecondFactor;
use tokenscope::time::{Instant, SECOND};
use tokenscope_app::routes::{LOGIN_CODE, TWO_FACTOR, login_code_then, login_then, safe_next};
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, Session};

const SET_UP: &str = "/account/two-factor/set-up";
const CODES: &str = "/account/two-factor/codes";
const OFF: &str = "/account/two-factor/off";

const PASSED: &str = "password_passed";
/// How long after the password a code may come, in seconds.
const CODE_WITHIN_S: i64 = 300;

/// That somebody's password was right. It opens nothing but the form for his code.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Passed {
    person: i64,
    at: i64,
}

/// Notes under a new session id that a password was right.
///
/// # Errors
/// [`tower_sessions::session::Error`] of the store.
pub async fn password_passed(
    session: &Session,
    person: PersonId,
    now: Instant,
) -> Result<(), tower_sessions::session::Error> {
    // Whoever was signed in before in this browser no longer is.
    session.clear().await;
    session.cycle_id().await?;
    // It need not stay longer; what counts is the time in it.
    session.set_expiry(Some(Expiry::OnInactivity(Duration::seconds(2 * CODE_WITHIN_S))));
    session.insert(PASSED, Passed { person: person.0, at: now.micros() }).await
}

/// Whose password was right a moment ago.
async fn passed(session: &Session, now: Instant) -> Option<PersonId> {
    let Passed { person, at } = session.get(PASSED).await.ok()??;
    let age = now.micros() - at;
    (0..CODE_WITHIN_S * SECOND).contains(&age).then_some(PersonId(person))
}

/// Sends whoever opens the second step without the first to the first.
pub async fn require_first_step(
    State(app): State<App>,
    session: Session,
    request: Request,
    next: Next,
) -> Response {
    if request.uri().path() == LOGIN_CODE
        && request.method() != http::Method::POST
        && passed(&session, app.service.clock().now()).await.is_none()
    {
        let query = request.uri().query().unwrap_or_default();
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        let wanted = pairs.find(|(name, _)| name == "next").map(|(_, value)| value);
        return see_other(&login_then(safe_next(&wanted.unwrap_or_default())));
    }
    next.run(request).await
}

/// `POST /login/code`
pub async fn second_step(
    State(app): State<App>,
    session: Session,
    from: OpenedFrom,
    posted: Posted,
) -> Response {
    let address = from.address.clone();
    let (next, now) = (safe_next(posted.text("next")), app.service.clock().now());
    let Some(person) = passed(&session, now).await else {
        return done(&app, &login_then(next), "expired");
    };
    let failed = match app.service.second_step(person, posted.text("code"), &address).await {
        Ok(caller) => match session::open(&session, &caller, now, from).await {
            Ok(()) => return see_other(next),
            Err(error) => {
                tracing::warn!(%error, "no session could be opened");
                Fault::Busy
            }
        },
        Err(fault) => fault,
    };
    let back = match posted.text("recovery") {
        "" => login_code_then(next),
        _ => format!("{}&recovery=yes", login_code_then(next)),
    };
    refused(&app, &back, failed, &posted)
}

/// `POST /account/two-factor/set-up`
pub async fn enrol(
    State(app): State<App>,
    Signed(caller): Signed,
    ClientAddress(address): ClientAddress,
    posted: Posted,
) -> Response {
    match app.service.enrol(&caller, posted.raw("password"), &address).await {
        Ok(()) => see_other(SET_UP),
        Err(fault) => refused(&app, TWO_FACTOR, fault, &posted),
    }
}

/// `POST /account/two-factor/confirm`
pub async fn confirm(
    State(app): State<App>,
    Signed(caller): Signed,
    ClientAddress(address): ClientAddress,
    posted: Posted,
) -> Response {
    match app.service.confirm(&caller, posted.text("code"), &address).await {
        Ok(codes) => done_with_secret(&app, TWO_FACTOR, "two-factor-on", codes.join("\n")),
        Err(fault) => refused(&app, SET_UP, fault, &posted),
    }
}

/// `POST /account/two-factor/codes`
pub async fn renew_codes(
    State(app): State<App>,
    Signed(caller): Signed,
    ClientAddress(address): ClientAddress,
    posted: Posted,
) -> Response {
    match app.service.renew_codes(&caller, posted.raw("password"), &address).await {
        Ok(codes) => done_with_secret(&app, TWO_FACTOR, "recovery-codes", codes.join("\n")),
        Err(fault) => refused(&app, CODES, fault, &posted),
    }
}

/// `POST /account/two-factor/off`
pub async fn turn_off(
    State(app): State<App>,
    Signed(caller): Signed,
    ClientAddress(address): ClientAddress,
    posted: Posted,
) -> Response {
    let (password, code) = (posted.raw("password"), posted.text("code"));
    match app.service.turn_off(&caller, password, code, &address).await {
        Ok(()) => done(&app, TWO_FACTOR, "two-factor-off"),
        Err(fault) => refused(&app, OFF, fault, &posted),
    }
}
