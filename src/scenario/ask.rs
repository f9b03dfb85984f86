//! Questions of scenario files and their answers.

use crate::decision::{Denial, Remedy};
use crate::explain::{ChargeLine, Cut, UsageLine};
use crate::lot::PerClass;
use crate::statement::Statement;
use crate::time::Instant;
use crate::tokens::{Quantity, Tokens};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A question with the expected answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The team asked about.
    pub team: String,
    /// The instant asked about.
    pub at: Instant,
    /// What was recorded later is not seen; none = everything is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_at: Option<Instant>,
    /// Where the statement, the charges and the usage begin; none = with the first fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Instant>,
    /// A call to decide about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<ScenarioCall>,
    /// The answer, or the part of it that the question is about.
    pub expect: Answer,
}

/// A call to decide about, made at the instant asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioCall {
    /// Client id of the app.
    pub app: String,
    /// Who calls.
    pub user: Option<String>,
    /// What.
    pub api: String,
    /// Of which price class.
    pub variant: Option<String>,
    /// How much.
    pub quantity: Option<Quantity>,
    /// How long a hold for it would live, in seconds; none = no hold.
    pub ttl_s: Option<u32>,
}

/// What is known of a team at an instant. In an expected answer only the members that the
/// question is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
    /// Usable remainders minus debt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<Tokens>,
    /// What no lot covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debt: Option<Tokens>,
    /// `trial`, `full`, `grace` or `restricted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<String>,
    /// Charges posted to the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumed: Option<Tokens>,
    /// What expired unused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired: Option<Tokens>,
    /// Remainders of the lots with effective <= at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lots: Option<BTreeMap<String, Tokens>>,
    /// End of the grace that counts; there exactly while in debt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_until: Option<Instant>,
    /// What is neither used nor held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<Available>,
    /// Whether the call of the question is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Verdict>,
    /// What made the balance, from the question's `from` up to and with the instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
    /// The charges of the same stretch, each with its price and the lots that paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charges: Option<Vec<ChargeLine>>,
    /// The same per app and API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Vec<UsageLine>>,
    /// Where one lot stops to pay and the next begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cuts: Option<Vec<Cut>>,
}

impl Answer {
    /// The members that the expected answer has, and the end of grace, which is there exactly
    /// while in debt.
    #[must_use]
    pub fn asked(self, expected: &Self) -> Self {
        fn only<T>(value: Option<T>, wanted: bool) -> Option<T> {
            value.filter(|_| wanted)
        }
        Self {
            balance: only(self.balance, expected.balance.is_some()),
            debt: only(self.debt, expected.debt.is_some()),
            access: only(self.access, expected.access.is_some()),
            consumed: only(self.consumed, expected.consumed.is_some()),
            expired: only(self.expired, expected.expired.is_some()),
            lots: only(self.lots, expected.lots.is_some()),
            grace_until: self.grace_until,
            available: only(self.available, expected.available.is_some()),
            decision: only(self.decision, expected.decision.is_some()),
            statement: only(self.statement, expected.statement.is_some()),
            charges: only(self.charges, expected.charges.is_some()),
            usage: only(self.usage, expected.usage.is_some()),
            cuts: only(self.cuts, expected.cuts.is_some()),
        }
    }
}

/// What a call could have at once, per class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Available {
    /// For API calls.
    pub api: Tokens,
    /// For daily products.
    pub product: Tokens,
}

impl From<PerClass> for Available {
    fn from(PerClass { api, product }: PerClass) -> Self {
        Self { api, product }
    }
}

/// Whether a call is allowed, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The row of the decision table that denies it; none = it is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denied: Option<Denial>,
    /// What the call would cost.
    pub price: Tokens,
    /// What is available for it.
    pub available: Tokens,
    /// What would change a denial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
}
