//! A question about usage: whose, of which apps, APIs and teams. Answers are exact sums.
//!
//! Events and their charges name apps, not teams. A question by team therefore asks for each app
//! while that team pays for it ([`Question::parts`]). A charge of a daily product can come after
//! its app has moved and still is the old team's; these few are moved over by what the journal
//! says ([`Question::moved_charges`]).

use super::spans::{Piece, Source, pieces};
use crate::service::book::Book;
use crate::store::db::{DbError, Tx};
use crate::store::rollup::{Bucket, ByApi, Wanted};
use crate::store::{charge, event, rollup};
use std::sync::Arc;
use tokenscope::id::{AppId, TeamId};
use tokenscope::rate::SESSION_MAX;
use tokenscope::time::{DAY, Grain, Instant, Period};
use tokenscope::view::{Filters, Term};

/// How long after its event a charge can come: the longest session and a day.
const LATE_MAX: i64 = SESSION_MAX + DAY;

/// A user by his number, and the apps that he owns.
pub(super) type Own = (i64, Vec<i64>);

/// Whose usage, of what.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) book: Arc<Book>,
    /// Whose; none = everybody's.
    pub(super) own: Option<Own>,
    apps: Option<Vec<i64>>,
    apis: Option<Vec<i64>>,
    teams: Vec<Term>,
}

/// Usage of an app and API while one team paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AppRow {
    /// Who paid; none = nobody.
    pub(super) team: Option<TeamId>,
    pub(super) app: i64,
    pub(super) api: i64,
    pub(super) events: i64,
    pub(super) tokens: i64,
}

/// Some apps over a period in which nobody else pays for any of them.
struct Part {
    apps: Option<Vec<i64>>,
    period: Period,
}

/// A charge that the team of its event pays, and not the one that its app belongs to meanwhile.
struct Moved {
    at: Instant,
    from: Option<TeamId>,
    row: AppRow,
}

impl Question {
    /// All usage there is.
    pub(super) fn everything(book: &Arc<Book>) -> Self {
        let book = Arc::clone(book);
        Self { book, own: None, apps: None, apis: None, teams: Vec::new() }
    }

    /// The usage that passes some filters.
    pub(super) fn new(book: &Arc<Book>, own: Option<Own>, filters: &Filters) -> Self {
        let apps = || {
            let passing =
                book.apps.iter().filter(|(_, app)| Filters::passes(&filters.app, &app.client_id));
            passing.map(|(id, _)| id.0).collect()
        };
        let apis = || {
            let passing = book.apis.values().filter(|api| Filters::passes(&filters.api, &api.code));
            passing.map(|api| api.id.0).collect()
        };
        Self {
            own,
            apps: (!filters.app.is_empty()).then(apps),
            apis: (!filters.api.is_empty()).then(apis),
            teams: filters.team.clone(),
            book: Arc::clone(book),
        }
    }

    fn passes(&self, team: Option<TeamId>) -> bool {
        let team = team.and_then(|team| self.book.teams.get(&team));
        Filters::passes(&self.teams, team.map_or("", |team| &team.slug))
    }

    fn wanted(&self, apps: Option<Vec<i64>>) -> Wanted {
        Wanted { apps, apis: self.apis.clone(), own: self.own.clone() }
    }

    /// Each app as long as the same team pays for it; teams that do not pass are left out. Where
    /// nobody asks for teams, one part holds everything.
    fn parts(&self, period: Period, by_team: bool) -> Vec<Part> {
        if !by_team && self.teams.is_empty() {
            return vec![Part { apps: self.apps.clone(), period }];
        }
        let wanted = |id: &AppId| self.apps.as_ref().is_none_or(|apps| apps.contains(&id.0));
        let (mut steady, mut parts) = (Vec::new(), Vec::new());
        for (id, app) in self.book.apps.iter().filter(|(id, _)| wanted(id)) {
            let stretches = app.over(period);
            let [(_, team)] = stretches.as_slice() else {
                let passing = stretches.into_iter().filter(|(_, team)| self.passes(*team));
                parts.extend(passing.map(|(period, _)| Part { apps: Some(vec![id.0]), period }));
                continue;
            };
            if self.passes(*team) {
                steady.push(id.0);
            }
        }
        let all = steady.len() == self.book.apps.len();
        if !steady.is_empty() {
            parts.push(Part { apps: (!all).then_some(steady), period });
        }
        parts
    }

    /// Usage by bucket and API: time, API, events, micro-tokens. The times lie in the bucket of
    /// `coarsest` to which the usage belongs.
    pub(super) async fn over_time(
        &self,
        tx: &mut Tx,
        period: Period,
        coarsest: Grain,
    ) -> Result<Vec<ByApi>, DbError> {
        let mut rows = Vec::new();
        for part in self.parts(period, false) {
            let wanted = self.wanted(part.apps);
            for piece in self.pieces(part.period, coarsest) {
                let span = span(piece.period);
                let Source::Buckets(grain) = piece.source else {
                    let at = span.0;
                    let single = self.single(tx, span, &wanted).await?;
                    rows.extend(single.into_iter().map(|row| (at, row.1, row.2, row.3)));
                    continue;
                };
                let book = &self.book;
                rows.extend(rollup::by_time(tx, book.org, bucket(grain), span, &wanted).await?);
            }
        }
        if !self.teams.is_empty() {
            for moved in self.moved_charges(tx, period).await? {
                let (at, row) = (moved.at.micros(), moved.row);
                let gained = i64::from(self.passes(row.team)) - i64::from(self.passes(moved.from));
                rows.push((at, row.api, 0, row.tokens * gained));
            }
        }
        Ok(rows)
    }

    /// Usage by app, API and, where asked for, team.
    pub(super) async fn over_apps(
        &self,
        tx: &mut Tx,
        period: Period,
        by_team: bool,
    ) -> Result<Vec<AppRow>, DbError> {
        let mut found = Vec::new();
        for part in self.parts(period, by_team) {
            let wanted = self.wanted(part.apps);
            for piece in self.pieces(part.period, Grain::Month) {
                let span = span(piece.period);
                let rows = match piece.source {
                    Source::Single => self.single(tx, span, &wanted).await?,
                    Source::Buckets(grain) => {
                        rollup::by_app(tx, self.book.org, bucket(grain), span, &wanted).await?
                    }
                };
                found.extend(rows.into_iter().map(|(app, api, events, tokens)| {
                    let team = self.book.apps.get(&AppId(app));
                    let team = team.and_then(|app| app.team_at(part.period.from));
                    AppRow { team, app, api, events, tokens }
                }));
            }
        }
        if by_team || !self.teams.is_empty() {
            for moved in self.moved_charges(tx, period).await? {
                let back = AppRow { team: moved.from, tokens: -moved.row.tokens, ..moved.row };
                found.extend([back, moved.row].into_iter().filter(|row| self.passes(row.team)));
            }
        }
        Ok(found)
    }

    fn pieces(&self, period: Period, coarsest: Grain) -> Vec<Piece> {
        pieces(&self.book.zone, period, coarsest, self.own.is_none())
    }

    /// App, API, events and micro-tokens, from single events and charges.
    async fn single(
        &self,
        tx: &mut Tx,
        span: (i64, i64),
        wanted: &Wanted,
    ) -> Result<Vec<ByApi>, DbError> {
        let org = self.book.org;
        let events = event::count(tx, org, span, wanted).await?;
        let charges = charge::sum(tx, org, self.payers(), span, wanted).await?;
        let events = events.into_iter().map(|(app, api, count)| (app, api, count, 0));
        let charges = charges.into_iter().map(|(app, api, tokens)| (app, api, 0, tokens));
        Ok(events.chain(charges).collect())
    }

    fn payers(&self) -> Vec<i64> {
        self.book.teams.keys().map(|team| team.0).collect()
    }

    /// Apps that moved before a period's end, and used a daily product since so long that a charge
    /// could have come after the move.
    async fn movers(&self, tx: &mut Tx, period: Period) -> Result<Option<Wanted>, DbError> {
        let reach = Period::new(period.from.plus(-LATE_MAX), period.to);
        let chosen =
            |list: &Option<Vec<i64>>, id: i64| list.as_ref().is_none_or(|list| list.contains(&id));
        let apps = self.book.apps.iter().filter(|(_, app)| app.over(reach).len() > 1);
        let apps = apps.map(|(id, _)| id.0).filter(|id| chosen(&self.apps, *id));
        let daily = self.book.apis.keys().filter(|id| self.book.card.is_ever_daily(**id));
        let daily = daily.map(|id| id.0).filter(|id| chosen(&self.apis, *id));
        let (apps, apis) = (apps.collect::<Vec<_>>(), daily.collect::<Vec<_>>());
        if apps.is_empty() || apis.is_empty() {
            return Ok(None);
        }
        let wanted = Wanted { apps: Some(apps), apis: Some(apis), own: self.own.clone() };
        let months = Period::new(self.book.zone.bucket(Grain::Month, reach.from).from, reach.to);
        let used = rollup::by_app(tx, self.book.org, Bucket::Month, span(months), &wanted).await?;
        Ok((!used.is_empty()).then_some(wanted))
    }

    async fn moved_charges(&self, tx: &mut Tx, period: Period) -> Result<Vec<Moved>, DbError> {
        let Some(wanted) = self.movers(tx, period).await? else {
            return Ok(Vec::new());
        };
        let rows = charge::late(tx, self.book.org, self.payers(), span(period), &wanted).await?;
        let moved = rows.into_iter().filter_map(|(team, at, app, api, tokens)| {
            let at = Instant::from_micros(at);
            let from = self.book.apps.get(&AppId(app)).and_then(|app| app.team_at(at));
            let row = AppRow { team: Some(TeamId(team)), app, api, events: 0, tokens };
            (from != row.team).then_some(Moved { at, from, row })
        });
        Ok(moved.collect())
    }
}

fn span(period: Period) -> (i64, i64) {
    (period.from.micros(), period.to.micros())
}

fn bucket(grain: Grain) -> Bucket {
    match grain {
        Grain::Hour => Bucket::Hour,
        Grain::Day | Grain::Week => Bucket::Day,
        Grain::Month => Bucket::Month,
    }
}
