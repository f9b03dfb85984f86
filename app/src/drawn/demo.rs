//! The ribbon of demo data, and its removal.

use super::Paper;
use super::site::{Asked, Drawn};
use crate::answer::{DrawnPage, Frame};
use crate::components::form::{Form, problem};
use crate::components::section::section;
use crate::components::table::{Cell, Head, Table};
use crate::{format, routes, tr};
use leptos::prelude::*;
use tokenscope::fault::Fault;
use tokenscope::setup::DemoContents;

/// Says that the figures are invented; admins can remove them.
pub fn ribbon() -> AnyView {
    let remove = Paper::standing().is_admin.then(|| {
        view! { " "<a href=routes::ADMIN_DEMO>{tr!(demo.remove_link)}</a> }
    });
    view! { <p class="ribbon" data-testid="demo">{tr!(app.demo)}{remove}</p> }.into_any()
}

/// The page `/admin/demo`: what goes and what stays.
pub async fn page(asked: Asked) -> Result<DrawnPage, Fault> {
    let contents = asked.services.removal.demo_contents(asked.caller()?).await?;
    Ok(asked.draw(|asked| {
        let form = Form {
            action: routes::ADMIN_DEMO.into(),
            test_id: "demo-form",
            submit: tr!(demo.submit).to_owned(),
            destroys: true,
            cancel: Some((routes::OVERVIEW.to_owned(), tr!(form.cancel).to_owned())),
            ..Form::default()
        };
        let stays = [tr!(demo.stays_account), tr!(demo.stays_org), tr!(demo.stays_keys)];
        let stays = stays.map(|words| view! { <li>{words}</li> });
        let stays = view! { <ul class="list" data-testid="stays">{stays.to_vec()}</ul> };
        let body = view! {
            {problem(&asked.flash, "", wording)}
            <p>{tr!(demo.lead)}</p>
            {section("goes-title", tr!(demo.goes), goes(contents))}
            {section("stays-title", tr!(demo.stays), stays.into_any())}
            {form.view()}
        };
        Drawn::new(tr!(demo.title), Frame::Form, body.into_any())
    }))
}

fn goes(contents: DemoContents) -> AnyView {
    let DemoContents { events, teams, apps, lots, people } = contents;
    let lines = [
        (tr!(demo.events), events),
        (tr!(demo.teams), teams),
        (tr!(demo.apps), apps),
        (tr!(demo.lots), lots),
        (tr!(demo.people), people),
    ];
    let row = |(words, count): (&str, i64)| {
        vec![Cell::Text(words.to_owned()), Cell::Number(format::count(count))]
    };
    Table {
        id: "demo-contents",
        caption: tr!(demo.caption).to_owned(),
        heads: vec![Head::text(tr!(demo.what)), Head::number(tr!(demo.count))],
        rows: lines.map(row).into(),
        foot: None,
    }
    .view()
}

fn wording(fault: &Fault) -> Option<String> {
    matches!(fault, Fault::Conflict { .. }).then(|| tr!(demo.running).to_owned())
}
