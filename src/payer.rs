//! Who pays for an app's usage: its team, or its owner's own pool (accounting.md, "Facts", payer
//! line). Before 2025-03 the model paid from the owner's pool; lines carry that history.

use crate::assignment::AssignmentLines;
use crate::time::Instant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payer {
    /// The team the app is assigned to.
    #[default]
    AppTeam,
    /// The owner's own pool: a team of one.
    OwnerPool,
}

impl Payer {
    /// Its code in storage.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AppTeam => "app_team",
            Self::OwnerPool => "owner_pool",
        }
    }
    /// The payer of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::AppTeam, Self::OwnerPool].into_iter().find(|payer| payer.code() == code)
    }
}

/// The payer lines of an organization; each lasts until the next, and one of the same `from`
/// again corrects it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PayerLines {
    lines: BTreeMap<Instant, Payer>,
}

impl PayerLines {
    /// Records a line.
    pub fn add(&mut self, from: Instant, payer: Payer) {
        self.lines.insert(from, payer);
    }
    /// Whether no line speaks: then each app's team pays.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
    /// Which team pays for an app: the one that it is assigned to, or its owner's pool, as the
    /// lines say. The answer changes only where one of the three does.
    #[must_use]
    pub fn teams<T: Clone>(
        &self,
        teams: &AssignmentLines<T>,
        pools: &AssignmentLines<T>,
    ) -> AssignmentLines<T> {
        let mut paying = AssignmentLines::default();
        let own = self.lines.keys().copied();
        for from in own.chain(teams.starts()).chain(pools.starts()) {
            let team = match self.at(from) {
                Payer::AppTeam => teams.team_at(from),
                Payer::OwnerPool => pools.team_at(from),
            };
            paying.assign(from, team);
        }
        paying
    }
    /// Who pays for usage at an instant; the app's team where no line speaks.
    #[must_use]
    pub fn at(&self, at: Instant) -> Payer {
        self.lines.range(..=at).next_back().map(|(_, payer)| *payer).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_line_that_has_come_counts() {
        let at = Instant::from_micros;
        let mut lines = PayerLines::default();
        assert_eq!(lines.at(at(0)), Payer::AppTeam);
        lines.add(at(20), Payer::AppTeam);
        lines.add(at(10), Payer::OwnerPool);
        let seen = [9, 10, 19, 20].map(|t| lines.at(at(t)));
        assert_eq!(seen, [Payer::AppTeam, Payer::OwnerPool, Payer::OwnerPool, Payer::AppTeam]);
    }

    #[test]
    fn teams_and_pools_take_turns() {
        let at = Instant::from_micros;
        let mut lines = PayerLines::default();
        lines.add(at(10), Payer::OwnerPool);
        lines.add(at(30), Payer::AppTeam);
        let (mut teams, mut pools) = (AssignmentLines::default(), AssignmentLines::default());
        for (from, team) in [(0, "a"), (15, "b"), (40, "c")] {
            teams.assign(at(from), Some(team));
        }
        pools.assign(at(20), Some("ann"));
        let paying = lines.teams(&teams, &pools);
        let seen = [9, 10, 19, 20, 29, 30, 39, 40].map(|t| paying.team_at(at(t)));
        let (ann, b) = (Some("ann"), Some("b"));
        assert_eq!(seen, [Some("a"), None, None, ann, ann, b, b, Some("c")]);
    }
}
