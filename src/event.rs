//! Usage events as they are sent, and what became of each.

use crate::fault::FieldFault;
use crate::time::Instant;
use crate::tokens::{Quantity, Tokens};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a call ended. A failed one costs nothing unless its rate line says `charge_failed`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It did what was asked.
    #[default]
    Success,
    /// It did not.
    Failed,
}

/// Who pays: the team of the app at the event's time, or a team named directly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spender {
    /// Client id of an app. An unknown one is accepted and listed as unassigned.
    ClientId(String),
    /// Slug of a team: the event belongs to that team's own direct app.
    Team(String),
}

/// The longest source, id, user or attribute of an event, in bytes.
pub const TEXT_MAX: usize = 255;
/// The most attributes an event may carry.
pub const ATTRIBUTES_MAX: usize = 50;

/// A usage event as it was sent and checked in itself. Its key is (source, id).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEvent {
    /// Who counts the ids: a system, a file, a gateway.
    pub source: String,
    /// Unique within the source, for ever.
    pub id: String,
    /// When the use happened; none = when it arrives.
    pub time: Option<Instant>,
    /// Who pays.
    pub spender: Spender,
    /// E-mail or external id, compared without case.
    pub user: Option<String>,
    /// Code of the API; an unknown one is accepted, free, and listed for admins.
    pub api: String,
    /// Code of the price class.
    pub variant: Option<String>,
    /// How much; none = 1, or 300 s for a session of a daily product.
    pub quantity: Option<Quantity>,
    /// How it ended.
    pub status: Status,
    /// What it cost where it was rated elsewhere.
    pub tokens: Option<Tokens>,
    /// Anything else the sender wants to keep: names to short texts.
    pub attributes: BTreeMap<String, String>,
}

/// One item of a batch: an event, or why it is none.
pub type Submitted = Result<NewEvent, FieldFault>;

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum EventResult {
    /// It is stored.
    Accepted {
        /// What the event costs now; none while nobody pays (its app has no team at its time).
        charge: Option<Tokens>,
    },
    /// The same key with the same content was there already; nothing changed.
    Duplicate,
    /// The same key with other content was there already; nothing changed.
    Conflict,
    /// It is not stored.
    Rejected {
        /// The member that is wrong.
        field: String,
        /// What is wrong with it and what would be right.
        reason: String,
    },
}

impl From<FieldFault> for EventResult {
    fn from(fault: FieldFault) -> Self {
        Self::Rejected { field: fault.field, reason: fault.reason }
    }
}
