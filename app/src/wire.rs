//! How questions and answers travel: JSON, read from a string.
//!
//! The codec that comes with server functions reads from bytes, while what travels inside the
//! page is read from a string. Each way of reading compiles every type once more: one way for
//! both keeps a tenth of the browser's code away.
//!
//! Before a question stands the build of the page that asks. After an update the pages that are
//! still open ask in the old way: the server tells them so before it reads what they mean.

use leptos::serde_json;
use leptos::server_fn::codec::Post;
use leptos::server_fn::error::ServerFnErrorErr;
use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// JSON in the body of a POST.
pub type Json = Post<Text>;

/// The build, then the arguments, each as JSON on a line of its own.
pub type Question = Post<FromBuild>;

/// What stands for a question of another build among the reasons of the codec.
pub const OTHER_BUILD: &str = "the question comes from another build";

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

/// JSON behind the build that it is meant for.
#[derive(Debug)]
pub struct FromBuild;

impl ContentType for FromBuild {
    const CONTENT_TYPE: &'static str = "application/x-ndjson";
}

impl FormatType for FromBuild {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for FromBuild {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        let arguments = serde_json::to_string(value)?;
        Ok(Bytes::from(format!("\"{}\"\n{arguments}", build())))
    }
}

impl<T: DeserializeOwned> Decodes<T> for FromBuild {
    type Error = Unread;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        let text = std::str::from_utf8(&bytes).map_err(|e| Unread(e.to_string()))?;
        let (first, arguments) = text.split_once('\n').unwrap_or((text, ""));
        // What names no build at all is no page of ours.
        let named = first.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        match named {
            None => Err(Unread("the first line must name the build of the page".into())),
            Some(named) if named != build() => Err(Unread(OTHER_BUILD.into())),
            Some(_) => serde_json::from_str(arguments).map_err(|e| Unread(e.to_string())),
        }
    }
}

/// Why a question was not read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unread(String);

/// The build of this page, and in the server that of the pages it draws.
#[must_use]
pub fn build() -> String {
    #[cfg(feature = "ssr")]
    let build = leptos::prelude::use_context::<crate::context::Assets>().map(|a| a.build);
    #[cfg(not(feature = "ssr"))]
    let build = leptos::prelude::document()
        .query_selector("meta[name=build]")
        .ok()
        .flatten()
        .and_then(|meta| meta.get_attribute("content"));
    build.unwrap_or_default()
}
