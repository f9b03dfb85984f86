//! A server with made-up services, for one request.

use crate::absent::Absent;
use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::response::IntoResponse;
use http::{Request, Response, header};
use leptos::config::LeptosOptions;
use leptos::prelude::provide_context;
use std::collections::BTreeSet;
use std::sync::{Arc, Once};
use tokenscope::account::{Chosen, PasswordChange, Profile, SessionList};
use tokenscope::fault::Fault;
use tokenscope::id::{OrgId, PersonId, UserId};
use tokenscope::key::{KeyList, KeyListing, KeyOwner, NewKey};
use tokenscope::oidc::{Departure, Kept, Return, SignOn};
use tokenscope::permission::{OrgRole, Roles};
use tokenscope::preference::Preferences;
use tokenscope::report::{MyReport, OverviewReport, TeamBalance};
use tokenscope::second_factor::{Enrolment, SecondFactor, SignIn, Standing};
use tokenscope::service::{Accounts, AppListing, Caller, Directory, Keys, Live, Reports};
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
impl SecondFactor for NoDirectory {
    async fn standing(&self, _: &Caller) -> Result<Standing, Fault> {
        Err(Fault::Busy)
    }
    async fn enrol(&self, _: &Caller, _: &str, _: &str) -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    async fn enrolment(&self, _: &Caller) -> Result<Option<Enrolment>, Fault> {
        Err(Fault::Busy)
    }
    async fn confirm(&self, _: &Caller, _: &str, _: &str) -> Result<Vec<String>, Fault> {
        Err(Fault::Busy)
    }
    async fn renew_codes(&self, _: &Caller, _: &str, _: &str) -> Result<Vec<String>, Fault> {
        Err(Fault::Busy)
    }
    async fn turn_off(&self, _: &Caller, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    async fn second_step(&self, _: PersonId, _: &str, _: &str) -> Result<Caller, Fault> {
        Err(Fault::Busy)
    }
}

#[async_trait]
impl SignOn for NoDirectory {
    fn name(&self) -> Option<String> {
        None
    }
    async fn depart(&self) -> Result<Departure, Fault> {
        Err(Fault::Busy)
    }
    async fn arrive(&self, _: Kept, _: Return) -> Result<Caller, Fault> {
        Err(Fault::Busy)
    }
}

#[async_trait]
impl Directory for NoDirectory {
    async fn sign_in(&self, _: &str, _: &str, _: &str) -> Result<SignIn, Fault> {
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

struct NoAccounts;

#[async_trait]
impl Accounts for NoAccounts {
    fn origin(&self) -> String {
        "http://127.0.0.1:3000".into()
    }
    fn sends_mail(&self) -> bool {
        true
    }
    async fn profile(&self, _: &Caller) -> Result<Profile, Fault> {
        Err(Fault::Busy)
    }
    async fn rename(&self, _: &Caller, _: &str, _: i64) -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    async fn chosen(&self, _: &Caller) -> Result<Chosen, Fault> {
        Err(Fault::Busy)
    }
    async fn choose(&self, _: &Caller, _: &Preferences, _: i64) -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    async fn sessions(&self, _: &Caller, _: &str) -> Result<SessionList, Fault> {
        Err(Fault::Busy)
    }
    async fn end_session(&self, _: &Caller, _: &str) -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    async fn end_other_sessions(&self, _: &Caller, _: &str) -> Result<u64, Fault> {
        Err(Fault::Busy)
    }
    async fn change_password(
        &self,
        _: &Caller,
        _: PasswordChange<'_>,
        _: &str,
        _: &str,
    ) -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    async fn forgot_password(&self, _: &str, _: &str) -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    async fn may_reset(&self, _: &str) -> Result<bool, Fault> {
        Ok(false)
    }
    async fn reset_password(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        Err(Fault::Busy)
    }
}

struct NoKeys;

#[async_trait]
impl Keys for NoKeys {
    fn may_make(&self, _: &Caller, _: KeyOwner) -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    async fn authenticate(&self, _: &str) -> Result<Caller, Fault> {
        Err(Fault::Busy)
    }
    async fn make(&self, _: &Caller, _: NewKey) -> Result<String, Fault> {
        Err(Fault::Busy)
    }
    async fn list(&self, _: &Caller, _: KeyOwner) -> Result<KeyList, Fault> {
        Err(Fault::Busy)
    }
    async fn key(&self, _: &Caller, _: KeyOwner, _: i64) -> Result<KeyListing, Fault> {
        Err(Fault::Busy)
    }
    async fn revoke(&self, _: &Caller, _: KeyOwner, _: i64) -> Result<(), Fault> {
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
        key: None,
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

struct NothingNew;

#[async_trait]
impl Live for NothingNew {
    async fn stamp(&self, _: &Caller) -> Result<String, Fault> {
        Ok("7-1".into())
    }
}

/// The build of the pages here.
pub const BUILD: &str = "test";

/// Calls a server function as a manager and returns the status and the answer.
pub async fn call(url: &str, body: &str, answers: Answers) -> (u16, String) {
    call_raw(url, format!("\"{BUILD}\"\n{body}"), answers).await
}

/// Calls a server function with exactly this body.
pub async fn call_raw(url: &str, body: String, answers: Answers) -> (u16, String) {
    start();
    let context = context(Some(caller(OrgRole::Manager)), answers, None);
    let request = Request::post(url)
        .header(header::CONTENT_TYPE, "application/x-ndjson")
        .header(header::ACCEPT, "application/json")
        .body(Body::from(body));
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
    let services = Services {
        reports: Arc::new(answers),
        ledger: Arc::new(crate::balance::Books),
        directory: Arc::new(NoDirectory),
        second_factor: Arc::new(NoDirectory),
        sign_on: Arc::new(NoDirectory),
        live: Arc::new(NothingNew),
        accounts: Arc::new(NoAccounts),
        keys: Arc::new(NoKeys),
        setup: Arc::new(Absent),
        purchases: Arc::new(Absent),
        removal: Arc::new(Absent),
        audit: Arc::new(Absent),
    };
    move || {
        provide_context(services.clone());
        provide_context(Session(caller.clone()));
        provide_context(Assets {
            js: "/assets/tokenscope.js".into(),
            wasm: "/assets/tokenscope.wasm".into(),
            css: "main.css".into(),
            icons: "icons.svg".into(),
            favicon: "favicon.svg".into(),
            build: BUILD.into(),
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
