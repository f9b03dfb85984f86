//! `GET /apps`

use super::bearer::Bearer;
use super::query::Query;
use super::{Answer, Page};
use crate::http::router::App;
use axum::Json;
use axum::extract::{RawQuery, State};
use tokenscope::service::{AppListing, Directory};

/// The apps the caller may see, by client id.
pub async fn list(
    State(app): State<App>,
    Bearer(caller): Bearer,
    RawQuery(query): RawQuery,
) -> Answer<Page<AppListing>> {
    let query = Query::read(query.as_deref(), &["after", "limit"])?;
    let (items, more) = app.service.apps(&caller, query.text("after"), query.limit()?).await?;
    let next = items.last().filter(|_| more).map(|app| app.client_id.clone());
    Ok(Json(Page { items, next }))
}
