//! Sign-in and sign-out: plain forms, so that they work without JavaScript. What went wrong comes
//! back with a cookie that lives for one page.

use super::client::ClientAddress;
use super::router::App;
use super::session::{self, SignedIn};
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokenscope::fault::Fault;
use tokenscope::permission::Action;
use tokenscope::service::Directory;
use tokenscope_app::context::Flash;
use tokenscope_app::routes::{LOGIN, ME, OVERVIEW, login_then, safe_next};
use tower_sessions::Session;

const FLASH: &str = "tokenscope-flash";
const FLASH_SECONDS: u32 = 60;

/// The fields of the sign-in form.
#[derive(Deserialize)]
pub struct Credentials {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// Goes on to another page with GET; the target must be a path of this site.
fn see_other(to: &str) -> Response {
    let location = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// `POST /login`
pub async fn sign_in(
    State(app): State<App>,
    session: Session,
    ClientAddress(address): ClientAddress,
    form: Result<Form<Credentials>, FormRejection>,
) -> Response {
    let Ok(Form(credentials)) = form else {
        return see_other(LOGIN);
    };
    let Credentials { email, password, next } = credentials;
    let next = safe_next(&next).to_owned();
    let failed = match app.service.sign_in(&email, &password, &address).await {
        Ok(caller) => {
            let now = app.service.clock().now();
            match session::open(&session, &caller, now).await {
                Ok(()) => return see_other(&next),
                Err(error) => {
                    tracing::warn!(%error, "no session could be opened");
                    Fault::Busy
                }
            }
        }
        Err(fault) => fault,
    };
    let (code, retry_after_s) = match failed {
        Fault::Unauthenticated { .. } => ("wrong-credentials", None),
        Fault::TooMany { retry_after_s } => ("too-many", Some(retry_after_s)),
        _ => ("unavailable", None),
    };
    let kept = email.chars().filter(|c| !c.is_control()).take(254).collect();
    let flash = Flash { code: Some(code.into()), email: Some(kept), retry_after_s };
    with_flash(see_other(&login_then(&next)), &app, &flash)
}

/// `POST /logout`
pub async fn sign_out(State(app): State<App>, session: Session) -> Response {
    if session.id().is_some()
        && let Err(error) = session.flush().await
    {
        tracing::warn!(%error, "a session could not be ended");
    }
    let flash = Flash { code: Some("signed-out".into()), ..Flash::default() };
    with_flash(see_other(LOGIN), &app, &flash)
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
    let closed = ["/", ME, OVERVIEW].contains(&path);
    let wanted = request.uri().path_and_query().map_or("/", |p| p.as_str());
    match caller {
        None if closed && path == "/" => see_other(LOGIN),
        None if closed => see_other(&login_then(wanted)),
        Some(_) if path == LOGIN && request.method() == http::Method::GET => see_other("/"),
        _ => next.run(request).await,
    }
}

fn with_flash(mut response: Response, app: &App, flash: &Flash) -> Response {
    let text = serde_json::to_string(flash).unwrap_or_default();
    let value: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    set_flash(&mut response, app, &value, FLASH_SECONDS);
    response
}

fn set_flash(response: &mut Response, app: &App, value: &str, seconds: u32) {
    let secure = if app.config.is_https() { "; Secure" } else { "" };
    let cookie =
        format!("{FLASH}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// What the form before had to say.
#[must_use]
pub fn flash_of(headers: &HeaderMap) -> Flash {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split("; ")).filter_map(|c| c.split_once('='));
    let value = pairs.find(|(name, _)| *name == FLASH).map(|(_, value)| value);
    let text = value.and_then(|v| url::form_urlencoded::parse(v.as_bytes()).next());
    text.and_then(|(text, _)| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Takes the flash cookie back once a page has shown it.
pub async fn forget_flash(State(app): State<App>, request: Request, next: Next) -> Response {
    let shown = request.method() == http::Method::GET && flash_of(request.headers()).code.is_some();
    let mut response = next.run(request).await;
    if shown {
        set_flash(&mut response, &app, "", 0);
    }
    response
}
