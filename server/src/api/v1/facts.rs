//! `POST /teams`, `/apps`, `/assignments`, `/owners`, `/payer`, `/products`, `/apis`, `/rates`,
//! `/lots`, `/transfers`, `/voids`, `/unblocks`, `/policy`, `/trials`, `/closes`: the facts of the
//! books, one or an array, all or none.
//!
//! Under an `Idempotency-Key` a request is done once: the same key and body again gets the same
//! answer, with `Idempotency-Replayed: true`, for 30 days. Facts that say everything themselves may
//! be repeated without one, since a fact that is there changes nothing; where the server makes up
//! an id or a time, the key is required. What was refused changed nothing and takes no key.

use super::bearer::Bearer;
use super::body::{self, Sent};
use super::fact_input::{self, Kind};
use super::item::Item;
use crate::http::endpoints::Endpoints;
use crate::http::problem::Problem;
use crate::http::router::App;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use tokenscope::audit::Actor;
use tokenscope::fact::{Fact, Once};
use tokenscope::fault::{Fault, FieldFault};
use tokenscope::service::{Books, Caller};
use tokenscope::time::Instant;

const KEY: &str = "idempotency-key";
/// Most characters of a key.
const KEY_MAX: usize = 255;
/// Most wrong members that one answer names.
const FAULTS_MAX: usize = 20;

/// All of these paths.
pub fn routes() -> Endpoints {
    Kind::all().fold(Endpoints::default(), |routes, (kind, path)| {
        routes.post(
            path,
            move |State(app): State<App>, Bearer(caller): Bearer, request: Request| {
                record(app, caller, kind, request)
            },
        )
    })
}

async fn record(
    app: App,
    caller: Caller,
    kind: Kind,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    body::check_content_type(&parts.headers)?;
    let body = body::read(body).await?;
    let Sent { items, single } = body::parse(&body)?;
    let refused = |fault: Fault| Problem(if single { without_place(fault) } else { fault });
    let read = read(kind, items, app.service.clock().now());
    let (facts, completed) = read.map_err(refused)?;
    let once = once(&parts.headers, &caller, parts.uri.path(), &body)?;
    write(app, caller, facts, once, completed).await.map_err(refused)
}

/// The facts of a request, and whether the server made up a member of any.
fn read(kind: Kind, items: Vec<Item>, now: Instant) -> Result<(Vec<Fact>, bool), Fault> {
    let (mut facts, mut wrong) = (Vec::with_capacity(items.len()), Vec::new());
    let mut completed = false;
    for (n, item) in items.into_iter().enumerate() {
        match fact_input::read(kind, item, now) {
            Ok(made) => {
                completed |= made.completed;
                facts.push(made.fact);
            }
            Err(fault) if wrong.len() < FAULTS_MAX => wrong.push(at_place(n, fault)),
            Err(_) => {}
        }
    }
    if wrong.is_empty() { Ok((facts, completed)) } else { Err(Fault::Invalid { fields: wrong }) }
}

async fn write(
    app: App,
    caller: Caller,
    facts: Vec<Fact>,
    once: Option<Once>,
    completed: bool,
) -> Result<Response, Fault> {
    if completed && once.is_none() {
        let reason = "the header `Idempotency-Key` is missing: the server makes up an id or a time \
                      here, so that a repeat would be another fact; send the header, or give `id` \
                      and `at` yourself";
        return Err(Fault::Malformed { reason: reason.into() });
    }
    let receipt = app.service.record_once(&caller, facts, once).await?;
    let mut response = Json(&receipt).into_response();
    if receipt.replayed {
        let replayed = HeaderValue::from_static("true");
        response.headers_mut().insert("idempotency-replayed", replayed);
    }
    Ok(response)
}

fn at_place(n: usize, fault: FieldFault) -> FieldFault {
    let field = match fault.field.as_str() {
        "" => n.to_string(),
        name => format!("{n}.{name}"),
    };
    FieldFault { field, ..fault }
}

/// Of the only fact nobody needs to be told its place.
fn without_place(fault: Fault) -> Fault {
    match fault {
        Fault::Invalid { mut fields } => {
            for field in &mut fields {
                if let Some(name) = field.field.strip_prefix("0.") {
                    field.field = name.to_owned();
                }
            }
            Fault::Invalid { fields }
        }
        Fault::Conflict { reason } => {
            let plain = reason.strip_prefix("fact 0: ").map(ToOwned::to_owned);
            Fault::Conflict { reason: plain.unwrap_or(reason) }
        }
        other => other,
    }
}

/// The key of the request, as a text or as a quoted one (a structured field).
fn once(
    headers: &HeaderMap,
    caller: &Caller,
    path: &str,
    body: &[u8],
) -> Result<Option<Once>, Fault> {
    let mut given = headers.get_all(KEY).iter();
    let Some(value) = given.next() else { return Ok(None) };
    let wrong = || {
        let reason = format!("must be one value of 1 to {KEY_MAX} printable ASCII characters");
        Fault::field("Idempotency-Key", reason)
    };
    let text = value.to_str().map_err(|_| wrong())?.trim();
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let key = quoted.unwrap_or(text);
    let printable = key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if key.is_empty() || key.len() > KEY_MAX || !printable || given.next().is_some() {
        return Err(wrong());
    }
    let actor = Actor::of(caller);
    let mut hasher = Sha256::new();
    hasher.update(actor.code());
    hasher.update(actor.number().unwrap_or(0).to_be_bytes());
    hasher.update(path.len().to_be_bytes());
    hasher.update(path);
    hasher.update(body);
    let mut eight = [0; 8];
    eight.copy_from_slice(&hasher.finalize()[..8]);
    Ok(Some(Once { key: key.to_owned(), fingerprint: i64::from_be_bytes(eight) }))
}
