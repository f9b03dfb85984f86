//! Answers as JSON, or as CSV for who asks with `Accept: text/csv`.

use super::Page;
use crate::http::downloads::harmless;
use crate::http::problem::Problem;
use crate::service::fault;
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokenscope::fault::Fault;

/// What stands in the rows of a table, for CSV.
pub trait Record {
    /// The names of the columns.
    const HEADS: &'static [&'static str];
    /// One text a column; numbers and times too.
    fn cells(&self) -> Vec<String>;
}

/// Whether the caller wants CSV: he names it, and does not name JSON before it.
#[must_use]
pub fn wants_csv(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let kinds = accept.unwrap_or_default().split(',');
    let kind = |kind: &str| kind.split(';').next().unwrap_or_default().trim().to_lowercase();
    let first = kinds.map(kind).find(|kind| kind == "text/csv" || kind == "application/json");
    first.as_deref() == Some("text/csv")
}

/// A page of a list. Of CSV, the next page stands in the header `Link`, as a query.
///
/// # Errors
/// [`Fault::Internal`] when it could not be written, which is not to be expected in memory.
pub fn list<T: Record + Serialize>(
    headers: &HeaderMap,
    items: Vec<T>,
    next: Option<String>,
) -> Result<Response, Problem> {
    if !wants_csv(headers) {
        return Ok(Json(Page { items, next }).into_response());
    }
    let mut response = csv(&items)?;
    if let Some(next) = next {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("after", &next)
            .finish();
        if let Ok(link) = HeaderValue::from_str(&format!("<?{query}>; rel=\"next\"")) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    Ok(response)
}

/// Rows as CSV.
///
/// # Errors
/// As [`list`].
pub fn csv<T: Record>(items: &[T]) -> Result<Response, Fault> {
    let broken = |error: csv::Error| fault::internal(&format!("a table: {error}"));
    let mut rows = csv::Writer::from_writer(Vec::new());
    rows.write_record(T::HEADS).map_err(broken)?;
    for item in items {
        rows.write_record(item.cells()).map_err(broken)?;
    }
    let bytes = rows.into_inner().map_err(|error| broken(error.into_error().into()))?;
    let kind = [(header::CONTENT_TYPE, "text/csv; charset=utf-8")];
    Ok((kind, bytes).into_response())
}

/// A text of people's making, which no spreadsheet takes for a formula.
#[must_use]
pub fn words(text: &str) -> String {
    harmless(text)
}

/// What stands in a cell of something that may be absent.
pub fn maybe(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_for_who_asks_for_it_first() {
        let wants = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            wants_csv(&headers)
        };
        for accept in ["text/csv", "text/csv; charset=utf-8", "Text/CSV, */*", "text/*, text/csv"] {
            assert!(wants(accept), "{accept}");
        }
        for accept in ["application/json", "*/*", "", "application/json, text/csv", "text/html"] {
            assert!(!wants(accept), "{accept}");
        }
        assert!(!wants_csv(&HeaderMap::new()));
    }
}
