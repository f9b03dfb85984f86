//! Sign-in at another service (OpenID Connect), such as a company's single sign-on.

use crate::fault::{Fault, Wrong};
use crate::service::Caller;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// The field that faults of it name: the button that leads there.
pub const FIELD: &str = "oidc";

/// Why somebody who came back from there is not signed in. Its text is the English reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// He turned back.
    #[error("was cancelled")]
    Cancelled,
    /// The service does not answer, or with something else than it should.
    #[error("does not answer at the moment")]
    Unreachable,
    /// He came back too late, twice, or from somewhere else.
    #[error("took too long or was begun in another window; begin again")]
    Lost,
    /// What it said about him cannot be trusted.
    #[error("gave an answer that cannot be trusted")]
    Untrusted,
    /// It names no e-mail, or one that it has not verified.
    #[error("has not verified your e-mail")]
    Unverified,
    /// Who has an e-mail of this domain may not sign in.
    #[error("knows you by an e-mail whose domain may not sign in here")]
    Domain,
    /// It is not said which organization new people join.
    #[error("cannot add you: it is not set which organization new people join")]
    NoOrganization,
}

impl Refusal {
    /// As a fault of the button.
    #[must_use]
    pub fn fault(self) -> Fault {
        Fault::wrong(FIELD, Wrong::SignOn(self))
    }
}

/// What the browser's session keeps while somebody is there; the service gets none of it but
/// `state`, `nonce` and a hash of `verifier`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Comes back in the URL: that this browser began it.
    pub state: String,
    /// Comes back in the token: that it was made for this sign-in.
    pub nonce: String,
    /// Goes with the code: that who brings it began it.
    pub verifier: String,
}

/// The way there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// Where the browser goes.
    pub url: String,
    /// What the session keeps.
    pub kept: Kept,
}

/// What the browser brings back in the URL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Return {
    /// To be compared with what was kept.
    pub state: String,
    /// To be exchanged for a token.
    pub code: Option<String>,
    /// Why there is no code, as OAuth names it.
    pub error: Option<String>,
}

/// Sign-in at another service. Faults of it are [`Refusal`]s.
#[async_trait]
pub trait SignOn: Send + Sync {
    /// What people call the service; none when none is configured.
    fn name(&self) -> Option<String>;
    /// Begins a sign-in.
    async fn depart(&self) -> Result<Departure, Fault>;
    /// Ends it. Who is new becomes a developer of the configured organization.
    async fn arrive(&self, kept: Kept, back: Return) -> Result<Caller, Fault>;
}
