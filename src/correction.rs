//! Corrections and closes: how facts about the past are changed without changing a fact
//! (accounting.md, "Facts").

use crate::decision::Denial;
use crate::event::{EventResult, NewEvent};
use crate::fault::FieldFault;
use crate::time::Instant;
use crate::tokens::{Quantity, Tokens};
use serde::{Deserialize, Serialize};

/// Voids or replaces one revision of an event under its key. The original stays visible, and the
/// key is used up for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Sender of the event.
    pub source: String,
    /// The sender's id.
    pub id: String,
    /// The revision that is corrected, from 0; a second correction of it is a conflict.
    pub revision: u32,
    /// What stands in its place; none = nothing, the event is void.
    pub replacement: Option<NewEvent>,
}

/// One item of a request: a correction, or why it is none.
pub type SubmittedCorrection = Result<Correction, FieldFault>;

/// Most corrections of one request.
pub const CORRECTIONS_MAX: usize = 10_000;

/// Corrections as they are sent.
#[derive(Debug, Clone)]
pub struct Corrections {
    /// Each by itself.
    pub items: Vec<SubmittedCorrection>,
    /// The basis of the preview that was looked at; none = whatever they change.
    pub basis: Option<String>,
}

/// A figure before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed<T> {
    /// Without the corrections.
    pub before: T,
    /// With them.
    pub after: T,
}

/// What corrections change for a team, as of the instant they were asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamChange {
    /// Slug of the team.
    pub team: String,
    /// Usable tokens minus debt.
    pub balance: Changed<Tokens>,
    /// What no lot covers.
    pub debt: Changed<Tokens>,
    /// Code of the access state.
    pub access: Changed<String>,
    /// End of grace, while there is debt.
    pub grace_until: Changed<Option<Instant>>,
}

/// What corrections add to a bucket of usage; below zero they take away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketChange {
    /// Start of the day, in the organization's zone.
    pub day: Instant,
    /// Client id of the app.
    pub app: String,
    /// Code of the API.
    pub api: String,
    /// Events.
    pub events: i64,
    /// In the API's unit.
    pub quantity: Quantity,
    /// Charges.
    pub tokens: Tokens,
}

/// A decision that would be another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionChange {
    /// Its id.
    pub decision: String,
    /// When it was made.
    pub at: Instant,
    /// The row that denied it, or none.
    pub denied: Changed<Option<Denial>>,
}

/// All that corrections change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Team by team.
    pub teams: Vec<TeamChange>,
    /// Day by day, app by app, API by API.
    pub buckets: Vec<BucketChange>,
    /// Of the newest decisions about the teams, those that would be others.
    pub decisions: Vec<DecisionChange>,
}

/// What became of corrections, or would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// Of each, in the order sent.
    pub results: Vec<EventResult>,
    /// What changes.
    pub changes: Changes,
    /// Stands for what changes: another one means that it is not what was looked at.
    pub basis: String,
}

/// What is known of one event: its original and the corrections that took. `E` is the event's
/// content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revisions<E = NewEvent> {
    original: E,
    corrections: Vec<Option<E>>,
}

/// Another correction of the same revision took before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("revision {asked} was corrected already; the newest is {newest}")]
pub struct StaleRevision {
    /// The revision that was to be corrected.
    pub asked: u32,
    /// The newest there is.
    pub newest: u32,
}

impl<E> Revisions<E> {
    /// An event that was never corrected.
    #[must_use]
    pub const fn of(original: E) -> Self {
        Self { original, corrections: Vec::new() }
    }
    /// The number of the newest revision.
    #[must_use]
    pub fn newest(&self) -> u32 {
        u32::try_from(self.corrections.len()).unwrap_or(u32::MAX)
    }
    /// What counts now; none once it is void.
    #[must_use]
    pub fn current(&self) -> Option<&E> {
        self.corrections.last().map_or(Some(&self.original), Option::as_ref)
    }
    /// Takes a correction.
    ///
    /// # Errors
    /// [`StaleRevision`] when it is of another revision than the newest.
    pub fn correct(&mut self, revision: u32, replacement: Option<E>) -> Result<(), StaleRevision> {
        let newest = self.newest();
        if revision != newest {
            return Err(StaleRevision { asked: revision, newest });
        }
        self.corrections.push(replacement);
        Ok(())
    }
}

/// The books are closed: nothing before `until` changes any more. A later fact about it is booked
/// at the first open instant and says where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Close {
    /// The first open instant.
    pub until: Instant,
}

impl Close {
    /// Where a fact about an instant is booked.
    #[must_use]
    pub fn booked_at(&self, about: Instant) -> Instant {
        about.max(self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Spender, Status};

    fn event(id: &str) -> NewEvent {
        NewEvent {
            source: "s".into(),
            id: id.into(),
            time: None,
            spender: Spender::Team("t".into()),
            user: None,
            api: "a".into(),
            variant: None,
            quantity: None,
            status: Status::Success,
            tokens: None,
            attributes: Default::default(),
        }
    }

    #[test]
    fn a_revision_is_corrected_once() {
        let mut revisions = Revisions::of(event("1"));
        assert_eq!(revisions.correct(0, Some(event("2"))), Ok(()));
        assert_eq!(revisions.current(), Some(&event("2")));
        let stale = StaleRevision { asked: 0, newest: 1 };
        assert_eq!(revisions.correct(0, None), Err(stale));
        assert_eq!(revisions.correct(1, None), Ok(()));
        assert_eq!(revisions.current(), None);
    }

    #[test]
    fn facts_about_closed_books_are_booked_at_the_first_open_instant() {
        let at = Instant::from_micros;
        let close = Close { until: at(10) };
        assert_eq!([close.booked_at(at(3)), close.booked_at(at(12))], [at(10), at(12)]);
    }
}
