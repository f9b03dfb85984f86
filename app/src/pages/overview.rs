//! The whole organization: balances, usage, top apps.

use crate::components::balance::TeamCards;
use crate::components::chart::ChartFigure;
use crate::components::controls::{Notices, ReportControls, use_view};
use crate::components::empty::NoFigures;
use crate::components::fault::FaultPanel;
use crate::components::frame::{Freshness, RangeLine};
use crate::components::heading::PageHeading;
use crate::components::loading::Loading;
use crate::components::ranked::RankedTable;
use crate::components::summary::UsageSummary;
use crate::components::usage_table::UsageTables;
use crate::server_fns::{self, OverviewPage};
use crate::{routes, tr};
use leptos::either::Either;
use leptos::prelude::*;
use std::sync::Arc;
use tokenscope::report::{Content, View};

/// The page `/overview`.
#[component]
pub fn Overview() -> impl IntoView {
    let (view, notices) = use_view();
    let page = Resource::new(move || view.get(), server_fns::overview);
    view! {
        <PageHeading title=tr!(overview.title)/>
        <ReportControls path=routes::OVERVIEW view/>
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
fn Figures(page: OverviewPage, view: View) -> impl IntoView {
    let OverviewPage { report, chart } = page;
    let frame = Arc::new(report.frame);
    let (usage, content) = (Arc::new(report.usage), frame.content);
    let teams = (!report.teams.is_empty()).then(|| {
        view! {
            <section class="section" aria-labelledby="teams-title">
                <h2 id="teams-title">{tr!(overview.teams)}</h2>
                <TeamCards teams=report.teams frame=frame.clone()/>
            </section>
        }
    });
    let figures = if content == Content::Figures {
        Either::Left(view! {
            <section class="section" aria-labelledby="usage-title">
                <h2 id="usage-title">{tr!(overview.usage)}</h2>
                <div class="card">
                    <UsageSummary usage=usage.clone() frame=frame.clone() view/>
                    <ChartFigure usage=usage.clone() svgs=chart frame=frame.clone()/>
                    <UsageTables usage frame=frame.clone()/>
                </div>
            </section>
            <section class="section" aria-labelledby="apps-title">
                <h2 id="apps-title">{tr!(overview.apps)}</h2>
                <RankedTable id="top-apps" rows=report.top_apps metric=view.metric frame=frame.clone()
                    group=tr!(table.team)/>
            </section>
        })
    } else {
        let path = routes::OVERVIEW;
        Either::Right(view! { <NoFigures content frame=frame.clone() path view/> })
    };
    view! {
        <RangeLine frame=frame.clone()/>
        {teams}
        {figures}
        <Freshness frame/>
    }
}
