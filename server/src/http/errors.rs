//! Gives words to answers that have none: a layer that refuses, a method that is not taken, an
//! address without anything. Programs get a problem document, browsers a page; both say what
//! happened and what to do.

use super::pages::reading;
use super::problem::{self, Problem};
use super::router::App;
use super::session::SignedIn;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokenscope::fault::Fault;
use tokenscope_app::drawn::stop::{self, Stop};
use tower_http::csrf::ProtectionError;

/// Longest address that is read, in bytes: more than any view or form of the pages makes.
const ADDRESS_BYTES: usize = 8 * 1024;
/// What a page without scripts may do in a browser.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";
/// Set by leptos on the answers of server functions that failed; they are read by the pages.
const OF_SERVER_FUNCTION: &str = "serverfnerror";

/// Marks an answer whose plain text says all there is to say.
#[derive(Debug, Clone, Copy)]
pub struct Worded;

/// Who asked, and how the answer is to be written.
struct Asked {
    is_head: bool,
    is_program: bool,
    headers: HeaderMap,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let path = request.uri().path();
        let below = |start: &str| path == start || path.starts_with(&format!("{start}/"));
        let accepts = request.headers().get_all(header::ACCEPT);
        let reads_pages = accepts
            .iter()
            .any(|kinds| String::from_utf8_lossy(kinds.as_bytes()).contains("text/html"));
        Self {
            is_head: request.method() == Method::HEAD,
            is_program: below("/api") || below("/_call") || !reads_pages,
            headers: request.headers().clone(),
        }
    }

    fn answer(&self, app: &App, stop: &Stop, response: Response) -> Response {
        let (mut parts, _) = response.into_parts();
        let (kind, text) = match self.is_program {
            true => ("application/problem+json", document(stop, parts.status)),
            false => {
                let signed_in = parts.extensions.get::<SignedIn>().cloned().unwrap_or_default();
                let reading = reading(signed_in.0.as_ref(), &self.headers);
                let policy = HeaderValue::from_static(POLICY);
                parts.headers.insert(header::CONTENT_SECURITY_POLICY, policy);
                let html = stop::document(stop, reading, &app.files.assets);
                ("text/html; charset=utf-8", html)
            }
        };
        // They described the body that is replaced.
        for stale in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::ETAG] {
            parts.headers.remove(stale);
        }
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        let body = if self.is_head { Body::empty() } else { Body::from(text) };
        Response::from_parts(parts, body)
    }
}

/// Adds the words where an answer has none.
pub async fn explain(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    let address = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    if address > ADDRESS_BYTES {
        let response = StatusCode::URI_TOO_LONG.into_response();
        return asked.answer(&app, &Stop::LongAddress, response);
    }
    let response = next.run(request).await;
    match unexplained(&asked, &response) {
        Some(stop) => asked.answer(&app, &stop, response),
        None => response,
    }
}

/// Why the request was stopped, where the answer does not say it in a way the asker reads.
fn unexplained(asked: &Asked, response: &Response) -> Option<Stop> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let (headers, said) = (response.headers(), response.extensions());
    if let Some(fault) = said.get::<Fault>() {
        return (!asked.is_program).then(|| Stop::Fault(fault.clone()));
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_plain = kind.is_none_or(|kind| kind.starts_with("text/plain"));
    let is_worded = said.get::<Worded>().is_some() || headers.contains_key(OF_SERVER_FUNCTION);
    if !is_plain || is_worded {
        return None;
    }
    Some(match status {
        _ if said.get::<ProtectionError>().is_some() => Stop::CrossSite,
        StatusCode::NOT_FOUND => Stop::Nothing,
        StatusCode::METHOD_NOT_ALLOWED => Stop::Method,
        StatusCode::PAYLOAD_TOO_LARGE => Stop::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Stop::Kind,
        StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => Stop::Slow,
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Stop::Unreadable,
        other => Stop::Other(other.as_u16()),
    })
}

/// The problem document of a request that was stopped.
fn document(stop: &Stop, status: StatusCode) -> String {
    let (code, detail) = match stop {
        Stop::Fault(fault) => (fault.code(), fault.to_string()),
        stop => {
            let (code, detail) = words(stop);
            (code, detail.to_owned())
        }
    };
    problem::text(code, status, &detail)
}

fn words(stop: &Stop) -> (&'static str, &'static str) {
    match stop {
        Stop::Unreadable => ("malformed", "the request cannot be read: check path, query and body"),
        Stop::CrossSite => (
            "cross-site",
            "the form came from another site or an old browser: open the page and send it again",
        ),
        Stop::Nothing => ("not-found", "there is nothing at this path"),
        Stop::Method => (
            "method-not-allowed",
            "this path takes another method: the header Allow names those it takes",
        ),
        Stop::LongAddress => {
            ("too-long", "the address is longer than 8192 bytes: send a shorter one")
        }
        Stop::TooLarge => ("too-large", "more was sent than this path takes: send less"),
        Stop::Kind => ("unsupported", "this path takes another content type"),
        Stop::Slow => {
            ("timeout", "there was no answer in time: look whether it was done, then send it again")
        }
        Stop::Other(_) | Stop::Fault(_) => {
            ("refused", "the request was refused: the status says why")
        }
    }
}

/// A panic is a bug: it is logged under an incident id, and the caller gets the id.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
pub fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    let fault = crate::service::fault::internal(&format!("panic: {text}"));
    Problem(fault).into_response()
}
