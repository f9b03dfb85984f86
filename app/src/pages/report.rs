//! `/overview` and `/me`: the same parts, for the organization and for oneself.

use crate::components::chart::ChartFigure;
use crate::components::controls::{At, Notices, ReportControls, use_view};
use crate::components::derived::text;
use crate::components::fault::FaultPanel;
use crate::components::heading::PageHeading;
use crate::components::html::Html;
use crate::components::live::follow;
use crate::components::loading::Waiting;
use crate::components::reload::reload_once;
use crate::components::shown::{Answer, Shown};
use crate::url_state::Notice;
use crate::{routes, server_fns, tr};
use leptos::either::Either;
use leptos::prelude::*;
use leptos::task::spawn_local;
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
    async fn ask(self, view: View) -> Answer {
        match self {
            Self::Organization => server_fns::overview(view).await,
            Self::Myself => server_fns::me(view).await,
        }
    }
}

/// Asks for what is on display, again when the view changes or something arrives.
#[derive(Clone, Copy)]
struct Desk {
    of: Of,
    view: Memo<View>,
    shown: Shown,
    /// Whether something newer is on its way that the visitor asked for.
    busy: RwSignal<bool>,
    /// Counts the questions: only the answer to the newest counts.
    turn: StoredValue<u32>,
}

impl Desk {
    /// Because the view changed: what is there is dimmed meanwhile.
    async fn load(self) {
        self.busy.set(true);
        self.ask(true).await;
    }
    /// Because something arrived: nobody asked, so nobody notices but by the figures. Says whether
    /// the server answered.
    async fn renew(self) -> bool {
        self.ask(false).await
    }
    async fn ask(self, wanted: bool) -> bool {
        let turn = self.turn.get_value().wrapping_add(1);
        self.turn.set_value(turn);
        let answer = self.of.ask(self.view.get_untracked()).await;
        // The page was left, or asked something else meanwhile.
        if self.turn.try_get_value() != Some(turn) {
            return true;
        }
        let answered = answer.is_ok();
        match answer {
            Err(error) if error.status() == 409 && !wanted => reload_once(),
            Err(_) if !wanted && !self.busy.get_untracked() => {}
            answer => self.shown.set(answer),
        }
        self.busy.set(false);
        answered
    }
}

#[component]
fn Report(of: Of) -> impl IntoView {
    let (view, notices) = use_view();
    let shown = Shown::nothing();
    let first = Resource::new(|| (), move |()| of.ask(view.get_untracked()));
    let busy = RwSignal::new(false);
    let desk = Desk { of, view, shown, busy, turn: StoredValue::new(0) };
    // What is hidden changes the page, but not the figures.
    let asked = Memo::new(move |_| View { hide: Vec::new(), ..view.get() });
    Effect::new(move |before: Option<View>| {
        let now = asked.get();
        if before.is_some_and(|before| before != now) {
            spawn_local(desk.load());
        }
        now
    });
    follow(shown, move || desk.renew());
    let at = At::new(of.path(), view);
    view! {
        <PageHeading title=of.title()/>
        <Transition fallback=Waiting>
            {move || Suspend::new(async move {
                shown.begin(first.await);
                view! { <Body shown at notices busy/> }
            })}
        </Transition>
    }
}

/// Everything below the heading.
#[component]
fn Body(shown: Shown, at: At, notices: Memo<Vec<Notice>>, busy: RwSignal<bool>) -> impl IntoView {
    let fault = Memo::new(move |_| shown.fault());
    let is_closed = Memo::new(move |_| shown.is_closed());
    view! {
        {move || (!is_closed.get()).then(|| view! {
            <ReportControls at shown/>
            <Notices notices at shown/>
        })}
        <div class="content" data-testid="content" aria-busy=text(move || busy.get().to_string())>
            {move || match fault.get() {
                None => Either::Left(view! { <Content at shown/> }),
                Some(error) => Either::Right(view! { <FaultPanel error/> }),
            }}
        </div>
    }
}

#[component]
fn Content(at: At, shown: Shown) -> impl IntoView {
    let has_usage = Memo::new(move |_| shown.page(|page| page.usage.is_some()));
    view! {
        <Html html=text(move || shown.page(|page| page.before.clone()))/>
        {move || has_usage.get().then(|| view! { <Usage at shown/> })}
        <Html html=text(move || shown.page(|page| page.after.clone()))/>
    }
}

/// The disclosure is no part of the HTML that is put in: it stays open when the range changes.
#[component]
fn Usage(at: At, shown: Shown) -> impl IntoView {
    view! {
        <section class="section" aria-labelledby="usage-title">
            <h2 id="usage-title">{text(move || shown.usage(|usage| usage.title.clone()))}</h2>
            <div class="card">
                <Html html=text(move || shown.usage(|usage| usage.summary.clone()))/>
                <ChartFigure at shown/>
                <Html html=text(move || shown.usage(|usage| usage.by_api.clone()))/>
                <details class="details" data-testid="buckets">
                    <summary>{tr!(table.show_buckets)}</summary>
                    <Html html=text(move || shown.usage(|u| u.by_bucket.clone()))/>
                </details>
            </div>
        </section>
    }
}
