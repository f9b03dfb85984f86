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

/// Where the clock of a team's debt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Standing {
    /// No debt.
    #[default]
    Clear,
    /// In debt, within the grace.
    Grace,
    /// In debt, the grace is over.
    Missed,
    /// All debt is paid; the restriction waits for an unblock.
    Waiting,
    /// In debt again while the restriction still waits for an unblock: no new grace runs.
    WaitingInDebt,
}

/// What moves the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A charge or transfer shortfall that no lot covers, where there was no debt.
    Charge,
    /// The payment of all debt, under `unblock: automatic`.
    Payment,
    /// The payment of all debt, under `unblock: manual`.
    ManualPayment,
    /// The end of the grace is reached.
    Time,
    /// A debt notice that moves the end of the grace beyond the present.
    Notice,
    /// Somebody unblocks the team.
    Unblock,
}

/// The state table: from where, what happens, where to. What is not in it changes nothing.
pub const TRANSITIONS: [(Standing, Cause, Standing); 11] = [
    (Standing::Clear, Cause::Charge, Standing::Grace),
    (Standing::Grace, Cause::Payment, Standing::Clear),
    (Standing::Grace, Cause::ManualPayment, Standing::Clear),
    (Standing::Grace, Cause::Time, Standing::Missed),
    (Standing::Missed, Cause::Notice, Standing::Grace),
    (Standing::Missed, Cause::Payment, Standing::Clear),
    (Standing::Missed, Cause::ManualPayment, Standing::Waiting),
    (Standing::Waiting, Cause::Charge, Standing::WaitingInDebt),
    (Standing::Waiting, Cause::Unblock, Standing::Clear),
    (Standing::WaitingInDebt, Cause::Payment, Standing::Clear),
    (Standing::WaitingInDebt, Cause::ManualPayment, Standing::Waiting),
];

impl Standing {
    /// Where the table leads from here.
    #[must_use]
    pub fn after(self, cause: Cause) -> Self {
        let row = TRANSITIONS.iter().find(|(from, why, _)| (*from, *why) == (self, cause));
        row.map_or(self, |(_, _, to)| *to)
    }
}

/// The clock of one team's debt: runs of debt, grace, and restrictions that wait for an unblock.
///
/// What happens must be told in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DebtClock {
    standing: Standing,
    /// When the present run of debt began; none without debt.
    debt_since: Option<Instant>,
    /// End of the grace of the present run, or of the run that led to a waiting restriction.
    grace_until: Option<Instant>,
}

fn grace_end(from: Instant, policy: Policy) -> Instant {
    from.plus(i64::from(policy.grace_days) * DAY)
}

impl DebtClock {
    fn step(&mut self, cause: Cause) {
        self.standing = self.standing.after(cause);
        if self.standing == Standing::Clear {
            self.grace_until = None;
        }
    }
    /// The same clock once the time until `at` has passed.
    fn passed(mut self, at: Instant) -> Self {
        if self.grace_until.is_some_and(|until| until <= at) {
            self.step(Cause::Time);
        }
        self
    }
    /// A charge or shortfall made debt; the first of a run starts the grace.
    pub fn debt_begins(&mut self, at: Instant, policy: Policy) {
        if self.debt_since.is_some() {
            return;
        }
        self.debt_since = Some(at);
        self.step(Cause::Charge);
        if self.standing == Standing::Grace {
            self.grace_until = Some(grace_end(at, policy));
        }
    }
    /// The program first saw the present run of debt at `seen`: its grace counts from there, and
    /// never ends earlier than it did. `policy` is that of the beginning of the run.
    pub fn noticed(&mut self, at: Instant, seen: Instant, policy: Policy) {
        *self = self.passed(at);
        if !matches!(self.standing, Standing::Grace | Standing::Missed) {
            return;
        }
        let until = grace_end(seen, policy);
        self.grace_until = self.grace_until.max(Some(until));
        if until > at {
            self.step(Cause::Notice);
        }
    }
    /// The last debt was paid.
    pub fn debt_ends(&mut self, at: Instant, policy: Policy) {
        *self = self.passed(at);
        self.debt_since = None;
        self.step(match policy.unblock {
            Unblock::Automatic => Cause::Payment,
            Unblock::Manual => Cause::ManualPayment,
        });
    }
    /// Somebody unblocked the team; counts only at an instant without debt.
    pub fn unblocked(&mut self) {
        self.step(Cause::Unblock);
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
    /// The state at an instant at or after what was told last.
    #[must_use]
    pub fn access(&self, at: Instant, trial_until: Option<Instant>) -> Access {
        if let Some(until) = trial_until.filter(|until| at < *until) {
            return Access::Trial { until };
        }
        match (self.passed(at).standing, self.grace_until) {
            (Standing::Clear, _) | (_, None) => Access::Full,
            (Standing::Grace, Some(until)) => Access::Grace { until },
            (Standing::Missed | Standing::Waiting | Standing::WaitingInDebt, Some(since)) => {
                Access::Restricted { since }
            }
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
    fn the_state_table_is_complete() {
        use Cause::{Charge, ManualPayment, Notice, Payment, Time};
        use Standing::{Clear, Grace, Missed, Waiting, WaitingInDebt};
        let causes = [Charge, Payment, ManualPayment, Time, Notice, Cause::Unblock];
        for (from, to) in [
            (Clear, [Grace, Clear, Clear, Clear, Clear, Clear]),
            (Grace, [Grace, Clear, Clear, Missed, Grace, Grace]),
            (Missed, [Missed, Clear, Waiting, Missed, Grace, Missed]),
            (Waiting, [WaitingInDebt, Waiting, Waiting, Waiting, Waiting, Clear]),
            (
                WaitingInDebt,
                [WaitingInDebt, Clear, Waiting, WaitingInDebt, WaitingInDebt, WaitingInDebt],
            ),
        ] {
            for (cause, to) in causes.into_iter().zip(to) {
                assert_eq!(from.after(cause), to, "{from:?} after {cause:?}");
            }
        }
    }

    #[test]
    fn a_notice_moves_the_end_of_grace_only_later() {
        let (mut clock, policy) = (DebtClock::default(), Policy::default());
        clock.noticed(day(0), day(5), policy);
        assert_eq!(clock, DebtClock::default(), "there is nothing to notice");
        clock.debt_begins(day(1), policy);
        clock.noticed(day(1), day(4), policy);
        assert_eq!(clock.grace_until(), Some(day(18)));
        clock.noticed(day(2), day(3), policy);
        assert_eq!(clock.grace_until(), Some(day(18)));
        clock.noticed(day(20), day(5), policy);
        assert_eq!(clock.access(day(20), None), Access::Restricted { since: day(19) });
        clock.noticed(day(21), day(21), policy);
        assert_eq!(clock.access(day(21), None), Access::Grace { until: day(35) });
        assert_eq!(clock.debt_since(), Some(day(1)));
    }

    #[test]
    fn a_notice_gives_no_grace_while_a_restriction_waits() {
        let policy = Policy { unblock: Unblock::Manual, ..Policy::default() };
        let mut clock = DebtClock::default();
        clock.debt_begins(day(1), policy);
        clock.debt_ends(day(15), policy);
        clock.debt_begins(day(20), policy);
        clock.noticed(day(20), day(20), policy);
        assert_eq!(clock.access(day(20), None), Access::Restricted { since: day(15) });
        clock.debt_ends(day(21), Policy::default());
        assert_eq!(clock.access(day(21), None), Access::Full);
    }

    #[test]
    fn debt_paid_within_the_grace_leaves_nothing_behind() {
        let policy = Policy { unblock: Unblock::Manual, ..Policy::default() };
        let mut clock = DebtClock::default();
        clock.debt_begins(day(1), policy);
        assert_eq!(clock.debt_since(), Some(day(1)));
        clock.debt_ends(day(15).plus(-1), policy);
        assert_eq!(clock, DebtClock::default());
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
