//! What a page asks about usage, worked out: the range, the chart, and of what the report speaks.

use super::question::{AppRow, Own, Question};
use crate::service::book::Book;
use crate::service::{fault, zone};
use crate::store::db::Tx;
use crate::store::event;
use crate::store::rollup::ByApi;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokenscope::fault::Fault;
use tokenscope::id::ApiId;
use tokenscope::permission::{Action, Reach};
use tokenscope::report::{
    Column, Content, Frame, Metric, ResolvedRange, Series, UsageSeries, Used, buckets,
    is_grain_allowed,
};
use tokenscope::service::Caller;
use tokenscope::time::{DAY, Date, Grain, Instant, Period, days_before, months_before};
use tokenscope::tokens::{MICRO, Tokens};
use tokenscope::view::{Compare, Term, View};

/// How far around its range a report knows the changes of the clock.
const ZONE_MARGIN: i64 = 400 * DAY;

/// A question about usage, worked out.
pub(super) struct Asked<'a> {
    question: Question,
    book: Arc<Book>,
    now: Instant,
    view: &'a View,
    range: ResolvedRange,
    grain_refused: Option<Grain>,
    pub(super) has_events: bool,
}

impl<'a> Asked<'a> {
    pub(super) async fn new(
        tx: &mut Tx,
        book: &Arc<Book>,
        now: Instant,
        view: &'a View,
        own: Option<Own>,
    ) -> Result<Self, Fault> {
        let oldest = event::oldest(tx, book.org).await.map_err(fault::of)?;
        let oldest = oldest.map(Instant::from_micros);
        let mut range = view.range.resolve_against(view.compare, now, &book.zone, oldest);
        // Per user there are days, no hours.
        if own.is_some() && range.grain == Grain::Hour {
            range.grain = Grain::Day;
        }
        let days = (range.last - range.first).num_days() + 1;
        let is_allowed = |grain: &Grain| {
            is_grain_allowed(*grain, days) && (own.is_none() || *grain != Grain::Hour)
        };
        let wished = view.grain.filter(is_allowed);
        range.grain = wished.unwrap_or(range.grain);
        Ok(Self {
            question: Question::new(book, own, &view.filters),
            book: Arc::clone(book),
            now,
            view,
            range,
            grain_refused: view.grain.filter(|_| wished.is_none()),
            has_events: oldest.is_some(),
        })
    }

    /// The usage of the range by app and API, and by the team that pays where asked for.
    pub(super) async fn over_apps(&self, tx: &mut Tx, by_team: bool) -> Result<Vec<AppRow>, Fault> {
        self.question.over_apps(tx, self.range.period, by_team).await.map_err(fault::of)
    }

    /// The chart, with what it is compared with.
    pub(super) async fn usage(&self, tx: &mut Tx) -> Result<UsageSeries, Fault> {
        let (grain, columns) = (self.range.grain, self.columns());
        let rows = self.question.over_time(tx, self.range.period, grain).await;
        let used = placed(&rows.map_err(fault::of)?, &columns);
        // Days are compared one by one; for anything longer the largest buckets will do.
        let by_day = grain == Grain::Day;
        let coarsest = if by_day { Grain::Day } else { Grain::Month };
        let before = self.question.over_time(tx, self.range.previous, coarsest).await;
        let before = before.map_err(fault::of)?;
        let previous_total = before.iter().map(|row| self.value(row.2, row.3)).sum();
        let before = if by_day { self.before(&before, &columns) } else { BTreeMap::new() };
        let series = used.into_iter().map(|(api, used)| {
            let before = before.get(&api).cloned();
            let none = || if by_day { vec![0; columns.len()] } else { Vec::new() };
            self.series(api, used, before.unwrap_or_else(none))
        });
        let mut series: Vec<Series> = series.collect();
        series.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.slug.cmp(&b.slug)));
        let column = |period: &Period| Column {
            period: *period,
            in_progress: self.now < period.to && period.from <= self.now,
        };
        Ok(UsageSeries {
            metric: self.view.metric,
            columns: columns.iter().map(column).collect(),
            total: series.iter().map(|s| s.total).sum(),
            series,
            previous_total,
        })
    }

    fn columns(&self) -> Vec<Period> {
        buckets(&self.book.zone, self.range.period, self.range.grain)
    }

    /// What the comparison holds for each of the columns, which are days.
    fn before(&self, rows: &[ByApi], columns: &[Period]) -> BTreeMap<i64, Vec<i64>> {
        let zone = &self.book.zone;
        let first = zone.date(self.range.previous.from);
        let counterpart = |column: &Period| -> Date {
            let date = zone.date(column.from);
            match self.view.compare {
                Compare::YearBefore => months_before(date, 12),
                Compare::Previous => {
                    let days = (self.range.first - first).num_days();
                    days_before(date, u32::try_from(days).unwrap_or(0))
                }
            }
        };
        let mut by_date: BTreeMap<(i64, Date), i64> = BTreeMap::new();
        for (at, api, events, tokens) in rows {
            let date = zone.date(Instant::from_micros(*at));
            *by_date.entry((*api, date)).or_default() += self.value(*events, *tokens);
        }
        let dates: Vec<Date> = columns.iter().map(counterpart).collect();
        let apis: BTreeSet<i64> = by_date.keys().map(|(api, _)| *api).collect();
        let value = |api: i64, date: &Date| by_date.get(&(api, *date)).copied().unwrap_or(0);
        let values = |api: i64| dates.iter().map(|date| value(api, date)).collect();
        apis.into_iter().map(|api| (api, values(api))).collect()
    }

    fn value(&self, events: i64, tokens: i64) -> i64 {
        match self.view.metric {
            Metric::Tokens => tokens,
            Metric::Events => events * MICRO,
        }
    }

    fn series(&self, api: i64, used: Vec<Used>, before: Vec<i64>) -> Series {
        let known = self.book.apis.get(&ApiId(api));
        let value = |used: &Used| self.value(used.events, used.tokens.micro());
        let values: Vec<i64> = used.iter().map(value).collect();
        Series {
            slug: known.map(|a| a.code.clone()).unwrap_or_default(),
            name: known.map(|a| a.name.clone()).unwrap_or_default(),
            hue: known.map_or(0, |a| a.hue),
            total: values.iter().sum(),
            values,
            before,
            used,
        }
    }

    /// Of what the report speaks. `seen` are the apps that a reader of his own usage sees.
    pub(super) async fn frame(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        usage: &UsageSeries,
        seen: &BTreeSet<i64>,
    ) -> Result<Frame, Fault> {
        let book = &self.book;
        let fresh = event::fresh(tx, book.org).await.map_err(fault::of)?;
        let around = Period::new(
            self.range.previous.from.plus(-ZONE_MARGIN),
            self.range.period.to.max(self.now).plus(ZONE_MARGIN),
        );
        let content = match (self.has_events, usage.series.is_empty()) {
            (false, _) => Content::NothingIngested,
            (true, true) => Content::NothingInRange,
            (true, false) => Content::Figures,
        };
        let chosen = caller.preferences.zone.as_deref().filter(|name| *name != book.zone.name);
        Ok(Frame {
            organization: book.name.clone(),
            token_name: book.token_name.clone(),
            zone: book.zone.clipped(around),
            now: self.now,
            range: self.range.clone(),
            demo: book.demo,
            fresh_at: fresh.map(Instant::from_micros),
            instants: chosen.and_then(zone::zone),
            unknown: self.unknown(caller, seen),
            grain_refused: self.grain_refused,
            content,
        })
    }

    /// What filters name and the reader cannot see. What is there but not for him looks the same
    /// as what is not there, also where it is left out.
    fn unknown(&self, caller: &Caller, seen: &BTreeSet<i64>) -> Vec<String> {
        let (book, roles, filters) = (&self.book, &caller.roles, &self.view.filters);
        let sees_all = self.question.own.is_none() || roles.everywhere(Action::SeeUsage);
        let sees_app = |slug: &str| {
            let Some(id) = book.app(slug) else { return false };
            let team = book.apps.get(&id).and_then(|app| app.team_at(self.now));
            let in_team = team.is_some_and(|t| roles.reach_in(Action::SeeUsage, t) >= Reach::Team);
            sees_all || in_team || seen.contains(&id.0)
        };
        let sees_team = |slug: &str| {
            let sees = |t| sees_all || roles.reach_in(Action::SeeUsage, t) >= Reach::TeamTotals;
            book.team(slug).is_some_and(sees)
        };
        let hidden = |terms: &[Term], sees: &dyn Fn(&str) -> bool| -> Vec<String> {
            let terms = terms.iter().filter(|term| sees_all || !term.not);
            terms.filter(|term| !sees(&term.slug)).map(|term| term.slug.clone()).collect()
        };
        let mut unknown = hidden(&filters.api, &|slug| book.api(slug).is_some());
        unknown.extend(hidden(&filters.app, &sees_app));
        unknown.extend(hidden(&filters.team, &sees_team));
        unknown
    }
}

/// Rows put into the columns in which they lie.
fn placed(rows: &[ByApi], columns: &[Period]) -> BTreeMap<i64, Vec<Used>> {
    let mut placed: BTreeMap<i64, Vec<Used>> = BTreeMap::new();
    for (at, api, events, tokens) in rows.iter().filter(|row| (row.2, row.3) != (0, 0)) {
        let at = Instant::from_micros(*at);
        let place = columns.partition_point(|column| column.to <= at);
        let used = placed.entry(*api).or_insert_with(|| vec![Used::default(); columns.len()]);
        if let Some(used) = used.get_mut(place) {
            used.events += events;
            used.tokens += Tokens::from_micro(*tokens);
        }
    }
    placed
}
