//! `POST /events/corrections`

use super::bearer::Bearer;
use super::event_input;
use super::events::{check_content_type, read};
use super::item::Item;
use crate::http::problem::Problem;
use crate::http::router::App;
use axum::Json;
use axum::extract::{Query, Request, State};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokenscope::correction::{Corrected, Correction, Corrections, SubmittedCorrection};
use tokenscope::fault::{Fault, FieldFault};
use tokenscope::service::Correcting;

/// What the address says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    preview: Option<String>,
}

/// Voids or replaces events, or says what that would change.
pub async fn correct(
    State(app): State<App>,
    Bearer(caller): Bearer,
    Query(asked): Query<Asked>,
    request: Request,
) -> Result<Json<Corrected>, Problem> {
    check_content_type(request.headers())?;
    let preview = match asked.preview.as_deref() {
        None | Some("0") => false,
        Some("1") => true,
        Some(_) => return Err(Fault::field("preview", "must be 1, or left out").into()),
    };
    let corrections = parse(&read(request.into_body()).await?)?;
    let answer = match preview {
        true => app.service.preview(&caller, corrections).await?,
        false => app.service.correct(&caller, corrections).await?,
    };
    Ok(Json(answer))
}

/// `{corrections: […], basis?}`, an array, or one correction.
fn parse(body: &[u8]) -> Result<Corrections, Fault> {
    let malformed = |reason: String| Fault::Malformed { reason };
    let document: Value = serde_json::from_slice(body)
        .map_err(|error| malformed(format!("the body is not valid JSON: {error}")))?;
    let (items, basis) = match document {
        Value::Array(items) => (items, None),
        Value::Object(mut members) if members.contains_key("corrections") => {
            let items = members.remove("corrections");
            let basis = members.remove("basis").filter(|basis| !basis.is_null());
            if let Some(unknown) = members.keys().next() {
                return Err(Fault::field(unknown.as_str(), "is no member beside `corrections`"));
            }
            let Some(Value::Array(items)) = items else {
                return Err(Fault::field("corrections", "must be an array of corrections"));
            };
            let basis = match basis {
                None => None,
                Some(Value::String(basis)) => Some(basis),
                Some(_) => return Err(Fault::field("basis", "must be the text of a preview")),
            };
            (items, basis)
        }
        Value::Object(members) => (vec![Value::Object(members)], None),
        _ => return Err(malformed("expected corrections as JSON objects".into())),
    };
    Ok(Corrections { items: items.into_iter().map(correction).collect(), basis })
}

const MEMBERS: [&str; 5] = ["source", "id", "revision", "void", "replace"];

/// One correction: `{source, id, revision?, void: true}`, or `replace` with the members of an
/// event besides its key, which stays.
fn correction(item: Value) -> SubmittedCorrection {
    let Value::Object(mut members) = item else {
        return Err(FieldFault::new("", "expected a correction as a JSON object"));
    };
    if let Some(unknown) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        let shown: String = unknown.chars().take(64).collect();
        let reason = format!("is no member of a correction; members are: {}", MEMBERS.join(", "));
        return Err(FieldFault::new(shown, reason));
    }
    let revision = match members.remove("revision").unwrap_or_default() {
        Value::Null => Some(0),
        Value::Number(number) => number.as_u64().and_then(|n| u32::try_from(n).ok()),
        _ => None,
    };
    let revision = revision.ok_or_else(|| {
        FieldFault::new("revision", "must be the number of the revision to correct, from 0")
    })?;
    let (source, id) = (text(&members, "source")?, text(&members, "id")?);
    let voids = match members.get("void").unwrap_or(&Value::Null) {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        _ => return Err(FieldFault::new("void", "must be true, or left out")),
    };
    let replacement = match (voids, members.remove("replace").filter(|v| !v.is_null())) {
        (true, None) => None,
        (false, Some(Value::Object(event))) => Some(with_key(event, &source, &id)?),
        (false, Some(_)) => return Err(FieldFault::new("replace", "must be an event")),
        (true, Some(_)) => {
            return Err(FieldFault::new("replace", "cannot stand beside `void`"));
        }
        (false, None) => {
            return Err(FieldFault::new("void", "is missing: say `void: true`, or `replace`"));
        }
    };
    Ok(Correction { source, id, revision, replacement })
}

fn text(members: &Map<String, Value>, name: &str) -> Result<String, FieldFault> {
    match members.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        Some(_) => Err(FieldFault::new(name, "must be a text")),
        None => Err(FieldFault::new(name, "is missing")),
    }
}

fn with_key(
    mut event: Map<String, Value>,
    source: &str,
    id: &str,
) -> Result<tokenscope::event::NewEvent, FieldFault> {
    for (name, key) in [("source", source), ("id", id)] {
        if event.get(name).is_some_and(|given| given != key) {
            let reason = "must be that of the corrected event, or left out: a key stays";
            return Err(FieldFault::new(format!("replace.{name}"), reason));
        }
        event.insert(name.to_owned(), json!(key));
    }
    let read = event_input::read(Item::Object(event, None));
    let event =
        read.map_err(|fault| FieldFault { field: format!("replace.{}", fault.field), ..fault })?;
    if event.time.is_none() {
        return Err(FieldFault::new("replace.time", "is missing: say when the use happened"));
    }
    Ok(event)
}
