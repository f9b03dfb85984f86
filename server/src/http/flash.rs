//! What a form leaves for the page it leads back to: a cookie that lives for one page.

use super::router::App;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use tokenscope_app::context::Flash;

const COOKIE: &str = "tokenscope-flash";
const SECONDS: u32 = 60;
/// Browsers drop a cookie beyond 4096 bytes; then what was typed is rather lost than the reason.
const BYTES_MAX: usize = 3800;

/// Gives an answer a flash.
pub fn with_flash(mut response: Response, app: &App, flash: &Flash) -> Response {
    let mut value = encoded(flash);
    if value.len() > BYTES_MAX {
        value = encoded(&Flash { values: Default::default(), ..flash.clone() });
    }
    set(&mut response, app, &value, SECONDS);
    response
}

fn encoded(flash: &Flash) -> String {
    let text = serde_json::to_string(flash).unwrap_or_default();
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn set(response: &mut Response, app: &App, value: &str, seconds: u32) {
    let secure = if app.config.is_https() { "; Secure" } else { "" };
    let cookie =
        format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// What the form before left for this page.
#[must_use]
pub fn flash_for(headers: &HeaderMap, page: &str) -> Flash {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split("; ")).filter_map(|c| c.split_once('='));
    let value = pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value);
    let text = value.and_then(|v| url::form_urlencoded::parse(v.as_bytes()).next());
    let flash: Option<Flash> = text.and_then(|(text, _)| serde_json::from_str(&text).ok());
    flash.filter(|flash| flash.page == page).unwrap_or_default()
}

/// Takes the flash back once its page has shown it.
pub async fn forget(State(app): State<App>, request: Request, next: Next) -> Response {
    let shown = request.method() == http::Method::GET
        && flash_for(request.headers(), request.uri().path()) != Flash::default();
    let mut response = next.run(request).await;
    if shown {
        set(&mut response, &app, "", 0);
    }
    response
}
