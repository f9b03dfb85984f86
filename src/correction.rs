//! Corrections and closes: how facts about the past are changed without changing a fact
//! (accounting.md, "Facts").

use crate::event::NewEvent;
use crate::time::Instant;
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
