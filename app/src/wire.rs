//! How questions and answers travel: JSON, read from a string.
//!
//! The codec that comes with server functions reads from bytes, while what travels inside the
//! page is read from a string. Each way of reading compiles every type once more: one way for
//! both keeps a tenth of the browser's code away.

use leptos::serde_json;
use leptos::server_fn::codec::Post;
use leptos::server_fn::error::ServerFnErrorErr;
use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// JSON in the body of a POST.
pub type Json = Post<Text>;

/// JSON as text.
#[derive(Debug)]
pub struct Text;

impl ContentType for Text {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for Text {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for Text {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_string(value).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for Text {
    type Error = ServerFnErrorErr;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        let bad = |reason: String| ServerFnErrorErr::Deserialization(reason);
        let text = std::str::from_utf8(&bytes).map_err(|e| bad(e.to_string()))?;
        serde_json::from_str(text).map_err(|e| bad(e.to_string()))
    }
}
