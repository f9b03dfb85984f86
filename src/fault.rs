//! What can go wrong at the boundary, as a closed list: each fault has one HTTP status and a text
//! that says what was wrong, where, and what to do. Nothing of the driver or the system shows in
//! it; an unexpected error becomes an incident id that stands in the log once.

use crate::oidc::Refusal;
use crate::permission::Scope;
use serde::{Deserialize, Serialize};

/// What is wrong with a field, where pages have to say it in the visitor's language. Its text is
/// the English reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    /// Nothing was given.
    #[error("is missing")]
    Missing,
    /// Fewer characters than that.
    #[error("must have at least {0} characters")]
    TooShort(u32),
    /// More characters than that.
    #[error("must have at most {0} characters")]
    TooLong(u32),
    /// No e-mail address.
    #[error("is not an e-mail address")]
    NotEmail,
    /// No IANA time zone.
    #[error("is no IANA time zone like Europe/Berlin")]
    NotZone,
    /// No date of the calendar.
    #[error("is not a date like 2026-10-31")]
    NotDate,
    /// No amount above zero with at most six decimals.
    #[error("must be an amount above 0 with at most 6 decimals, like 1000 or 12.5")]
    NotAmount,
    /// No code of a currency.
    #[error("must be the three letters of a currency, like EUR or JPY")]
    NotCurrency,
    /// None of the choices.
    #[error("is none of the choices")]
    NotChoice,
    /// Only letters, digits and hyphens.
    #[error("must have lower-case letters, digits and hyphens only")]
    NotSlug,
    /// Somebody or something has it already.
    #[error("is taken already")]
    Taken,
    /// There is no such thing.
    #[error("does not exist")]
    Unknown,
    /// Not the same as the field before.
    #[error("is not the same in both fields")]
    Mismatch,
    /// Not what was agreed on: a password, a code, a token.
    #[error("is wrong")]
    Incorrect,
    /// Not later than the field before.
    #[error("must be later than the beginning")]
    NotLater,
    /// The same as it was.
    #[error("is the same as before")]
    Unchanged,
    /// The sign-in elsewhere did not end well.
    #[error("{0}")]
    SignOn(Refusal),
    /// A password made of the owner's name or e-mail.
    #[error("must not be made of the name or the e-mail")]
    OwnName,
    /// A password that anybody tries first.
    #[error("is too easy to guess: it is a common one, repeats itself or is a plain sequence")]
    Common,
}

/// One member of an input that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldFault {
    /// Name of the member or form field, as the sender wrote it.
    pub field: String,
    /// What was wrong with it and what would be right.
    pub reason: String,
    /// The same for pages, where it is one of a known kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong: Option<Wrong>,
}

impl FieldFault {
    /// A refused member with its reason.
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into(), wrong: None }
    }
    /// A refused member with a reason that pages can say in every language.
    pub fn of(field: impl Into<String>, wrong: Wrong) -> Self {
        Self { field: field.into(), reason: wrong.to_string(), wrong: Some(wrong) }
    }
}

/// What it takes to be allowed, and who can give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    /// To belong to the organization.
    #[error("membership in the organization; one of its admins can invite you")]
    Member,
    /// To see all of it.
    #[error("the role manager or admin; an admin of the organization can give it")]
    Manager,
    /// To run it.
    #[error("the role admin in the organization (for a key: with the scope `admin`)")]
    Admin,
    /// An API key for this.
    #[error("a key with the scope `{}`; an admin can make one", .0.code())]
    Scope(Scope),
    /// A person: no API key may do it.
    #[error("a person who is signed in; an API key may not do this")]
    Person,
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
        needs: Needs,
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
    /// 409: somebody changed it since the form was opened.
    #[error("it was changed by somebody else in the meantime; load it again")]
    Stale,
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
    /// A single wrong member, in a way that pages can say in every language.
    pub fn wrong(field: impl Into<String>, wrong: Wrong) -> Self {
        Self::Invalid { fields: vec![FieldFault::of(field, wrong)] }
    }
    /// The HTTP status of the answer.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed { .. } => 400,
            Self::Unauthenticated { .. } => 401,
            Self::Forbidden { .. } => 403,
            Self::NotFound { .. } => 404,
            Self::Conflict { .. } | Self::Stale => 409,
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
            Self::Stale => "stale",
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
