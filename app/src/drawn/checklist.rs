//! The first steps of a new organization.

use super::Paper;
use crate::components::icon::Icon;
use crate::{routes, tr};
use leptos::prelude::*;
use tokenscope::report::FirstSteps;

/// How many steps there are.
const STEPS: i64 = 3;

/// The steps, each with a tick when it is done.
pub fn checklist(steps: FirstSteps) -> AnyView {
    let FirstSteps { has_key, has_event, has_purchase } = steps;
    let done: i64 = [has_key, has_event, has_purchase].map(i64::from).iter().sum();
    let origin = Paper::standing().origin;
    let key = view! {
        <p>{tr!(checklist.key_text)}</p>
        {(!has_key).then(|| link(routes::ORG_KEYS, tr!(checklist.key_link)))}
    };
    let event = (!has_event).then(|| {
        view! {
            <p>{tr!(checklist.event_text)}</p>
            <pre class="code" tabindex="0"><code>{first_event(&origin)}</code></pre>
        }
    });
    let purchase = view! {
        <p>{tr!(checklist.purchase_text)}</p>
        {(!has_purchase).then(|| link(routes::NEW_PURCHASE, tr!(checklist.purchase_link)))}
    };
    view! {
        <section class="card checklist" aria-labelledby="first-title" data-testid="checklist">
            <header class="checklist__head">
                <h2 id="first-title">{tr!(checklist.title)}</h2>
                <p class="badge" data-testid="progress">
                    {tr!(checklist.progress, done = done, total = STEPS)}
                </p>
            </header>
            <p class="hint">{tr!(checklist.lead)}</p>
            <ol class="steps">
                {step("key", tr!(checklist.key), has_key, key.into_any())}
                {step("event", tr!(checklist.event), has_event, event.into_any())}
                {step("purchase", tr!(checklist.purchase), has_purchase, purchase.into_any())}
            </ol>
        </section>
    }
    .into_any()
}

fn step(name: &'static str, title: &'static str, done: bool, content: AnyView) -> AnyView {
    let (icon, state) = match done {
        true => ("done", tr!(checklist.done)),
        false => ("open", tr!(checklist.open)),
    };
    let id = format!("step-{name}");
    view! {
        <li class="step" data-done=done.to_string() data-testid=id>
            <Icon name=icon/>
            <div class="step__body">
                <h3>{title}" "<span class="step__state">{state}</span></h3>
                {content}
            </div>
        </li>
    }
    .into_any()
}

fn link(href: &'static str, words: &'static str) -> AnyView {
    view! { <p><a class="button" href=href>{words}</a></p> }.into_any()
}

/// Sends the first event to this server.
fn first_event(origin: &str) -> String {
    format!(
        r#"curl -X POST "{origin}/api/v1/events" \
  -H "Authorization: Bearer YOUR_KEY" \
  -H "Content-Type: application/json" \
  -d '{{"source": "first-steps", "id": "1", "client_id": "my-app", "api": "my-api"}}'"#
    )
}
