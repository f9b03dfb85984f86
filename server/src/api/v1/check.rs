//! `POST /check`

use super::Answer;
use super::bearer::Bearer;
use super::event_input::{self, Members, Read, amount, member, missing, required_text, slug, text};
use super::events::{check_content_type, read};
use super::item::Item;
use crate::http::router::App;
use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;
use serde_json::Value;
use tokenscope::access::Access;
use tokenscope::check::{AskedCall, AskedHold, CheckAnswer, HoldListing};
use tokenscope::decision::{Denial, Remedy};
use tokenscope::fault::{Fault, FieldFault};
use tokenscope::hold::{TTL_MAX_S, TTL_S};
use tokenscope::id::LongId;
use tokenscope::service::Checks;
use tokenscope::time::Instant;
use tokenscope::tokens::{Quantity, Tokens};

const MEMBERS: [&str; 6] = ["client_id", "user", "api", "variant", "quantity", "hold"];
const HOLD_MEMBERS: [&str; 2] = ["key", "ttl_s"];

/// A decision for programs.
#[derive(Serialize)]
pub struct CheckDocument {
    allowed: bool,
    denied: Option<Denial>,
    access: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grace_until: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_until: Option<Instant>,
    price: Tokens,
    available: Tokens,
    remedy: Option<Remedy>,
    decision: LongId,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<HoldListing>,
}

impl From<CheckAnswer> for CheckDocument {
    fn from(answer: CheckAnswer) -> Self {
        let (grace_until, trial_until) = match answer.access {
            Some(Access::Grace { until } | Access::Restricted { since: until }) => {
                (Some(until), None)
            }
            Some(Access::Trial { until }) => (None, Some(until)),
            Some(Access::Full) | None => (None, None),
        };
        Self {
            allowed: answer.denied.is_none(),
            denied: answer.denied,
            access: answer.access.map(|access| access.code()),
            grace_until,
            trial_until,
            price: answer.price,
            available: answer.available,
            remedy: answer.remedy,
            decision: answer.decision,
            hold: answer.hold,
        }
    }
}

/// Says whether a call may be made, and reserves its price where that is asked for.
pub async fn check(
    State(app): State<App>,
    Bearer(caller): Bearer,
    request: Request,
) -> Answer<CheckDocument> {
    check_content_type(request.headers())?;
    let body = read(request.into_body()).await?;
    let answer = app.service.check(&caller, parse(&body)?).await?;
    Ok(Json(answer.into()))
}

/// Reads a call.
///
/// # Errors
/// [`Fault::Malformed`] with the first member that is wrong.
fn parse(body: &[u8]) -> Result<AskedCall, Fault> {
    let item: Item = serde_json::from_slice(body).map_err(|error| {
        let reason = format!("the body is not valid JSON: {error}");
        Fault::Malformed { reason }
    })?;
    call(item).map_err(|fault| {
        let FieldFault { field, reason, .. } = fault;
        let at = if field.is_empty() { reason } else { format!("`{field}` {reason}") };
        Fault::Malformed { reason: at }
    })
}

fn call(item: Item) -> Read<AskedCall> {
    let members = event_input::members(item, "a call", &MEMBERS)?;
    Ok(AskedCall {
        client_id: slug(&members, "client_id")?.ok_or_else(|| missing("client_id"))?,
        user: text(&members, "user")?,
        api: slug(&members, "api")?.ok_or_else(|| missing("api"))?,
        variant: slug(&members, "variant")?,
        quantity: amount(&members, "quantity", str::parse::<Quantity>)?,
        hold: hold(&members)?,
    })
}

fn hold(members: &Members) -> Read<Option<AskedHold>> {
    let Some(given) = member(members, "hold") else {
        return Ok(None);
    };
    let within = |fault: FieldFault| match fault.field.as_str() {
        "" => FieldFault::new("hold", fault.reason),
        field => FieldFault::new(format!("hold.{field}"), fault.reason),
    };
    let item = match given {
        Value::Object(members) => Item::Object(members.clone(), None),
        other => Item::Other(other.clone()),
    };
    let members = event_input::members(item, "a hold", &HOLD_MEMBERS).map_err(within)?;
    let key = required_text(&members, "key").map_err(within)?;
    let ttl_s = ttl(&members).map_err(within)?;
    Ok(Some(AskedHold { key, ttl_s }))
}

fn ttl(members: &Members) -> Read<u32> {
    let Some(given) = member(members, "ttl_s") else {
        return Ok(TTL_S);
    };
    let ttl = given.as_u64().and_then(|ttl| u32::try_from(ttl).ok());
    let wrong = || {
        let reason = format!("must be a whole number of seconds from 1 to {TTL_MAX_S} (24 hours)");
        FieldFault::new("ttl_s", reason)
    };
    ttl.filter(|ttl| (1..=TTL_MAX_S).contains(ttl)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(name: &str, value: &Value) -> Result<AskedCall, Fault> {
        let mut call = json!({"client_id": "app", "api": "llm"});
        call[name] = value.clone();
        parse(call.to_string().as_bytes())
    }

    #[test]
    fn a_short_call_has_defaults() {
        let call = with("hold", &json!({"key": "k"})).unwrap();
        assert_eq!((call.user, call.quantity), (None, None));
        assert_eq!(call.hold, Some(AskedHold { key: "k".into(), ttl_s: 60 }));
        assert_eq!(with("hold", &Value::Null).unwrap().hold, None);
    }

    #[test]
    fn the_member_that_is_wrong_is_named() {
        for (name, value, named) in [
            ("client_id", json!("~red"), "client_id"),
            ("client_id", json!(null), "client_id"),
            ("api", json!(7), "api"),
            ("quantity", json!("-1"), "quantity"),
            ("quantity", json!(0.000_000_1), "quantity"),
            ("user", json!(""), "user"),
            ("colour", json!("red"), "colour"),
            ("hold", json!("k"), "hold"),
            ("hold", json!({}), "hold.key"),
            ("hold", json!({"key": "a\u{0}"}), "hold.key"),
            ("hold", json!({"key": "k", "ttl_s": 0}), "hold.ttl_s"),
            ("hold", json!({"key": "k", "ttl_s": 86_401}), "hold.ttl_s"),
            ("hold", json!({"key": "k", "ttl_s": "60"}), "hold.ttl_s"),
            ("hold", json!({"key": "k", "ttl_s": 1.5}), "hold.ttl_s"),
            ("hold", json!({"key": "k", "ttl": 60}), "hold.ttl"),
        ] {
            let fault = with(name, &value).unwrap_err();
            assert_eq!(fault.status(), 400, "{name} {value}");
            assert!(fault.to_string().contains(&format!("`{named}` ")), "{value}: {fault}");
        }
        assert_eq!(parse(b"[]").unwrap_err().status(), 400);
        assert_eq!(parse(b"{").unwrap_err().status(), 400);
        let twice = br#"{"client_id": "a", "api": "b", "api": "c"}"#;
        assert!(parse(twice).unwrap_err().to_string().contains("`api` stands there twice"));
    }
}
