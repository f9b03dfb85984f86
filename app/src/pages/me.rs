//! The visitor's own usage and his teams' balances.

use crate::components::balance::TeamCards;
use crate::components::chart::ChartFigure;
use crate::components::contacts::Contacts;
use crate::components::controls::{Notices, ReportControls, use_view};
use crate::components::empty::NoFigures;
use crate::components::events::EventsTable;
use crate::components::fault::FaultPanel;
use crate::components::frame::{Freshness, RangeLine};
use crate::components::heading::PageHeading;
use crate::components::loading::Loading;
use crate::components::ranked::RankedTable;
use crate::components::summary::UsageSummary;
use crate::components::usage_table::UsageTables;
use crate::server_fns::{self, MePage};
use crate::{routes, tr};
use leptos::either::Either;
use leptos::prelude::*;
use std::sync::Arc;
use tokenscope::report::{Content, View};

/// The page `/me`.
#[component]
pub fn Me() -> impl IntoView {
    let (view, notices) = use_view();
    let page = Resource::new(move || view.get(), server_fns::me);
    view! {
        <PageHeading title=tr!(me.title)/>
        <ReportControls path=routes::ME view/>
        <Notices notices view/>
        <Loading>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(page) => Either::Left(view! { <Figures page view=view.get_untracked()/> }),
                    Err(error) => Either::Right(view! { <FaultPanel error/> }),
                }
            })}
        </Loading>
    }
}

#[component]
fn Figures(page: MePage, view: View) -> impl IntoView {
    let MePage { report, chart } = page;
    let frame = Arc::new(report.frame);
    let (usage, content) = (Arc::new(report.usage), frame.content);
    let figures = if content == Content::Figures {
        Either::Left(view! {
            <section class="section" aria-labelledby="usage-title">
                <h2 id="usage-title">{tr!(me.usage)}</h2>
                <div class="card">
                    <UsageSummary usage=usage.clone() frame=frame.clone() view/>
                    <ChartFigure usage=usage.clone() svgs=chart frame=frame.clone()/>
                    <UsageTables usage frame=frame.clone()/>
                </div>
            </section>
            <section class="section" aria-labelledby="apps-title">
                <h2 id="apps-title">{tr!(me.apps)}</h2>
                <RankedTable id="by-app-and-api" rows=report.by_app_and_api metric=view.metric
                    frame=frame.clone() group=tr!(table.api)/>
            </section>
        })
    } else {
        Either::Right(view! { <NoFigures content frame=frame.clone() path=routes::ME view/> })
    };
    let teams = if report.teams.is_empty() {
        Either::Left(view! { <p class="hint">{tr!(me.no_teams)}</p> })
    } else {
        Either::Right(view! { <TeamCards teams=report.teams frame=frame.clone()/> })
    };
    view! {
        <RangeLine frame=frame.clone()/>
        <section class="section" aria-labelledby="teams-title">
            <h2 id="teams-title">{tr!(me.teams)}</h2>
            {teams}
        </section>
        {figures}
        <section class="section" aria-labelledby="recent-title">
            <h2 id="recent-title">{tr!(me.recent)}</h2>
            <EventsTable events=report.recent frame=frame.clone()/>
        </section>
        <section class="section" aria-labelledby="contacts-title">
            <h2 id="contacts-title">{tr!(me.contacts)}</h2>
            <Contacts contacts=report.contacts/>
        </section>
        <Freshness frame/>
    }
}
