//! The people, keys and things that the table speaks of, and how an endpoint is asked.

use super::table::Row;
use crate::given::{accepted, assigned, event, lot, organization, rate, send};
use crate::harness::Database;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, header};
use leptos::config::LeptosOptions;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;
use tokenscope::event::{NewEvent, Spender};
use tokenscope::fact::Fact;
use tokenscope::fault::Fault;
use tokenscope::id::OrgId;
use tokenscope::permission::{OrgRole, Scope, TeamRole};
use tokenscope::rate::Rounding;
use tokenscope::service::{Books, Keys};
use tokenscope::time::{HOUR, Instant};
use tokenscope_app::context::Flash;
use tokenscope_server::clock::Clock;
use tokenscope_server::config::Config;
use tokenscope_server::http::assets::Site;
use tokenscope_server::http::router::{App, router};
use tokenscope_server::service::{NewPerson, Service, program};
use tower::ServiceExt;

const PASSWORD: &str = "correct horse battery";

/// Names that stand nowhere by chance, with the letter of each in the table.
pub const MARKS: &[(char, &str)] = &[
    ('o', "Owner Gadget"),
    ('r', "Rouge Gadget"),
    ('b', "Bleu Gadget"),
    ('R', "Rouge Crew"),
    ('B', "Bleu Crew"),
    ('P', "primary@north.example"),
    ('k', "North Gateway Key"),
    ('x', "Vert Gadget"),
    ('X', "Vert Crew"),
    ('K', "South Gateway Key"),
];

/// What an endpoint is asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Question {
    /// The question of a row.
    pub fn of(row: &Row, world: &World) -> Self {
        let mut question = Self {
            method: row.method.clone(),
            path: world.filled(&row.path),
            headers: Vec::new(),
            body: String::new(),
        };
        if row.method == "POST" {
            let (kind, body) = row.body.clone().unwrap_or_default();
            question.body = world.filled(&body);
            if !kind.is_empty() {
                question.headers.push(("content-type".into(), kind.into()));
            }
        }
        question
    }
    /// Without a body.
    pub fn new(method: &str, path: &str) -> Self {
        let (method, path) = (method.to_owned(), path.to_owned());
        Self { method, path, headers: Vec::new(), body: String::new() }
    }
    /// With a body.
    pub fn post(path: &str, kind: &str, body: String) -> Self {
        let headers = vec![("content-type".to_owned(), kind.to_owned())];
        Self { headers, body, ..Self::new("POST", path) }
    }
    /// With further headers.
    pub fn with(mut self, headers: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.headers.extend(headers.iter().map(own));
        self
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Its letter in the table; `!` for what has none.
    pub outcome: char,
    pub headers: HeaderMap,
    pub body: String,
}

/// A program with two organizations in it.
pub struct World {
    pub app: App,
    router: Router,
    /// The cookie or the key of each caller, as a header.
    known: BTreeMap<char, (&'static str, String)>,
    emails: BTreeMap<char, String>,
    spare_key: String,
    numbers: AtomicU32,
    _site: TempDir,
}

impl World {
    /// Makes everything.
    pub async fn make(database: &Database) -> Self {
        let service = Service::new(database.open().await, Clock::system());
        let (app, site) = program_on(service.clone());
        let north = with_things(&service, "north", &NORTH).await;
        let south = with_things(&service, "south", &SOUTH).await;
        let mut world = Self {
            router: router(app.clone()),
            app,
            known: BTreeMap::new(),
            emails: BTreeMap::new(),
            spare_key: String::new(),
            numbers: AtomicU32::new(1),
            _site: site,
        };
        world.add_people(north, "north", PEOPLE).await;
        world.add_people(south, "south", &[('X', "admin", OrgRole::Admin, None)]).await;
        world.add_keys(north, south).await;
        world
    }

    async fn add_people(&mut self, org: OrgId, domain: &str, people: &[PersonLine]) {
        let person = |(_, name, role, team): &PersonLine| NewPerson {
            email: format!("{name}@{domain}.example"),
            name: format!("Somebody {name}"),
            password: PASSWORD.into(),
            role: *role,
            teams: team.map(|(team, role)| (team.to_owned(), role)).into_iter().collect(),
        };
        let added = self.app.service.add_people(org, people.iter().map(person).collect()).await;
        added.unwrap();
        for (letter, name, ..) in people {
            let email = format!("{name}@{domain}.example");
            let form = format!("email={}&password={PASSWORD}", email.replace('@', "%40"));
            let kind = "application/x-www-form-urlencoded";
            let question = Question::post("/login", kind, form.replace(' ', "+"));
            let answer = self.ask('n', &question).await;
            assert_eq!((answer.status, answer.outcome), (303, 'S'), "{email} cannot sign in");
            let cookies = answer.headers.get_all(header::SET_COOKIE).iter();
            let cookies: Vec<&str> = cookies.filter_map(|c| c.to_str().ok()).collect();
            let session = cookies.iter().find(|c| c.starts_with("tokenscope=")).unwrap();
            let pair = session.split(';').next().unwrap().to_owned();
            self.known.insert(*letter, ("cookie", pair));
            self.emails.insert(*letter, email);
        }
    }

    async fn add_keys(&mut self, north: OrgId, south: OrgId) {
        let service = self.app.service.clone();
        let key = async |org: OrgId, name: &str, scope: Scope| {
            service.create(&program(org), name, [scope].into()).await.unwrap()
        };
        for (letter, org, name, scope) in [
            ('i', north, "Key I", Scope::Ingest),
            ('c', north, "Key C", Scope::Check),
            ('r', north, "North Gateway Key", Scope::Read),
            ('a', north, "Key A", Scope::Admin),
            ('z', north, "Key Z", Scope::Read),
            ('y', south, "South Gateway Key", Scope::Read),
        ] {
            let secret = key(org, name, scope).await;
            if letter == 'z' {
                service.revoke_key(&program(north), &secret).await.unwrap();
            }
            self.known.insert(letter, ("authorization", format!("Bearer {secret}")));
        }
        let spare = key(north, "Spare", Scope::Check).await;
        spare.split('_').nth(2).unwrap().clone_into(&mut self.spare_key);
    }

    /// A text with its `{…}` filled in.
    pub fn filled(&self, text: &str) -> String {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        text.replace("{n}", &number.to_string())
            .replace("{id}", &self.spare_key)
            .replace("{number}", &self.spare_key)
            .replace("{team}", "rouge")
            .replace("{*path}", "main.css")
    }

    /// Whether a text is the caller's own e-mail, which stands on all his pages.
    pub fn is_own(&self, caller: char, text: &str) -> bool {
        self.emails.get(&caller).is_some_and(|email| email == text)
    }

    /// Asks as a caller, from an address of its own.
    pub async fn ask(&self, caller: char, question: &Question) -> Answer {
        let mut question = question.clone();
        if let Some((name, value)) = self.known.get(&caller) {
            question.headers.push(((*name).to_owned(), value.clone()));
        }
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        question.headers.push(("x-forwarded-for".into(), format!("198.51.100.{number}")));
        ask(&self.router, question).await
    }
}

/// Asks a router.
pub async fn ask(router: &Router, question: Question) -> Answer {
    let mut request = Request::builder().method(question.method.as_str()).uri(&question.path);
    for (name, value) in &question.headers {
        request = request.header(name, value);
    }
    let request = request.body(Body::from(question.body)).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let status = parts.status.as_u16();
    Answer {
        status,
        outcome: outcome(status, &parts.headers),
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

/// The letter of an answer. A redirect counts as the reason that it takes along.
fn outcome(status: u16, headers: &HeaderMap) -> char {
    let by_status = |status: u16| match status {
        200..300 => '.',
        400 => '0',
        401 => '1',
        403 => '3',
        404 => '4',
        409 => '9',
        422 => '2',
        _ => '!',
    };
    if status != 303 {
        return by_status(status);
    }
    let flash = flash(headers);
    if let Some(fault) = &flash.fault {
        return by_status(Fault::status(fault));
    }
    let to = headers.get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
    match flash.done.as_deref() {
        None if to.starts_with("/login") => 'L',
        Some("expired") => 'L',
        None if ["/", "/me", "/overview"].contains(&to) => 'S',
        _ => '>',
    }
}

fn flash(headers: &HeaderMap) -> Flash {
    let cookies = headers.get_all(header::SET_COOKIE).iter().filter_map(|c| c.to_str().ok());
    let values = cookies.filter_map(|c| c.strip_prefix("tokenscope-flash="));
    let value = values.filter_map(|v| v.split(';').next()).find(|v| !v.is_empty());
    let text = value.and_then(|v| url::form_urlencoded::parse(v.as_bytes()).next());
    text.and_then(|(text, _)| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// A program on a service, with a small front end of its own.
pub fn program_on(service: Service) -> (App, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let manifest = r#"{"build": "t", "js": "/assets/t.js", "wasm": "/assets/t.wasm",
        "css": "/assets/main.css", "public": {"robots.txt": "/assets/robots.txt"}}"#;
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    for (name, text) in [
        ("manifest.json", manifest),
        ("assets/main.css", "body{}"),
        ("assets/robots.txt", "User-agent: *\nDisallow: /\n"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let site = Site::find(Some(folder.path().to_owned()));
    let config = Config { trust_forwarded_for: true, ..Config::default() };
    let app = App {
        service,
        config: Arc::new(config),
        files: site.files().unwrap(),
        site,
        leptos: LeptosOptions::builder().output_name("tokenscope").build(),
        process: "test".into(),
    };
    (app, folder)
}

type PersonLine = (char, &'static str, OrgRole, Option<(&'static str, TeamRole)>);

const PEOPLE: &[PersonLine] = &[
    ('o', "owner", OrgRole::Developer, Some(("rouge", TeamRole::Member))),
    ('f', "foreign", OrgRole::Developer, Some(("bleu", TeamRole::Member))),
    ('m', "member", OrgRole::Developer, Some(("rouge", TeamRole::Member))),
    ('g', "lead", OrgRole::Developer, Some(("rouge", TeamRole::Manager))),
    ('s', "secondary", OrgRole::Developer, Some(("rouge", TeamRole::SecondaryAdmin))),
    ('p', "primary", OrgRole::Developer, Some(("rouge", TeamRole::PrimaryAdmin))),
    ('M', "manager", OrgRole::Manager, None),
    ('A', "admin", OrgRole::Admin, None),
];

/// The name of an app, its owner and its team.
type AppLine = (&'static str, Option<&'static str>, &'static str);

const NORTH: [AppLine; 3] = [
    ("Owner Gadget", Some("owner@north.example"), "Rouge Crew"),
    ("Rouge Gadget", None, "Rouge Crew"),
    ("Bleu Gadget", Some("foreign@north.example"), "Bleu Crew"),
];
const SOUTH: [AppLine; 1] = [("Vert Gadget", None, "Vert Crew")];

/// An organization with apps and teams; every app was used an hour ago, and every team has tokens.
async fn with_things(service: &Service, slug: &str, apps: &[AppLine]) -> OrgId {
    let org = service.create_organization(&organization(slug, "UTC")).await.unwrap();
    let slug_of = |name: &str| name.to_lowercase().replace(' ', "-").replace("-crew", "");
    let mut facts = vec![rate("calls", "1", Rounding::Exact)];
    let crews: BTreeSet<&str> = apps.iter().map(|(.., crew)| *crew).collect();
    for crew in crews {
        facts.push(Fact::Team { slug: slug_of(crew), name: crew.to_owned() });
        facts.push(lot(&slug_of(crew), &slug_of(crew), "1000"));
    }
    for (name, owner, crew) in apps {
        let client_id = slug_of(name);
        facts.push(assigned(&client_id, Some(&slug_of(crew)), Instant::MIN));
        let (name, owner) = ((*name).to_owned(), owner.map(str::to_owned));
        facts.insert(0, Fact::App { client_id, name, owner });
    }
    service.record(&program(org), facts).await.unwrap();
    let used = service.clock().now().plus(-HOUR);
    let used = apps.iter().map(|(name, ..)| {
        let client_id = slug_of(name);
        NewEvent { spender: Spender::ClientId(client_id.clone()), ..event(&client_id, used) }
    });
    let results = send(service, &program(org), used).await;
    assert!(results.iter().all(|result| *result == accepted("1")), "{results:?}");
    org
}
