//! Sign-in and sign-out.

use super::downloads;
use super::form::{Posted, done, refused, see_other};
use super::router::App;
use super::second_factor::password_passed;
use super::session::{self, OpenedFrom, SignedIn};
use axum::extract::{Extension, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokenscope::fault::Fault;
use tokenscope::permission::Action;
use tokenscope::second_factor::SignIn;
use tokenscope::service::Directory;
use tokenscope_app::drawn::site::{self, Who};
use tokenscope_app::routes::{LOGIN, ME, OVERVIEW, login_code_then, login_then, safe_next};
use tower_sessions::Session;

/// `POST /login`
pub async fn sign_in(
    State(app): State<App>,
    session: Session,
    from: OpenedFrom,
    posted: Posted,
) -> Response {
    let (email, password) = (posted.text("email"), posted.raw("password"));
    let next = safe_next(posted.text("next"));
    let now = app.service.clock().now();
    let (opened, on) = match app.service.sign_in(email, password, &from.address).await {
        Ok(SignIn::Done(caller)) => {
            (session::open(&session, &caller, now, from).await, next.to_owned())
        }
        Ok(SignIn::NeedsCode(person)) => {
            (password_passed(&session, person, now).await, login_code_then(next))
        }
        Err(fault) => return refused(&app, &login_then(next), fault, &posted),
    };
    if let Err(error) = opened {
        tracing::warn!(%error, "no session could be opened");
        return refused(&app, &login_then(next), Fault::Busy, &posted);
    }
    see_other(&on)
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
        path if downloads::is_file(path) => Who::SignedIn,
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
