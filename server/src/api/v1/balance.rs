//! `GET /balance`

use super::bearer::Bearer;
use super::query::Query;
use super::{Answer, Page};
use crate::http::router::App;
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use tokenscope::access::Access;
use tokenscope::report::TeamBalance;
use tokenscope::service::Reports;
use tokenscope::time::Instant;
use tokenscope::tokens::Tokens;

/// A team's balance for programs.
#[derive(Serialize)]
pub struct BalanceItem {
    team: String,
    name: String,
    as_of: Instant,
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
    fn new(team: TeamBalance, as_of: Instant) -> Self {
        let (grace_until, trial_until) = match team.access {
            Access::Grace { until } | Access::Restricted { since: until } => (Some(until), None),
            Access::Trial { until } => (None, Some(until)),
            Access::Full => (None, None),
        };
        Self {
            team: team.slug,
            name: team.name,
            as_of,
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

/// The balances of the teams the caller may see, by slug; `team=` names one, `as_of=` an instant.
pub async fn list(
    State(app): State<App>,
    Bearer(caller): Bearer,
    RawQuery(query): RawQuery,
) -> Answer<Page<BalanceItem>> {
    let query = Query::read(query.as_deref(), &["team", "as_of"])?;
    let as_of = query.time("as_of")?.unwrap_or_else(|| app.service.clock().now());
    let teams = app.service.balances(&caller, query.text("team"), Some(as_of)).await?;
    let items = teams.into_iter().map(|team| BalanceItem::new(team, as_of)).collect();
    Ok(Json(Page { items, next: None }))
}
