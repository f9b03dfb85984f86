//! Draws reports, on the server only: what has no behaviour becomes HTML here.

mod account;
mod admin;
mod alerts;
mod audit;
mod balance;
mod chart;
mod checklist;
mod contacts;
mod demo;
pub mod download;
mod events;
mod frame;
mod guide;
mod help;
mod keys;
mod kinds;
mod links;
mod login;
mod lots;
pub mod mails;
pub mod navigation;
mod nothing;
pub mod notices;
mod password;
mod qr;
mod ranked;
mod setup;
pub mod shell;
pub mod site;
pub mod stop;
mod summary;
pub mod tokens;
mod two_factor;
mod usage_table;

pub use login::leaving;

use crate::answer::{ReportPage, UsageView};
use crate::components::section;
use crate::context::{Assets, Origin, Reading, Session, Visitor};
use crate::i18n::Locale;
use crate::{routes, text, tr};
use leptos::prelude::*;
use links::Links;
use std::sync::Arc;
use tokenscope::permission::Action;
use tokenscope::preference::Language;
use tokenscope::report::{Content, Frame, MyReport, OverviewReport, TeamCard, UsageSeries};
use tokenscope::view::View;

/// What drawing takes from a request. It is read before the first `.await`, because the context
/// is gone after it when the client hangs up.
pub struct Paper {
    locale: Locale,
    icons: String,
    standing: Standing,
}

/// Where the server is, and whether the visitor runs the organization.
#[derive(Debug, Clone, Default)]
struct Standing {
    origin: String,
    is_admin: bool,
}

impl Paper {
    /// Of the request that is being answered.
    pub fn from_context() -> Self {
        let icons = use_context::<Assets>().map(|assets| assets.icons).unwrap_or_default();
        let reading = use_context::<Reading>().unwrap_or_default();
        let caller = use_context::<Session>().unwrap_or_default().0;
        let standing = Standing {
            origin: use_context::<Origin>().unwrap_or_default().0,
            is_admin: caller.is_some_and(|c| c.roles.everywhere(Action::Administer)),
        };
        Self { locale: text::locale_of(reading.language), icons, standing }
    }
    /// What drawings with this paper find in context.
    fn standing() -> Standing {
        use_context().unwrap_or_default()
    }
    /// Without icons, for what is no page.
    pub fn in_language(language: Language) -> Self {
        Self {
            locale: text::locale_of(language),
            icons: String::new(),
            standing: Standing::default(),
        }
    }
    /// Draws with this language and these icons.
    pub fn with<T>(&self, draw: impl FnOnce() -> T) -> T {
        Owner::new().with(|| {
            provide_context(self.locale);
            provide_context(self.standing.clone());
            provide_context(Visitor { icons: self.icons.clone(), ..Visitor::default() });
            draw()
        })
    }
}

/// The page `/overview`.
pub fn overview(report: OverviewReport, view: &View) -> ReportPage {
    let is_new = report.first_steps.is_some() && report.frame.content == Content::NothingIngested;
    let frame = Arc::new(report.frame);
    let links = Links { path: routes::OVERVIEW, view };
    let cards = (!report.teams.is_empty())
        .then(|| section::section("teams-title", tr!(overview.teams), cards(report.teams, &frame)));
    let before = [
        Some(frame::range_line(&frame)),
        report.first_steps.map(checklist::checklist),
        alerts::alerts_list(report.alerts, &frame)
            .map(|list| section::section("alerts-title", tr!(alerts.title), list)),
        cards,
    ];
    let lists = if frame.content == Content::Figures {
        let apps = ranked::top_apps(report.top_apps, view.metric, &frame, links);
        let teams = ranked::top_teams(report.top_teams, view.metric, &frame, links);
        vec![
            section::section("apps-title", tr!(overview.apps), apps),
            section::section("top-teams-title", tr!(overview.top_teams), teams),
        ]
    } else if is_new {
        // The first steps say all there is to say.
        Vec::new()
    } else {
        vec![nothing::no_figures(&frame, links)]
    };
    let books = (frame.content != Content::NothingIngested).then(|| {
        let expiring = lots::expiring_table(report.expiring, &frame, links);
        let owed = lots::uncharged_table(report.uncharged, &frame, links);
        [
            section::section("expiring-title", tr!(overview.expiring), expiring),
            section::section("uncharged-title", tr!(overview.uncharged), owed),
        ]
    });
    let after = lists.into_iter().chain(books.into_iter().flatten());
    ReportPage {
        notices: frame::notices(&frame),
        before: html(before.into_iter().flatten()),
        usage: usage_view(tr!(overview.usage), &report.usage, &frame, links),
        after: html(after.chain([frame::freshness(&frame)])),
    }
}

/// The page `/me`.
pub fn me(report: MyReport, view: &View) -> ReportPage {
    let frame = Arc::new(report.frame);
    let links = Links { path: routes::ME, view };
    let cards = if report.teams.is_empty() {
        view! { <p class="hint">{tr!(me.no_teams)}</p> }.into_any()
    } else {
        cards(report.teams, &frame)
    };
    let list = if frame.content == Content::Figures {
        let table = ranked::by_app_and_api(report.by_app_and_api, view.metric, &frame, links);
        section::section("apps-title", tr!(me.apps), table)
    } else {
        nothing::no_figures(&frame, links)
    };
    let recent = events::events_table(report.recent, &frame);
    let contacts = contacts::contacts_table(report.limits, report.contacts);
    ReportPage {
        notices: frame::notices(&frame),
        before: html([
            frame::range_line(&frame),
            section::section("teams-title", tr!(me.teams), cards),
        ]),
        usage: usage_view(tr!(me.usage), &report.usage, &frame, links),
        after: html([
            list,
            section::section("recent-title", tr!(me.recent), recent),
            section::section("contacts-title", tr!(me.contacts), contacts),
            frame::freshness(&frame),
        ]),
    }
}

fn cards(teams: Vec<TeamCard>, frame: &Arc<Frame>) -> AnyView {
    let frame = frame.clone();
    view! { <balance::TeamCards teams frame/> }.into_any()
}

fn usage_view(title: &str, usage: &UsageSeries, frame: &Frame, links: Links) -> Option<UsageView> {
    (frame.content == Content::Figures).then(|| UsageView {
        title: title.to_owned(),
        summary: html([summary::usage_summary(usage, frame, links)]),
        by_api: html([usage_table::by_api(usage, frame, links), download::links(links)]),
        by_bucket: html([usage_table::by_column(usage, frame)]),
        chart: chart::chart_view(usage, frame, links),
    })
}

fn html(parts: impl IntoIterator<Item = AnyView>) -> String {
    parts.into_iter().map(|part| part.to_html()).collect()
}
