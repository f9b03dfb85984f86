//! Forms of pages: what was posted, and the ways to answer. A form is always answered by a redirect
//! to a page, which says what became of it; so a reload never posts twice.

use super::flash::with_flash;
use super::problem::Problem;
use super::router::App;
use super::session::SignedIn;
use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use tokenscope::fault::Fault;
use tokenscope::service::Caller;
use tokenscope_app::context::Flash;
use tokenscope_app::routes::login_then;

/// Most characters of a field that are kept for the page after.
const KEPT_CHARS: usize = 300;
/// Fields whose name starts like this hold secrets.
const SECRET: [&str; 3] = ["password", "code", "token"];

/// The fields of a form.
#[derive(Debug, Clone, Default)]
pub struct Posted(Vec<(String, String)>);

impl FromRequest<App> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        match Form::from_request(request, app).await {
            Ok(Form(fields)) => Ok(Self(fields)),
            Err(rejection) => {
                let reason = format!("the form: {}", rejection.body_text());
                let fault = match rejection.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => Fault::TooLarge { limit: reason },
                    StatusCode::UNSUPPORTED_MEDIA_TYPE => Fault::Unsupported { expected: reason },
                    _ => Fault::Malformed { reason },
                };
                Err(Problem(fault).into_response())
            }
        }
    }
}

impl Posted {
    /// What was typed into a field, without space around it; empty where it is absent.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }
    /// The same to the letter, for passwords.
    #[must_use]
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
    /// Every value of a field that can be ticked several times.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
    /// The version of what the form shows, against lost updates.
    ///
    /// # Errors
    /// [`Fault::Stale`] when the form came without one.
    pub fn version(&self) -> Result<i64, Fault> {
        self.text("version").parse().map_err(|_| Fault::Stale)
    }
    /// What the page after may show again: no secrets, nothing long.
    fn kept(&self) -> BTreeMap<String, String> {
        let secret = |name: &str| SECRET.iter().any(|start| name.starts_with(start));
        let short = |value: &str| {
            value.chars().filter(|c| !c.is_control()).take(KEPT_CHARS).collect::<String>()
        };
        let kept = self.0.iter().filter(|(name, _)| !secret(name) && name != "version");
        kept.map(|(name, value)| (name.clone(), short(value))).collect()
    }
}

/// Who is signed in; nobody is led to the sign-in page, and from there to the form's page.
pub struct Signed(pub Caller);

impl FromRequestParts<App> for Signed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let signed_in = parts.extensions.get::<SignedIn>().cloned().unwrap_or_default();
        let expired = || {
            let flash = Flash {
                page: tokenscope_app::routes::LOGIN.into(),
                done: Some("expired".into()),
                ..Flash::default()
            };
            with_flash(see_other(&login_then(parts.uri.path())), app, &flash)
        };
        signed_in.0.map(Self).ok_or_else(expired)
    }
}

/// Goes on to another page with GET; the target must be a path of this site.
#[must_use]
pub fn see_other(to: &str) -> Response {
    let location = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

fn page_of(target: &str) -> String {
    target.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// Goes on to a page that says what was done, by a code of `drawn::notices`.
#[must_use]
pub fn done(app: &App, to: &str, code: &str) -> Response {
    let flash = Flash { page: page_of(to), done: Some(code.into()), ..Flash::default() };
    with_flash(see_other(to), app, &flash)
}

/// The same with a secret that the page shows this once.
#[must_use]
pub fn done_with_secret(app: &App, to: &str, code: &str, secret: String) -> Response {
    let done = Some(code.to_owned());
    let flash = Flash { page: page_of(to), done, secret: Some(secret), ..Flash::default() };
    with_flash(see_other(to), app, &flash)
}

/// Goes back to the form with what was wrong and what was typed.
#[must_use]
pub fn refused(app: &App, back: &str, fault: Fault, posted: &Posted) -> Response {
    let flash = Flash {
        page: page_of(back),
        fault: Some(fault),
        values: posted.kept(),
        ..Flash::default()
    };
    with_flash(see_other(back), app, &flash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_kept() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let posted = Posted(vec![
            pair("name", " Ann "),
            pair("password", "secret"),
            pair("password_again", "secret"),
            pair("code", "123456"),
            pair("version", "3"),
            pair("scope", "read"),
            pair("scope", "check"),
        ]);
        assert_eq!(posted.text("name"), "Ann");
        assert_eq!(posted.raw("name"), " Ann ");
        assert_eq!(posted.version(), Ok(3));
        assert_eq!(posted.all("scope").collect::<Vec<_>>(), ["read", "check"]);
        let kept: Vec<String> = posted.kept().into_keys().collect();
        assert_eq!(kept, ["name", "scope"]);
        assert_eq!(Posted::default().version(), Err(Fault::Stale));
    }

    #[test]
    fn a_flash_is_for_a_path() {
        assert_eq!(page_of("/login?next=/me"), "/login");
        assert_eq!(page_of("/account/keys#made"), "/account/keys");
    }
}
