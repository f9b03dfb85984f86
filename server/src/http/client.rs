//! Where a request came from.

use super::router::App;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use std::convert::Infallible;
use std::net::SocketAddr;

/// The client's address, without its port. Behind a proxy it is the last address that the proxy
/// wrote, where the configuration trusts it; all clients would else share the proxy's.
#[derive(Debug, Clone)]
pub struct ClientAddress(pub String);

/// Most characters of a browser's name for itself that are kept.
const AGENT_CHARS: usize = 300;

/// What the client calls itself; anybody can make that up.
#[derive(Debug, Clone)]
pub struct Agent(pub String);

impl FromRequestParts<App> for Agent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        let said = parts.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok());
        Ok(Self(said.unwrap_or_default().chars().take(AGENT_CHARS).collect()))
    }
}

impl FromRequestParts<App> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let forwarded = parts.headers.get("x-forwarded-for").and_then(|v| v.to_str().ok());
        let forwarded = forwarded
            .filter(|_| app.config.trust_forwarded_for)
            .and_then(|list| list.rsplit(',').next())
            .map(|address| address.trim().to_owned());
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = || peer.map_or_else(String::new, |info| info.0.ip().to_string());
        Ok(Self(forwarded.unwrap_or_else(peer)))
    }
}
