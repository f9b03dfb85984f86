//! Faults as problem documents (RFC 9457), for programs. The fault itself travels along, so that a
//! browser can be told the same in a page.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokenscope::fault::{Fault, FieldFault};

/// A fault on its way to a program.
#[derive(Debug, Clone)]
pub struct Problem(pub Fault);

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self(fault)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldFault],
}

/// A problem document of something that is no fault of the services.
pub fn text(code: &str, status: StatusCode, detail: &str) -> String {
    let document = Document {
        kind: format!("urn:tokenscope:problem:{code}"),
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail: detail.to_owned(),
        errors: &[],
    };
    // Numbers and texts always have a form in JSON.
    serde_json::to_string(&document).unwrap_or_default()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let fault = &self.0;
        let status = StatusCode::from_u16(fault.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let errors: &[FieldFault] = match fault {
            Fault::Invalid { fields } => fields,
            _ => &[],
        };
        let document = Document {
            kind: format!("urn:tokenscope:problem:{}", fault.code()),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: fault.to_string(),
            errors,
        };
        let mut response = (status, Json(document)).into_response();
        let headers = response.headers_mut();
        let problem = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, problem);
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Fault::TooMany { retry_after_s } = fault {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(*retry_after_s));
        }
        response.extensions_mut().insert(self.0);
        response
    }
}
