//! Sign-in and sign-out.

use super::client::ClientAddress;
use super::form::{Posted, done, refused, see_other};
use super::router::App;
use super::session::{self, SignedIn};
use axum::extract::{Extension, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokenscope::fault::Fault;
use tokenscope::permission::Action;
use tokenscope::service::Directory;
use tokenscope_app::drawn::site::{self, Who};
use tokenscope_app::routes::{LOGIN, ME, OVERVIEW, login_then, safe_next};
use tower_sessions::Session;

/// `POST /login`
pub async fn sign_in(
    State(app): State<App>,
    session: Session,
    ClientAddress(address): ClientAddress,
    posted: Posted,
) -> Response {
    let (email, password) = (posted.text("email"), posted.raw("password"));
    let next = safe_next(posted.text("next"));
    let failed = match app.service.sign_in(email, password, &address).await {
        Ok(caller) => {
            let now = app.service.clock().now();
            match session::open(&session, &caller, now).await {
                Ok(()) => return see_other(next),
                Err(error) => {
                    tracing::warn!(%error, "no session could be opened");
                    Fault::Busy
                }
            }
        }
        Err(fault) => fault,
    };
    refused(&app, &login_then(next), failed, &posted)
}

/// `POST /logout`
pub async fn sign_out(State(app): State<App>, session: Session) -> Response {
    if session.id().is_some()
        && let Err(error) = session.flush().await
    {
        tracing::warn!(%error, "a session could not be ended");
    }
    done(&app, LOGIN, "signed-out")
}

/// `GET /`: by role to the overview or to one's own usage.
pub async fn start(Extension(SignedIn(caller)): Extension<SignedIn>) -> Response {
    let sees_all = caller.is_some_and(|c| c.roles.everywhere(Action::SeeUsage));
    see_other(if sees_all { OVERVIEW } else { ME })
}

/// Sends whoever is not signed in to the sign-in page, and back afterwards; whoever is signed in
/// already does not see the sign-in page.
pub async fn require_sign_in(
    Extension(SignedIn(caller)): Extension<SignedIn>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let who = match path {
        "/" | ME | OVERVIEW => Who::SignedIn,
        path => site::find(path).map_or(Who::Anyone, |(page, _)| page.who),
    };
    let wanted = request.uri().path_and_query().map_or("/", |p| p.as_str());
    let reads = request.method() == http::Method::GET || request.method() == http::Method::HEAD;
    match (caller, who) {
        (None, Who::SignedIn) if path == "/" => see_other(LOGIN),
        (None, Who::SignedIn) if reads => see_other(&login_then(wanted)),
        (Some(_), Who::SignedOut) if reads => see_other("/"),
        _ => next.run(request).await,
    }
}
