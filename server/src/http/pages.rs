//! Pages and server functions: what they find in context, and under which policy they run.

use super::flash::flash_for;
use super::headers::page_policy;
use super::problem::Problem;
use super::router::App;
use super::session::{CurrentSession, SignedIn};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::ResponseOptions;
use std::sync::Arc;
use tokenscope::fault::Fault;
use tokenscope::preference::Language;
use tokenscope::service::Caller;
use tokenscope_app::context::{DevReload, Origin, Reading, Services, Session, ThisSession};
use tokenscope_app::shell;

/// Puts into context what pages and server functions look for.
fn context(app: &App, request: &Request) -> impl Fn() + Clone + Send + Sync + 'static {
    let services = Services {
        reports: Arc::new(app.service.clone()),
        ledger: Arc::new(app.service.clone()),
        directory: Arc::new(app.service.clone()),
        second_factor: Arc::new(app.service.clone()),
        sign_on: Arc::new(app.service.clone()),
        live: Arc::new(app.service.clone()),
        accounts: Arc::new(app.service.clone()),
        keys: Arc::new(app.service.clone()),
        setup: Arc::new(app.service.clone()),
        purchases: Arc::new(app.service.clone()),
        removal: Arc::new(app.service.clone()),
        audit: Arc::new(app.service.clone()),
    };
    let signed_in = request.extensions().get::<SignedIn>().cloned().unwrap_or_default();
    let reading = reading(signed_in.0.as_ref(), request.headers());
    let session = Session(signed_in.0);
    let flash = flash_for(request.headers(), request.uri().path());
    let assets = app.files.assets.clone();
    let current = request.extensions().get::<CurrentSession>().cloned().unwrap_or_default();
    let current = ThisSession(current.id().to_owned());
    let origin = Origin(app.config.origin(app.leptos.site_addr));
    let reload = DevReload(app.config.dev_reload);
    move || {
        provide_context(services.clone());
        provide_context(session.clone());
        provide_context(assets.clone());
        provide_context(flash.clone());
        provide_context(origin.clone());
        provide_context(reading);
        provide_context(current.clone());
        provide_context(reload);
    }
}

/// How the page is to be read: as the account says, else as the browser asks.
pub(super) fn reading(caller: Option<&Caller>, headers: &HeaderMap) -> Reading {
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let chosen = caller.map(|caller| caller.preferences.clone()).unwrap_or_default();
    let language = chosen.language.unwrap_or_else(|| Language::accepted(asked.unwrap_or("")));
    Reading { language, theme: chosen.theme }
}

/// Renders a page.
pub async fn page(State(app): State<App>, request: Request) -> Response {
    let context = context(&app, &request);
    let options = app.leptos.clone();
    let render =
        leptos_axum::render_app_async_with_context(context, move || secured_shell(options.clone()));
    render(request).await.into_response()
}

/// The document, with the policy that names its nonce.
fn secured_shell(options: LeptosOptions) -> impl leptos::IntoView {
    let policy = page_policy(use_nonce().as_ref());
    if let (Some(response), Ok(policy)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(&policy))
    {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
    shell(options)
}

/// Answers a server function.
pub async fn server_function(State(app): State<App>, request: Request) -> Response {
    let path = request.uri().path();
    if !leptos::server_fn::axum::server_fn_paths().any(|(known, _)| known == path) {
        return Problem(Fault::NotFound { what: path.to_owned() }).into_response();
    }
    let context = context(&app, &request);
    leptos_axum::handle_server_fns_with_context(context, request).await.into_response()
}
