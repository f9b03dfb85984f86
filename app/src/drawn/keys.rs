//! API keys: one's own and the organization's.

use super::account::layout;
use super::admin;
use super::site::{Asked, Drawn};
use crate::answer::{DrawnPage, Frame};
use crate::components::empty::Empty;
use crate::components::field::{Field, Kind};
use crate::components::form::{Form, common, problem};
use crate::components::table::{Cell, Head, Table};
use crate::context::Flash;
use crate::{format, routes, text, tr};
use leptos::prelude::*;
use std::collections::BTreeSet;
use tokenscope::fault::{Fault, Needs};
use tokenscope::key::{KeyList, KeyListing, KeyOwner, KeyState, Lifetime};
use tokenscope::permission::Scope;
use tokenscope::time::{Instant, Zone};

/// The page `/account/keys`.
pub async fn own(asked: Asked) -> Result<DrawnPage, Fault> {
    list(asked, KeyOwner::Myself).await
}

/// The page `/admin/keys`.
pub async fn of_organization(asked: Asked) -> Result<DrawnPage, Fault> {
    list(asked, KeyOwner::Organization).await
}

/// The page `/account/keys/new`.
pub async fn new_own(asked: Asked) -> Result<DrawnPage, Fault> {
    new(asked, KeyOwner::Myself).await
}

/// The page `/admin/keys/new`.
pub async fn new_of_organization(asked: Asked) -> Result<DrawnPage, Fault> {
    new(asked, KeyOwner::Organization).await
}

/// The page `/account/keys/{number}/revoke`.
pub async fn revoke_own(asked: Asked) -> Result<DrawnPage, Fault> {
    revoke(asked, KeyOwner::Myself).await
}

/// The page `/admin/keys/{number}/revoke`.
pub async fn revoke_of_organization(asked: Asked) -> Result<DrawnPage, Fault> {
    revoke(asked, KeyOwner::Organization).await
}

/// One's own keys stand among the pages of the account.
fn framed(owner: KeyOwner, content: AnyView) -> AnyView {
    match owner {
        KeyOwner::Myself => layout(routes::OWN_KEYS, content),
        KeyOwner::Organization => view! { {admin::pages(routes::ORG_KEYS)}{content} }.into_any(),
    }
}

async fn list(asked: Asked, owner: KeyOwner) -> Result<DrawnPage, Fault> {
    let list = asked.services.keys.list(asked.caller()?, owner).await?;
    let origin = asked.services.accounts.origin();
    Ok(asked.draw(|asked| {
        let (title, lead) = match owner {
            KeyOwner::Myself => (tr!(keys.own_title), tr!(keys.own_lead)),
            KeyOwner::Organization => (tr!(keys.org_title), tr!(keys.org_lead)),
        };
        let secret = asked.flash.secret.as_deref().map(|key| secret(key, &list, &origin));
        let new = if list.may_change {
            view! {
                <p class="page-action">
                    <a class="button button--primary" href=routes::new_key(owner)>
                        {tr!(keys.new)}
                    </a>
                </p>
            }
            .into_any()
        } else {
            view! { <p class="hint" data-testid="read-only">{tr!(keys.read_only)}</p> }.into_any()
        };
        let body = view! {
            <p class="hint">{lead}</p>
            {problem(&asked.flash, "", common)}
            {secret}
            {new}
            {table(list, owner)}
        };
        Drawn::new(title, Frame::Wide, framed(owner, body.into_any()))
    }))
}

/// The secret of a key that was just made, and what to do with it.
fn secret(key: &str, list: &KeyList, origin: &str) -> AnyView {
    let made = list.keys.iter().find(|listed| key.starts_with(&listed.prefix));
    let scopes = made.map(|made| made.scopes.clone()).unwrap_or_default();
    let example = example(key, &scopes, origin).map(|command| {
        view! {
            <p>{tr!(keys.try_it)}</p>
            <pre class="code" tabindex="0"><code data-testid="key-example">{command}</code></pre>
        }
    });
    view! {
        <section class="card once" aria-labelledby="once-title" data-testid="new-key">
            <h2 id="once-title">{tr!(keys.once_title)}</h2>
            <p>{tr!(keys.once_text)}</p>
            <pre class="code code--whole" tabindex="0"><code data-testid="key-secret">
                {key.to_owned()}
            </code></pre>
            {example}
        </section>
    }
    .into_any()
}

/// A command that shows that the key works.
fn example(key: &str, scopes: &BTreeSet<Scope>, origin: &str) -> Option<String> {
    let bearer = format!("-H 'Authorization: Bearer {key}'");
    if scopes.contains(&Scope::Read) {
        return Some(format!("curl {origin}/api/v1/balance {bearer}"));
    }
    let sends = scopes.contains(&Scope::Ingest) || scopes.contains(&Scope::IngestRated);
    sends.then(|| {
        format!(
            "curl {origin}/api/v1/events {bearer} \\\n  -H 'Content-Type: application/json' \\\n  \
             -d '{{\"source\": \"curl\", \"id\": \"1\", \"client_id\": \"my-app\", \
             \"api\": \"llm\"}}'"
        )
    })
}

fn table(list: KeyList, owner: KeyOwner) -> AnyView {
    let KeyList { keys, may_change, zone } = list;
    if keys.is_empty() {
        let text = match owner {
            KeyOwner::Myself => tr!(keys.own_empty),
            KeyOwner::Organization => tr!(keys.org_empty),
        };
        return Empty {
            name: "empty-keys",
            icon: "lock",
            title: Some(tr!(keys.none)),
            lines: vec![text.to_owned()],
            ..Empty::default()
        }
        .view();
    }
    let mut heads = vec![
        Head::text(tr!(keys.name)),
        Head::text(tr!(keys.key)),
        Head::text(tr!(keys.scopes)),
        Head::text(tr!(keys.state)),
        Head::text(tr!(keys.created)),
        Head::text(tr!(keys.used)),
        Head::text(tr!(keys.expires)),
    ];
    if may_change {
        heads.push(Head::text(tr!(keys.action)));
    }
    Table {
        id: "keys",
        caption: tr!(keys.caption, zone = zone.name.clone()),
        heads,
        rows: keys.into_iter().map(|key| row(key, owner, may_change, &zone)).collect(),
        foot: None,
    }
    .view()
}

fn row(key: KeyListing, owner: KeyOwner, may_change: bool, zone: &Zone) -> Vec<Cell> {
    let time = |at: Option<Instant>, none: &str| match at {
        Some(at) => Cell::Time(at.rfc3339(), format::date_time(at, zone)),
        None => Cell::Text(none.to_owned()),
    };
    let state = match key.state {
        KeyState::Active => Cell::State("ok", tr!(keys.active)),
        KeyState::Expired => Cell::State("grace", tr!(keys.expired)),
        KeyState::Revoked => Cell::State("failed", tr!(keys.revoked)),
    };
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.code()).collect();
    let prefix = format!("{}…", key.prefix);
    let revoke = (key.state != KeyState::Revoked).then(|| {
        let (href, name) = (revoke_path(owner, key.number), key.name.clone());
        let label = tr!(keys.revoke_named, name = name);
        view! {
            <a class="button button--quiet" href=href aria-label=label>{tr!(keys.revoke)}</a>
        }
    });
    let mut cells = vec![
        Cell::Text(key.name),
        Cell::View(view! { <code>{prefix}</code> }.into_any()),
        Cell::Text(scopes.join(", ")),
        state,
        time(Some(key.created_at), ""),
        time(key.used_at, tr!(keys.never_used)),
        time(key.expires_at, tr!(keys.never)),
    ];
    if may_change {
        cells.push(Cell::View(revoke.into_any()));
    }
    cells
}

fn revoke_path(owner: KeyOwner, number: i64) -> String {
    format!("{}/{number}/revoke", routes::keys(owner))
}

async fn new(asked: Asked, owner: KeyOwner) -> Result<DrawnPage, Fault> {
    let list = asked.services.keys.list(asked.caller()?, owner).await?;
    if !list.may_change {
        return Err(Fault::Forbidden { needs: Needs::Admin });
    }
    Ok(asked.draw(|asked| {
        let flash = &asked.flash;
        let name =
            Field::new("name", tr!(keys.name), Kind::Text).hint(tr!(keys.name_hint)).required();
        let lifetimes = Lifetime::ALL.map(|lifetime| (lifetime.code().into(), words(lifetime)));
        let lifetime = Field::new("lifetime", tr!(keys.lifetime), Kind::Select(lifetimes.into()))
            .hint(tr!(keys.lifetime_hint))
            .value(Lifetime::default().code());
        let form = Form {
            action: routes::keys(owner).into(),
            test_id: "key-form",
            fields: vec![name.view(flash), scopes(owner, flash), lifetime.view(flash)],
            submit: tr!(keys.make).to_owned(),
            cancel: Some((routes::keys(owner).into(), tr!(form.cancel).to_owned())),
            ..Form::default()
        };
        let body = view! { {problem(flash, "", common)}{form.view()} };
        Drawn::new(tr!(keys.new), Frame::Form, framed(owner, body.into_any()))
    }))
}

fn words(lifetime: Lifetime) -> String {
    match lifetime {
        Lifetime::Endless => tr!(keys.endless).to_owned(),
        Lifetime::Days30 => tr!(keys.days, count = 30),
        Lifetime::Days90 => tr!(keys.days, count = 90),
        Lifetime::Days365 => tr!(keys.days, count = 365),
    }
}

/// What a key may be used for, to be ticked.
fn scopes(owner: KeyOwner, flash: &Flash) -> AnyView {
    let wrong = flash.field("scopes").map(text::field_fault);
    let state = wrong.is_some().then_some("wrong");
    let wrong = wrong.map(|wrong| view! { <p class="field__wrong">{wrong}</p> });
    let boxes: Vec<AnyView> = owner
        .scopes()
        .iter()
        .map(|scope| {
            let (name, explained) = scope_field(*scope);
            // The first is what most keys are for.
            let ticked = owner.scopes().first() == Some(scope);
            let field = Field::new(name, scope.code(), Kind::Check).hint(explained);
            field.value(if ticked { "yes" } else { "" }).view(flash)
        })
        .collect();
    view! {
        <fieldset class="field field--choice" id="scopes" tabindex="-1" data-state=state>
            <legend>{tr!(keys.scopes)}</legend>
            {wrong}
            {boxes}
        </fieldset>
    }
    .into_any()
}

/// The name of a scope's box, and what the scope opens.
fn scope_field(scope: Scope) -> (&'static str, &'static str) {
    match scope {
        Scope::Ingest => ("scope-ingest", tr!(keys.ingest)),
        Scope::IngestRated => ("scope-ingest-rated", tr!(keys.ingest_rated)),
        Scope::Check => ("scope-check", tr!(keys.check)),
        Scope::Read => ("scope-read", tr!(keys.read)),
        Scope::Admin => ("scope-admin", tr!(keys.admin)),
    }
}

async fn revoke(asked: Asked, owner: KeyOwner) -> Result<DrawnPage, Fault> {
    let number = asked.segments.first().and_then(|text| text.parse().ok()).unwrap_or(0);
    asked.services.keys.may_make(asked.caller()?, owner)?;
    let key = asked.services.keys.key(asked.caller()?, owner, number).await?;
    if key.state == KeyState::Revoked {
        return Err(Fault::NotFound { what: "a key of this number that is not revoked".into() });
    }
    let zone = asked.services.keys.list(asked.caller()?, owner).await?.zone;
    Ok(asked.draw(|_| {
        let used = match key.used_at {
            Some(at) => tr!(keys.last_used, at = format::date_time(at, &zone)),
            None => tr!(keys.not_used_yet).to_owned(),
        };
        let stops: Vec<_> =
            key.scopes.iter().map(|scope| view! { <li>{stops(*scope)}</li> }).collect();
        let form = Form {
            action: revoke_path(owner, number),
            test_id: "revoke-form",
            fields: vec![
                view! {
                    <p>
                        <strong>{key.name.clone()}</strong>" "<code>{key.prefix.clone()}"…"</code>
                    </p>
                    <p>{used}</p>
                    <p>{tr!(keys.stops)}</p>
                    <ul>{stops}</ul>
                    <p>{tr!(keys.for_ever)}</p>
                }
                .into_any(),
            ],
            submit: tr!(keys.revoke_now).to_owned(),
            destroys: true,
            cancel: Some((routes::keys(owner).into(), tr!(form.cancel).to_owned())),
            ..Form::default()
        };
        Drawn::new(tr!(keys.revoke_title), Frame::Form, framed(owner, form.view()))
    }))
}

/// What no longer works without a scope.
fn stops(scope: Scope) -> &'static str {
    match scope {
        Scope::Ingest => tr!(keys.stops_ingest),
        Scope::IngestRated => tr!(keys.stops_ingest_rated),
        Scope::Check => tr!(keys.stops_check),
        Scope::Read => tr!(keys.stops_read),
        Scope::Admin => tr!(keys.stops_admin),
    }
}
