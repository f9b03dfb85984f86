//! Who calls: the API key of the `Authorization` header.

use crate::http::problem::Problem;
use crate::http::router::App;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use tokenscope::fault::{Fault, Needs};
use tokenscope::permission::Scope;
use tokenscope::service::{Caller, Keys};

/// The caller behind the key.
pub struct Bearer(pub Caller);

impl FromRequestParts<App> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let missing = || Fault::Unauthenticated {
            reason: "send an API key in the header `Authorization: Bearer tsk_…`".into(),
        };
        let header = parts.headers.get(header::AUTHORIZATION).ok_or_else(missing)?;
        let text = header.to_str().map_err(|_| missing())?;
        let (scheme, key) = text.split_once(' ').ok_or_else(missing)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(missing().into());
        }
        Ok(Self(app.service.authenticate(key.trim()).await?))
    }
}

/// The caller behind a key that may read: whoever may not is refused before what he asks is read.
pub struct ReadingBearer(pub Caller);

impl FromRequestParts<App> for ReadingBearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Bearer(caller) = Bearer::from_request_parts(parts, app).await?;
        if !caller.has_scope(Scope::Read) {
            return Err(Fault::Forbidden { needs: Needs::Scope(Scope::Read) }.into());
        }
        Ok(Self(caller))
    }
}
