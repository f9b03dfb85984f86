//! The route table, grouped by who calls.

use super::assets::{Files, Site};
use super::endpoints::{Endpoint, Endpoints};
use super::{assets, flash, headers, health, login, pages, session};
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

/// Pages and what their forms post to.
fn pages() -> Endpoints {
    let mut pages = Endpoints::default()
        .get("/", login::start)
        .post("/login", login::sign_in)
        .post("/logout", login::sign_out);
    // The app names its pages; listing them also starts what renders them. One of them stands for
    // all that the server draws whole, which are named one by one.
    for page in leptos_axum::generate_route_list(tokenscope_app::App) {
        if !page.path().contains('*') {
            pages = pages.get(page.path(), pages::page);
        }
    }
    for page in tokenscope_app::drawn::site::PAGES {
        pages = pages.get(page.path, pages::page);
    }
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        debug_assert_eq!(method, http::Method::POST);
        pages = pages.post(path, pages::server_function);
    }
    pages
}

/// Everything that can be asked for.
fn endpoints(app: &App) -> Endpoints {
    let pages = pages().with(|router| {
        router
            .route("/_call/{*function}", post(pages::server_function))
            .fallback(get(pages::page))
            .layer(from_fn(login::require_sign_in))
            .layer(from_fn_with_state(app.clone(), flash::forget))
            .layer(from_fn_with_state(app.clone(), session::identify))
            .layer(session::layer(app))
            .layer(CsrfLayer::new())
            .layer(RequestBodyLimitLayer::new(FORM_BYTES))
            .layer(CompressionLayer::new())
    });
    let public = Endpoints::default()
        .get("/assets/{*path}", assets::asset)
        .get("/robots.txt", assets::robots)
        .get("/healthz", health::live)
        .get("/readyz", health::ready);
    let api = api::v1::routes().below("/api/v1").with(|router| {
        router.route("/api/{*rest}", any(api::unknown)).route("/api", any(api::unknown))
    });
    public.and(api).and(pages)
}

/// Every endpoint, for the test that asks each of them in every role.
#[must_use]
pub fn listed(app: &App) -> Vec<Endpoint> {
    endpoints(app).into_parts().1
}

/// All routes with their layers.
pub fn router(app: App) -> Router {
    let (mut routes, _) = endpoints(&app).into_parts();
    if app.config.dev_reload {
        routes = routes.route("/_dev/build", get(health::process));
    }
    routes
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
