//! Answers about a team's ledger: lots, statements, explanations, and the page of its balance.

use super::{Named, TeamBalance};
use crate::access::Access;
use crate::burn::TeamState;
use crate::explain::{ChargeLine, Cut, UsageLine};
use crate::forecast::{Expected, Outlook};
use crate::history::Point;
use crate::lot::{LotKind, PaysFor};
use crate::purchase::Standing;
use crate::statement::{Kind, Position, Statement};
use crate::time::{Date, Instant, Zone};
use crate::tokens::{Quantity, Tokens};
use serde::{Deserialize, Serialize};

/// From where somebody looks at the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Seen {
    /// Sees charges, lots, voids, transfers and unblocks with their own time at or before it; none
    /// = now.
    pub as_of: Option<Instant>,
    /// Hides every fact that was recorded later; none = nothing is hidden.
    pub known_at: Option<Instant>,
}

/// The instants of which an answer speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenAt {
    /// What happened at or before it is seen.
    pub as_of: Instant,
    /// What was recorded later is hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_at: Option<Instant>,
}

/// The balances of some teams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balances {
    /// Of which instants it speaks.
    pub seen: SeenAt,
    /// The teams, by slug.
    pub teams: Vec<TeamBalance>,
}

/// What became of one lot. Of its parts, granted = remaining + burned + settled + expired + voided
/// + moved out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotLine {
    /// The sender's id.
    pub id: String,
    /// Slug of the team that has it.
    pub team: String,
    /// Where it came from.
    pub kind: LotKind,
    /// What it pays for.
    pub pays_for: PaysFor,
    /// Lower burns first.
    pub priority: i16,
    /// What has become of it.
    pub state: Standing,
    /// How much it was.
    pub granted: Tokens,
    /// What is left.
    pub remaining: Tokens,
    /// What paid for charges and shortfalls when they came.
    pub burned: Tokens,
    /// What paid older debt when the lot became usable.
    pub settled: Tokens,
    /// What was lost at its expiry.
    pub expired: Tokens,
    /// What a void took away.
    pub voided: Tokens,
    /// What moved to other teams.
    pub moved_out: Tokens,
    /// First instant at which it can be used.
    pub effective: Instant,
    /// First instant at which it can no longer be used; none = never ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Instant>,
    /// Whether another team gave it.
    pub moved_in: bool,
    /// Order or contract number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Through whom it was bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// What one token cost, as a decimal number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_cost: Option<String>,
    /// ISO 4217 code of the cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

impl LotLine {
    /// The lots of a team's books in burn order.
    pub fn of(team: &str, state: &TeamState, is_moved_in: impl Fn(&str) -> bool) -> Vec<Self> {
        let line = |lot: &crate::burn::LotState| {
            let of = &lot.lot;
            Self {
                id: of.id.clone(),
                team: team.to_owned(),
                kind: of.kind,
                pays_for: of.pays_for,
                priority: of.priority,
                state: Standing::of(lot, state.at),
                granted: of.granted,
                remaining: lot.remaining,
                burned: lot.burned,
                settled: lot.settled,
                expired: lot.expired,
                voided: lot.voided,
                moved_out: lot.moved_out,
                effective: of.effective,
                expires: of.expires,
                moved_in: is_moved_in(&of.id),
                reference: of.reference.clone(),
                channel: of.channel.clone(),
                // Millionths, as tokens are: the same decimal number.
                unit_cost: of.unit_cost.as_ref().map(|c| Tokens::from_micro(c.micro).to_string()),
                currency: of.unit_cost.as_ref().map(|cost| cost.currency.clone()),
            }
        };
        state.lots.iter().map(line).collect()
    }
    /// What paid for usage.
    #[must_use]
    pub fn used(&self) -> Tokens {
        self.burned + self.settled
    }
    /// What was lost without paying for anything.
    #[must_use]
    pub fn lost(&self) -> Tokens {
        self.expired + self.voided
    }
}

/// One page of lots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotList {
    /// Of which instants it speaks.
    pub seen: SeenAt,
    /// The lots, by team and id.
    pub lots: Vec<LotLine>,
    /// Whether there are more.
    pub more: bool,
}

/// A team's statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamStatement {
    /// Slug of the team.
    pub team: String,
    /// Its first instant; none = from the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Instant>,
    /// The first instant after it.
    pub to: Instant,
    /// What was recorded later is hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_at: Option<Instant>,
    /// Whether the apps are left out, since the caller may see the team's totals only.
    pub totals_only: bool,
    /// What made the balance.
    #[serde(flatten)]
    pub statement: Statement,
}

/// Which figure is to be explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Figure {
    /// A team's balance.
    Balance {
        /// Slug of the team.
        team: String,
        /// From where it is looked at.
        seen: Seen,
    },
    /// What an event costs.
    Charge {
        /// The event's sender.
        source: String,
        /// The sender's id.
        id: String,
        /// Its time, which finds an event that has no charge.
        time: Option<Instant>,
        /// From where it is looked at.
        seen: Seen,
    },
    /// A team's usage over a time.
    Bucket {
        /// Slug of the team.
        team: String,
        /// Its first instant and the first one after it.
        span: (Instant, Instant),
        /// Only of this app, by client id.
        app: Option<String>,
        /// Only of this API, by code.
        api: Option<String>,
        /// From where it is looked at.
        seen: Seen,
    },
    /// A decision about a call.
    Decision {
        /// Its id.
        id: String,
    },
}

/// What is behind a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Explanation {
    /// Of a balance.
    Balance(BalanceExplained),
    /// Of what an event costs.
    Charge(ChargeExplained),
    /// Of usage over a time.
    Bucket(BucketExplained),
    /// Of a decision.
    Decision(DecisionExplained),
}

/// Lots, cut points and sums behind a balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceExplained {
    /// Slug of the team.
    pub team: String,
    /// Of which instants it speaks.
    #[serde(flatten)]
    pub seen: SeenAt,
    /// Usable tokens, debt, and the difference.
    #[serde(flatten)]
    pub position: Position,
    /// What calls may do.
    pub access: Access,
    /// When the present run of debt began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debt_since: Option<Instant>,
    /// Charges so far of the class `api`.
    pub charged_api: Tokens,
    /// Charges so far of the class `product`.
    pub charged_product: Tokens,
    /// What transfers took that their lots no longer held.
    pub shortfall: Tokens,
    /// All lots in burn order.
    pub lots: Vec<LotLine>,
    /// Where each lot begins to pay, and debt begins.
    pub cuts: Vec<Cut>,
}

/// An event with its charges, and what paid for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeExplained {
    /// The event's sender.
    pub source: String,
    /// The sender's id.
    pub id: String,
    /// When it happened.
    pub time: Instant,
    /// The app that used; none = sent for the team itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The team that pays; none while the app is unassigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Code of the API.
    pub api: String,
    /// Code of the variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// In the API's unit; none = it did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// Whether it failed.
    pub failed: bool,
    /// What it brought along, rated elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// Which revision counts, from 0.
    pub revision: u32,
    /// Whether a correction took it away.
    pub is_void: bool,
    /// Of which instants it speaks.
    #[serde(flatten)]
    pub seen: SeenAt,
    /// What is charged for it now.
    pub charges: Vec<ChargeLine>,
}

/// Usage over a time, by what paid for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketExplained {
    /// Slug of the team.
    pub team: String,
    /// Its first instant.
    pub from: Instant,
    /// The first instant after it.
    pub to: Instant,
    /// Of which instants it speaks.
    #[serde(flatten)]
    pub seen: SeenAt,
    /// What lots paid.
    pub charged: Tokens,
    /// What no lot covers.
    pub uncharged: Tokens,
    /// Whether the apps are left out, since the caller may see the team's totals only.
    pub totals_only: bool,
    /// By app and API.
    pub usage: Vec<UsageLine>,
}

/// A decision as it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionExplained {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub at: Instant,
    /// Slug of the team that would have paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Client id of the app that asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// All that it came from, as JSON.
    pub content: String,
    /// How the team stands now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub today: Option<Position>,
}

/// Which stretch the page of a balance shows, up to the instant it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Stretch {
    /// 28 days.
    Days28,
    /// 90 days.
    #[default]
    Days90,
    /// A year.
    Days365,
    /// From the first fact on.
    All,
}

impl Stretch {
    /// Every stretch with its name in URLs.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Days28, "28d"), (Self::Days90, "90d"), (Self::Days365, "12m"), (Self::All, "all")];

    /// Its days; none = all there are.
    #[must_use]
    pub const fn days(self) -> Option<u32> {
        match self {
            Self::Days28 => Some(28),
            Self::Days90 => Some(90),
            Self::Days365 => Some(365),
            Self::All => None,
        }
    }
}

/// Where the pages of balances are: what all of them say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerFrame {
    /// What one token is called.
    pub token_name: String,
    /// The organization's zone.
    pub zone: Zone,
    /// The zone in which the reader wants single instants; none = the organization's.
    pub instants: Option<Zone>,
    /// The instant at which the answer was made.
    pub now: Instant,
    /// Of which instants it speaks.
    pub seen: SeenAt,
    /// Whether the figures are invented demo data.
    pub demo: bool,
    /// Whether an instant of knowledge was asked for that has not come yet, and left out.
    pub known_refused: bool,
}

/// A token event with words for what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotEvent {
    /// When.
    pub at: Instant,
    /// What happened.
    pub kind: Kind,
    /// Kind of the lot; none of a shortfall.
    pub lot_kind: Option<LotKind>,
    /// Reference or id of the lot.
    pub lot: String,
    /// Name of the team at the other end of a transfer, where the caller may see it.
    pub other: Option<String>,
    /// How much, never negative.
    pub amount: Tokens,
}

/// The answer to `/balance/{team}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountReport {
    /// Of what, where and when it speaks.
    pub frame: LedgerFrame,
    /// The team.
    pub team: Named,
    /// How it stands.
    pub balance: TeamBalance,
    /// How long that lasts.
    pub outlook: Outlook,
    /// When the present run of debt began.
    pub debt_since: Option<Instant>,
    /// First day that is shown.
    pub first: Date,
    /// The line of the balance from that day to the instant it is looked at.
    pub points: Vec<Point>,
    /// How it is expected to go on.
    pub expected: Vec<Expected>,
    /// What happened besides usage, newest first.
    pub events: Vec<LotEvent>,
    /// The lots in burn order.
    pub lots: Vec<LotLine>,
    /// What made the balance over the stretch.
    pub statement: TeamStatement,
    /// Names of the apps and APIs in the statement, by client id and code.
    pub names: Names,
}

/// Names of what statements call by codes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Names {
    /// Apps by client id.
    pub apps: std::collections::BTreeMap<String, String>,
    /// APIs by code.
    pub apis: std::collections::BTreeMap<String, String>,
}

/// The answer to `/balance`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountList {
    /// Of what, where and when it speaks.
    pub frame: LedgerFrame,
    /// The teams, by name, with their outlook as of that instant.
    pub teams: Vec<(TeamBalance, Outlook)>,
}
