//! Requests that this program sends itself: to a sign-in service. Short ones, over TLS with the
//! machine's certificates, without following redirects.

use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::time::Duration;

/// How long an answer may take in all.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How large it may be, in bytes.
const ANSWER_BYTES: usize = 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// Not in time.
    #[error("no answer within {} s", ANSWER_WITHIN.as_secs())]
    Late,
    /// Not reachable, or not to be trusted.
    #[error("cannot be reached: {0}")]
    Connect(String),
    /// The answer breaks off or has no end.
    #[error("the answer cannot be read: {0}")]
    Read(String),
}

/// Sends requests. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbound {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Default for Outbound {
    fn default() -> Self {
        // The machine may know a company's own authority; where it knows none, the public ones.
        let connector = match HttpsConnectorBuilder::new().with_native_roots() {
            Ok(connector) => connector,
            Err(error) => {
                tracing::warn!(%error, "the machine has no certificates: the built-in ones count");
                HttpsConnectorBuilder::new().with_webpki_roots()
            }
        };
        let connector = connector.https_or_http().enable_http1().build();
        Self { client: Client::builder(TokioExecutor::new()).build(connector) }
    }
}

impl Outbound {
    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// [`OutboundError`]
    pub async fn fetch(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, OutboundError> {
        let mut request = request.map(|body| Full::new(Bytes::from(body)));
        let agent = HeaderValue::from_static("tokenscope");
        request.headers_mut().insert(header::USER_AGENT, agent);
        let answer = async {
            let answer = self.client.request(request).await;
            let (head, body) = answer.map_err(|e| OutboundError::Connect(causes(&e)))?.into_parts();
            let body = Limited::new(body, ANSWER_BYTES).collect().await.map_err(|e| {
                let long = e.downcast_ref::<LengthLimitError>().is_some();
                OutboundError::Read(if long { "too long".into() } else { causes(&*e) })
            })?;
            Ok(Response::from_parts(head, body.to_bytes().to_vec()))
        };
        tokio::time::timeout(ANSWER_WITHIN, answer).await.map_err(|_| OutboundError::Late)?
    }
}

/// An error with all that is behind it: the last one is what helps.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    text
}
