//! The view in the URL and the links that change it.

use crate::tr;
use crate::url_state::{self, Notice};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use tokenscope::report::{Metric, Preset, Range};
use tokenscope::view::View;

/// The view that the URL holds, and what in it was not understood.
#[must_use]
pub fn use_view() -> (Memo<View>, Memo<Vec<Notice>>) {
    let query = use_query_map();
    let parsed = Memo::new(move |_| {
        query.with(|query| {
            let pairs = query.clone().into_iter().collect::<Vec<_>>();
            url_state::parse(pairs.iter().map(|(k, v)| (k.as_ref(), v.as_str())))
        })
    });
    (Memo::new(move |_| parsed.get().0), Memo::new(move |_| parsed.get().1))
}

/// Range presets and metrics, each one a link.
#[component]
pub fn ReportControls(path: &'static str, view: Memo<View>) -> impl IntoView {
    let presets = Preset::ALL.map(|(preset, _)| {
        let change = Change::Range(Range::Preset(preset));
        view! { <Choice path view change text=preset_name(preset)/> }
    });
    let metrics = [(Metric::Tokens, tr!(metric.tokens)), (Metric::Events, tr!(metric.events))];
    let metrics = metrics.map(|(metric, text)| {
        view! { <Choice path view change=Change::Metric(metric) text/> }
    });
    view! {
        <div class="controls">
            <nav class="choices" aria-label=tr!(range.label) data-testid="ranges">
                <ul>{Vec::from(presets)}</ul>
            </nav>
            <nav class="choices" aria-label=tr!(metric.label) data-testid="metrics">
                <ul>{Vec::from(metrics)}</ul>
            </nav>
        </div>
    }
}

/// What a link changes; everything else of the view stays.
#[derive(Clone, Copy)]
enum Change {
    Range(Range),
    Metric(Metric),
}

impl Change {
    fn of(self, view: View) -> View {
        match self {
            Self::Range(range) => View { range, ..view },
            Self::Metric(metric) => View { metric, ..view },
        }
    }
}

#[component]
fn Choice(
    path: &'static str,
    view: Memo<View>,
    change: Change,
    text: &'static str,
) -> impl IntoView {
    let current = move || (change.of(view.get()) == view.get()).then_some("true");
    view! {
        <li>
            <a class="choice" href=move || url_state::url(path, &change.of(view.get()))
                aria-current=current data-noscroll="">
                {text}
            </a>
        </li>
    }
}

/// One quiet line for each thing in the URL that was not understood.
#[component]
pub fn Notices(notices: Memo<Vec<Notice>>, view: Memo<View>) -> impl IntoView {
    let lines = move || {
        let view = view.get();
        let line = |notice| view! { <p class="notice">{wording(notice, &view)}</p> };
        notices.get().into_iter().map(line).collect_view()
    };
    view! {
        <div role="status" aria-label=tr!(notice.label) data-testid="notices">{lines}</div>
    }
}

fn wording(notice: Notice, view: &View) -> String {
    match notice {
        Notice::Range(value) => tr!(notice.range, value = value, showing = showing(view)),
        Notice::Metric(value) => {
            let showing = match view.metric {
                Metric::Tokens => tr!(unit.tokens),
                Metric::Events => tr!(unit.events),
            };
            tr!(notice.metric, value = value, showing = showing)
        }
        Notice::Dates(value) => tr!(notice.dates, value = value, showing = showing(view)),
        Notice::RangeAndDates(value) => tr!(notice.range_and_dates, value = value),
        Notice::Key(value) => tr!(notice.key, value = value),
        Notice::Repeated(value) => tr!(notice.repeated, value = value),
    }
}

fn showing(view: &View) -> String {
    match view.range {
        Range::Preset(preset) => showing_preset(preset).to_owned(),
        Range::Days { from, to } => {
            let (from, to) = (crate::format::date(from), crate::format::date(to));
            tr!(range.between, from = from, to = to)
        }
    }
}

fn preset_name(preset: Preset) -> &'static str {
    match preset {
        Preset::Today => tr!(range.today),
        Preset::Yesterday => tr!(range.yesterday),
        Preset::Days7 => tr!(range.d7),
        Preset::Days28 => tr!(range.d28),
        Preset::Days90 => tr!(range.d90),
        Preset::MonthToDate => tr!(range.mtd),
        Preset::LastMonth => tr!(range.last_month),
        Preset::QuarterToDate => tr!(range.qtd),
        Preset::YearToDate => tr!(range.ytd),
        Preset::Months12 => tr!(range.m12),
        Preset::All => tr!(range.all),
    }
}

fn showing_preset(preset: Preset) -> &'static str {
    match preset {
        Preset::Today => tr!(showing.today),
        Preset::Yesterday => tr!(showing.yesterday),
        Preset::Days7 => tr!(showing.d7),
        Preset::Days28 => tr!(showing.d28),
        Preset::Days90 => tr!(showing.d90),
        Preset::MonthToDate => tr!(showing.mtd),
        Preset::LastMonth => tr!(showing.last_month),
        Preset::QuarterToDate => tr!(showing.qtd),
        Preset::YearToDate => tr!(showing.ytd),
        Preset::Months12 => tr!(showing.m12),
        Preset::All => tr!(showing.all),
    }
}
