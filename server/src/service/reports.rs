//! The usage reports: questions to the rollups, answers with names.

use super::balance::team_balance;
use super::book::Book;
use super::{Service, fault};
use crate::store::db::{DbError, Tx};
use crate::store::event::RecentRow;
use crate::store::rollup::{Bucket, ByApi};
use crate::store::{charge, event, person, rollup};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokenscope::fault::{Fault, Needs};
use tokenscope::id::{ApiId, AppId, TeamId, VariantId};
use tokenscope::permission::{Action, Reach, Scope};
use tokenscope::rate::{Rounding, SESSION_MIN};
use tokenscope::report::{
    Column, Contact, Content, Frame, Metric, MyReport, OverviewReport, RankedRow, RecentEvent,
    ResolvedRange, Series, TeamBalance, UsageSeries, buckets,
};
use tokenscope::service::{Caller, Reports};
use tokenscope::time::{DAY, Grain, Instant, Period};
use tokenscope::tokens::{MICRO, Quantity, Tokens};
use tokenscope::view::View;

/// How many events `/me` lists.
const RECENT: usize = 50;
/// How far around its range a report knows the changes of the clock.
const ZONE_MARGIN: i64 = 400 * DAY;

/// Whose usage is asked for: all, or that of a user and his apps.
type Own = Option<(i64, Vec<i64>)>;

#[async_trait]
impl Reports for Service {
    async fn overview(&self, caller: &Caller, view: &View) -> Result<OverviewReport, Fault> {
        check_read(caller)?;
        if !caller.roles.everywhere(Action::SeeUsage) {
            return Err(Fault::Forbidden { needs: Needs::Manager });
        }
        let mut tx = self.read().await?;
        let book = self.book(&mut tx, caller.org).await?;
        let now = self.clock().now();
        let teams = balances(&mut tx, &book, book.teams.keys().copied(), now).await?;
        let asked = Asked::new(&mut tx, &book, now, view, None).await?;
        let usage = asked.usage(&mut tx).await?;
        let span = (asked.range.period.from.micros(), asked.range.period.to.micros());
        let top = rollup::top_apps(&mut tx, book.org, span).await.map_err(fault::of)?;
        let top_apps = top.into_iter().map(|row| ranked_app(&book, now, row)).collect();
        Ok(OverviewReport { frame: asked.frame(&mut tx, &usage).await?, teams, usage, top_apps })
    }

    async fn me(&self, caller: &Caller, view: &View) -> Result<MyReport, Fault> {
        check_read(caller)?;
        if !caller.roles.is_member() {
            return Err(Fault::Forbidden { needs: Needs::Member });
        }
        let mut tx = self.read().await?;
        let book = self.book(&mut tx, caller.org).await?;
        let now = self.clock().now();
        let mine: Vec<TeamId> = caller.roles.teams.keys().copied().collect();
        let teams = balances(&mut tx, &book, mine.iter().copied(), now).await?;
        // A caller who was never named by an event has no usage: no user has the number 0 or less.
        let user = caller.user.map_or(-1, |user| user.0);
        let apps = book.apps_of(user);
        let own = Some((user, apps.clone()));
        let asked = Asked::new(&mut tx, &book, now, view, own).await?;
        let usage = asked.usage(&mut tx).await?;
        let by_app_and_api = asked.by_app_and_api(&mut tx).await?;
        let recent = recent(&mut tx, &book, user, &apps).await?;
        let contacts = contacts(&mut tx, &book, &mine).await?;
        let mut frame = asked.frame(&mut tx, &usage).await?;
        if frame.content == Content::NothingInRange && recent.is_empty() {
            frame.content = Content::NothingOwn;
        }
        Ok(MyReport { frame, teams, usage, by_app_and_api, recent, contacts })
    }

    async fn balances(
        &self,
        caller: &Caller,
        team: Option<&str>,
        as_of: Option<Instant>,
    ) -> Result<Vec<TeamBalance>, Fault> {
        check_read(caller)?;
        let mut tx = self.read().await?;
        let book = self.book(&mut tx, caller.org).await?;
        let sees = |id: &TeamId| caller.roles.reach_in(Action::SeeUsage, *id) >= Reach::TeamTotals;
        let mut seen: Vec<TeamId> = book.teams.keys().copied().filter(sees).collect();
        if let Some(slug) = team {
            // A team that may not be seen and one that is not there look the same.
            let wanted = book.team(slug).filter(|id| seen.contains(id));
            let missing = || Fault::NotFound { what: format!("the team `{slug}`") };
            seen = vec![wanted.ok_or_else(missing)?];
        }
        let at = as_of.unwrap_or_else(|| self.clock().now());
        balances(&mut tx, &book, seen.into_iter(), at).await
    }
}

fn check_read(caller: &Caller) -> Result<(), Fault> {
    if caller.has_scope(Scope::Read) {
        return Ok(());
    }
    Err(Fault::Forbidden { needs: Needs::Scope(Scope::Read) })
}

async fn balances(
    tx: &mut Tx,
    book: &Book,
    teams: impl Iterator<Item = TeamId>,
    at: Instant,
) -> Result<Vec<TeamBalance>, Fault> {
    let mut balances = Vec::new();
    for team in teams {
        balances.push(team_balance(tx, book, team, at).await?);
    }
    balances.sort_by(|a, b| a.slug.cmp(&b.slug));
    Ok(balances)
}

/// A question about usage, worked out.
struct Asked {
    book: Arc<Book>,
    now: Instant,
    metric: Metric,
    range: ResolvedRange,
    own: Own,
    has_events: bool,
}

impl Asked {
    async fn new(
        tx: &mut Tx,
        book: &Arc<Book>,
        now: Instant,
        view: &View,
        own: Own,
    ) -> Result<Self, Fault> {
        let oldest = event::oldest(tx, book.org).await.map_err(fault::of)?;
        let oldest = oldest.map(Instant::from_micros);
        let mut range = view.range.resolve(now, &book.zone, oldest);
        // Per user there are days, no hours.
        if own.is_some() && range.grain == Grain::Hour {
            range.grain = Grain::Day;
        }
        let (book, has_events) = (Arc::clone(book), oldest.is_some());
        Ok(Self { book, now, metric: view.metric, range, own, has_events })
    }

    async fn usage(&self, tx: &mut Tx) -> Result<UsageSeries, Fault> {
        let columns = buckets(&self.book.zone, self.range.period, self.range.grain);
        let rows = self.rows(tx).await.map_err(fault::of)?;
        let mut values: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for (at, api, events, tokens) in rows {
            let at = Instant::from_micros(at);
            let place = columns.partition_point(|column| column.to <= at);
            if place >= columns.len() {
                continue;
            }
            let series = values.entry(api).or_insert_with(|| vec![0; columns.len()]);
            series[place] += self.value(events, tokens);
        }
        let mut series: Vec<Series> =
            values.into_iter().map(|(api, values)| self.series(api, values)).collect();
        series.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.slug.cmp(&b.slug)));
        let column = |period: &Period| Column {
            period: *period,
            in_progress: self.now < period.to && period.from <= self.now,
        };
        Ok(UsageSeries {
            metric: self.metric,
            columns: columns.iter().map(column).collect(),
            total: series.iter().map(|s| s.total).sum(),
            series,
            previous_total: self.sum(tx, self.range.previous).await.map_err(fault::of)?,
        })
    }

    fn value(&self, events: i64, tokens: i64) -> i64 {
        match self.metric {
            Metric::Tokens => tokens,
            Metric::Events => events * MICRO,
        }
    }

    fn series(&self, api: i64, values: Vec<i64>) -> Series {
        let known = self.book.apis.get(&ApiId(api));
        Series {
            slug: known.map(|a| a.code.clone()).unwrap_or_default(),
            name: known.map(|a| a.name.clone()).unwrap_or_default(),
            hue: known.map_or(0, |a| a.hue),
            total: values.iter().sum(),
            values,
        }
    }

    /// The rows of the range from the largest buckets that fit into its columns.
    async fn rows(&self, tx: &mut Tx) -> Result<Vec<ByApi>, DbError> {
        let (org, own) = (self.book.org, self.own.clone());
        let Period { from, to } = self.range.period;
        match self.range.grain {
            Grain::Hour => {
                let span = (from.micros(), to.micros());
                rollup::by_api(tx, org, Bucket::Hour, span, None).await
            }
            Grain::Month if own.is_none() => {
                let zone = &self.book.zone;
                let first = zone.bucket(Grain::Month, from);
                let whole_from = if first.from == from { from } else { first.to.min(to) };
                let last = zone.bucket(Grain::Month, to);
                let whole_to = last.from.max(whole_from);
                let days = [(from, whole_from), (whole_to, to)];
                let span = (whole_from.micros(), whole_to.micros());
                let mut rows = rollup::by_api(tx, org, Bucket::Month, span, None).await?;
                for (from, to) in days.into_iter().filter(|(from, to)| from < to) {
                    let span = (from.micros(), to.micros());
                    rows.extend(rollup::by_api(tx, org, Bucket::Day, span, None).await?);
                }
                Ok(rows)
            }
            Grain::Day | Grain::Week | Grain::Month => {
                let span = (from.micros(), to.micros());
                rollup::by_api(tx, org, Bucket::Day, span, own).await
            }
        }
    }

    /// The exact sum of a period: whole days from the rollup, the partly covered day from its
    /// hours and single rows.
    async fn sum(&self, tx: &mut Tx, period: Period) -> Result<i64, DbError> {
        let (org, zone) = (self.book.org, &self.book.zone);
        let days_to = zone.bucket(Grain::Day, period.to).from.max(period.from);
        let total = |rows: Vec<ByApi>| -> i64 {
            rows.into_iter().map(|(_, _, events, tokens)| self.value(events, tokens)).sum()
        };
        let span = (period.from.micros(), days_to.micros());
        let days = rollup::by_api(tx, org, Bucket::Day, span, self.own.clone()).await?;
        let mut rest = Period::new(days_to, period.to);
        let mut sum = total(days);
        if self.own.is_none() {
            let hours_to = zone.bucket(Grain::Hour, rest.to).from.max(rest.from);
            let span = (rest.from.micros(), hours_to.micros());
            sum += total(rollup::by_api(tx, org, Bucket::Hour, span, None).await?);
            rest = Period::new(hours_to, rest.to);
        }
        if rest.is_empty() {
            return Ok(sum);
        }
        let span = (rest.from.micros(), rest.to.micros());
        let (events, tokens) = match self.metric {
            Metric::Events => (event::count(tx, org, span, self.own.clone()).await?, 0),
            Metric::Tokens => {
                let teams = self.book.teams.keys().map(|team| team.0).collect();
                (0, charge::sum(tx, org, teams, span, self.own.clone()).await?)
            }
        };
        Ok(sum + self.value(events, tokens))
    }

    async fn by_app_and_api(&self, tx: &mut Tx) -> Result<Vec<RankedRow>, Fault> {
        let span = (self.range.period.from.micros(), self.range.period.to.micros());
        let own = self.own.clone().unwrap_or_default();
        let rows = rollup::own_by_app_and_api(tx, self.book.org, span, own).await;
        let row = |(app, api, events, tokens)| {
            let app = self.book.apps.get(&AppId(app));
            let api = self.book.apis.get(&ApiId(api));
            RankedRow {
                slug: app.map(|a| a.client_id.clone()).unwrap_or_default(),
                name: app.map(|a| a.name.clone()).unwrap_or_default(),
                direct: app.is_some_and(|a| a.direct_team.is_some()),
                group: api.map(|a| a.name.clone()).unwrap_or_default(),
                tokens: Tokens::from_micro(tokens),
                events,
            }
        };
        Ok(rows.map_err(fault::of)?.into_iter().map(row).collect())
    }

    async fn frame(&self, tx: &mut Tx, usage: &UsageSeries) -> Result<Frame, Fault> {
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
        Ok(Frame {
            organization: book.name.clone(),
            token_name: book.token_name.clone(),
            zone: book.zone.clipped(around),
            now: self.now,
            range: self.range.clone(),
            demo: book.demo,
            fresh_at: fresh.map(Instant::from_micros),
            content,
        })
    }
}

fn ranked_app(book: &Book, now: Instant, (app, events, tokens): (i64, i64, i64)) -> RankedRow {
    let app = book.apps.get(&AppId(app));
    let team = app.and_then(|a| a.team_at(now)).and_then(|team| book.teams.get(&team));
    RankedRow {
        slug: app.map(|a| a.client_id.clone()).unwrap_or_default(),
        name: app.map(|a| a.name.clone()).unwrap_or_default(),
        direct: app.is_some_and(|a| a.direct_team.is_some()),
        group: team.map(|t| t.name.clone()).unwrap_or_default(),
        tokens: Tokens::from_micro(tokens),
        events,
    }
}

async fn recent(
    tx: &mut Tx,
    book: &Book,
    user: i64,
    apps: &[i64],
) -> Result<Vec<RecentEvent>, Fault> {
    let most = i64::try_from(RECENT).unwrap_or(i64::MAX);
    let mut rows = event::recent_of_user(tx, book.org, user, most).await.map_err(fault::of)?;
    for app in apps {
        rows.extend(event::recent_of_app(tx, book.org, *app, most).await.map_err(fault::of)?);
    }
    rows.sort_by(|a, b| (b.at, &b.digest).cmp(&(a.at, &a.digest)));
    rows.dedup_by(|a, b| (a.at, &a.digest) == (b.at, &b.digest));
    rows.truncate(RECENT);
    let digests = rows.iter().map(|row| row.digest.clone()).collect();
    let mut charged: BTreeMap<Vec<u8>, i64> = BTreeMap::new();
    for row in charge::net(tx, book.org, digests).await.map_err(fault::of)? {
        *charged.entry(row.digest).or_default() += row.amount;
    }
    Ok(rows.into_iter().map(|row| recent_event(book, &charged, row)).collect())
}

fn recent_event(book: &Book, charged: &BTreeMap<Vec<u8>, i64>, row: RecentRow) -> RecentEvent {
    let app = book.apps.get(&AppId(row.app_id));
    let api = book.apis.get(&ApiId(row.api_id));
    let variant_id = (row.variant_id != 0).then_some(VariantId(row.variant_id));
    let variant = variant_id.and_then(|id| book.variants.get(&id));
    let line = book.card.line(ApiId(row.api_id), variant_id, Instant::from_micros(row.at));
    let unsaid = match line.map(|line| line.rounding) {
        Some(Rounding::UserDay) => Quantity::from_micro(SESSION_MIN),
        _ => Quantity::ONE,
    };
    RecentEvent {
        id: row.external_id,
        time: Instant::from_micros(row.at),
        app: app.map(|a| a.name.clone()).unwrap_or_default(),
        api: api.map(|a| a.name.clone()).unwrap_or_default(),
        variant: variant.map(|v| v.code.clone()).unwrap_or_default(),
        quantity: row.quantity.map_or(unsaid, Quantity::from_micro),
        unit: api.map(|a| a.unit.clone()).unwrap_or_default(),
        tokens: Tokens::from_micro(charged.get(&row.digest).copied().unwrap_or(0)),
        failed: row.failed != 0,
    }
}

async fn contacts(tx: &mut Tx, book: &Book, teams: &[TeamId]) -> Result<Vec<Contact>, Fault> {
    let numbers = teams.iter().map(|team| team.0).collect();
    let admins = person::primary_admins(tx, book.org, numbers).await.map_err(fault::of)?;
    let contact = |(team, name, email): (i64, String, String)| {
        let team = book.teams.get(&TeamId(team)).map(|t| t.name.clone());
        Contact { team: team.unwrap_or_default(), name, email }
    };
    Ok(admins.into_iter().map(contact).collect())
}
