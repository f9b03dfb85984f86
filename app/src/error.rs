//! What a server function can answer instead of a page's content.

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use tokenscope::fault::Fault;

/// A fault of the boundary, or a call that did not get through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AppError {
    /// The server refused or failed, and says why.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// No readable answer arrived.
    #[error("{reason}")]
    Transport {
        /// What the browser or the codec said; for developers.
        reason: String,
    },
}

impl AppError {
    /// The HTTP status that belongs to it.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Fault(fault) => fault.status(),
            Self::Transport { .. } => 500,
        }
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(reason) => Fault::Malformed { reason }.into(),
            other => Self::Transport { reason: other.to_string() },
        }
    }
}
