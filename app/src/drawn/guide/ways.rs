//! Ways around, what opens, and what stands in the place of something.

use super::{below, beside, text};
use crate::components::breadcrumb::breadcrumb;
use crate::components::chip::chips;
use crate::components::dialog::Dialog;
use crate::components::empty::{Empty, denied};
use crate::components::icon::Icon;
use crate::components::menu::menu;
use crate::components::skeleton::skeleton;
use crate::components::tabs::{Tab, tabs};
use crate::{routes, tr};
use leptos::prelude::*;
use tokenscope::fault::Needs;

pub(super) fn dialogs() -> AnyView {
    let dialog = Dialog {
        id: "guide-dialog",
        opens: tr!(guide.dialog_opens).to_owned(),
        title: tr!(guide.dialog_title).to_owned(),
        body: text(tr!(guide.dialog_text)),
        actions: view! {
            <a class="button button--danger" href=routes::COMPONENTS>{tr!(guide.danger)}</a>
        }
        .into_any(),
        page: routes::COMPONENTS.to_owned(),
        destroys: true,
    };
    let list = view! {
        <ul>
            <li><a class="nav__item" href=routes::HELP>{tr!(app.help)}</a></li>
            <li>
                <a class="nav__item" href=routes::COMPONENTS aria-current="page">
                    {tr!(guide.long_text)}
                </a>
            </li>
        </ul>
    };
    let button = view! { {tr!(form.actions)}<Icon name="chevron"/> };
    let menu = menu("menu menu--start", None, button.into_any(), list.into_any());
    view! { <div class="card row">{dialog.view()}{menu}</div> }.into_any()
}

pub(super) fn ways() -> AnyView {
    let above = vec![
        (routes::HELP.to_owned(), tr!(app.help).to_owned()),
        (routes::COMPONENTS.to_owned(), tr!(guide.title).to_owned()),
    ];
    let tab = |text: &'static str, count: Option<&str>, current: bool| Tab {
        href: "#ways".into(),
        text: text.into(),
        count: count.map(Into::into),
        current,
    };
    let all = vec![
        tab(tr!(guide.usage_tab), None, true),
        tab(tr!(guide.members_tab), Some("12"), false),
        tab(tr!(guide.settings_tab), None, false),
    ];
    let filters = [tr!(guide.filter_team), tr!(guide.filter_api), tr!(guide.long_text)];
    let filters = filters.map(|name| (name.to_owned(), routes::COMPONENTS.to_owned()));
    let parts = below(vec![
        breadcrumb(above, tr!(guide.ways)),
        tabs(tr!(guide.team), all),
        chips(filters.into()),
    ]);
    view! { <div class="card">{parts}</div> }.into_any()
}

pub(super) fn empties() -> AnyView {
    let nothing = Empty {
        name: "guide-empty",
        icon: "empty",
        title: Some(tr!(empty.range_title)),
        lines: vec![tr!(guide.long_text).to_owned()],
        code: Some("curl \"$TOKENSCOPE_URL/api/v1/events\""),
        link: Some((routes::COMPONENTS.to_owned(), tr!(empty.range_link))),
        ..Empty::default()
    };
    let failed = Empty {
        name: "guide-fault",
        icon: "warning",
        title: Some(tr!(fault.title)),
        lines: vec![tr!(fault.internal, incident = "0000-specimen")],
        link: Some((routes::COMPONENTS.to_owned(), tr!(fault.retry))),
        ..Empty::default()
    };
    let waiting = view! { <div class="card">{skeleton(4)}</div> };
    beside(vec![nothing.view(), failed.view(), denied(Needs::Admin).view(), waiting.into_any()])
}
