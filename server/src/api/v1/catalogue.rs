//! `GET /teams`, `GET /apis`, `GET /rates`

use super::bearer::Bearer;
use super::list::{Row, answer};
use super::query::Query;
use crate::http::problem::Problem;
use crate::http::router::App;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use tokenscope::service::{ApiListing, Catalogue, RateListing, TeamListing};

impl Row for TeamListing {
    const HEADS: &'static [&'static str] = &["slug", "name", "trial_until"];
    fn cells(&self) -> Vec<String> {
        let trial = self.trial_until.map(|at| at.rfc3339()).unwrap_or_default();
        vec![self.slug.clone(), self.name.clone(), trial]
    }
}

impl Row for ApiListing {
    const HEADS: &'static [&'static str] = &["code", "name", "unit", "listed", "variants"];
    fn cells(&self) -> Vec<String> {
        let Self { code, name, unit, .. } = self.clone();
        vec![code, name, unit, self.listed.to_string(), self.variants.join(" ")]
    }
}

impl Row for RateListing {
    const HEADS: &'static [&'static str] =
        &["api", "variant", "from", "tokens", "per", "rounding", "charge_failed"];
    fn cells(&self) -> Vec<String> {
        vec![
            self.api.clone(),
            self.variant.clone().unwrap_or_default(),
            self.from.rfc3339(),
            self.tokens.to_string(),
            self.per.to_string(),
            self.rounding.code().into(),
            self.charge_failed.to_string(),
        ]
    }
}

/// The teams the caller may see, by slug.
pub async fn teams(
    State(app): State<App>,
    Bearer(caller): Bearer,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = Query::read(query.as_deref(), &["after", "limit"])?;
    let (items, more) = app.service.teams(&caller, query.text("after"), query.limit()?).await?;
    let next = items.last().filter(|_| more).map(|team| team.slug.clone());
    answer(&headers, items, next)
}

/// The APIs and products, by code.
pub async fn apis(
    State(app): State<App>,
    Bearer(caller): Bearer,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = Query::read(query.as_deref(), &["after", "limit"])?;
    let (items, more) = app.service.apis(&caller, query.text("after"), query.limit()?).await?;
    let next = items.last().filter(|_| more).map(|api| api.code.clone());
    answer(&headers, items, next)
}

/// The prices, by API, variant and instant.
pub async fn rates(
    State(app): State<App>,
    Bearer(caller): Bearer,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = Query::read(query.as_deref(), &["after", "limit"])?;
    let (items, more) = app.service.rates(&caller, query.text("after"), query.limit()?).await?;
    let next = items.last().filter(|_| more).map(RateListing::cursor);
    answer(&headers, items, next)
}
