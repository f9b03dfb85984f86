//! The route table, grouped by who calls.

use super::assets::{Files, Site};
use super::{assets, headers, health, login, pages, session};
use crate::api;
use crate::config::Config;
use crate::service::Service;
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post};
use leptos::config::LeptosOptions;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

/// How long an answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Most bytes of a form or of the arguments of a server function.
const FORM_BYTES: usize = 64 * 1024;

/// What handlers share. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The services.
    pub service: Service,
    /// The configuration.
    pub config: Arc<Config>,
    /// Where the front end's files are.
    pub site: Site,
    /// What they are called.
    pub files: Files,
    /// What leptos wants to know.
    pub leptos: LeptosOptions,
    /// Names this process, for pages that load themselves again while developing.
    pub process: String,
}

/// All routes with their layers.
pub fn router(app: App) -> Router {
    let mut pages = Router::new();
    // The app names its pages; listing them also starts what renders them.
    for page in leptos_axum::generate_route_list(tokenscope_app::App) {
        pages = pages.route(page.path(), get(pages::page));
    }
    let pages = pages
        .route("/", get(login::start))
        .route("/login", post(login::sign_in))
        .route("/logout", post(login::sign_out))
        .route("/_call/{*function}", post(pages::server_function))
        .fallback(get(pages::page))
        .layer(from_fn(login::require_sign_in))
        .layer(from_fn_with_state(app.clone(), login::forget_flash))
        .layer(from_fn_with_state(app.clone(), session::identify))
        .layer(session::layer(&app))
        .layer(CsrfLayer::new())
        .layer(RequestBodyLimitLayer::new(FORM_BYTES))
        .layer(CompressionLayer::new());
    let files = Router::new()
        .route("/assets/{*path}", get(assets::asset))
        .route("/robots.txt", get(assets::robots));
    let probes =
        Router::new().route("/healthz", get(health::live)).route("/readyz", get(health::ready));
    let api = Router::new()
        .nest("/api/v1", api::v1::routes())
        .route("/api/{*rest}", any(api::unknown))
        .route("/api", any(api::unknown));
    let dev = if app.config.dev_reload {
        Router::new().route("/_dev/build", get(health::process))
    } else {
        Router::new()
    };
    Router::new()
        .merge(dev)
        .merge(files)
        .merge(probes)
        .merge(api)
        .merge(pages)
        .layer(
            ServiceBuilder::new()
                .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
                .layer(TraceLayer::new_for_http())
                .layer(PropagateRequestIdLayer::x_request_id())
                .layer(from_fn_with_state(app.clone(), headers::secure))
                .layer(TimeoutLayer::with_status_code(
                    StatusCode::SERVICE_UNAVAILABLE,
                    ANSWER_WITHIN,
                ))
                .layer(CatchPanicLayer::custom(panicked)),
        )
        .with_state(app)
}

/// A panic is a bug: it is logged under an incident id, and the caller gets the id.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
fn panicked(panic: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    use axum::response::IntoResponse;
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    let fault = crate::service::fault::internal(&format!("panic: {text}"));
    super::problem::Problem(fault).into_response()
}
