//! The whole organization.

use crate::charts::ChartSvgs;
use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use tokenscope::report::{OverviewReport, View};

/// The report with its chart drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverviewPage {
    /// The figures.
    pub report: OverviewReport,
    /// The chart of `report.usage`.
    pub chart: ChartSvgs,
}

/// Answers `/overview`.
///
/// # Errors
/// [`AppError`], with the status of its fault.
#[server(endpoint = "overview", input = Json, output = Json)]
pub async fn overview(view: View) -> Result<OverviewPage, AppError> {
    let ask = super::ask::Ask::from_context(&view)?;
    let report = ask.reports.overview(&ask.caller, &view).await;
    ask.answer(report.map(|report| {
        let chart = crate::charts::columns::draw(&report.usage);
        OverviewPage { report, chart }
    }))
}
