//! `POST /events`

use super::bearer::Bearer;
use super::event_input;
use super::item::{Item, Items};
use crate::http::problem::Problem;
use crate::http::router::App;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Serialize;
use tokenscope::event::EventResult;
use tokenscope::fault::Fault;
use tokenscope::service::Intake;

/// Most events of one request.
const EVENTS_MAX: usize = 10_000;
/// Most bytes of one request.
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// What became of each item, in the order sent.
#[derive(Serialize)]
pub struct Results {
    results: Vec<EventResult>,
}

/// Takes one event or an array of them.
pub async fn accept(
    State(app): State<App>,
    Bearer(caller): Bearer,
    request: Request,
) -> Result<Json<Results>, Problem> {
    check_content_type(request.headers())?;
    let body = read(request.into_body()).await?;
    let events = parse(&body)?.into_iter().map(event_input::read).collect();
    let results = app.service.accept(&caller, events).await?;
    Ok(Json(Results { results }))
}

/// One coding is taken, JSON without compression.
///
/// # Errors
/// [`Fault::Unsupported`]
pub fn check_content_type(headers: &HeaderMap) -> Result<(), Fault> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let expected = "send `Content-Type: application/json` with one event or an array".into();
        return Err(Fault::Unsupported { expected });
    }
    if text(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        let expected = "send the body without `Content-Encoding`".into();
        return Err(Fault::Unsupported { expected });
    }
    Ok(())
}

/// The whole body.
///
/// # Errors
/// [`Fault::TooLarge`] beyond 8 MiB.
pub async fn read(body: Body) -> Result<Bytes, Fault> {
    match Limited::new(body, BYTES_MAX).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let limit = "8 MiB a request: send the events in several requests".into();
            Err(Fault::TooLarge { limit })
        }
        Err(_) => Err(Fault::Malformed { reason: "the body ended early: send it again".into() }),
    }
}

/// Reads the one event of a request.
///
/// # Errors
/// [`Fault::Malformed`] where it is none, or an array.
pub fn parse_one(body: &[u8]) -> Result<Item, Fault> {
    let one = "expected one event as a JSON object";
    match serde_json::from_slice(body) {
        Ok(Items::One(item @ Item::Object(..))) => Ok(item),
        Ok(_) => Err(Fault::Malformed { reason: one.into() }),
        Err(error) => {
            let reason = format!("the body is not valid JSON: {error}");
            Err(Fault::Malformed { reason })
        }
    }
}

fn parse(body: &[u8]) -> Result<Vec<Item>, Fault> {
    let items = match serde_json::from_slice(body) {
        Ok(Items::Many(items)) => items,
        Ok(Items::One(item @ Item::Object(..))) => vec![item],
        Ok(Items::One(Item::Other(_))) => {
            let reason = "expected an event as a JSON object, or an array of events".into();
            return Err(Fault::Malformed { reason });
        }
        Err(error) => {
            let reason = format!("the body is not valid JSON: {error}");
            return Err(Fault::Malformed { reason });
        }
    };
    if items.len() > EVENTS_MAX {
        let limit = format!("{EVENTS_MAX} events a request: send them in several requests");
        return Err(Fault::TooLarge { limit });
    }
    Ok(items)
}
