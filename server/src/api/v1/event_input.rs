//! One event of a request: each member is checked by itself, and the first that is wrong is named
//! with what would be right.

use super::item::Item;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tokenscope::event::{ATTRIBUTES_MAX, NewEvent, Spender, Status, Submitted, TEXT_MAX};
use tokenscope::fault::FieldFault;
use tokenscope::id::check_slug;
use tokenscope::time::Instant;
use tokenscope::tokens::{AmountError, Quantity, Tokens};

const MEMBERS: [&str; 12] = [
    "source",
    "id",
    "time",
    "client_id",
    "team",
    "user",
    "api",
    "variant",
    "quantity",
    "status",
    "tokens",
    "attributes",
];

/// Reads one item of a request.
pub fn read(item: Item) -> Submitted {
    let members = members(item, "an event", &MEMBERS)?;
    Ok(NewEvent {
        source: required_text(&members, "source")?,
        id: required_text(&members, "id")?,
        time: time(&members)?,
        spender: spender(&members)?,
        user: text(&members, "user")?,
        api: slug(&members, "api")?.ok_or_else(|| missing("api"))?,
        variant: slug(&members, "variant")?,
        quantity: amount(&members, "quantity", str::parse::<Quantity>)?,
        status: status(&members)?,
        tokens: amount(&members, "tokens", Tokens::parse_given)?,
        attributes: attributes(&members)?,
    })
}

/// The members of an object.
pub type Members = Map<String, Value>;
/// Something that was read, or the member that is wrong.
pub type Read<T> = Result<T, FieldFault>;

/// The members of an object that may only have these, each once.
pub fn members(item: Item, what: &str, known: &[&str]) -> Read<Members> {
    let (members, twice) = match item {
        Item::Object(members, twice) => (members, twice),
        Item::Other(value) => {
            let reason = format!("expected {what}, found {}", kind(&value));
            return Err(FieldFault::new("", reason));
        }
    };
    if let Some(unknown) = members.keys().find(|name| !known.contains(&name.as_str())) {
        let shown: String = unknown.chars().take(64).collect();
        let reason = format!("is no member of {what}; members are: {}", known.join(", "));
        return Err(FieldFault::new(shown, reason));
    }
    if let Some(name) = twice {
        return Err(FieldFault::new(name, "stands there twice"));
    }
    Ok(members)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A member that has to be there.
pub fn missing(name: &str) -> FieldFault {
    FieldFault::new(name, "is missing")
}

/// A member that is there; null is the same as absent.
pub fn member<'a>(members: &'a Members, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| !value.is_null())
}

/// A text of at most so many bytes as an event's.
pub fn text(members: &Members, name: &str) -> Read<Option<String>> {
    let Some(value) = member(members, name) else {
        return Ok(None);
    };
    let Value::String(text) = value else {
        return Err(FieldFault::new(name, format!("must be a text, is {}", kind(value))));
    };
    let reason = match text {
        text if text.trim().is_empty() => "must not be empty".to_owned(),
        text if text.len() > TEXT_MAX => format!("is longer than {TEXT_MAX} bytes"),
        text if text.chars().any(char::is_control) => "has a control character".to_owned(),
        text => return Ok(Some(text.clone())),
    };
    Err(FieldFault::new(name, reason))
}

/// A text that has to be there.
pub fn required_text(members: &Members, name: &str) -> Read<String> {
    text(members, name)?.ok_or_else(|| missing(name))
}

/// A client id, or the code of something.
pub fn slug(members: &Members, name: &str) -> Read<Option<String>> {
    let Some(text) = text(members, name)? else {
        return Ok(None);
    };
    check_slug(&text).map_err(|e| FieldFault::new(name, e.to_string()))?;
    Ok(Some(text))
}

fn time(members: &Members) -> Read<Option<Instant>> {
    let Some(text) = text(members, "time")? else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|e| FieldFault::new("time", format!("`{text}` {e}")))
}

fn spender(members: &Members) -> Read<Spender> {
    match (slug(members, "client_id")?, slug(members, "team")?) {
        (Some(client_id), None) => Ok(Spender::ClientId(client_id)),
        (None, Some(team)) => Ok(Spender::Team(team)),
        (None, None) => {
            Err(FieldFault::new("client_id", "is missing: name the app, or the `team` itself"))
        }
        (Some(_), Some(_)) => Err(FieldFault::new(
            "team",
            "cannot stand beside `client_id`: the team follows from the app",
        )),
    }
}

/// An amount as a decimal string or a JSON number. Numbers are read by their shortest decimal
/// form, which is what the sender wrote for up to 15 digits.
pub fn amount<T>(
    members: &Members,
    name: &str,
    parse: fn(&str) -> Result<T, AmountError>,
) -> Read<Option<T>> {
    let text = match member(members, name) {
        None => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => match number.as_f64() {
            Some(float) if number.is_f64() => format!("{float}"),
            _ => number.to_string(),
        },
        Some(other) => {
            let reason = format!("must be a decimal number like \"12.5\", is {}", kind(other));
            return Err(FieldFault::new(name, reason));
        }
    };
    let shown: String = text.chars().take(40).collect();
    parse(&text).map(Some).map_err(|e| FieldFault::new(name, format!("`{shown}` {e}")))
}

fn status(members: &Members) -> Read<Status> {
    match text(members, "status")?.as_deref() {
        None | Some("success") => Ok(Status::Success),
        Some("failed") => Ok(Status::Failed),
        Some(other) => {
            let reason = format!("must be `success` or `failed`, is `{other}`");
            Err(FieldFault::new("status", reason))
        }
    }
}

fn attributes(members: &Members) -> Read<BTreeMap<String, String>> {
    let wrong = |reason: String| Err(FieldFault::new("attributes", reason));
    let given = match member(members, "attributes") {
        None => return Ok(BTreeMap::new()),
        Some(Value::Object(given)) => given,
        Some(other) => return wrong(format!("must be an object, is {}", kind(other))),
    };
    if given.len() > ATTRIBUTES_MAX {
        return wrong(format!("has more than {ATTRIBUTES_MAX} members"));
    }
    let mut attributes = BTreeMap::new();
    for (name, value) in given {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            other => return wrong(format!("`{name}` must be a text, is {}", kind(other))),
        };
        if name.len() > TEXT_MAX || value.len() > TEXT_MAX {
            return wrong(format!("has a name or value of more than {TEXT_MAX} bytes"));
        }
        attributes.insert(name.clone(), value);
    }
    Ok(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Submitted {
        super::read(serde_json::from_value(value).unwrap())
    }
    fn event() -> Value {
        json!({"source": "s", "id": "1", "client_id": "app", "api": "llm"})
    }
    fn with(name: &str, value: Value) -> Submitted {
        let mut event = event();
        event[name] = value;
        read(event)
    }

    #[test]
    fn a_short_event_has_defaults() {
        let event = read(event()).unwrap();
        assert_eq!(event.time, None);
        assert_eq!(event.quantity, None);
        assert_eq!(event.status, Status::Success);
        assert_eq!(event.spender, Spender::ClientId("app".into()));
    }

    #[test]
    fn numbers_and_decimal_strings_are_read_exactly() {
        for value in [json!("0.1"), json!(0.1), json!("0.100000")] {
            assert_eq!(with("quantity", value).unwrap().quantity.unwrap().micro(), 100_000);
        }
        let large = with("quantity", json!(1_000_000_000_000_u64)).unwrap();
        assert_eq!(large.quantity, Some(Quantity::MAX));
    }

    #[test]
    fn a_member_that_stands_there_twice_is_refused() {
        let text = r#"{"source":"s","id":"1","client_id":"a","api":"b","id":"2"}"#;
        let item: Item = serde_json::from_str(text).unwrap();
        assert_eq!(super::read(item).unwrap_err().field, "id");
    }

    #[test]
    fn the_member_that_is_wrong_is_named() {
        for (name, value) in [
            ("quantity", json!(-1)),
            ("quantity", json!("NaN")),
            ("quantity", json!(1e300)),
            ("quantity", json!(0.000_000_1)),
            ("quantity", json!(true)),
            ("time", json!("yesterday")),
            ("time", json!(5)),
            ("status", json!("maybe")),
            ("api", json!("a b")),
            ("id", json!("")),
            ("id", json!("x".repeat(256))),
            ("source", json!("a\u{0}b")),
            ("team", json!("t")),
            ("tokens", json!("-1")),
            ("attributes", json!({"a": {}})),
            ("colour", json!("red")),
        ] {
            assert_eq!(with(name, value.clone()).unwrap_err().field, name, "{name} {value}");
        }
        assert_eq!(read(json!(7)).unwrap_err().field, "");
        assert_eq!(read(json!({"source": "s"})).unwrap_err().field, "id");
    }
}
