//! What can go wrong at the boundary, as a closed list: each fault has one HTTP status and a text
//! that says what was wrong, where, and what to do. Nothing of the driver or the system shows in
//! it; an unexpected error becomes an incident id that stands in the log once.

use serde::{Deserialize, Serialize};

/// One member of an input that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldFault {
    /// Name of the member or form field, as the sender wrote it.
    pub field: String,
    /// What was wrong with it and what would be right.
    pub reason: String,
}

impl FieldFault {
    /// A refused member with its reason.
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }
}

/// Why a request was refused or failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// 401: nobody is signed in, or the key is unknown, revoked or expired.
    #[error("not signed in: {reason}")]
    Unauthenticated {
        /// What is missing or wrong.
        reason: String,
    },
    /// 403: known, but not allowed.
    #[error("not allowed: {needs}")]
    Forbidden {
        /// The role or scope it takes and who can give it.
        needs: String,
    },
    /// 404
    #[error("{what} does not exist")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// 422: the input was understood and is wrong.
    #[error("{}", describe(fields))]
    Invalid {
        /// Every member that is wrong.
        fields: Vec<FieldFault>,
    },
    /// 400: the input could not be read at all.
    #[error("cannot be read: {reason}")]
    Malformed {
        /// What and where.
        reason: String,
    },
    /// 409: it contradicts what is stored.
    #[error("{reason}")]
    Conflict {
        /// With what, and what to do.
        reason: String,
    },
    /// 413
    #[error("too large: {limit}")]
    TooLarge {
        /// The limit and how to stay within it.
        limit: String,
    },
    /// 415
    #[error("unsupported content type: {expected}")]
    Unsupported {
        /// The types that are taken.
        expected: String,
    },
    /// 429
    #[error("too many requests: try again in {retry_after_s} s")]
    TooMany {
        /// When to try again, in seconds.
        retry_after_s: u32,
    },
    /// 503: the database is locked or does not answer; the same request may be repeated.
    #[error("the database is busy: nothing was stored, send the same request again")]
    Busy,
    /// 507: nothing was stored.
    #[error("the disk of the database is full: nothing was stored; free space and send it again")]
    StorageFull,
    /// 500: logged under the incident id.
    #[error("something went wrong here; report incident {incident} to whoever runs this server")]
    Internal {
        /// What to look for in the log.
        incident: String,
    },
}

fn describe(fields: &[FieldFault]) -> String {
    let lines: Vec<String> = fields.iter().map(|f| format!("{}: {}", f.field, f.reason)).collect();
    lines.join("; ")
}

impl Fault {
    /// A single wrong member.
    pub fn field(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { fields: vec![FieldFault::new(field, reason)] }
    }
    /// The HTTP status of the answer.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed { .. } => 400,
            Self::Unauthenticated { .. } => 401,
            Self::Forbidden { .. } => 403,
            Self::NotFound { .. } => 404,
            Self::Conflict { .. } => 409,
            Self::TooLarge { .. } => 413,
            Self::Unsupported { .. } => 415,
            Self::Invalid { .. } => 422,
            Self::TooMany { .. } => 429,
            Self::Internal { .. } => 500,
            Self::Busy => 503,
            Self::StorageFull => 507,
        }
    }
    /// A stable name of the kind, for problem documents and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "malformed",
            Self::Unauthenticated { .. } => "unauthenticated",
            Self::Forbidden { .. } => "forbidden",
            Self::NotFound { .. } => "not-found",
            Self::Conflict { .. } => "conflict",
            Self::TooLarge { .. } => "too-large",
            Self::Unsupported { .. } => "unsupported",
            Self::Invalid { .. } => "invalid",
            Self::TooMany { .. } => "too-many",
            Self::Internal { .. } => "internal",
            Self::Busy => "busy",
            Self::StorageFull => "storage-full",
        }
    }
}
