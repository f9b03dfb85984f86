//! The caller's own usage.

use crate::answer::ReportPage;
use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;
use tokenscope::view::View;

/// Answers `/me`.
///
/// # Errors
/// [`AppError`], with the status of its fault.
#[server(endpoint = "me", input = Json, output = Json)]
pub async fn me(view: View) -> Result<ReportPage, AppError> {
    let ask = super::ask::Ask::from_context(&view)?;
    let report = ask.reports.me(&ask.caller, &view).await;
    ask.answer(report, |report| crate::drawn::me(report, &view))
}
