//! `GET /jobs`, `GET /jobs/{number}`

use super::bearer::Bearer;
use super::{Answer, Page};
use crate::http::router::App;
use axum::Json;
use axum::extract::{Path, State};
use tokenscope::fault::Fault;
use tokenscope::job::JobListing;
use tokenscope::service::Jobs;

/// The newest jobs.
pub async fn list(State(app): State<App>, Bearer(caller): Bearer) -> Answer<Page<JobListing>> {
    let items = app.service.jobs(&caller).await?;
    Ok(Json(Page { items, next: None }))
}

/// One job.
pub async fn get(
    State(app): State<App>,
    Bearer(caller): Bearer,
    Path(number): Path<String>,
) -> Answer<JobListing> {
    let unknown = || Fault::NotFound { what: format!("the job `{number}`") };
    let number = number.parse().map_err(|_| unknown())?;
    Ok(Json(app.service.job(&caller, number).await?))
}
