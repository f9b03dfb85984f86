//! Scenario files: facts with questions and expected answers, as JSON. `tokenscope replay` answers
//! the questions, `tokenscope load` writes the facts into an organization. The files in
//! `src/scenarios/` are the public conformance vectors of the accounting.
#![doc = include_str!("scenarios/README.md")]

mod ask;
mod check;
mod facts;
mod known;

pub use ask::{Answer, Available, Question, ScenarioCall, Verdict};
pub use check::ScenarioError;
pub(crate) use check::total;

use crate::access::{AccessModel, Overdraft, Policy, Unblock};
use crate::event::Status;
use crate::hold::HoldEnd;
use crate::lot::{Class, LotKind, PaysFor};
use crate::payer::Payer;
use crate::rate::Rounding;
use crate::time::Instant;
use crate::tokens::{Quantity, Tokens};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The source of the events of a scenario file.
pub const SOURCE: &str = "scenario";

/// How ids of lots begin that a correction of closed books gives back.
pub const RETURNED: &str = "returned:";

/// One file. Facts without `recorded_at` were known from the beginning.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it shows.
    pub name: String,
    /// The organization's policy from the beginning.
    #[serde(default)]
    pub policy: ScenarioPolicy,
    /// Policy lines: of the organization or of a team, from an instant.
    #[serde(default)]
    pub policies: Vec<ScenarioPolicyLine>,
    /// Teams with something to say of them; others are known from lots, apps and events.
    #[serde(default)]
    pub teams: BTreeMap<String, ScenarioTeam>,
    /// Trial lines; of a team the newest recorded counts.
    #[serde(default)]
    pub trials: Vec<ScenarioTrial>,
    /// Rate lines.
    #[serde(default)]
    pub rates: Vec<ScenarioRate>,
    /// App assignments.
    #[serde(default)]
    pub apps: Vec<ScenarioApp>,
    /// Owner lines of apps.
    #[serde(default)]
    pub owners: Vec<ScenarioOwner>,
    /// Payer lines of the organization.
    #[serde(default)]
    pub payers: Vec<ScenarioPayer>,
    /// Which daily products members may use.
    #[serde(default)]
    pub products: Vec<ScenarioProduct>,
    /// Lots.
    #[serde(default)]
    pub lots: Vec<ScenarioLot>,
    /// Transfers.
    #[serde(default)]
    pub moves: Vec<ScenarioMove>,
    /// Voids; one can also stand in its lot, as `voided`.
    #[serde(default)]
    pub voids: Vec<ScenarioVoid>,
    /// Unblocks.
    #[serde(default)]
    pub unblocks: Vec<ScenarioUnblock>,
    /// Debt notices.
    #[serde(default)]
    pub notices: Vec<ScenarioNotice>,
    /// Holds that were granted.
    #[serde(default)]
    pub holds: Vec<ScenarioHold>,
    /// Closes of the books.
    #[serde(default)]
    pub closes: Vec<ScenarioClose>,
    /// Usage events; a repeated id with the same content is a duplicate.
    #[serde(default)]
    pub events: Vec<ScenarioEvent>,
    /// Corrections of events.
    #[serde(default)]
    pub corrections: Vec<ScenarioCorrection>,
    /// Questions.
    #[serde(default)]
    pub ask: Vec<Question>,
}

/// Policy of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScenarioPolicy {
    /// Days of grace.
    pub grace_days: u16,
    /// How a restriction ends.
    pub unblock: Unblock,
}

impl Default for ScenarioPolicy {
    fn default() -> Self {
        let Policy { grace_days, unblock, .. } = Policy::default();
        Self { grace_days, unblock }
    }
}

/// A team of a scenario.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioTeam {
    /// End of its trial.
    pub trial_until: Option<Instant>,
}

/// A rate line of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioRate {
    /// Code of the API.
    pub api: String,
    /// Code of the price class.
    pub variant: Option<String>,
    /// Tokens per block.
    pub tokens: Tokens,
    /// Size of a block.
    pub per: Quantity,
    /// How quantities become tokens.
    pub rounding: Rounding,
    /// Whether failed calls cost as much.
    #[serde(default)]
    pub charge_failed: bool,
    /// From when on.
    pub from: Instant,
    /// When it was recorded; none = known from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Instant>,
}

/// An app assignment of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioApp {
    /// The app.
    pub client_id: String,
    /// Its team from then on, or none.
    pub team: Option<String>,
    /// From when on.
    pub from: Instant,
    /// When it was recorded; none = known from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Instant>,
}

/// A lot of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioLot {
    /// Its id.
    pub id: String,
    /// The team that has it.
    pub team: String,
    /// Where it came from.
    pub kind: LotKind,
    /// How much.
    pub tokens: Tokens,
    /// First usable instant.
    pub effective: Instant,
    /// First instant of no more use.
    pub expires: Option<Instant>,
    /// When it was voided.
    pub voided: Option<Instant>,
    /// Lower burns first.
    pub priority: Option<i16>,
    /// What it pays for.
    pub pays_for: Option<PaysFor>,
    /// When it was recorded; none = known from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Instant>,
}

/// A transfer of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioMove {
    /// Id of the new lot.
    pub id: String,
    /// The lot it comes from.
    pub lot: String,
    /// The team that gets it.
    pub to: String,
    /// When.
    pub at: Instant,
    /// How much.
    pub tokens: Tokens,
    /// When it was recorded; none = known from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Instant>,
}

/// An unblock of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioUnblock {
    /// The team.
    pub team: String,
    /// When.
    pub at: Instant,
    /// When it was recorded; none = known from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Instant>,
}

/// A usage event of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioEvent {
    /// Its id; empty only in a replacement.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// When.
    pub time: Instant,
    /// Client id of the app.
    pub app: Option<String>,
    /// Or the team directly.
    pub team: Option<String>,
    /// Who.
    pub user: Option<String>,
    /// What.
    pub api: String,
    /// Of which price class.
    pub variant: Option<String>,
    /// How much.
    pub quantity: Option<Quantity>,
    /// How it ended.
    #[serde(default)]
    pub status: Status,
    /// What it cost elsewhere.
    pub tokens: Option<Tokens>,
    /// When it was recorded; none = known from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Instant>,
}

/// A policy line of a scenario; what it leaves out is as in the standard policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioPolicyLine {
    /// The team; none = the organization.
    pub team: Option<String>,
    /// From when on.
    pub from: Instant,
    /// Days of grace.
    pub grace_days: Option<u16>,
    /// How a restriction ends.
    pub unblock: Option<Unblock>,
    /// What happens to calls beyond the balance.
    pub overdraft: Option<Overdraft>,
    /// Length of a new team's trial in days.
    pub trial_days: Option<u16>,
    /// What pays.
    pub access_model: Option<AccessModel>,
    /// When it was recorded; none = known from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Instant>,
}

/// A trial line of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioTrial {
    /// The team.
    pub team: String,
    /// The first instant that is charged.
    pub until: Instant,
    /// When it was recorded; none = known from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Instant>,
}

/// Whose an app is, from an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioOwner {
    /// The app.
    pub client_id: String,
    /// A person, or none.
    pub owner: Option<String>,
    /// From when on; the same instant again corrects the line.
    pub from: Instant,
    /// When it was recorded; none = known from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Instant>,
}

/// Who pays in the organization, from an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioPayer {
    /// Who pays for an app's usage.
    pub payer: Payer,
    /// From when on; the same instant again corrects the line.
    pub from: Instant,
    /// When it was recorded; none = known from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Instant>,
}

/// Whether a member may use a daily product, from an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioProduct {
    /// The member.
    pub user: String,
    /// Code of the product.
    pub api: String,
    /// Whether it is assigned from then on, or taken away.
    #[serde(default = "yes")]
    pub assigned: bool,
    /// From when on; the same instant again corrects the line.
    pub from: Instant,
    /// When it was recorded; none = known from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Instant>,
}

const fn yes() -> bool {
    true
}

/// A void of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioVoid {
    /// Id of the lot.
    pub lot: String,
    /// When; at its effective time the lot is cancelled.
    pub at: Instant,
    /// When it was recorded; none = known from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Instant>,
}

/// The program saw a run of debt for the first time. It is recorded at `at`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioNotice {
    /// The team.
    pub team: String,
    /// When the program saw it.
    pub at: Instant,
    /// An instant of the run of debt that was seen: its beginning, as it was known then. None =
    /// `at` itself.
    pub of: Option<Instant>,
}

/// Reserved tokens of a team. The hold is recorded when it is granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioHold {
    /// The sender's key; a repeated one with the same content is the same hold.
    pub key: String,
    /// The team.
    pub team: String,
    /// What it reserves for.
    #[serde(default = "api")]
    pub class: Class,
    /// How much.
    pub tokens: Tokens,
    /// When it was granted.
    pub from: Instant,
    /// How long it lives, in seconds; none = 60.
    pub ttl_s: Option<u32>,
    /// How it was ended before that.
    pub ended: Option<ScenarioHoldEnd>,
}

const fn api() -> Class {
    Class::Api
}

/// The end of a hold, recorded when it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioHoldEnd {
    /// When.
    pub at: Instant,
    /// How: settled or released.
    pub how: HoldEnd,
}

/// Nothing before `until` changes any more through facts recorded later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioClose {
    /// The first open instant.
    pub until: Instant,
    /// When it was recorded; none = at `until`.
    pub recorded_at: Option<Instant>,
}

/// A correction of a scenario: voids or replaces one revision of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioCorrection {
    /// Id of the event that is void.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voids: Option<String>,
    /// Id of the event that is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// What stands in its place: an event without its id, which stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<ScenarioEvent>,
    /// Which revision is corrected: 0 is the original.
    #[serde(default)]
    pub revision: u32,
    /// When it was recorded; none = known from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Instant>,
}
