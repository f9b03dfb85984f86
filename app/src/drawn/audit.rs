//! What was done in the books.

use crate::answer::{DrawnPage, Frame};
use crate::components::empty::Empty;
use crate::components::field::{Field, Kind};
use crate::components::form::Form;
use crate::components::table::{Cell, Head, Table};
use crate::drawn::admin;
use crate::drawn::site::{Asked, Drawn};
use crate::{format, routes, tr};
use leptos::prelude::*;
use std::collections::BTreeMap;
use tokenscope::audit::{ACTIONS, Actor, AuditLine, AuditPage, AuditQuestion};
use tokenscope::fault::Fault;
use tokenscope::time::Zone;

/// Entries of one page.
const LINES: u16 = 50;
/// Characters of a hash that are shown; the whole one is in the downloads of the interface.
const HASH: usize = 12;
/// What a filter by words may hold at most.
const WORDS: usize = 200;

/// The page `/admin/audit`.
pub async fn page(asked: Asked) -> Result<DrawnPage, Fault> {
    let question = question(&asked.query);
    let page = asked.services.audit.audit(asked.caller()?, &question).await?;
    Ok(asked.draw(|asked| {
        let filtered = AuditQuestion { before: None, ..question.clone() }
            != AuditQuestion { limit: LINES, ..AuditQuestion::default() };
        let content = if page.lines.is_empty() { empty(filtered) } else { table(&page) };
        let body = view! {
            {admin::pages(routes::AUDIT)}
            <p class="hint">{tr!(audit.lead)}</p>
            {form(asked, &question, filtered)}
            {content}
            {pager(&page, &question)}
        };
        Drawn::new(tr!(audit.title), Frame::Wide, body.into_any())
    }))
}

/// What the URL asks for. What it says wrongly is left out.
fn question(query: &BTreeMap<String, String>) -> AuditQuestion {
    let text = |name: &str| query.get(name).map(|text| text.trim()).filter(|t| !t.is_empty());
    let action = text("action").filter(|action| ACTIONS.contains(action));
    let subject = text("subject").filter(|subject| subject.len() <= WORDS);
    AuditQuestion {
        action: action.map(ToOwned::to_owned),
        subject: subject.map(ToOwned::to_owned),
        first_day: text("from").and_then(|day| day.parse().ok()),
        last_day: text("to").and_then(|day| day.parse().ok()),
        before: text("before").and_then(|entry| entry.parse().ok()),
        limit: LINES,
        ..AuditQuestion::default()
    }
}

/// The URL of a question; `before` names the part of the list.
fn url(question: &AuditQuestion, before: Option<i64>) -> String {
    let day = |day: Option<tokenscope::time::Date>| day.map(|day| day.to_string());
    let pairs = [
        ("action", question.action.clone()),
        ("subject", question.subject.clone()),
        ("from", day(question.first_day)),
        ("to", day(question.last_day)),
        ("before", before.map(|entry| entry.to_string())),
    ];
    let given = pairs.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
    routes::with_query(routes::AUDIT, given)
}

fn form(asked: &Asked, question: &AuditQuestion, filtered: bool) -> AnyView {
    let all = (String::new(), tr!(audit.all).to_owned());
    let actions = ACTIONS.map(|action| (action.to_owned(), name(action).to_owned()));
    let actions = [all].into_iter().chain(actions).collect();
    let day = |day: Option<tokenscope::time::Date>| day.map(|d| d.to_string()).unwrap_or_default();
    let fields = [
        Field::new("action", tr!(audit.action), Kind::Select(actions))
            .value(question.action.clone().unwrap_or_default()),
        Field::new("subject", tr!(audit.subject), Kind::Text)
            .hint(tr!(audit.subject_hint))
            .value(question.subject.clone().unwrap_or_default()),
        Field::new("from", tr!(audit.from), Kind::Date).value(day(question.first_day)),
        Field::new("to", tr!(audit.to), Kind::Date).value(day(question.last_day)),
    ];
    let form = Form {
        action: routes::AUDIT.into(),
        asks: true,
        test_id: "audit-filter",
        fields: fields.into_iter().map(|field| field.view(&asked.flash)).collect(),
        submit: tr!(audit.filter).to_owned(),
        cancel: filtered.then(|| (routes::AUDIT.to_owned(), tr!(audit.reset).to_owned())),
        ..Form::default()
    };
    let open = filtered.then_some("");
    view! {
        <details class="audit__filter" open=open>
            <summary>{tr!(audit.filter_title)}</summary>
            {form.view()}
        </details>
    }
    .into_any()
}

fn empty(filtered: bool) -> AnyView {
    let (title, line) = match filtered {
        true => (tr!(audit.none_found), tr!(audit.none_found_text)),
        false => (tr!(audit.none), tr!(audit.none_text)),
    };
    Empty {
        name: "empty-audit",
        icon: "empty",
        title: Some(title),
        lines: vec![line.to_owned()],
        ..Empty::default()
    }
    .view()
}

fn table(page: &AuditPage) -> AnyView {
    Table {
        id: "audit",
        caption: tr!(audit.caption, zone = page.zone.name.clone()),
        heads: vec![
            Head::text(tr!(audit.entry)),
            Head::text(tr!(audit.time)),
            Head::text(tr!(audit.who)),
            Head::text(tr!(audit.action)),
            Head::text(tr!(audit.subject)),
            Head::text(tr!(audit.content)),
            Head::text(tr!(audit.hash)),
        ],
        rows: page.lines.iter().map(|line| row(line, &page.zone)).collect(),
        foot: None,
    }
    .view()
}

fn row(line: &AuditLine, zone: &Zone) -> Vec<Cell> {
    let content = line.content.clone();
    let hash: String = line.hash.chars().take(HASH).collect();
    vec![
        Cell::Text(format::count(line.entry)),
        Cell::Time(line.at.rfc3339(), format::date_time(line.at, zone)),
        Cell::Text(who(line)),
        Cell::Text(name(&line.action).to_owned()),
        Cell::View(view! { <code>{line.subject.clone()}</code> }.into_any()),
        Cell::View(view! { <code class="audit__content">{content}</code> }.into_any()),
        Cell::View(view! { <code>{hash}</code> }.into_any()),
    ]
}

fn who(line: &AuditLine) -> String {
    match (line.actor, line.name.clone()) {
        (Actor::Program, _) => tr!(audit.program).to_owned(),
        (Actor::Key(_), Some(name)) => tr!(audit.key, name = name),
        (Actor::Key(number), None) => tr!(audit.key, name = number.to_string()),
        (Actor::Person(_), Some(name)) => name,
        (Actor::Person(person), None) => tr!(audit.erased, number = person.0.to_string()),
    }
}

/// What people call an action.
fn name(action: &str) -> &'static str {
    match action {
        "team" => tr!(audit.a_team),
        "trial" => tr!(audit.a_trial),
        "policy" => tr!(audit.a_policy),
        "app" => tr!(audit.a_app),
        "assignment" => tr!(audit.a_assignment),
        "api" => tr!(audit.a_api),
        "rate" => tr!(audit.a_rate),
        "lot" => tr!(audit.a_lot),
        "void" => tr!(audit.a_void),
        "transfer" => tr!(audit.a_transfer),
        "unblock" => tr!(audit.a_unblock),
        "owner" => tr!(audit.a_owner),
        "payer" => tr!(audit.a_payer),
        "product" => tr!(audit.a_product),
        "close" => tr!(audit.a_close),
        "correction" => tr!(audit.a_correction),
        "key_made" => tr!(audit.a_key_made),
        "key_revoked" => tr!(audit.a_key_revoked),
        "demo_removed" => tr!(audit.a_demo_removed),
        "restored" => tr!(audit.a_restored),
        _ => tr!(audit.a_other),
    }
}

fn pager(page: &AuditPage, question: &AuditQuestion) -> Option<AnyView> {
    let newest = question.before.map(|_| url(question, None));
    let older = page.next.map(|next| url(question, Some(next)));
    let link = |href: Option<String>, words: &'static str, rel: &'static str| {
        href.map(|href| view! { <a class="button button--small" href=href rel=rel>{words}</a> })
    };
    (newest.is_some() || older.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label=tr!(form.pages)>
                <span class="row">
                    {link(newest, tr!(audit.newest), "first")}
                    {link(older, tr!(audit.older), "next")}
                </span>
            </nav>
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_its_url() {
        let read = |query: &[(&str, &str)]| {
            let pairs = query.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            question(&pairs.collect())
        };
        let asked = read(&[
            ("action", "lot"),
            ("subject", "lot:a b"),
            ("from", "2026-10-01"),
            ("to", "2026-10-31"),
            ("before", "77"),
        ]);
        let expected = "/admin/audit?action=lot&subject=lot%3Aa%20b&from=2026-10-01&to=2026-10-31\
                        &before=77";
        assert_eq!(url(&asked, asked.before), expected);
        let wrong = read(&[("action", "cat"), ("from", "soon"), ("before", "x"), ("subject", " ")]);
        assert_eq!(url(&wrong, wrong.before), "/admin/audit");
    }
}
