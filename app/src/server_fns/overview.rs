//! The whole organization.

use crate::answer::ReportPage;
use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;
use tokenscope::view::View;

/// Answers `/overview`.
///
/// # Errors
/// [`AppError`], with the status of its fault.
#[server(endpoint = "overview", input = Json, output = Json)]
pub async fn overview(view: View) -> Result<ReportPage, AppError> {
    let ask = super::ask::Ask::from_context(&view)?;
    let report = ask.reports.overview(&ask.caller, &view).await;
    ask.answer(report, |report| crate::drawn::overview(report, &view))
}
