//! The whole organization.

use crate::answer::Stamped;
use crate::error::AppError;
use crate::wire::{Json, Question};
use leptos::prelude::*;
use tokenscope::view::View;

/// Answers `/overview`.
///
/// # Errors
/// [`AppError`], with the status of its fault.
#[server(endpoint = "overview", input = Question, output = Json)]
pub async fn overview(view: View) -> Result<Stamped, AppError> {
    let ask = super::ask::Ask::from_context(&view)?;
    let stamp = ask.stamp().await;
    let report = ask.reports.overview(&ask.caller, &view).await;
    ask.answer(stamp, report, |report| crate::drawn::overview(report, &view))
}
