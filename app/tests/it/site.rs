//! A server with made-up services, for one request.

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::response::IntoResponse;
use http::{Request, Response, header};
use leptos::config::LeptosOptions;
use leptos::prelude::provide_context;
use std::collections::BTreeSet;
use std::sync::{Arc, Once};
use tokenscope::fault::Fault;
use tokenscope::id::{OrgId, PersonId, UserId};
use tokenscope::permission::{OrgRole, Roles};
use tokenscope::preference::Preferences;
use tokenscope::report::{MyReport, OverviewReport, TeamBalance};
use tokenscope::service::{AppListing, Caller, Directory, Reports};
use tokenscope::time::Instant;
use tokenscope::view::View;
use tokenscope_app::context::{Assets, Flash, Services, Session};

/// What the made-up services answer.
#[derive(Clone)]
pub struct Answers {
    pub overview: Result<OverviewReport, Fault>,
    pub me: Result<MyReport, Fault>,
}

#[async_trait]
impl Reports for Answers {
    async fn overview(&self, _: &Caller, _: &View) -> Result<OverviewReport, Fault> {
        self.overview.clone()
    }
    async fn me(&self, _: &Caller, _: &View) -> Result<MyReport, Fault> {
        self.me.clone()
    }
    async fn balances(
        &self,
        _: &Caller,
        _: Option<&str>,
        _: Option<Instant>,
    ) -> Result<Vec<TeamBalance>, Fault> {
        Ok(Vec::new())
    }
}

struct NoDirectory;

#[async_trait]
impl Directory for NoDirectory {
    async fn sign_in(&self, _: &str, _: &str, _: &str) -> Result<Caller, Fault> {
        Err(Fault::Busy)
    }
    async fn caller(&self, _: PersonId) -> Result<Caller, Fault> {
        Err(Fault::Busy)
    }
    async fn apps(
        &self,
        _: &Caller,
        _: Option<&str>,
        _: u16,
    ) -> Result<(Vec<AppListing>, bool), Fault> {
        Err(Fault::Busy)
    }
}

/// Somebody with one role in the organization.
pub fn caller(role: OrgRole) -> Caller {
    Caller {
        org: OrgId(1),
        person: Some(PersonId(1)),
        user: Some(UserId(1)),
        name: "Mika <Sato>".into(),
        email: "mika@example.com".into(),
        roles: Roles { org: BTreeSet::from([role]), ..Roles::default() },
        preferences: Preferences::default(),
        scopes: None,
    }
}

/// Asks for a page and returns its status and HTML.
pub async fn get(
    url: &str,
    caller: Option<Caller>,
    answers: Answers,
    flash: Option<Flash>,
) -> (u16, String) {
    start();
    let options = LeptosOptions::builder().output_name("tokenscope").build();
    let app = move || tokenscope_app::shell(options.clone());
    let context = context(caller, answers, flash);
    let handler = leptos_axum::render_app_async_with_context(context, app);
    let request = Request::get(url).header(header::ACCEPT, "text/html").body(Body::empty());
    read(handler(request.unwrap()).await).await
}

/// Calls a server function as a manager and returns the status and the answer.
pub async fn call(url: &str, body: &str, answers: Answers) -> (u16, String) {
    start();
    let context = context(Some(caller(OrgRole::Manager)), answers, None);
    let request = Request::post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .body(Body::from(body.to_owned()));
    let response = leptos_axum::handle_server_fns_with_context(context, request.unwrap()).await;
    read(response.into_response()).await
}

/// Listing the routes starts leptos' executor, as it does in the server.
fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let _ = leptos_axum::generate_route_list(tokenscope_app::App);
    });
}

fn context(
    caller: Option<Caller>,
    answers: Answers,
    flash: Option<Flash>,
) -> impl Fn() + Clone + Send + Sync + 'static {
    let services = Services { reports: Arc::new(answers), directory: Arc::new(NoDirectory) };
    move || {
        provide_context(services.clone());
        provide_context(Session(caller.clone()));
        provide_context(Assets {
            js: "/assets/tokenscope.js".into(),
            wasm: "/assets/tokenscope.wasm".into(),
            css: "main.css".into(),
            icons: "icons.svg".into(),
            favicon: "favicon.svg".into(),
            build: "test".into(),
        });
        if let Some(flash) = flash.clone() {
            provide_context(flash);
        }
    }
}

async fn read(response: Response<Body>) -> (u16, String) {
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// Keeps a page to be looked at.
pub fn keep(name: &str, html: &str) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), html).unwrap();
}
