//! The way to another sign-in service and back.

use super::form::{Posted, refused, see_other};
use super::pages::reading;
use super::router::App;
use super::session::{self, OpenedFrom};
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokenscope::fault::Fault;
use tokenscope::oidc::{Kept, Refusal, Return, SignOn};
use tokenscope::time::SECOND;
use tokenscope_app::drawn::leaving;
use tokenscope_app::routes::{login_then, safe_next};
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, Session};

const AWAY: &str = "sign_on";
/// How long somebody may be there, in seconds.
const BACK_WITHIN_S: i64 = 600;

/// That this browser went there.
#[derive(Serialize, Deserialize)]
struct Away {
    kept: Kept,
    next: String,
    at: i64,
}

/// `POST /login/oidc`: not GET, so that no prefetch and no link elsewhere begins a sign-in. The
/// answer is a page that goes on by itself, because the policy `form-action 'self'` forbids a form
/// to be redirected to another site.
pub async fn depart(
    State(app): State<App>,
    session: Session,
    headers: HeaderMap,
    posted: Posted,
) -> Response {
    let next = safe_next(posted.text("next"));
    match begin(&app, &session, next).await {
        Ok(url) => {
            let name = app.service.name().unwrap_or_default();
            Html(leaving(reading(None, &headers), &name, &url)).into_response()
        }
        Err(fault) => refused(&app, &login_then(next), fault, &posted),
    }
}

async fn begin(app: &App, session: &Session, next: &str) -> Result<String, Fault> {
    let departure = app.service.depart().await?;
    let at = app.service.clock().now().micros();
    let away = Away { kept: departure.kept, next: next.to_owned(), at };
    if session.id().is_none() {
        // Nothing else hangs on it, so it need not stay.
        session.set_expiry(Some(Expiry::OnInactivity(Duration::seconds(BACK_WITHIN_S))));
    }
    session.insert(AWAY, away).await.map_err(no_session)?;
    Ok(departure.url)
}

/// `GET /login/oidc/callback`
pub async fn arrive(
    State(app): State<App>,
    session: Session,
    from: OpenedFrom,
    RawQuery(query): RawQuery,
) -> Response {
    // What was kept serves one return.
    let away: Option<Away> = session.remove(AWAY).await.ok().flatten();
    let next = away.as_ref().map_or("/", |away| safe_next(&away.next)).to_owned();
    match finish(&app, (&session, from), away, &query.unwrap_or_default()).await {
        Ok(()) => see_other(&next),
        Err(fault) => refused(&app, &login_then(&next), fault, &Posted::default()),
    }
}

async fn finish(
    app: &App,
    (session, from): (&Session, OpenedFrom),
    away: Option<Away>,
    query: &str,
) -> Result<(), Fault> {
    let now = app.service.clock().now();
    let in_time = |away: &Away| (0..BACK_WITHIN_S * SECOND).contains(&(now.micros() - away.at));
    let away = away.filter(in_time).ok_or_else(|| Refusal::Lost.fault())?;
    let caller = app.service.arrive(away.kept, returned(query)).await?;
    session::open(session, &caller, now, from).await.map_err(no_session)
}

fn returned(query: &str) -> Return {
    let mut back = Return::default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "state" => back.state = value.into_owned(),
            "code" => back.code = Some(value.into_owned()),
            "error" => back.error = Some(value.into_owned()),
            _ => {}
        }
    }
    back
}

#[expect(clippy::needless_pass_by_value, reason = "the form of map_err")]
fn no_session(error: tower_sessions::session::Error) -> Fault {
    tracing::warn!(%error, "a session could not be written");
    Fault::Busy
}
