//! `POST /holds/{id}/settle` and `/release`

use super::Answer;
use super::bearer::Bearer;
use super::event_input;
use super::events::{check_content_type, parse_one, read};
use crate::http::router::App;
use axum::Json;
use axum::extract::{Path, Request, State};
use serde::Serialize;
use tokenscope::check::{HoldListing, HoldState};
use tokenscope::event::EventResult;
use tokenscope::id::LongId;
use tokenscope::service::Checks;

/// What became of the event, and of the hold.
#[derive(Serialize)]
pub struct SettledDocument {
    #[serde(flatten)]
    result: EventResult,
    hold: HoldState,
}

/// Takes the event that carried the use and ends the hold.
pub async fn settle(
    State(app): State<App>,
    Bearer(caller): Bearer,
    Path(id): Path<String>,
    request: Request,
) -> Answer<SettledDocument> {
    check_content_type(request.headers())?;
    let event = parse_one(&read(request.into_body()).await?)?;
    let settled = app.service.settle(&caller, id_of(&id), event_input::read(event)).await?;
    Ok(Json(SettledDocument { result: settled.result, hold: settled.hold }))
}

/// Gives a hold back.
pub async fn release(
    State(app): State<App>,
    Bearer(caller): Bearer,
    Path(id): Path<String>,
) -> Answer<HoldListing> {
    Ok(Json(app.service.release(&caller, id_of(&id)).await?))
}

/// A text that is no id names no hold, as the id of zeros does.
fn id_of(text: &str) -> LongId {
    text.parse().unwrap_or(LongId([0; 16]))
}
