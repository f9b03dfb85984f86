//! Interfaces for programs. They call the same services as the pages.

pub mod v1;

use crate::http::problem::Problem;
use axum::http::Uri;
use tokenscope::fault::Fault;

/// A path under `/api` that is none.
pub async fn unknown(uri: Uri) -> Problem {
    Problem(Fault::NotFound { what: format!("the path {}", uri.path()) })
}
