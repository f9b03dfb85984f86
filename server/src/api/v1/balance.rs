//! `GET /balance`

use super::bearer::ReadingBearer;
use super::query::Query;
use super::table::{self, Record, maybe, words};
use crate::http::problem::Problem;
use crate::http::router::App;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use tokenscope::access::Access;
use tokenscope::report::{SeenAt, TeamBalance};
use tokenscope::service::Ledger;
use tokenscope::time::Instant;
use tokenscope::tokens::Tokens;

/// A team's balance for programs.
#[derive(Serialize)]
pub struct BalanceItem {
    team: String,
    name: String,
    as_of: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    known_at: Option<Instant>,
    balance: Tokens,
    available: Tokens,
    used: Tokens,
    total: Tokens,
    debt: Tokens,
    access: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    grace_until: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_until: Option<Instant>,
}

impl BalanceItem {
    fn new(team: TeamBalance, seen: SeenAt) -> Self {
        let (grace_until, trial_until) = match team.access {
            Access::Grace { until } | Access::Restricted { since: until } => (Some(until), None),
            Access::Trial { until } => (None, Some(until)),
            Access::Full => (None, None),
        };
        Self {
            team: team.slug,
            name: team.name,
            as_of: seen.as_of,
            known_at: seen.known_at,
            balance: team.balance,
            available: team.available,
            used: team.used,
            total: team.total,
            debt: team.debt,
            access: team.access.code(),
            grace_until,
            trial_until,
        }
    }
}

impl Record for BalanceItem {
    const HEADS: &'static [&'static str] = &[
        "team",
        "name",
        "as_of",
        "known_at",
        "balance",
        "available",
        "used",
        "total",
        "debt",
        "access",
        "grace_until",
        "trial_until",
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            words(&self.team),
            words(&self.name),
            self.as_of.to_string(),
            maybe(self.known_at),
            self.balance.to_string(),
            self.available.to_string(),
            self.used.to_string(),
            self.total.to_string(),
            self.debt.to_string(),
            self.access.to_owned(),
            maybe(self.grace_until),
            maybe(self.trial_until),
        ]
    }
}

/// The balances of the teams the caller may see, by slug; `team=` names one, `as_of=` an instant,
/// `known_at=` what was known.
pub async fn list(
    State(app): State<App>,
    ReadingBearer(caller): ReadingBearer,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let known = ["team", "as_of", "known_at", "after", "limit"];
    let query = Query::read(query.as_deref(), &known)?;
    let balances = app.service.balances_seen(&caller, query.text("team"), query.seen()?).await?;
    let after = query.text("after").unwrap_or_default();
    let mut teams = balances.teams;
    teams.retain(|team| team.slug.as_str() > after);
    let limit = usize::from(query.limit()?);
    let more = teams.len() > limit;
    teams.truncate(limit);
    let next = teams.last().filter(|_| more).map(|team| team.slug.clone());
    let item = |team| BalanceItem::new(team, balances.seen);
    table::list(&headers, teams.into_iter().map(item).collect(), next)
}
