//! Who pays for an app's usage: its team, or its owner's own pool (accounting.md, "Facts", payer
//! line). Before 2025-03 the model paid from the owner's pool; lines carry that history.

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
}
