//! Decisions: whether a call may be made (accounting.md, "Access and decisions"). One table,
//! walked from the top; the first row that denies is the answer.

use crate::access::{Access, Overdraft, Unblock};
use crate::tokens::Tokens;
use serde::{Deserialize, Serialize};

/// Why a call is denied: the rows of the table, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// The app is unknown or archived.
    UnknownApp,
    /// A rated call of an app that has no team.
    NoTeam,
    /// The product is not assigned to the user.
    NotAssigned,
    /// A hard budget is used up.
    BudgetUsedUp,
    /// The team is restricted, and the call is rated.
    Restricted,
    /// The price is more than what is available, under `overdraft: deny`.
    NotEnough,
}

/// What the table looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Whether the app is known and not archived.
    pub app_known: bool,
    /// Whether a rate line is in force for the call.
    pub rated: bool,
    /// Whether the app has a team now.
    pub has_team: bool,
    /// Whether the user may use the product, or it needs no assignment.
    pub assigned: bool,
    /// Whether every hard budget has room for the price.
    pub within_budget: bool,
    /// The team's access state.
    pub access: Access,
    /// What the team owes.
    pub debt: Tokens,
    /// How a restriction ends.
    pub unblock: Unblock,
    /// What happens beyond the balance.
    pub overdraft: Overdraft,
    /// What the call would cost.
    pub price: Tokens,
    /// Usable remainders of the class minus live holds, never below zero.
    pub available: Tokens,
    /// What live holds were promised and can no longer get.
    pub lacking: Tokens,
}

/// What would change the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "remedy", rename_all = "snake_case")]
pub enum Remedy {
    /// Register the app, or take it out of the archive.
    RegisterApp,
    /// Assign the app to a team.
    AssignTeam,
    /// Assign the product to the user.
    AssignProduct,
    /// Raise the budget, or wait for its next period.
    RaiseBudget,
    /// Grant the team tokens that pay its debt.
    PayDebt {
        /// So many.
        tokens: Tokens,
        /// Whether somebody has to unblock it then.
        and_unblock: bool,
    },
    /// Unblock the team: its debt is paid.
    Unblock,
    /// Grant the team more tokens, or wait until holds end.
    Grant {
        /// So many are missing, in a lot that pays for everything: it settles debt first, then
        /// serves holds.
        tokens: Tokens,
    },
}

/// The answer to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The first row that denies it; none = it is allowed.
    pub denied: Option<Denial>,
    /// What it would cost.
    pub price: Tokens,
    /// What is available for it.
    pub available: Tokens,
    /// What would change a denial.
    pub remedy: Option<Remedy>,
}

impl Call {
    /// The first row that denies the call; none when it is allowed.
    #[must_use]
    pub fn denied(&self) -> Option<Denial> {
        let restricted = matches!(self.access, Access::Restricted { .. });
        let in_trial = matches!(self.access, Access::Trial { .. });
        let deny = self.overdraft == Overdraft::Deny && !in_trial;
        let rows = [
            (Denial::UnknownApp, !self.app_known),
            (Denial::NoTeam, self.rated && !self.has_team),
            (Denial::NotAssigned, !self.assigned),
            (Denial::BudgetUsedUp, !self.within_budget),
            (Denial::Restricted, self.rated && restricted),
            (Denial::NotEnough, deny && self.price > self.available),
        ];
        rows.into_iter().find(|(_, denies)| *denies).map(|(row, _)| row)
    }

    /// The decision with its reason.
    #[must_use]
    pub fn decide(&self) -> Decision {
        let denied = self.denied();
        let remedy = denied.map(|row| match row {
            Denial::UnknownApp => Remedy::RegisterApp,
            Denial::NoTeam => Remedy::AssignTeam,
            Denial::NotAssigned => Remedy::AssignProduct,
            Denial::BudgetUsedUp => Remedy::RaiseBudget,
            Denial::Restricted if self.debt.is_zero() => Remedy::Unblock,
            Denial::Restricted => {
                let and_unblock = self.unblock == Unblock::Manual;
                Remedy::PayDebt { tokens: self.debt, and_unblock }
            }
            Denial::NotEnough => {
                let before = self.debt + self.lacking;
                Remedy::Grant { tokens: before + self.price - self.available }
            }
        });
        Decision { denied, price: self.price, available: self.available, remedy }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Instant;

    fn good() -> Call {
        Call {
            app_known: true,
            rated: true,
            has_team: true,
            assigned: true,
            within_budget: true,
            access: Access::Full,
            debt: Tokens::ZERO,
            unblock: Unblock::Automatic,
            overdraft: Overdraft::Deny,
            price: Tokens::whole(2),
            available: Tokens::whole(2),
            lacking: Tokens::ZERO,
        }
    }

    #[test]
    fn the_first_row_that_denies_is_the_answer() {
        let good = good();
        let since = Instant::from_micros(0);
        let restricted = Access::Restricted { since };
        let poor = Call { available: Tokens::whole(1), ..good };
        for (call, denial) in [
            (good, None),
            (poor, Some(Denial::NotEnough)),
            (Call { overdraft: Overdraft::Allow, ..poor }, None),
            (Call { access: Access::Trial { until: since }, ..poor }, None),
            (Call { access: restricted, ..poor }, Some(Denial::Restricted)),
            (Call { access: restricted, rated: false, ..good }, None),
            (Call { within_budget: false, access: restricted, ..poor }, Some(Denial::BudgetUsedUp)),
            (Call { assigned: false, within_budget: false, ..good }, Some(Denial::NotAssigned)),
            (Call { has_team: false, assigned: false, ..good }, Some(Denial::NoTeam)),
            (Call { has_team: false, rated: false, ..good }, None),
            (Call { app_known: false, has_team: false, ..good }, Some(Denial::UnknownApp)),
        ] {
            assert_eq!(call.denied(), denial, "{call:?}");
        }
    }

    #[test]
    fn a_denial_says_what_would_change_it() {
        let since = Instant::from_micros(0);
        let price = Tokens::whole(5);
        let call = Call { unblock: Unblock::Manual, price, ..good() };
        let restricted = Call { access: Access::Restricted { since }, ..call };
        let owing = Call { debt: Tokens::whole(9), ..restricted };
        let (tokens, and_unblock) = (Tokens::whole(9), true);
        for (call, remedy) in [
            (Call { app_known: false, ..call }, Some(Remedy::RegisterApp)),
            (Call { has_team: false, ..call }, Some(Remedy::AssignTeam)),
            (Call { assigned: false, ..call }, Some(Remedy::AssignProduct)),
            (Call { within_budget: false, ..call }, Some(Remedy::RaiseBudget)),
            (restricted, Some(Remedy::Unblock)),
            (owing, Some(Remedy::PayDebt { tokens, and_unblock })),
            (
                Call { unblock: Unblock::Automatic, ..owing },
                Some(Remedy::PayDebt { tokens, and_unblock: false }),
            ),
            (call, Some(Remedy::Grant { tokens: Tokens::whole(3) })),
            (
                Call { available: Tokens::ZERO, lacking: Tokens::whole(4), ..call },
                Some(Remedy::Grant { tokens: Tokens::whole(9) }),
            ),
            (
                Call { available: Tokens::ZERO, debt: Tokens::whole(7), ..call },
                Some(Remedy::Grant { tokens: Tokens::whole(12) }),
            ),
            (Call { price: Tokens::whole(2), ..call }, None),
        ] {
            let decision = call.decide();
            assert_eq!(decision.remedy, remedy, "{call:?}");
            assert_eq!(decision.denied.is_some(), remedy.is_some());
            assert_eq!((decision.price, decision.available), (call.price, call.available));
        }
    }
}
