use crate::sample;
use crate::site::{Answers, call, call_raw, caller, get, keep};
use tokenscope::fault::{Fault, Needs};
use tokenscope::permission::OrgRole;
use tokenscope::report::{Content, Preset};
use tokenscope_app::context::Flash;

pub fn answers() -> Answers {
    Answers { overview: Ok(sample::overview()), me: Ok(sample::me()) }
}

async fn page(name: &str, url: &str, answers: Answers) -> (u16, String) {
    let (status, html) = get(url, Some(caller(OrgRole::Manager)), answers, None).await;
    keep(name, &html);
    is_clean(&html);
    (status, html)
}

/// What the content security policy and the visitor's language rule out.
pub fn is_clean(html: &str) {
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

pub fn has(html: &str, texts: &[&str]) {
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
            "Newest event accepted 3 min ago (21 Nov 2026, 06:12)",
            "mean of the last 28 complete days",
            "mean of the 5 complete days since the first usage",
            "30 Jan 2027, in 70 days",
            "80 % likely between 12 Jan 2027 and 20 Feb 2027",
            "Tomorrow, 22 Nov 2026",
            "80 % likely on 22 Nov 2026 or later",
            "They have run out",
            "Not within five years",
            "nothing was used lately",
        ],
    );
}

#[tokio::test]
async fn the_overview_says_what_needs_attention() {
    let (_, html) = page("overview-alerts.html", "/overview", answers()).await;
    has(
        &html,
        &[
            "Research &lt;lab&gt; is restricted since 12 Nov 2026",
            "Visualisation has used more than its lots cover",
            "No event came for 24 hours",
            "expected to run out of tokens on 22 Nov 2026",
            "Field engineering has 18 % of its active tokens left",
            "lose 1.25k tokens that expire unused on 11 Dec 2026",
            "when 1,234 of its events of the last 28 days came",
            "new-api is used (7 events in the last 28 days)",
            "href=\"#expiring-title\"",
            "href=\"#team-field\"",
        ],
    );
}

#[tokio::test]
async fn lists_of_teams_and_lots_add_up() {
    let (_, html) = page("overview-lists.html", "/overview", answers()).await;
    has(
        &html,
        &[
            "Cloud credit",
            "1,250.5",
            "Usage that no lot covers, by team",
            "12,480",
            // Nine teams alone, three more and what nobody pays for together.
            "Team 8",
            "4 more teams",
            "9,100",
        ],
    );
    assert!(!html.contains("Team 9<"), "the tenth team stands with the others");
    let mut overview = sample::overview();
    overview.expiring.clear();
    overview.uncharged.clear();
    overview.alerts.clear();
    let answers = Answers { overview: Ok(overview), ..answers() };
    let (_, html) = page("overview-calm.html", "/overview", answers).await;
    has(&html, &["No lot with tokens left expires", "Every team’s usage is covered"]);
    assert!(!html.contains("Needs attention"));
}

#[tokio::test]
async fn the_view_is_offered_as_files() {
    let (_, html) = page("downloads.html", "/overview?range=7d", answers()).await;
    for ending in ["csv", "svg", "json"] {
        has(&html, &[&format!("href=\"/overview.{ending}?range=7d\" download")]);
    }
    let (_, html) = page("downloads-me.html", "/me", answers()).await;
    has(&html, &["href=\"/me.csv\" download"]);
}

#[tokio::test]
async fn a_comparison_with_the_year_before_says_so() {
    let body = "{\"view\": {\"compare\": \"YearBefore\"}}";
    let (_, answer) = call("/_call/overview", body, answers()).await;
    assert!(answer.contains("12 % more than the same days a year before"), "{answer}");
}

#[tokio::test]
async fn what_filters_hide_is_said() {
    let mut overview = sample::without_figures(Content::NothingInRange);
    overview.frame.unknown = vec!["no<where".into()];
    overview.frame.grain_refused = Some(tokenscope::time::Grain::Hour);
    let answers = Answers { overview: Ok(overview), ..answers() };
    let filters =
        "{\"api\": [{\"slug\": \"no<where\", \"not\": false}], \"app\": [], \"team\": []}";
    let body = format!("{{\"view\": {{\"filters\": {filters}}}}}");
    let (_, answer) = call("/_call/overview", &body, answers).await;
    for text in ["“no<where” in the filter", "Nothing matches these filters", "usual length"] {
        assert!(answer.contains(text), "missing {text} in {answer}");
    }
}

#[tokio::test]
async fn the_chart_carries_where_its_parts_lead() {
    let (_, answer) = call("/_call/overview", "{\"view\": {}}", answers()).await;
    for text in [
        "\"slug\":\"model-derivative\"",
        "\"slug\":null,\"url\":null",
        "/overview?from=2026-10-25&to=2026-10-25",
        "12 % more",
    ] {
        assert!(answer.contains(text), "missing {text} in {answer}");
    }
}

#[test]
fn the_drawing_is_a_file_of_its_own() {
    use tokenscope::preference::Language;
    let report = sample::overview();
    for (language, words) in [
        (Language::En, ["Usage by API", "Others", "In progress"]),
        (Language::Ja, ["API別使用量", "その他", "集計中"]),
    ] {
        let view = tokenscope::view::View::default();
        let svg = tokenscope_app::drawn::download::svg(
            language,
            "/overview",
            &view,
            &report.frame,
            &report.usage,
        );
        keep(&format!("overview-{}.svg", language.code()), &svg);
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"960\""));
        for text in words.into_iter().chain(["Northwind Robotics", "<text", "#5B1A19"]) {
            assert!(svg.contains(text), "missing {text}");
        }
        for forbidden in ["style=", "<style", "class=\"tick", "var(", "href"] {
            assert!(!svg.contains(forbidden), "{forbidden}");
        }
        assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count());
    }
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
    assert_eq!(current, 4, "the range at its two places, metric and comparison");
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
    assert!(!html.contains("data-testid=\"controls\""), "nothing to control");
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
            "Limits and whom to ask",
            "mailto:ayu@example.com",
            "21 Nov 2026, 06:15",
            "Failed",
            "12 job",
            "complex",
            "Top API:",
            "14 days of grace",
            "An admin has to unblock the team after payment.",
            "Calls that cost more than is available are refused.",
            "No primary admin yet",
        ],
    );
}

#[tokio::test]
async fn instants_are_written_in_the_zone_of_the_reader() {
    let mut me = sample::me();
    let zone = tokenscope::time::Zone::new("America/Sao_Paulo".into(), -3 * 3600, vec![]);
    me.frame.instants = Some(zone);
    let (_, html) = page("me-zone.html", "/me", Answers { me: Ok(me), ..answers() }).await;
    has(
        &html,
        &[
            "times in America/Sao_Paulo",
            "20 Nov 2026, 18:15",
            "(20 Nov 2026, 18:12 America/Sao_Paulo)",
            "All days in Asia/Tokyo",
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

#[tokio::test]
async fn filters_are_chips_that_can_be_taken_away() {
    let url = "/overview?range=90d&api=model-derivative&app=!a%20%26%20b&hide=webhooks";
    let (_, html) = page("filters.html", url, answers()).await;
    has(
        &html,
        &[
            ">API: Model Derivative</a>",
            ">App: all but a &amp; b</a>",
            "aria-label=\"Remove the filter App: all but a &amp; b\"",
            "href=\"/overview?range=90d&amp;app=!a%20%26%20b&amp;hide=webhooks\"",
            "href=\"/overview?range=90d&amp;api=model-derivative&amp;hide=webhooks\"",
            "href=\"/overview?range=90d&amp;hide=webhooks\"",
            "Clear all",
            "<input type=\"hidden\" name=\"app\" value=\"!a &amp; b\"",
            "data-dim=\"4\"",
        ],
    );
    let (_, html) = page("no-filters.html", "/overview", answers()).await;
    assert!(!html.contains("data-testid=\"filters\""));
}

#[tokio::test]
async fn lengths_of_columns_are_offered_where_they_suit() {
    let (_, html) = page("grains.html", "/overview?range=90d&grain=week", answers()).await;
    has(&html, &["href=\"/overview?range=90d&amp;grain=month\"", "Automatic", "Year before"]);
    assert!(!html.contains("grain=hour"));
    // A length that does not suit the other range is given up with the link to it.
    has(&html, &["href=\"/overview?range=today\"", "href=\"/overview?grain=week\""]);
    let (_, html) = page("one-grain.html", "/overview?range=today", answers()).await;
    assert!(!html.contains("data-testid=\"grains\""));
}

#[tokio::test]
async fn a_call_of_another_build_is_told_so_before_it_is_read() {
    for path in ["/_call/overview", "/_call/me", "/_call/draw", "/_call/pulse"] {
        let body = "\"yesterday\"\nno arguments of today".to_owned();
        let (status, answer) = call_raw(path, body, answers()).await;
        assert_eq!(status, 409, "{path}: {answer}");
        assert!(answer.contains("stale"), "{answer}");
        let (status, answer) = call_raw(path, "{}".to_owned(), answers()).await;
        assert_eq!(status, 400, "{path}: {answer}");
    }
}

#[tokio::test]
async fn the_pulse_names_the_state_and_reports_carry_it() {
    let (status, answer) = call("/_call/pulse", "{}", answers()).await;
    assert_eq!((status, answer.as_str()), (200, "\"7-1\""));
    let body = "{\"view\": {}}";
    let (_, answer) = call("/_call/me", body, answers()).await;
    assert!(answer.starts_with("{\"stamp\":\"7-1\","), "{}", &answer[..60]);
}

#[tokio::test]
async fn a_call_with_more_filters_than_any_url_is_refused() {
    let term = "{\"slug\": \"a\", \"not\": false}";
    let terms = vec![term; 51].join(",");
    let body =
        format!("{{\"view\": {{\"filters\": {{\"api\": [{terms}], \"app\": [], \"team\": []}}}}}}");
    let (status, answer) = call("/_call/me", &body, answers()).await;
    assert_eq!(status, 422, "{answer}");
}
