//! Whether the process lives, and whether it can work.

use super::errors::Worded;
use super::router::App;
use crate::store::migrate;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;

/// The process answers.
pub async fn live() -> &'static str {
    "ok\n"
}

/// The database answers and has the tables of this program.
pub async fn ready(State(app): State<App>) -> (StatusCode, Extension<Worded>, &'static str) {
    let (status, text) = match migrate::is_current(app.service.db()).await {
        Ok(true) => (StatusCode::OK, "ready\n"),
        Ok(false) => (StatusCode::SERVICE_UNAVAILABLE, "the database is not migrated\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    };
    (status, Extension(Worded), text)
}

/// Which process answers; only while developing.
pub async fn process(State(app): State<App>) -> String {
    app.process
}
