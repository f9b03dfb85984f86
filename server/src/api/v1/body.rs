//! The body of a request that holds one JSON object or an array of them.

use super::item::{Item, Items};
use axum::body::Body;
use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokenscope::fault::Fault;

/// Most items of one request.
pub const ITEMS_MAX: usize = 10_000;
/// Most bytes of one request.
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// What a body holds.
pub struct Sent {
    /// The items, in the order sent.
    pub items: Vec<Item>,
    /// Whether it is one object that stands in no array.
    pub single: bool,
}

/// Refuses another content type than JSON.
///
/// # Errors
/// [`Fault::Unsupported`]
pub fn check_content_type(headers: &HeaderMap) -> Result<(), Fault> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let expected = "send `Content-Type: application/json` with one object or an array".into();
        return Err(Fault::Unsupported { expected });
    }
    if text(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        let expected = "send the body without `Content-Encoding`".into();
        return Err(Fault::Unsupported { expected });
    }
    Ok(())
}

/// Reads all of a body.
///
/// # Errors
/// [`Fault::TooLarge`], [`Fault::Malformed`]
pub async fn read(body: Body) -> Result<Bytes, Fault> {
    match Limited::new(body, BYTES_MAX).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Fault::TooLarge { limit: "8 MiB a request: send it in several requests".into() })
        }
        Err(_) => Err(Fault::Malformed { reason: "the body ended early: send it again".into() }),
    }
}

/// Takes a body apart.
///
/// # Errors
/// [`Fault::TooLarge`], [`Fault::Malformed`]
pub fn parse(body: &[u8]) -> Result<Sent, Fault> {
    let malformed = |reason: String| Err(Fault::Malformed { reason });
    let sent = match serde_json::from_slice(body) {
        Ok(Items::Many(items)) => Sent { items, single: false },
        Ok(Items::One(item @ Item::Object(..))) => Sent { items: vec![item], single: true },
        Ok(Items::One(Item::Other(_))) => {
            return malformed("expected a JSON object, or an array of objects".into());
        }
        Err(error) => return malformed(format!("the body is not valid JSON: {error}")),
    };
    if sent.items.is_empty() {
        return malformed("the array is empty: nothing to do".into());
    }
    if sent.items.len() > ITEMS_MAX {
        let limit = format!("{ITEMS_MAX} items a request: send them in several requests");
        return Err(Fault::TooLarge { limit });
    }
    Ok(sent)
}
