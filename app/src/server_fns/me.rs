//! The caller's own usage.

use crate::charts::ChartSvgs;
use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use tokenscope::report::{MyReport, View};

/// The report with its chart drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MePage {
    /// The figures.
    pub report: MyReport,
    /// The chart of `report.usage`.
    pub chart: ChartSvgs,
}

/// Answers `/me`.
///
/// # Errors
/// [`AppError`], with the status of its fault.
#[server(endpoint = "me", input = Json, output = Json)]
pub async fn me(view: View) -> Result<MePage, AppError> {
    let ask = super::ask::Ask::from_context(&view)?;
    let report = ask.reports.me(&ask.caller, &view).await;
    ask.answer(report.map(|report| {
        let chart = crate::charts::columns::draw(&report.usage);
        MePage { report, chart }
    }))
}
