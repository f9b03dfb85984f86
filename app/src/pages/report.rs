//! `/overview` and `/me`: the same parts, for the organization and for oneself.

use crate::answer::{ReportPage, UsageView};
use crate::components::chart::ChartFigure;
use crate::components::controls::{Notices, ReportControls, use_view};
use crate::components::fault::FaultPanel;
use crate::components::heading::PageHeading;
use crate::components::loading::Loading;
use crate::error::AppError;
use crate::{routes, server_fns, tr};
use leptos::either::Either;
use leptos::prelude::*;
use tokenscope::view::View;

/// The page `/overview`.
#[component]
pub fn Overview() -> impl IntoView {
    view! { <Report of=Of::Organization/> }
}

/// The page `/me`.
#[component]
pub fn Me() -> impl IntoView {
    view! { <Report of=Of::Myself/> }
}

/// Whose usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Organization,
    Myself,
}

impl Of {
    const fn path(self) -> &'static str {
        match self {
            Self::Organization => routes::OVERVIEW,
            Self::Myself => routes::ME,
        }
    }
    fn title(self) -> &'static str {
        match self {
            Self::Organization => tr!(overview.title),
            Self::Myself => tr!(me.title),
        }
    }
    async fn ask(self, view: View) -> Result<ReportPage, AppError> {
        match self {
            Self::Organization => server_fns::overview(view).await,
            Self::Myself => server_fns::me(view).await,
        }
    }
}

#[component]
fn Report(of: Of) -> impl IntoView {
    let (view, notices) = use_view();
    let page = Resource::new(move || view.get(), move |view| of.ask(view));
    view! {
        <PageHeading title=of.title()/>
        <ReportControls path=of.path() view/>
        <Notices notices view/>
        <Loading>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(page) => Either::Left(view! { <Content page/> }),
                    Err(error) => Either::Right(view! { <FaultPanel error/> }),
                }
            })}
        </Loading>
    }
}

/// Everything below the controls.
#[component]
fn Content(page: ReportPage) -> impl IntoView {
    view! {
        <div inner_html=page.before></div>
        {page.usage.map(|usage| view! { <Usage usage/> })}
        <div inner_html=page.after></div>
    }
}

/// The disclosure is no part of the HTML that is put in: it stays open when the range changes.
#[component]
fn Usage(usage: UsageView) -> impl IntoView {
    view! {
        <section class="section" aria-labelledby="usage-title">
            <h2 id="usage-title">{usage.title}</h2>
            <div class="card">
                <div inner_html=usage.summary></div>
                <ChartFigure chart=usage.chart/>
                <div inner_html=usage.by_api></div>
                <details class="details" data-testid="buckets">
                    <summary>{tr!(table.show_buckets)}</summary>
                    <div inner_html=usage.by_bucket></div>
                </details>
            </div>
        </section>
    }
}
