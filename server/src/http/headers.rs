//! Headers of every answer.

use super::router::App;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use leptos::nonce::Nonce;

/// What answers that are no page may do in a browser: nothing.
const NO_PAGE: &str = "default-src 'none'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

/// The content security policy of a page: nothing inline but the script under this nonce.
#[must_use]
pub fn page_policy(nonce: Option<&Nonce>) -> String {
    let nonce = nonce.map(|nonce| format!(" 'nonce-{nonce}'")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'{nonce} 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    )
}

/// The address of a page that holds a secret is told to nobody. Under this policy a form comes
/// with the origin `null`, and only a browser that also says `Sec-Fetch-Site`, which it does where
/// the connection counts as trustworthy, may still post it.
fn referrer_policy(app: &App, path: &str) -> &'static str {
    let trustworthy = app.config.is_https() || app.config.address.ip().is_loopback();
    if path.starts_with("/password/") && trustworthy { "no-referrer" } else { "same-origin" }
}

/// Adds the security headers, and what caches may keep, where the answer has not said it.
pub async fn secure(State(app): State<App>, request: Request, next: Next) -> Response {
    let referrer = referrer_policy(&app, request.uri().path());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 7] = [
        (header::CONTENT_SECURITY_POLICY, NO_PAGE),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, referrer),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=()",
        ),
    ];
    for (name, value) in fixed {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if app.config.is_https() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    response
}
