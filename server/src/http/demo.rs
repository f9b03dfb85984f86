//! The removal of demo data.

use super::form::{Posted, Signed, done, refused};
use super::problem::Problem;
use super::router::App;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use tokenscope::fault::Fault;
use tokenscope::service::Removal;
use tokenscope_app::routes::{ADMIN_DEMO, OVERVIEW};

/// `POST /admin/demo`
pub async fn remove(State(app): State<App>, Signed(caller): Signed, posted: Posted) -> Response {
    match app.service.remove_demo(&caller).await {
        Ok(()) => done(&app, OVERVIEW, "demo-removed"),
        Err(fault @ (Fault::NotFound { .. } | Fault::Forbidden { .. })) => {
            Problem(fault).into_response()
        }
        Err(fault) => refused(&app, ADMIN_DEMO, fault, &posted),
    }
}
