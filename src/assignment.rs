//! Which team an app belongs to at an instant.

use crate::time::Instant;
use std::collections::BTreeMap;

/// The assignment lines of one app, by `from`; each lasts until the next. A line of the same
/// `from` again corrects the earlier one. `T` names a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignmentLines<T> {
    lines: BTreeMap<Instant, Option<T>>,
}

impl<T> Default for AssignmentLines<T> {
    fn default() -> Self {
        Self { lines: BTreeMap::new() }
    }
}

impl<T: Clone> AssignmentLines<T> {
    /// Records a line; none = the app has no team from then on.
    pub fn assign(&mut self, from: Instant, team: Option<T>) {
        self.lines.insert(from, team);
    }
    /// The team that pays for usage at an instant.
    #[must_use]
    pub fn team_at(&self, at: Instant) -> Option<T> {
        self.lines.range(..=at).next_back().and_then(|(_, team)| team.clone())
    }
    /// Every team that any line names.
    pub fn teams(&self) -> impl Iterator<Item = &T> {
        self.lines.values().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_team_at_the_time_pays() {
        let mut lines = AssignmentLines::default();
        let at = Instant::from_micros;
        lines.assign(at(10), Some("a"));
        lines.assign(at(30), None);
        lines.assign(at(20), Some("x"));
        lines.assign(at(20), Some("b"));
        let teams = [9, 10, 19, 20, 29, 30].map(|t| lines.team_at(at(t)));
        assert_eq!(teams, [None, Some("a"), Some("a"), Some("b"), Some("b"), None]);
    }
}
