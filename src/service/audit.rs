//! What was done in the books.

use super::Caller;
use crate::audit::{AuditPage, AuditQuestion};
use crate::fault::Fault;
use async_trait::async_trait;

/// Reads the audit log.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Entries of the caller's organization, the newest first; for its admins and managers.
    async fn audit(&self, caller: &Caller, question: &AuditQuestion) -> Result<AuditPage, Fault>;
}
