//! The help, the living style guide, and what stands around every page.

use crate::pages::{answers, has, is_clean};
use crate::site::{caller, get, keep};
use tokenscope::permission::OrgRole;
use tokenscope_app::context::Flash;

async fn page(path: &str, role: OrgRole) -> (u16, String) {
    let (status, html) = get(path, Some(caller(role)), answers(), None).await;
    keep(&format!("{}-{role:?}.html", path.trim_start_matches('/').replace('/', "-")), &html);
    is_clean(&html);
    (status, html)
}

#[tokio::test]
async fn every_figure_is_explained_under_an_anchor() {
    let (status, html) = page("/help", OrgRole::Developer).await;
    assert_eq!(status, 200);
    for anchor in ["balance", "available", "used", "burn-rate", "run-out", "uncharged", "change"] {
        has(&html, &[&format!("<h3 id=\"{anchor}\"")]);
    }
    for word in ["token", "lot", "charge", "grace", "access"] {
        has(&html, &[&format!(" id=\"{word}\"")]);
    }
    assert!(!html.contains("/help/components"), "only for admins");
}

#[tokio::test]
async fn the_style_guide_shows_every_icon_that_there_is() {
    let (status, html) = page("/help/components", OrgRole::Admin).await;
    assert_eq!(status, 200);
    let sprite = include_str!("../../../public/icons.svg");
    let names = sprite.split("<symbol id=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let names: Vec<&str> = names.collect();
    assert!(names.len() > 30, "{names:?}");
    for name in &names {
        assert!(html.contains(&format!("icons.svg#{name}\"")), "{name} is not shown");
    }
    // And every icon that a page names is in the sprite.
    for used in html.split("icons.svg#").skip(1).filter_map(|rest| rest.split(['"', '\\']).next()) {
        assert!(names.contains(&used), "there is no icon {used}");
    }
}

#[tokio::test]
async fn every_id_of_the_style_guide_stands_once() {
    let (_, html) = page("/help/components", OrgRole::Admin).await;
    let ids: Vec<&str> =
        html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    for (n, id) in ids.iter().enumerate() {
        assert!(!ids[n + 1..].contains(id), "{id} stands twice");
    }
    let pointers = ["aria-labelledby=\"", "aria-describedby=\"", " for=\"", "commandfor=\""];
    for pointer in pointers {
        for target in html.split(pointer).skip(1).filter_map(|rest| rest.split('"').next()) {
            for target in target.split(' ') {
                assert!(ids.contains(&target), "{pointer}{target} points nowhere");
            }
        }
    }
}

#[tokio::test]
async fn the_style_guide_is_for_admins() {
    for role in [OrgRole::Developer, OrgRole::Manager] {
        let (status, html) = page("/help/components", role).await;
        assert_eq!(status, 403, "{role:?}");
        has(&html, &["You may not see this page", "the role admin"]);
        assert!(!html.contains("guide-dialog"));
    }
}

#[tokio::test]
async fn the_navigation_shows_what_the_role_opens() {
    let links = [
        (OrgRole::Developer, vec!["/me"]),
        (OrgRole::Manager, vec!["/overview", "/me", "/balance", "/admin/tokens"]),
        (OrgRole::Admin, vec!["/overview", "/me", "/balance", "/admin/tokens"]),
    ];
    for (role, wanted) in links {
        let (_, html) = page("/help", role).await;
        let nav = html.split("class=\"nav\"").nth(1).unwrap().split("</nav>").next().unwrap();
        let found: Vec<&str> =
            nav.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let found: Vec<&str> = found.into_iter().filter(|href| href.starts_with('/')).collect();
        assert_eq!(found, wanted, "{role:?}");
        has(&html, &["action=\"/logout\"", "mika@example.com", "href=\"/account/preferences\""]);
    }
    let (_, html) = get("/login", None, answers(), None).await;
    assert!(!html.contains("<nav"), "nothing to go to before one is signed in");
    assert!(!html.contains("<footer"));
}

#[tokio::test]
async fn what_a_form_has_done_is_said_above_the_page() {
    let flash =
        Flash { page: "/login".into(), done: Some("signed-out".into()), ..Flash::default() };
    let (_, html) = get("/login", None, answers(), Some(flash)).await;
    has(&html, &["role=\"status\"", "You are signed out."]);
    let (_, html) = get("/login", None, answers(), None).await;
    assert!(!html.contains("data-testid=\"notice\""));
}
