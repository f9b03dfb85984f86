//! Colours, letters, and what stands on a page without being touched.

use super::{beside, specimen, text};
use crate::charts::palette;
use crate::components::badge::{Tone, badge};
use crate::components::card::card;
use crate::components::description::description;
use crate::components::icon::Icon;
use crate::components::notice::notice;
use crate::components::swatch::Swatch;
use crate::tr;
use leptos::prelude::*;

/// The colours of the style sheet that are no series.
const COLOURS: [&str; 21] = [
    "paper",
    "surface",
    "surface-2",
    "ink",
    "ink-2",
    "line",
    "line-strong",
    "accent",
    "accent-soft",
    "good",
    "good-soft",
    "good-ink",
    "bad",
    "bad-soft",
    "bad-ink",
    "warn",
    "warn-soft",
    "warn-ink",
    "info",
    "info-soft",
    "info-ink",
];

pub(super) fn colours() -> AnyView {
    let colours: Vec<_> = COLOURS
        .iter()
        .map(|name| {
            let class = format!("paint paint--{name}");
            view! {
                <div class="specimen"><span class=class></span><code>{*name}</code></div>
            }
        })
        .collect();
    let hues = (0..palette::LIGHT.len()).filter_map(|hue| u8::try_from(hue).ok()).map(Some);
    let hues: Vec<_> = hues.chain([Some(8), None]).map(|hue| view! { <Swatch hue/> }).collect();
    view! {
        <div class="card specimens">
            <div class="specimens specimens--paint">{colours}</div>
            {specimen(tr!(guide.series), view! { <p>{hues}</p> }.into_any())}
        </div>
    }
    .into_any()
}

pub(super) fn letters() -> AnyView {
    let sizes: Vec<_> = ["xxl", "xl", "l", "m", "s", "xs"]
        .into_iter()
        .map(|size| {
            let class = format!("letter letter--{size}");
            view! {
                <p class=class>
                    {tr!(guide.team)}" "<span class="number">"1,234.5"</span>
                </p>
            }
        })
        .collect();
    let japanese = view! { <p lang="ja">{tr!(guide.japanese_text)}</p> };
    view! {
        <div class="card specimens">
            {sizes}
            {specimen(tr!(guide.long), text(tr!(guide.long_text)))}
            {specimen(tr!(guide.japanese), japanese.into_any())}
        </div>
    }
    .into_any()
}

/// All but `brand` and what browsers show of their own.
const ICONS: [&str; 38] = [
    "overview", "me", "balance", "admin", "apps", "team", "key", "lock", "clock", "warning",
    "check", "info", "plus", "minus", "close", "chevron", "download", "filter", "calendar", "sort",
    "sun", "moon", "language", "menu", "sign-out", "copy", "token", "help", "external", "trash",
    "edit", "session", "empty", "brand", "account", "done", "open", "tokens",
];

pub(super) fn icons() -> AnyView {
    let icons: Vec<_> = ICONS
        .iter()
        .map(|name| {
            view! { <li><Icon name=*name/><code>{*name}</code></li> }
        })
        .collect();
    view! { <div class="card"><ul class="icons">{icons}</ul></div> }.into_any()
}

pub(super) fn badges() -> AnyView {
    let tones = [
        (Tone::Plain, tr!(help.token)),
        (Tone::Info, tr!(help.state_trial)),
        (Tone::Good, tr!(help.state_full)),
        (Tone::Warn, tr!(help.state_grace)),
        (Tone::Bad, tr!(help.state_restricted)),
    ];
    let badges: Vec<_> = tones.into_iter().map(|(tone, words)| badge(tone, words)).collect();
    view! { <div class="card row">{badges}</div> }.into_any()
}

pub(super) fn notices() -> AnyView {
    let more = || text(tr!(guide.notice_text));
    view! {
        <div class="specimens">
            {notice(Tone::Info, tr!(guide.info), more())}
            {notice(Tone::Good, tr!(guide.success), ().into_any())}
            {notice(Tone::Warn, tr!(guide.warning), more())}
            {notice(Tone::Bad, tr!(guide.refused), text(tr!(guide.long_text)))}
        </div>
    }
    .into_any()
}

pub(super) fn cards() -> AnyView {
    let rows = |name: &'static str| {
        vec![
            (tr!(guide.name).to_owned(), name.into_any()),
            (tr!(guide.owner).to_owned(), "Mika Sato".into_any()),
            (tr!(guide.state).to_owned(), badge(Tone::Good, tr!(help.state_full))),
        ]
    };
    let action = view! {
        <a class="button button--small" href="#cards" rel="external">{tr!(guide.small)}</a>
    };
    let normal =
        card("card-normal", tr!(guide.team), action.into_any(), description(rows(tr!(guide.team))));
    let long = card(
        "card-long",
        tr!(guide.long_text),
        badge(Tone::Warn, tr!(help.state_grace)),
        description(rows(tr!(guide.long_text))),
    );
    beside(vec![specimen(tr!(guide.normal), normal), specimen(tr!(guide.long), long)])
}
