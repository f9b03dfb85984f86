//! REST, version 1.

mod apps;
mod audit;
mod balance;
mod bearer;
mod body;
mod catalogue;
mod check;
mod corrections;
mod event_input;
mod events;
mod explain;
mod fact_input;
mod facts;
mod holds;
mod item;
mod jobs;
mod list;
mod lots;
mod members;
mod query;
mod statement;
mod table;

use crate::http::endpoints::Endpoints;
use crate::http::problem::Problem;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The routes below `/api/v1`.
pub fn routes() -> Endpoints {
    Endpoints::default()
        .post("/events", events::accept)
        .post("/events/corrections", corrections::correct)
        .get("/jobs", jobs::list)
        .get("/jobs/{number}", jobs::get)
        .post("/check", check::check)
        .post("/holds/{id}/settle", holds::settle)
        .post("/holds/{id}/release", holds::release)
        .get("/apps", apps::list)
        .get("/balance", balance::list)
        .get("/teams", catalogue::teams)
        .get("/apis", catalogue::apis)
        .get("/rates", catalogue::rates)
        .get("/audit", audit::list)
        .and(facts::routes())
        .get("/lots", lots::list)
        .get("/statement", statement::show)
        .get("/explain", explain::show)
        .with(|router| router.fallback(super::unknown).method_not_allowed_fallback(wrong_method))
}

async fn wrong_method() -> Response {
    let document = serde_json::json!({
        "type": "urn:tokenscope:problem:method-not-allowed",
        "title": "Method Not Allowed",
        "status": 405,
        "detail": "this path takes another method, see the header Allow",
    });
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (StatusCode::METHOD_NOT_ALLOWED, kind, document.to_string()).into_response()
}

/// One page of a list.
#[derive(Debug, Serialize)]
struct Page<T> {
    items: Vec<T>,
    /// Where the next page begins; none after the last.
    next: Option<String>,
}

type Answer<T> = Result<axum::Json<T>, Problem>;
