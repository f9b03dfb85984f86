//! The view in the URL and the links that change it.

use super::chips::Chips;
use super::derived::{maybe, text};
use super::picker::picker;
use super::shown::Shown;
use crate::url_state::{self, GRAINS, Notice};
use crate::{format, routes, tr};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use std::sync::Arc;
use tokenscope::report::{Metric, Preset, Range};
use tokenscope::time::Grain;
use tokenscope::view::{Compare, View};

type Go = Arc<dyn Fn(&str, NavigateOptions) + Send + Sync>;

/// The page and the view that its URL holds.
#[derive(Clone, Copy)]
pub struct At {
    /// Path of the page.
    pub path: &'static str,
    /// The view.
    pub view: Memo<View>,
    go: StoredValue<Go>,
}

impl At {
    /// A page; ask while its component is built.
    #[must_use]
    pub fn new(path: &'static str, view: Memo<View>) -> Self {
        Self { path, view, go: StoredValue::new(Arc::new(use_navigate())) }
    }
    /// Goes to another view without moving the page; `replace` leaves no step back.
    pub fn go(self, url: &str, replace: bool) {
        let options = NavigateOptions { replace, scroll: false, ..NavigateOptions::default() };
        self.go.with_value(|go| go(url, options));
    }
}

/// The view that the URL holds, and what in it was not understood.
#[must_use]
pub fn use_view() -> (Memo<View>, Memo<Vec<Notice>>) {
    let search = use_location().search;
    let parsed = Memo::new(move |_| {
        let pairs = search.with(|search| url_state::pairs(search));
        url_state::parse(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())))
    });
    (Memo::new(move |_| parsed.get().0), Memo::new(move |_| parsed.get().1))
}

/// Everything that changes the view: ranges and dates, what is counted, how columns are cut, what
/// it is compared with, and the filters. Each one is a link or a form.
#[component]
pub fn ReportControls(at: At, shown: Shown) -> impl IntoView {
    let has_hours = at.path != routes::ME;
    let more = move || {
        let view = at.view.get();
        let compares = (view.range != Range::Preset(Preset::All)).then(|| {
            let compares = [Compare::Previous, Compare::YearBefore].map(Change::Compare);
            list("compares", tr!(range.compare), at, compares.to_vec())
        });
        let suits = |grain: Grain| has_hours || grain != Grain::Hour;
        let fitting = GRAINS.map(|(grain, _)| grain).into_iter();
        let fitting = fitting.filter(|grain| url_state::suits(*grain, view.range) && suits(*grain));
        let mut grains = vec![Change::Grain(None)];
        grains.extend(fitting.map(|grain| Change::Grain(Some(grain))));
        let grains = (grains.len() > 2 || view.grain.is_some())
            .then(|| list("grains", tr!(range.grain), at, grains));
        view! { {grains} {compares} }
    };
    let metrics = [Metric::Tokens, Metric::Events].map(Change::Metric).to_vec();
    view! {
        <div class="controls" data-testid="controls">
            <div class="controls__row">
                {list("ranges", tr!(range.label), at, presets())}
                {picker(at, list("ranges-narrow", tr!(range.label), at, presets()))}
            </div>
            <div class="controls__row">
                {list("metrics", tr!(metric.label), at, metrics)}
                {more}
            </div>
            <Chips at shown/>
        </div>
    }
}

fn presets() -> Vec<Change> {
    Preset::ALL.map(|(preset, _)| Change::Range(Range::Preset(preset))).to_vec()
}

/// Links of which one is chosen.
fn list(
    name: &'static str,
    label: &'static str,
    at: At,
    changes: Vec<Change>,
) -> impl IntoView + use<> {
    let choices: Vec<_> = changes.into_iter().map(|change| choice(at, change)).collect();
    view! {
        <nav class="choices" aria-label=label data-testid=name data-list=name>
            <ul>{choices}</ul>
        </nav>
    }
}

fn choice(at: At, change: Change) -> impl IntoView {
    let current =
        maybe(move || at.view.with(|view| change.is_made(view)).then(|| "true".to_owned()));
    let href = text(move || url_state::url(at.path, &change.of(at.view.get())));
    view! {
        <li>
            <a class="choice" href=href aria-current=current data-noscroll="">{change.words()}</a>
        </li>
    }
}

/// What a link changes; everything else of the view stays.
#[derive(Clone, Copy)]
pub enum Change {
    /// Which days.
    Range(Range),
    /// With what they are compared.
    Compare(Compare),
    /// The length of a column.
    Grain(Option<Grain>),
    /// What is counted.
    Metric(Metric),
}

impl Change {
    /// The view with it.
    #[must_use]
    pub fn of(self, view: View) -> View {
        match self {
            // A length of the columns that does not suit the other range is given up.
            Self::Range(range) => {
                let grain = view.grain.filter(|grain| url_state::suits(*grain, range));
                View { range, grain, ..view }
            }
            Self::Compare(compare) => View { compare, ..view },
            Self::Grain(grain) => View { grain, ..view },
            Self::Metric(metric) => View { metric, ..view },
        }
    }
    fn is_made(self, view: &View) -> bool {
        match self {
            Self::Range(range) => view.range == range,
            Self::Compare(compare) => view.compare == compare,
            Self::Grain(grain) => view.grain == grain,
            Self::Metric(metric) => view.metric == metric,
        }
    }
    fn words(self) -> &'static str {
        match self {
            Self::Range(Range::Preset(preset)) => preset_name(preset),
            Self::Range(Range::Days { .. }) => tr!(range.dates),
            Self::Compare(Compare::Previous) => tr!(range.previous),
            Self::Compare(Compare::YearBefore) => tr!(range.year_before),
            Self::Grain(grain) => grain_name(grain),
            Self::Metric(Metric::Tokens) => tr!(metric.tokens),
            Self::Metric(Metric::Events) => tr!(metric.events),
        }
    }
}

/// One quiet line for each thing in the URL that was not understood, or could not be shown.
#[component]
pub fn Notices(notices: Memo<Vec<Notice>>, at: At, shown: Shown) -> impl IntoView {
    let lines = move || {
        let view = at.view.get();
        let mut lines: Vec<String> =
            notices.get().into_iter().map(|notice| wording(notice, &view)).collect();
        lines.extend(shown.page(|page| page.notices.clone()));
        lines.into_iter().map(|line| view! { <p class="notice">{line}</p> }).collect_view()
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
        Notice::Compare(value) => tr!(notice.compare, value = value),
        Notice::Grain(value) => tr!(notice.grain, value = value),
        Notice::Dates(value) => tr!(notice.dates, value = value, showing = showing(view)),
        Notice::RangeAndDates(value) => tr!(notice.range_and_dates, value = value),
        Notice::Filter(value) => tr!(notice.filter, value = value),
        Notice::TooMany => tr!(notice.too_many, most = url_state::TERMS_MAX),
        Notice::Key(value) => tr!(notice.key, value = value),
        Notice::Repeated(value) => tr!(notice.repeated, value = value),
    }
}

fn showing(view: &View) -> String {
    match view.range {
        Range::Preset(preset) => showing_preset(preset).to_owned(),
        Range::Days { from, to } => between(from, to),
    }
}

fn between(from: tokenscope::time::Date, to: tokenscope::time::Date) -> String {
    let (from, to) = (format::date(from), format::date(to));
    if from == to { to } else { tr!(range.between, from = from, to = to) }
}

/// A range in a few words.
#[must_use]
pub fn range_name(range: Range) -> String {
    match range {
        Range::Preset(preset) => preset_name(preset).to_owned(),
        Range::Days { from, to } => between(from, to),
    }
}

fn grain_name(grain: Option<Grain>) -> &'static str {
    match grain {
        None => tr!(range.grain_auto),
        Some(Grain::Hour) => tr!(range.grain_hour),
        Some(Grain::Day) => tr!(range.grain_day),
        Some(Grain::Week) => tr!(range.grain_week),
        Some(Grain::Month) => tr!(range.grain_month),
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
