//! Pages and server functions: what they find in context, and under which policy they run.

use super::headers::page_policy;
use super::login::flash_of;
use super::problem::Problem;
use super::router::App;
use super::session::SignedIn;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::ResponseOptions;
use std::sync::Arc;
use tokenscope::fault::Fault;
use tokenscope_app::context::{DevReload, Services, Session};
use tokenscope_app::shell;

/// Puts into context what pages and server functions look for.
fn context(app: &App, request: &Request) -> impl Fn() + Clone + Send + Sync + 'static {
    let services = Services {
        reports: Arc::new(app.service.clone()),
        directory: Arc::new(app.service.clone()),
    };
    let signed_in = request.extensions().get::<SignedIn>().cloned().unwrap_or_default();
    let session = Session(signed_in.0);
    let (assets, flash) = (app.files.assets.clone(), flash_of(request.headers()));
    let reload = DevReload(app.config.dev_reload);
    move || {
        provide_context(services.clone());
        provide_context(session.clone());
        provide_context(assets.clone());
        provide_context(flash.clone());
        provide_context(reload);
    }
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
