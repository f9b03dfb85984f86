//! What a server function can answer instead of a page's content.

use crate::wire::{OTHER_BUILD, Text};
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
    type Encoder = Text;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        use ServerFnErrorErr::{Args, Deserialization, MissingArg};
        match error {
            // On the server this is a question that cannot be read; in the browser an answer.
            Args(reason) | MissingArg(reason) | Deserialization(reason)
                if cfg!(feature = "ssr") =>
            {
                let fault =
                    if reason == OTHER_BUILD { Fault::Stale } else { Fault::Malformed { reason } };
                answer_with(fault.status());
                fault.into()
            }
            other => Self::Transport { reason: other.to_string() },
        }
    }
}

/// Gives the answer to the present request this HTTP status.
fn answer_with(status: u16) {
    #[cfg(feature = "ssr")]
    if let (Some(response), Ok(status)) = (
        leptos::prelude::use_context::<leptos_axum::ResponseOptions>(),
        http::StatusCode::from_u16(status),
    ) {
        response.set_status(status);
    }
    #[cfg(not(feature = "ssr"))]
    let _ = status;
}
