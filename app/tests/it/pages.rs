use crate::sample;
use crate::site::{Answers, call, caller, get, keep};
use tokenscope::fault::{Fault, Needs};
use tokenscope::permission::OrgRole;
use tokenscope::report::{Content, Preset};
use tokenscope_app::context::Flash;

fn answers() -> Answers {
    Answers { overview: Ok(sample::overview()), me: Ok(sample::me()) }
}

async fn page(name: &str, url: &str, answers: Answers) -> (u16, String) {
    let (status, html) = get(url, Some(caller(OrgRole::Manager)), answers, None).await;
    keep(name, &html);
    is_clean(&html);
    (status, html)
}

/// What the content security policy and the visitor's language rule out.
fn is_clean(html: &str) {
    assert!(!html.contains(" style="), "inline style");
    assert!(!html.contains("<style"), "inline style sheet");
    for handler in [" onclick", " onload", " onchange", " onerror", "javascript:"] {
        assert!(!html.contains(handler), "inline handler {handler}");
    }
    let scripts = html.matches("<script").count();
    assert_eq!(html.matches(" nonce=\"").count(), scripts, "a script without nonce");
    assert_eq!(html.matches("<h1").count(), 1, "one heading a page");
    assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\""), "{}", &html[..80]);
}

fn has(html: &str, texts: &[&str]) {
    // Hydration markers stand between text nodes.
    let plain = html.replace("<!>", "");
    for text in texts {
        assert!(plain.contains(text), "missing {text}");
    }
}

#[tokio::test]
async fn the_overview_shows_balances_chart_and_tables() {
    let (status, html) = page("overview.html", "/overview", answers()).await;
    assert_eq!(status, 200);
    let report = sample::overview();
    let total = tokenscope_app::format::full(report.usage.total);
    has(
        &html,
        &[
            "<title>Overview · Tokenscope</title>",
            "25 Oct – 21 Nov 2026",
            "All days in Asia/Tokyo",
            "Demo data",
            "1,234,567.25 tokens",
            "data-health=\"good\"",
            "data-health=\"low\"",
            "Restricted since 12 Nov 2026",
            "Grace until 27 Nov 2026",
            "Uncharged",
            "12 % more than the 28 days before",
            "Model Derivative used most:",
            &total,
            "Others",
            "In progress",
            "<th scope=\"row\">",
            "Plant twin",
            "&lt;Viewer&gt; kiosk",
            "Mika &lt;Sato&gt;",
            "Newest event accepted 21 Nov 2026, 06:12",
        ],
    );
}

#[tokio::test]
async fn every_preset_is_a_link_and_the_current_one_is_marked() {
    let (_, html) = page("overview-7d.html", "/overview?range=7d&metric=events", answers()).await;
    has(
        &html,
        &[
            "href=\"/overview?range=today&amp;metric=events\"",
            "href=\"/overview?metric=events\"",
            "href=\"/overview?range=7d\"",
        ],
    );
    let current = html.split("aria-current=\"true\"").count() - 1;
    assert_eq!(current, 2, "one range and one metric");
}

#[tokio::test]
async fn values_that_are_not_understood_leave_a_notice() {
    let url = "/overview?range=foo&metric=%3Cscript%3E&colour=red";
    let (status, html) = page("notices.html", url, answers()).await;
    assert_eq!(status, 200);
    has(
        &html,
        &[
            "Unknown range “foo” was ignored; showing the last 28 days.",
            "Unknown metric “&lt;script&gt;” was ignored; showing tokens.",
            "Unknown setting “colour” was ignored.",
        ],
    );
}

#[tokio::test]
async fn long_ranges_and_many_columns_are_drawn() {
    for (name, preset) in [
        ("overview-today.html", Preset::Today),
        ("overview-90d.html", Preset::Days90),
        ("overview-12m.html", Preset::Months12),
        ("overview-all.html", Preset::All),
    ] {
        let overview = Ok(sample::overview_of(preset, 10));
        let url = format!("/overview?range={}", preset.code());
        let (_, html) = page(name, &url, Answers { overview, ..answers() }).await;
        has(&html, &["<g class=\"layer-0\">", "class=\"layer-9\""]);
    }
}

#[tokio::test]
async fn an_empty_organization_is_told_how_to_send_the_first_event() {
    let overview = Ok(sample::without_figures(Content::NothingIngested));
    let (_, html) = page("empty.html", "/overview", Answers { overview, ..answers() }).await;
    has(&html, &["No usage yet", "/api/v1/events", "$TOKENSCOPE_KEY"]);
    assert!(!html.contains("data-testid=\"chart\""));
}

#[tokio::test]
async fn an_empty_range_offers_to_widen() {
    let overview = Ok(sample::without_figures(Content::NothingInRange));
    let answers = Answers { overview, ..answers() };
    let (_, html) = page("empty-range.html", "/overview?range=today", answers).await;
    has(&html, &["Nothing in this range", "href=\"/overview?range=all\""]);
}

#[tokio::test]
async fn who_may_not_see_the_overview_learns_who_can_grant_it() {
    let refused = Fault::Forbidden { needs: Needs::Manager };
    let answers = Answers { overview: Err(refused), ..answers() };
    let asker = Some(caller(OrgRole::Developer));
    let (status, html) = get("/overview", asker, answers, None).await;
    keep("denied.html", &html);
    assert_eq!(status, 403);
    has(&html, &["You may not see this page", "An admin of your organization", "href=\"/me\""]);
    assert!(!html.contains("href=\"/overview\" aria-current=\"page\""), "navigation by permission");
}

#[tokio::test]
async fn an_ended_session_leads_back_after_signing_in() {
    let (status, html) = get("/me?range=7d", None, answers(), None).await;
    assert_eq!(status, 401);
    has(&html, &["You are signed out", "href=\"/login?next=/me%3Frange%3D7d\""]);
}

#[tokio::test]
async fn a_failure_shows_its_incident_and_offers_to_retry() {
    let overview = Err(Fault::Internal { incident: "abc123".into() });
    let (status, html) = page("fault.html", "/overview", Answers { overview, ..answers() }).await;
    assert_eq!(status, 500);
    has(&html, &["abc123", "Try again"]);
}

#[tokio::test]
async fn my_page_shows_what_is_mine() {
    let (status, html) = page("me.html", "/me", answers()).await;
    assert_eq!(status, 200);
    has(
        &html,
        &[
            "<title>My usage · Tokenscope</title>",
            "Whom to ask",
            "mailto:ayu@example.com",
            "21 Nov 2026, 06:15",
            "Failed",
            "12 job",
            "complex",
        ],
    );
}

#[tokio::test]
async fn the_sign_in_form_keeps_the_email_and_names_the_problem() {
    let flash = Flash {
        page: "/login".into(),
        fault: Some(Fault::Unauthenticated { reason: "wrong".into() }),
        values: [("email".to_owned(), "mika@example.com".to_owned())].into(),
        ..Flash::default()
    };
    let (status, html) = get("/login?next=/me", None, answers(), Some(flash)).await;
    keep("login.html", &html);
    is_clean(&html);
    assert_eq!(status, 200);
    has(
        &html,
        &[
            "role=\"alert\"",
            "The e-mail or the password is wrong.",
            "value=\"mika@example.com\"",
            "name=\"next\" value=\"/me\"",
            "action=\"/login\"",
            "<label for=\"email\">",
        ],
    );
    let (_, html) = get("/login?next=//evil.example", None, answers(), None).await;
    keep("login-plain.html", &html);
    has(&html, &["name=\"next\" value=\"/\""]);
    assert!(!html.contains("role=\"alert\""));
}

#[tokio::test]
async fn an_unknown_address_is_not_found() {
    let (status, html) = page("not-found.html", "/nowhere", answers()).await;
    assert_eq!(status, 404);
    has(&html, &["Page not found"]);
}

#[tokio::test]
async fn a_call_that_cannot_be_read_is_the_callers_fault() {
    let body = "{\"view\": {\"range\": \"tomorrow\"}}";
    let (status, answer) = call("/_call/overview", body, answers()).await;
    assert_eq!(status, 400, "{answer}");
    assert!(answer.contains("malformed"), "{answer}");
}

#[tokio::test]
async fn a_call_answers_with_the_figures_and_the_drawing() {
    let body = "{\"view\": {\"range\": {\"Preset\": \"Days7\"}, \"metric\": \"Tokens\"}}";
    for page in ["overview", "me"] {
        let (status, answer) = call(&format!("/_call/{page}"), body, answers()).await;
        assert_eq!(status, 200, "{answer}");
        assert!(answer.contains("layer-0"), "{answer}");
        keep(&format!("{page}.json"), &answer);
    }
}

#[tokio::test]
async fn a_call_with_dates_beyond_any_url_is_refused() {
    let days = "{\"Days\": {\"from\": \"0001-01-01\", \"to\": \"9999-12-31\"}}";
    let body = format!("{{\"view\": {{\"range\": {days}, \"metric\": \"Tokens\"}}}}");
    let (status, answer) = call("/_call/me", &body, answers()).await;
    assert_eq!(status, 422, "{answer}");
}
