//! The route table, grouped by who calls.

use super::assets::{Files, Site};
use super::endpoints::{Endpoint, Endpoints};
use super::{
    account, assets, demo, downloads, errors, flash, headers, health, login, oidc, pages, password,
    second_factor, session, setup, tokens,
};
use crate::api;
use crate::config::Config;
use crate::service::Service;
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post};
use leptos::config::LeptosOptions;
use std::sync::{Arc, OnceLock};
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
        .post("/login/code", second_factor::second_step)
        .post("/login/oidc", oidc::depart)
        .get("/login/oidc/callback", oidc::arrive)
        .post("/account/two-factor/set-up", second_factor::enrol)
        .post("/account/two-factor/confirm", second_factor::confirm)
        .post("/account/two-factor/codes", second_factor::renew_codes)
        .post("/account/two-factor/off", second_factor::turn_off)
        .post("/logout", login::sign_out)
        .post("/password/forgot", password::forgot)
        .post("/password/reset", password::reset)
        .post("/account/profile", account::rename)
        .post("/account/preferences", account::prefer)
        .post("/account/password", account::change_password)
        .post("/account/sessions/others", account::end_other_sessions)
        .post("/account/sessions/{id}/end", account::end_session)
        .post("/account/keys", account::make_own)
        .post("/account/keys/{number}/revoke", account::revoke_own)
        .post("/admin/keys", account::make_for_org)
        .post("/admin/keys/{number}/revoke", account::revoke_for_org)
        .post("/setup", setup::begin)
        .post("/admin/tokens", tokens::record)
        .post("/admin/tokens/new", tokens::preview)
        .post("/admin/demo", demo::remove);
    for path in paths_of_app() {
        pages = pages.get(path, pages::page);
    }
    for page in tokenscope_app::drawn::site::PAGES {
        pages = pages.get(page.path, pages::page);
    }
    for path in downloads::paths() {
        pages = pages.get(&path, downloads::file);
    }
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        debug_assert_eq!(method, http::Method::POST);
        pages = pages.post(path, pages::server_function);
    }
    pages
}

/// The app names its pages; listing them also starts what renders them. One of them stands for all
/// that the server draws whole, which are named one by one.
///
/// They are listed once: meanwhile leptos loads nothing for anybody in the whole process, and a
/// page that another router is rendering would wait for ever.
fn paths_of_app() -> &'static [String] {
    static PATHS: OnceLock<Vec<String>> = OnceLock::new();
    PATHS.get_or_init(|| {
        let pages = leptos_axum::generate_route_list(tokenscope_app::App);
        let paths = pages.iter().map(|page| page.path().to_owned());
        paths.filter(|path| !path.contains('*')).collect()
    })
}

/// Everything that can be asked for.
fn endpoints(app: &App) -> Endpoints {
    let pages = pages().with(|router| {
        router
            .route("/_call/{*function}", post(pages::server_function))
            .fallback(get(pages::page))
            .layer(from_fn_with_state(app.clone(), second_factor::require_first_step))
            .layer(from_fn(login::require_sign_in))
            .layer(from_fn_with_state(app.clone(), setup::lead))
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
                .layer(TraceLayer::new_for_http().make_span_with(span))
                .layer(PropagateRequestIdLayer::x_request_id())
                .layer(from_fn_with_state(app.clone(), headers::secure))
                .layer(from_fn_with_state(app.clone(), errors::explain))
                .layer(TimeoutLayer::with_status_code(
                    StatusCode::SERVICE_UNAVAILABLE,
                    ANSWER_WITHIN,
                ))
                .layer(CatchPanicLayer::custom(errors::panicked)),
        )
        .with_state(app)
}

/// What the log says of a request: never its query, which can hold the token of a link.
fn span(request: &axum::extract::Request) -> tracing::Span {
    tracing::debug_span!("request", method = %request.method(), path = request.uri().path())
}
