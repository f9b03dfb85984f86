//! What a request gets that is no good: a clear status and words, for programs and for browsers.

use super::world::{Answer, Question, World, ask, program_on};
use crate::harness::{Backend, Database, on_each_database, run};
use axum::Router;
use axum::http::header;
use tokenscope_server::clock::Clock;
use tokenscope_server::http::router::{listed, router};
use tokenscope_server::service::Service;

const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

on_each_database!(no_request_is_answered_by_silence);

/// Every endpoint, every method, nobody and an admin, program and browser.
async fn no_request_is_answered_by_silence(database: Database) {
    let world = World::make(&database).await;
    let mut paths: Vec<String> = listed(&world.app).into_iter().map(|e| e.path).collect();
    paths
        .extend(["/nowhere", "/assets", "/assets/none.css", "/api", "/_call/none"].map(Into::into));
    paths.sort();
    paths.dedup();
    // The sign-out form would end the session of the others.
    paths.retain(|path| path != "/logout");
    for path in paths {
        for method in METHODS {
            for (caller, accept) in [('n', "*/*"), ('n', BROWSER.1), ('A', BROWSER.1)] {
                let asked = Question::new(method, &world.filled(&path)).with(&[("accept", accept)]);
                let answer = world.ask(caller, &asked).await;
                says_what_happened(&format!("{method} {path} ({accept})"), method, &answer);
            }
        }
    }
}

fn says_what_happened(asked: &str, method: &str, answer: &Answer) {
    let kind = header_of(answer, "content-type");
    assert!(answer.status < 500, "{asked}: {} {}", answer.status, answer.body);
    if answer.status < 400 {
        return;
    }
    let is_worded = ["text/html", "application/problem+json", "application/json"]
        .iter()
        .any(|known| kind.starts_with(known))
        || answer.headers.contains_key("serverfnerror");
    assert!(is_worded, "{asked}: {} without words, but `{kind}`", answer.status);
    assert_eq!(answer.body.is_empty(), method == "HEAD", "{asked}: {}", answer.body);
    assert!(!header_of(answer, "content-security-policy").is_empty(), "{asked}");
    if answer.status == 405 {
        assert!(!header_of(answer, "allow").is_empty(), "{asked}: 405 without Allow");
    }
}

fn header_of(answer: &Answer, name: &str) -> String {
    let value = answer.headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

async fn on_sqlite(test: impl AsyncFnOnce(Router)) {
    let with_app = async |database: Database| {
        let service = Service::new(database.open().await, Clock::system());
        let (app, _site) = program_on(service);
        test(router(app)).await;
    };
    run(Backend::Sqlite, with_app).await;
}

/// A status, words of the problem document, and words of the page in English and in Japanese.
async fn is_said(app: &Router, question: Question, status: u16, says: [&str; 3]) {
    let asked = format!("{} {:.60}", question.method, question.path);
    let program = ask(app, question.clone()).await;
    assert_eq!(program.status, status, "{asked}: {}", program.body);
    assert_eq!(header_of(&program, "content-type"), "application/problem+json", "{asked}");
    let document: serde_json::Value = serde_json::from_str(&program.body).unwrap();
    assert_eq!(document["status"], status, "{asked}");
    let detail = document["detail"].as_str().unwrap_or_default();
    assert!(detail.contains(says[0]), "{asked}: {detail}");
    for (language, words) in [("en", says[1]), ("ja,en;q=0.5", says[2])] {
        let page = question.clone().with(&[BROWSER, ("accept-language", language)]);
        let page = ask(app, page).await;
        assert_eq!(page.status, status, "{asked}");
        assert!(header_of(&page, "content-type").starts_with("text/html"), "{asked}");
        let policy = header_of(&page, "content-security-policy");
        assert!(policy.contains("style-src 'self'") && !policy.contains("unsafe"), "{policy}");
        let lang = format!("<html lang=\"{}\"", &language[..2]);
        assert!(page.body.contains(&lang) && page.body.contains(words), "{asked}: {}", page.body);
        assert!(page.body.contains("/assets/main.css"), "{asked}: no style sheet");
        assert_eq!(page.body.matches("<h1").count(), 1, "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_says_what_to_do() {
    on_sqlite(async |app: Router| {
        let cross_site = Question::post("/login", FORM.1, String::new());
        let cross_site = cross_site.with(&[("sec-fetch-site", "cross-site")]);
        is_said(&app, cross_site, 403, ["open the page and send it", "another site", "別のサイト"])
            .await;
        let wrong = ["the header Allow", "another kind of request", "別の種類のリクエスト"];
        is_said(&app, Question::new("DELETE", "/login"), 405, wrong).await;
        is_said(&app, Question::new("POST", "/overview"), 405, wrong).await;
        is_said(&app, Question::new("POST", "/healthz"), 405, wrong).await;
        let large = "email=".to_owned() + &"x".repeat(70_000);
        let words = ["length limit exceeded", "send less", "内容を減らして"];
        is_said(&app, Question::post("/login", FORM.1, large), 413, words).await;
        let words = ["unsupported content type", "not of a type", "受け付けられる形式ではない"];
        is_said(&app, Question::post("/login", "text/csv", "a,b".into()), 415, words).await;
        let long = format!("/overview?range={}", "7".repeat(9000));
        let words = ["send a shorter one", "fewer filters", "フィルターを減らす"];
        is_said(&app, Question::new("GET", &long), 414, words).await;
        let words = ["nothing at this path", "There is no page", "ページはありません"];
        is_said(&app, Question::new("GET", "/assets/none.css"), 404, words).await;
        let words = ["cannot be read", "damaged", "壊れている"];
        is_said(&app, Question::new("GET", "/assets/%ff"), 400, words).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn head_tells_what_get_would_without_a_body() {
    on_sqlite(async |app: Router| {
        for path in ["/login", "/healthz", "/robots.txt", "/nowhere", "/assets/none.css", "/me"] {
            for accept in ["*/*", BROWSER.1] {
                let [get, head] = ["GET", "HEAD"]
                    .map(|method| Question::new(method, path).with(&[("accept", accept)]));
                let (get, head) = (ask(&app, get).await, ask(&app, head).await);
                assert_eq!(get.status, head.status, "{path}");
                let kind = header::CONTENT_TYPE;
                assert_eq!(get.headers.get(&kind), head.headers.get(&kind), "{path}");
                assert_eq!((head.body.as_str(), head.outcome), ("", get.outcome), "{path}");
            }
        }
    })
    .await;
}

/// Bad escapes, bytes that are no text, repeated headers: nothing falls over.
#[tokio::test(flavor = "multi_thread")]
async fn odd_requests_get_clear_answers() {
    on_sqlite(async |app: Router| {
        let paths = [
            "/%",
            "/%zz",
            "/%ff%fe",
            "/login?next=%ff",
            "/login?next=%zz",
            "/login?%",
            "/login?=&&==",
            "/overview?range=%ff",
            "/me?%00",
            "/login/",
            "//login",
            "/login//",
            "/./login",
            "/assets/..%2f..%2fCargo.toml",
            "/assets/%00",
            "/api/v1/apps?limit=%ff",
            "/api/v1/apps?limit=1&limit=2",
            "/api/v1/%ff",
            "/_call/%ff",
            "/nowhere?a=%e3%81",
            "/login?next=%2F%2Fevil.example",
            "/login?next=/%0d%0aset-cookie:%20a=b",
            "/*",
            "/{id}",
        ];
        let odd: [&[(&str, &str)]; 7] = [
            &[],
            &[
                ("cookie", "tokenscope=nonsense"),
                ("cookie", "tokenscope=%ff; tokenscope-flash=%7b"),
            ],
            &[("cookie", "tokenscope-flash=%7B%22page%22%3A%22%2Flogin%22%2C%22done%22%3A7%7D")],
            &[("authorization", "Bearer tsk_1_1_x"), ("authorization", "Basic eDp5")],
            &[("accept-language", "ja"), ("accept-language", "en;q=x, *;q=2, \u{e9}")],
            &[("accept", "text/html"), ("accept", ";;;,,,"), ("accept-encoding", "br;q=nan")],
            &[("host", "a"), ("host", "b"), ("x-forwarded-for", ","), ("origin", "null")],
        ];
        for path in paths {
            for headers in odd {
                for method in ["GET", "HEAD", "POST", "OPTIONS"] {
                    let asked = Question::new(method, path).with(headers);
                    let answer = ask(&app, asked).await;
                    says_what_happened(&format!("{method} {path} {headers:?}"), method, &answer);
                    let cookies = answer.headers.get_all(header::SET_COOKIE);
                    let planted = cookies.iter().any(|c| c.as_bytes().starts_with(b"a=b"));
                    assert!(!planted, "{path} sets a cookie");
                }
            }
        }
    })
    .await;
}
