//! What the words and figures of the pages mean. Figures link to their anchors here.

use super::site::{Asked, Drawn};
use crate::answer::{DrawnPage, Frame};
use crate::components::section::section;
use crate::components::table::{Cell, Head, Table};
use crate::{routes, tr};
use leptos::prelude::*;
use tokenscope::fault::Fault;
use tokenscope::permission::Action;

/// The page `/help`.
pub async fn page(asked: Asked) -> Result<DrawnPage, Fault> {
    let builds = asked.caller()?.roles.everywhere(Action::Administer);
    Ok(asked.draw(|_| {
        let parts = [
            ("concepts", tr!(help.concepts), words()),
            ("figures", tr!(help.figures), figures()),
            ("access", tr!(help.states), states()),
            ("keyboard", tr!(help.shortcuts), shortcuts()),
        ];
        let guide = builds.then(|| {
            view! { <p><a href=routes::COMPONENTS>{tr!(help.components)}</a></p> }
        });
        let contents = parts.iter().map(|(id, title, _)| (*id, *title)).collect();
        let parts: Vec<_> =
            parts.into_iter().map(|(id, title, body)| section(id, title, body)).collect();
        let parts = view! { {parts}<div class="section">{guide}</div> };
        let body = view! {
            <p class="hint">{tr!(help.lead)}</p>
            {with_contents(contents, parts.into_any())}
        };
        Drawn::new(tr!(help.title), Frame::Wide, body.into_any())
    }))
}

/// A long page beside the list of its parts: anchor and words of each.
pub fn with_contents(parts: Vec<(&'static str, &'static str)>, body: AnyView) -> AnyView {
    let links: Vec<_> = parts
        .into_iter()
        .map(|(id, title)| {
            view! { <li><a href=format!("#{id}") rel="external">{title}</a></li> }
        })
        .collect();
    view! {
        <div class="guide">
            <nav class="guide__toc" aria-label=tr!(help.contents)><ol>{links}</ol></nav>
            <div class="guide__body">{body}</div>
        </div>
    }
    .into_any()
}

/// A word or figure: its anchor, its name, what it means, and how it is worked out.
type Term = (&'static str, &'static str, &'static str, Option<&'static str>);

fn terms(terms: impl IntoIterator<Item = Term>) -> AnyView {
    let terms: Vec<_> = terms
        .into_iter()
        .map(|(id, name, text, formula)| {
            let formula = formula.map(|formula| {
                view! { <p class="code"><code>{name}" = "{formula}</code></p> }
            });
            view! {
                <div class="term">
                    <h3 id=id>{name}</h3>
                    <p>{text}</p>
                    {formula}
                </div>
            }
        })
        .collect();
    view! { <div class="card terms">{terms}</div> }.into_any()
}

fn words() -> AnyView {
    terms([
        ("token", tr!(help.token), tr!(help.token_text), None),
        ("lot", tr!(help.lot), tr!(help.lot_text), None),
        ("charge", tr!(help.charge), tr!(help.charge_text), None),
        ("grace", tr!(help.grace), tr!(help.grace_text), None),
    ])
}

fn figures() -> AnyView {
    terms([
        ("available", tr!(help.available), tr!(help.available_text), Some(tr!(help.available_is))),
        ("used", tr!(help.used), tr!(help.used_text), Some(tr!(help.used_is))),
        ("total", tr!(help.total), tr!(help.total_text), Some(tr!(help.total_is))),
        ("uncharged", tr!(help.uncharged), tr!(help.uncharged_text), Some(tr!(help.uncharged_is))),
        ("balance", tr!(help.balance), tr!(help.balance_text), Some(tr!(help.balance_is))),
        ("tokens", tr!(help.tokens), tr!(help.tokens_text), Some(tr!(help.tokens_is))),
        ("events", tr!(help.events), tr!(help.events_text), Some(tr!(help.events_is))),
        ("quantity", tr!(help.quantity), tr!(help.quantity_text), Some(tr!(help.quantity_is))),
        ("cost", tr!(help.cost), tr!(help.cost_text), Some(tr!(help.cost_is))),
        ("burn-rate", tr!(help.burn), tr!(help.burn_text), Some(tr!(help.burn_is))),
        ("run-out", tr!(help.runout), tr!(help.runout_text), Some(tr!(help.runout_is))),
        ("change", tr!(help.change), tr!(help.change_text), Some(tr!(help.change_is))),
    ])
}

fn states() -> AnyView {
    let states = [
        ("trial", tr!(help.state_trial), tr!(help.state_trial_text)),
        ("full", tr!(help.state_full), tr!(help.state_full_text)),
        ("grace", tr!(help.state_grace), tr!(help.state_grace_text)),
        ("restricted", tr!(help.state_restricted), tr!(help.state_restricted_text)),
    ];
    let states: Vec<_> = states
        .into_iter()
        .map(|(code, name, text)| {
            view! {
                <div>
                    <dt><span class="badge" data-state=code>{name}</span></dt>
                    <dd>{text}</dd>
                </div>
            }
        })
        .collect();
    view! { <div class="card"><dl class="description">{states}</dl></div> }.into_any()
}

fn shortcuts() -> AnyView {
    let keys = [
        ("Tab", tr!(help.key_tab)),
        ("Enter", tr!(help.key_enter)),
        ("Esc", tr!(help.key_esc)),
        ("← →", tr!(help.key_arrows)),
        ("Home, End", tr!(help.key_ends)),
    ];
    Table {
        id: "keys",
        caption: tr!(help.keys_caption).to_owned(),
        heads: vec![Head::text(tr!(help.key)), Head::text(tr!(help.key_does))],
        rows: keys.map(|(key, does)| vec![Cell::Text(key.into()), Cell::Text(does.into())]).into(),
        foot: None,
    }
    .view()
}
