//! Lists as JSON, or as CSV where the sender asks for it.

use super::Page;
use crate::http::problem::Problem;
use crate::service::fault;
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokenscope::fault::Fault;

/// Where the next page of a CSV begins; absent after the last.
const NEXT: &str = "next-cursor";

/// An item that can be a row.
pub trait Row: Serialize {
    /// The names of the columns.
    const HEADS: &'static [&'static str];
    /// Their values, as many.
    fn cells(&self) -> Vec<String>;
}

/// A page of a list in the form the sender wants.
///
/// # Errors
/// [`Problem`] when it could not be written, which is not to be expected in memory.
pub fn answer<T: Row>(
    headers: &HeaderMap,
    items: Vec<T>,
    next: Option<String>,
) -> Result<Response, Problem> {
    if !wants_csv(headers) {
        return Ok(Json(Page { items, next }).into_response());
    }
    let mut response = csv(&items)?.into_response();
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    let next = next.and_then(|next| HeaderValue::from_str(&next).ok());
    if let Some(next) = next {
        response.headers_mut().insert(NEXT, next);
    }
    Ok(response)
}

fn wants_csv(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut ranges = accepts.flat_map(|value| value.split(','));
    ranges.any(|range| {
        let kind = range.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("text/csv")
    })
}

fn csv<T: Row>(items: &[T]) -> Result<String, Fault> {
    let broken = |error: csv::Error| fault::internal(&format!("a list as CSV: {error}"));
    let mut rows = csv::Writer::from_writer(Vec::new());
    rows.write_record(T::HEADS).map_err(broken)?;
    for item in items {
        rows.write_record(item.cells().iter().map(|cell| harmless(cell))).map_err(broken)?;
    }
    let bytes = rows.into_inner().map_err(|error| broken(error.into_error().into()))?;
    String::from_utf8(bytes).map_err(|error| fault::internal(&format!("a list as CSV: {error}")))
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
        _ => text.to_owned(),
    }
}
