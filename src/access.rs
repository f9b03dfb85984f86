//! Access states: what a team's debt means for its calls (accounting.md, "Access and decisions").
//!
//! `trial` (before its end; goes before every other state) -> `full` (no debt) -> `grace` (debt;
//! everything still works) -> `restricted` (rated calls refused). Events are accepted in each.

use crate::time::{DAY, Instant};
use serde::{Deserialize, Serialize};

/// How a restriction ends once all debt is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unblock {
    /// By the payment itself.
    #[default]
    Automatic,
    /// By an unblock recorded at an instant without debt.
    Manual,
}

/// What happens to a call that costs more than is available.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overdraft {
    /// It is allowed and makes debt.
    #[default]
    Allow,
    /// It is refused.
    Deny,
}

/// What pays for an organization's usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessModel {
    /// Tokens.
    #[default]
    Tokens,
    /// A subscription: usage is measured, not limited by tokens.
    Subscription,
}

/// One policy: of an organization or of a team, from an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Days in debt before rated calls are refused, 0 to 3650.
    pub grace_days: u16,
    /// How a restriction ends.
    pub unblock: Unblock,
    /// What happens to calls beyond the balance.
    pub overdraft: Overdraft,
    /// Length of a new team's trial in days.
    pub trial_days: u16,
    /// What pays.
    pub access_model: AccessModel,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            grace_days: 14,
            unblock: Unblock::Automatic,
            overdraft: Overdraft::Allow,
            trial_days: 90,
            access_model: AccessModel::Tokens,
        }
    }
}

/// The policies that speak for one team: its own lines go before the organization's, and of one
/// scope the newest `from` that has come counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyLines {
    /// (from, policy) of the organization.
    pub organization: Vec<(Instant, Policy)>,
    /// (from, policy) of the team.
    pub team: Vec<(Instant, Policy)>,
}

impl PolicyLines {
    /// The policy in force at an instant; the default where no line speaks.
    #[must_use]
    pub fn at(&self, at: Instant) -> Policy {
        let newest = |lines: &[(Instant, Policy)]| {
            lines.iter().filter(|l| l.0 <= at).max_by_key(|l| l.0).map(|l| l.1)
        };
        newest(&self.team).or_else(|| newest(&self.organization)).unwrap_or_default()
    }
}

/// What a team's calls may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Access {
    /// Everything works and costs nothing.
    Trial {
        /// The first instant that is charged.
        until: Instant,
    },
    /// No debt.
    Full,
    /// In debt; everything still works and the debt may grow.
    Grace {
        /// From when on rated calls are refused.
        until: Instant,
    },
    /// Rated calls are refused, free ones work.
    Restricted {
        /// The grace that was missed.
        since: Instant,
    },
}

impl Access {
    /// The name that stands in answers: `trial`, `full`, `grace`, `restricted`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Trial { .. } => "trial",
            Self::Full => "full",
            Self::Grace { .. } => "grace",
            Self::Restricted { .. } => "restricted",
        }
    }
}

/// The clock of one team's debt: runs of debt, grace, and restrictions that wait for an unblock.
///
/// Transitions take their time and must be told in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DebtClock {
    /// When the present run of debt began; none without debt.
    debt_since: Option<Instant>,
    /// End of the grace of the present run, or of the run that led to a waiting restriction.
    grace_until: Option<Instant>,
    /// A restriction that a payment did not end, under `unblock: manual`.
    waits_for_unblock: bool,
}

impl DebtClock {
    /// A charge or shortfall made the first debt of a run.
    pub fn debt_begins(&mut self, at: Instant, policy: Policy) {
        if self.debt_since.is_some() {
            return;
        }
        self.debt_since = Some(at);
        if !self.waits_for_unblock {
            self.grace_until = Some(at.plus(i64::from(policy.grace_days) * DAY));
        }
    }
    /// The last debt was paid.
    pub fn debt_ends(&mut self, at: Instant, policy: Policy) {
        self.debt_since = None;
        let missed = self.grace_until.is_some_and(|until| until <= at);
        if missed && policy.unblock == Unblock::Manual {
            self.waits_for_unblock = true;
        }
        if !self.waits_for_unblock {
            self.grace_until = None;
        }
    }
    /// Somebody unblocked the team; counts only at an instant without debt.
    pub fn unblocked(&mut self) {
        if self.debt_since.is_none() {
            self.waits_for_unblock = false;
            self.grace_until = None;
        }
    }
    /// When the present run of debt began.
    #[must_use]
    pub const fn debt_since(&self) -> Option<Instant> {
        self.debt_since
    }
    /// The end of grace that counts now.
    #[must_use]
    pub const fn grace_until(&self) -> Option<Instant> {
        self.grace_until
    }
    /// The state at an instant at or after the last transition.
    #[must_use]
    pub fn access(&self, at: Instant, trial_until: Option<Instant>) -> Access {
        if let Some(until) = trial_until.filter(|until| at < *until) {
            return Access::Trial { until };
        }
        match (self.debt_since, self.grace_until) {
            (None, Some(since)) if self.waits_for_unblock => Access::Restricted { since },
            (None, _) | (Some(_), None) => Access::Full,
            (Some(_), Some(until)) if !self.waits_for_unblock && at < until => {
                Access::Grace { until }
            }
            (Some(_), Some(since)) => Access::Restricted { since },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: i64) -> Instant {
        Instant::from_micros(n * DAY)
    }

    #[test]
    fn debt_leads_through_grace_to_restriction_and_back() {
        let (mut clock, policy) = (DebtClock::default(), Policy::default());
        assert_eq!(clock.access(day(0), None), Access::Full);
        clock.debt_begins(day(1), policy);
        clock.debt_begins(day(3), policy);
        assert_eq!(clock.access(day(14), None), Access::Grace { until: day(15) });
        assert_eq!(clock.access(day(15), None), Access::Restricted { since: day(15) });
        clock.debt_ends(day(20), policy);
        assert_eq!(clock.access(day(20), None), Access::Full);
    }

    #[test]
    fn a_manual_restriction_waits_for_an_unblock_without_debt() {
        let policy = Policy { unblock: Unblock::Manual, ..Policy::default() };
        let mut clock = DebtClock::default();
        clock.debt_begins(day(1), policy);
        clock.unblocked();
        clock.debt_ends(day(20), policy);
        assert_eq!(clock.access(day(21), None), Access::Restricted { since: day(15) });
        clock.debt_begins(day(22), policy);
        assert_eq!(clock.access(day(22), None), Access::Restricted { since: day(15) });
        clock.debt_ends(day(23), policy);
        clock.unblocked();
        assert_eq!(clock.access(day(23), None), Access::Full);
    }

    #[test]
    fn a_trial_goes_before_everything() {
        let mut clock = DebtClock::default();
        clock.debt_begins(day(1), Policy { grace_days: 0, ..Policy::default() });
        assert_eq!(clock.access(day(2), Some(day(9))), Access::Trial { until: day(9) });
        assert_eq!(clock.access(day(9), Some(day(9))).code(), "restricted");
    }

    #[test]
    fn the_narrowest_scope_and_the_newest_line_count() {
        let with = |grace_days| Policy { grace_days, ..Policy::default() };
        let lines = PolicyLines {
            organization: vec![(day(0), with(1)), (day(10), with(2))],
            team: vec![(day(20), with(3))],
        };
        assert_eq!(lines.at(day(-1)).grace_days, 14);
        assert_eq!(lines.at(day(5)).grace_days, 1);
        assert_eq!(lines.at(day(10)).grace_days, 2);
        assert_eq!(lines.at(day(30)).grace_days, 3);
    }
}
