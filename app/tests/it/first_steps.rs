use crate::sample;
use crate::site::{Answers, caller, get, keep};
use tokenscope::permission::OrgRole;
use tokenscope::report::{Content, FirstSteps};

async fn overview(steps: Option<FirstSteps>, role: OrgRole) -> String {
    let report = tokenscope::report::OverviewReport {
        first_steps: steps,
        ..sample::without_figures(Content::NothingIngested)
    };
    let answers = Answers { overview: Ok(report), me: Ok(sample::me()) };
    let (status, html) = get("/overview", Some(caller(role)), answers, None).await;
    assert_eq!(status, 200);
    keep("first-steps.html", &html);
    html.replace("<!>", "")
}

#[tokio::test]
async fn first_steps_stand_in_place_of_what_everybody_else_reads() {
    let steps = FirstSteps { has_key: true, has_event: false, has_purchase: false };
    let html = overview(Some(steps), OrgRole::Admin).await;
    for text in [
        "1 of 3 done",
        "data-testid=\"step-key\"",
        "data-done=\"true\"",
        "href=\"/admin/tokens/new\"",
        "Bearer YOUR_KEY",
    ] {
        assert!(html.contains(text), "missing {text}");
    }
    assert!(!html.contains("href=\"/admin/keys\""), "a step that is done asks for it again");
    assert!(!html.contains("data-testid=\"empty-ingested\""));
    let html = overview(None, OrgRole::Manager).await;
    assert!(html.contains("data-testid=\"empty-ingested\"") && !html.contains("checklist"));
}

#[tokio::test]
async fn only_admins_are_offered_to_remove_demo_data() {
    for (role, offered) in [(OrgRole::Manager, false), (OrgRole::Admin, true)] {
        let html = overview(None, role).await;
        assert!(html.contains("Demo data:"), "{role:?}");
        assert_eq!(html.contains("href=\"/admin/demo\""), offered, "{role:?}");
    }
}
