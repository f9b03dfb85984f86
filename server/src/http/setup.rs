//! The first start.

use super::form::{Posted, done, refused, see_other};
use super::problem::Problem;
use super::router::App;
use super::session::{self, OpenedFrom};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokenscope::fault::Fault;
use tokenscope::preference::Language;
use tokenscope::second_factor::SignIn;
use tokenscope::service::{Caller, Directory, Setup};
use tokenscope::setup::{DemoMade, FirstStart};
use tokenscope_app::routes::{LOGIN, OVERVIEW, SETUP, with_query};
use tower_sessions::Session;

/// `POST /setup`
pub async fn begin(
    State(app): State<App>,
    session: Session,
    from: OpenedFrom,
    posted: Posted,
) -> Response {
    let (token, start) = (posted.raw("token"), start_of(&posted));
    let (email, password) = (start.email.clone(), start.password.clone());
    match app.service.begin(token, start).await {
        Ok((caller, demo)) => enter(&app, (&session, from), &caller, code(demo)).await,
        // A second click of the same person signs him in; anybody else was too late.
        Err(Fault::Conflict { .. }) => {
            match app.service.sign_in(&email, &password, &from.address).await {
                Ok(SignIn::Done(caller)) => {
                    enter(&app, (&session, from), &caller, code(DemoMade::None)).await
                }
                Ok(SignIn::NeedsCode(_)) | Err(_) => done(&app, LOGIN, "setup-taken"),
            }
        }
        Err(fault @ Fault::NotFound { .. }) => Problem(fault).into_response(),
        Err(fault) => refused(&app, &with_query(SETUP, [("token", token)]), fault, &posted),
    }
}

fn start_of(posted: &Posted) -> FirstStart {
    let text = |name: &str| posted.text(name).to_owned();
    FirstStart {
        name: text("name"),
        email: text("email"),
        password: posted.raw("password").to_owned(),
        password_again: posted.raw("password_again").to_owned(),
        organization: text("organization"),
        slug: text("slug"),
        zone: text("zone"),
        unit: text("unit"),
        language: Language::from_code(posted.text("language")).unwrap_or_default(),
        demo: !posted.text("demo").is_empty(),
    }
}

const fn code(demo: DemoMade) -> &'static str {
    match demo {
        DemoMade::None | DemoMade::Ready => "setup-done",
        DemoMade::Running => "setup-demo-running",
        DemoMade::Failed => "setup-demo-failed",
    }
}

async fn enter(
    app: &App,
    (session, from): (&Session, OpenedFrom),
    caller: &Caller,
    code: &str,
) -> Response {
    let now = app.service.clock().now();
    match session::open(session, caller, now, from).await {
        Ok(()) => done(app, OVERVIEW, code),
        Err(error) => {
            // The account is there: signing in is all that is left to do.
            tracing::warn!(%error, "no session could be opened");
            done(app, LOGIN, code)
        }
    }
}

/// Leads every page to the first start until that is done.
pub async fn lead(State(app): State<App>, request: Request, next: Next) -> Response {
    let reads = request.method() == http::Method::GET || request.method() == http::Method::HEAD;
    let elsewhere = reads && request.uri().path() != SETUP;
    if elsewhere && matches!(app.service.has_started().await, Ok(false)) {
        return see_other(SETUP);
    }
    next.run(request).await
}
