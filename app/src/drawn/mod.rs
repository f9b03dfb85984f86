//! Draws reports, on the server only: what has no behaviour becomes HTML here.

mod balance;
mod chart;
mod contacts;
mod events;
mod frame;
mod login;
pub mod navigation;
mod nothing;
pub mod notices;
mod ranked;
pub mod site;
mod summary;
mod usage_table;

use crate::answer::{ReportPage, UsageView};
use crate::components::section;
use crate::context::{Assets, Reading, Visitor};
use crate::i18n::Locale;
use crate::{routes, text, tr};
use leptos::prelude::*;
use std::sync::Arc;
use tokenscope::report::{Content, Frame, MyReport, OverviewReport, TeamBalance, UsageSeries};
use tokenscope::view::View;

/// What drawing takes from a request. It is read before the first `.await`, because the context
/// is gone after it when the client hangs up.
pub struct Paper {
    locale: Locale,
    icons: String,
}

impl Paper {
    /// Of the request that is being answered.
    pub fn from_context() -> Self {
        let icons = use_context::<Assets>().map(|assets| assets.icons).unwrap_or_default();
        let reading = use_context::<Reading>().unwrap_or_default();
        Self { locale: text::locale_of(reading.language), icons }
    }
    /// Draws with this language and these icons.
    pub fn with<T>(&self, draw: impl FnOnce() -> T) -> T {
        Owner::new().with(|| {
            provide_context(self.locale);
            provide_context(Visitor { icons: self.icons.clone(), ..Visitor::default() });
            draw()
        })
    }
}

/// The page `/overview`.
pub fn overview(report: OverviewReport, view: &View) -> ReportPage {
    let OverviewReport { frame, teams, usage, top_apps } = report;
    let frame = Arc::new(frame);
    let cards = (!teams.is_empty()).then(|| cards(teams, &frame));
    let before = [
        Some(frame::range_line(&frame)),
        cards.map(|cards| section::section("teams-title", tr!(overview.teams), cards)),
    ];
    let after = if frame.content == Content::Figures {
        let apps = ranked::ranked_table(top_apps, view.metric, tr!(table.team), &frame);
        section::section("apps-title", tr!(overview.apps), apps)
    } else {
        nothing::no_figures(&frame, routes::OVERVIEW, view)
    };
    ReportPage {
        before: html(before.into_iter().flatten()),
        usage: usage_view(tr!(overview.usage), usage, &frame, view),
        after: html([after, frame::freshness(&frame)]),
    }
}

/// The page `/me`.
pub fn me(report: MyReport, view: &View) -> ReportPage {
    let MyReport { frame, teams, usage, by_app_and_api, recent, contacts } = report;
    let frame = Arc::new(frame);
    let cards = if teams.is_empty() {
        view! { <p class="hint">{tr!(me.no_teams)}</p> }.into_any()
    } else {
        cards(teams, &frame)
    };
    let list = if frame.content == Content::Figures {
        let table = ranked::ranked_table(by_app_and_api, view.metric, tr!(table.api), &frame);
        section::section("apps-title", tr!(me.apps), table)
    } else {
        nothing::no_figures(&frame, routes::ME, view)
    };
    let recent = events::events_table(recent, &frame);
    let contacts = contacts::contacts_table(contacts);
    ReportPage {
        before: html([
            frame::range_line(&frame),
            section::section("teams-title", tr!(me.teams), cards),
        ]),
        usage: usage_view(tr!(me.usage), usage, &frame, view),
        after: html([
            list,
            section::section("recent-title", tr!(me.recent), recent),
            section::section("contacts-title", tr!(me.contacts), contacts),
            frame::freshness(&frame),
        ]),
    }
}

fn cards(teams: Vec<TeamBalance>, frame: &Arc<Frame>) -> AnyView {
    let frame = frame.clone();
    view! { <balance::TeamCards teams frame/> }.into_any()
}

fn usage_view(title: &str, usage: UsageSeries, frame: &Frame, view: &View) -> Option<UsageView> {
    (frame.content == Content::Figures).then(|| UsageView {
        title: title.to_owned(),
        summary: html([summary::usage_summary(&usage, frame, view)]),
        by_api: html([usage_table::by_api(&usage, frame)]),
        by_bucket: html([usage_table::by_column(&usage, frame)]),
        chart: chart::chart_view(&usage, frame),
    })
}

fn html(parts: impl IntoIterator<Item = AnyView>) -> String {
    parts.into_iter().map(|part| part.to_html()).collect()
}
