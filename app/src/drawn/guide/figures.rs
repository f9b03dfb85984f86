//! Figures and tables.

use super::{below, specimen};
use crate::components::badge::Tone;
use crate::components::donut::donut;
use crate::components::empty::Empty;
use crate::components::figure::Figure;
use crate::components::meter::Meter;
use crate::components::pager::Pager;
use crate::components::stat::{Stat, stats};
use crate::components::table::{Cell, Head, Order, Table};
use crate::{format, routes, tr};
use leptos::prelude::*;
use tokenscope::tokens::MICRO;

fn unit() -> String {
    tr!(unit.tokens).to_owned()
}

pub(super) fn figures() -> AnyView {
    let stat = |micro: i64, about: Option<&str>, note: &'static str| Stat {
        label: tr!(metric.tokens_used).to_owned(),
        about: about.map(|anchor| format!("{}#{anchor}", routes::HELP)),
        micro,
        unit: unit(),
        note: note.to_owned(),
    };
    let normal = stats(vec![
        stat(1_234_567 * MICRO, Some("tokens"), tr!(guide.note)),
        stat(20 * MICRO, None, ""),
        stat(0, Some("tokens"), tr!(guide.long_text)),
        stat(1, None, ""),
    ]);
    let huge =
        stats(vec![stat(i64::MAX, Some("tokens"), tr!(guide.note)), stat(i64::MIN + 1, None, "")]);
    below(vec![
        view! { <p class="hint">{tr!(guide.hover)}</p> }.into_any(),
        specimen(tr!(guide.normal), normal),
        specimen(tr!(guide.huge), huge),
    ])
}

pub(super) fn rings() -> AnyView {
    let ring = |percent: i64, health: &'static str| {
        let middle = view! {
            <Figure micro=percent * 1234 * MICRO unit=unit()/>
            <span class="ring__label">{tr!(balance.available)}</span>
        };
        let label = tr!(guide.ring, percent = percent);
        let ring = donut(label, percent, 100, middle.into_any());
        view! { <div class="balance" data-health=health>{ring}</div> }
    };
    let meter = |part: i64, whole: i64, tone: Tone| {
        let (a, b) = (format::compact(part * MICRO), format::compact(whole * MICRO));
        Meter {
            label: tr!(guide.budget).to_owned(),
            of: (part, whole),
            text: tr!(guide.meter, part = a, whole = b),
            tone,
        }
        .view()
    };
    view! {
        <div class="card specimens">
            <div class="row">
                {ring(62, "good")}{ring(12, "low")}{ring(100, "good")}{ring(0, "none")}
            </div>
            {meter(0, 5000, Tone::Plain)}
            {meter(1, 5000, Tone::Plain)}
            {meter(3100, 5000, Tone::Good)}
            {meter(4500, 5000, Tone::Warn)}
            {meter(7200, 5000, Tone::Bad)}
        </div>
    }
    .into_any()
}

fn heads() -> Vec<Head> {
    let here = "#tables";
    vec![
        Head::text(tr!(table.app)).sorted(here, Some(Order::Up)),
        Head::text(tr!(guide.state)).sorted(here, None),
        Head::number(tr!(table.tokens)).sorted(here, Some(Order::Down)),
        Head::number(tr!(table.share)),
        Head::actions(),
    ]
}

fn row(name: &str, tone: Tone, state: &str, tokens: i64) -> Vec<Cell> {
    let edit = view! {
        <a class="button button--quiet button--small" href="#tables" rel="external"
            aria-label=format!("{} {name}", tr!(guide.small))>{tr!(guide.small)}</a>
    };
    vec![
        Cell::Link("#tables".into(), name.into()),
        Cell::Badge(tone, state.into()),
        Cell::Number(format::full(tokens)),
        Cell::Number(format::share(tokens, i64::MAX).unwrap_or_default()),
        Cell::Actions(edit.into_any()),
    ]
}

pub(super) fn tables() -> AnyView {
    // One column a table is sorted by; two show both directions.
    let (good, bad) = (tr!(help.state_full), tr!(help.state_restricted));
    let rows = vec![
        row("Plant twin", Tone::Good, good, i64::MAX),
        row(tr!(guide.long_text), Tone::Bad, bad, 12_340_500_000),
        row("a-client-id-that-nobody-ever-thought-of-breaking-anywhere", Tone::Good, good, 1),
        row("図面ビューアー（東京本社・設計部）", Tone::Good, good, 0),
    ];
    let total = vec![
        Cell::Text(tr!(table.total).to_owned()),
        Cell::Text(String::new()),
        Cell::Number(format::full(i64::MAX)),
        Cell::Number(format::whole_percent(100)),
        Cell::Text(String::new()),
    ];
    let caption = || tr!(guide.caption).to_owned();
    let full =
        Table { id: "guide-table", caption: caption(), heads: heads(), rows, foot: Some(total) };
    let none = Table {
        id: "guide-none",
        caption: caption(),
        heads: heads(),
        rows: Vec::new(),
        foot: None,
    };
    let nothing = || Empty {
        name: "guide-nothing",
        icon: "apps",
        title: Some(tr!(guide.nothing_title)),
        lines: vec![tr!(guide.nothing_text).to_owned()],
        link: Some(("#tables".into(), tr!(guide.create))),
        leaves: true,
        ..Empty::default()
    };
    let pager = Pager::new(2, 25, 240, |_| "#tables".to_owned());
    below(vec![
        specimen(tr!(guide.normal), full.list(nothing(), Some(pager))),
        specimen(tr!(guide.nothing), none.list(nothing(), None)),
    ])
}
