//! The caller's own usage.

use crate::answer::Stamped;
use crate::error::AppError;
use crate::wire::{Json, Question};
use leptos::prelude::*;
use tokenscope::view::View;

/// Answers `/me`.
///
/// # Errors
/// [`AppError`], with the status of its fault.
#[server(endpoint = "me", input = Question, output = Json)]
pub async fn me(view: View) -> Result<Stamped, AppError> {
    let ask = super::ask::Ask::from_context(&view)?;
    let stamp = ask.stamp().await;
    let report = ask.reports.me(&ask.caller, &view).await;
    ask.answer(stamp, report, |report| crate::drawn::me(report, &view))
}
