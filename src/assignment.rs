//! Which team an app belongs to at an instant.

use crate::time::{Instant, Period};
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

impl<T: Clone + PartialEq> AssignmentLines<T> {
    /// Which team pays over a period: stretches that tile it, each of another team than the one
    /// before.
    #[must_use]
    pub fn over(&self, period: Period) -> Vec<(Period, Option<T>)> {
        let mut stretches = vec![(period, self.team_at(period.from))];
        for (from, team) in &self.lines {
            let Some((last, before)) = stretches.last_mut() else { break };
            if *from <= period.from || *from >= period.to || before == team {
                continue;
            }
            last.to = *from;
            stretches.push((Period::new(*from, period.to), team.clone()));
        }
        stretches
    }
}

impl<T: Clone + PartialEq> AssignmentLines<T> {
    /// From the first to the last instant at which another team pays than by other lines; none
    /// where they agree.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<Period> {
        let mut starts: Vec<Instant> = self.starts().chain(other.starts()).collect();
        starts.sort_unstable();
        starts.dedup();
        let differs = |at: &&Instant| self.team_at(**at) != other.team_at(**at);
        let first = starts.iter().find(differs)?;
        let last = starts.iter().rposition(|at| differs(&at))?;
        let end = starts.get(last + 1).copied().unwrap_or(Instant::MAX);
        Some(Period::new(*first, end))
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
    /// When the lines begin.
    pub fn starts(&self) -> impl Iterator<Item = Instant> {
        self.lines.keys().copied()
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

    #[test]
    fn a_difference_ends_where_the_lines_agree_again() {
        let at = Instant::from_micros;
        let lines = |given: &[(i64, &'static str)]| {
            let mut lines = AssignmentLines::default();
            for (from, team) in given {
                lines.assign(at(*from), Some(*team));
            }
            lines
        };
        let before = lines(&[(0, "a"), (30, "c")]);
        assert_eq!(before.difference(&before), None);
        let moved = lines(&[(0, "a"), (10, "b"), (30, "c")]);
        assert_eq!(before.difference(&moved), Some(Period::new(at(10), at(30))));
        let other = lines(&[(5, "a")]);
        assert_eq!(before.difference(&other), Some(Period::new(at(0), Instant::MAX)));
    }

    #[test]
    fn stretches_tile_the_period() {
        let mut lines = AssignmentLines::default();
        let at = Instant::from_micros;
        for (from, team) in [(10, Some("a")), (20, Some("a")), (30, None), (40, Some("b"))] {
            lines.assign(at(from), team);
        }
        let over = |from: i64, to: i64| {
            let stretches = lines.over(Period::new(at(from), at(to))).into_iter();
            let short =
                |(p, team): (Period, Option<&'static str>)| (p.from.micros(), p.to.micros(), team);
            stretches.map(short).collect::<Vec<_>>()
        };
        assert_eq!(over(0, 10), [(0, 10, None)]);
        assert_eq!(over(5, 35), [(5, 10, None), (10, 30, Some("a")), (30, 35, None)]);
        assert_eq!(over(10, 30), [(10, 30, Some("a"))]);
        assert_eq!(over(30, 99), [(30, 40, None), (40, 99, Some("b"))]);
    }
}
