//! Work that goes on beside the program's other work, as those see it who wait for it.

use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Nobody works at it yet.
    Waiting,
    /// It is worked at.
    Running,
    /// What it was to do is done, and counts.
    Done,
    /// It could not be done, and changed nothing.
    Failed,
}

impl JobState {
    /// The state of a stored code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "waiting" => Some(Self::Waiting),
            "running" => Some(Self::Running),
            "done" => Some(Self::Done),
            "failed" => Some(Self::Failed),
            _ => None,
        }
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobListing {
    /// Its number.
    pub job: i64,
    /// What it does: `rerate`.
    pub kind: String,
    /// Where it stands.
    pub state: JobState,
    /// Events that it has prepared.
    pub done: i64,
    /// Events there were when it began.
    pub total: i64,
    /// When it was asked for.
    pub created_at: Instant,
    /// When it ended.
    pub finished_at: Option<Instant>,
    /// Why it could not be done.
    pub failure: Option<String>,
}
