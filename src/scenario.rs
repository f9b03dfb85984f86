//! Scenario files: facts with questions and expected answers, as JSON (accounting.md, "Scenario
//! files"). `load` writes the facts into an organization; [`crate::replay`] answers the questions.

use crate::access::{Policy, Unblock};
use crate::event::{NewEvent, Spender, Status};
use crate::fact::Fact;
use crate::lot::{LotKind, PaysFor};
use crate::rate::Rounding;
use crate::time::Instant;
use crate::tokens::{Quantity, Tokens};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The source of the events of a scenario file.
pub const SOURCE: &str = "scenario";

/// One file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it shows.
    pub name: String,
    /// The organization's policy.
    #[serde(default)]
    pub policy: ScenarioPolicy,
    /// Teams with something to say of them; others are known from lots, apps and events.
    #[serde(default)]
    pub teams: BTreeMap<String, ScenarioTeam>,
    /// Rate lines.
    #[serde(default)]
    pub rates: Vec<ScenarioRate>,
    /// App assignments.
    #[serde(default)]
    pub apps: Vec<ScenarioApp>,
    /// Lots.
    #[serde(default)]
    pub lots: Vec<ScenarioLot>,
    /// Transfers.
    #[serde(default)]
    pub moves: Vec<ScenarioMove>,
    /// Unblocks.
    #[serde(default)]
    pub unblocks: Vec<ScenarioUnblock>,
    /// Usage events; a repeated id is a duplicate.
    #[serde(default)]
    pub events: Vec<ScenarioEvent>,
    /// Corrections.
    #[serde(default)]
    pub corrections: Vec<ScenarioCorrection>,
    /// Questions.
    #[serde(default)]
    pub ask: Vec<Question>,
}

/// Policy of a scenario.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioTeam {
    /// End of its trial.
    pub trial_until: Option<Instant>,
}

/// A rate line of a scenario.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
}

/// An app assignment of a scenario.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioApp {
    /// The app.
    pub client_id: String,
    /// Its team from then on, or none.
    pub team: Option<String>,
    /// From when on.
    pub from: Instant,
}

/// A lot of a scenario.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
}

/// A transfer of a scenario.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
}

/// An unblock of a scenario.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioUnblock {
    /// The team.
    pub team: String,
    /// When.
    pub at: Instant,
}

/// A usage event of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioEvent {
    /// Its id.
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
}

/// A correction of a scenario.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioCorrection {
    /// Id of the event that is void.
    pub voids: String,
}

/// A question with the expected answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The team asked about.
    pub team: String,
    /// The instant asked about.
    pub at: Instant,
    /// The answer.
    pub expect: Answer,
}

/// What is known of a team at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Usable remainders minus debt.
    pub balance: Tokens,
    /// What no lot covers.
    pub debt: Tokens,
    /// `trial`, `full`, `grace` or `restricted`.
    pub access: String,
    /// Charges posted to the team.
    pub consumed: Tokens,
    /// What expired unused.
    pub expired: Tokens,
    /// Remainders of the lots with effective <= at.
    pub lots: BTreeMap<String, Tokens>,
    /// End of the grace that counts, while in debt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_until: Option<Instant>,
}

impl Scenario {
    /// The slugs of all teams that the file names.
    #[must_use]
    pub fn team_names(&self) -> BTreeSet<&str> {
        let mut names: BTreeSet<&str> = self.teams.keys().map(String::as_str).collect();
        names.extend(self.lots.iter().map(|lot| lot.team.as_str()));
        names.extend(self.moves.iter().map(|m| m.to.as_str()));
        names.extend(self.apps.iter().filter_map(|app| app.team.as_deref()));
        names.extend(self.events.iter().filter_map(|event| event.team.as_deref()));
        names.extend(self.unblocks.iter().map(|u| u.team.as_str()));
        names
    }

    /// The facts besides the events, in an order in which each finds what it names.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let ScenarioPolicy { grace_days, unblock } = self.policy;
        let policy = Policy { grace_days, unblock, ..Policy::default() };
        let mut facts = vec![Fact::Policy { team: None, from: Instant::MIN, policy }];
        for slug in self.team_names() {
            facts.push(Fact::Team { slug: slug.into(), name: slug.into() });
        }
        for (team, said) in &self.teams {
            let trial = |until| Fact::Trial { team: team.clone(), until };
            facts.extend(said.trial_until.map(trial));
        }
        let clients: BTreeSet<&str> = self.apps.iter().map(|a| a.client_id.as_str()).collect();
        for client in clients {
            let (client_id, name) = (client.to_owned(), client.to_owned());
            facts.push(Fact::App { client_id, name, owner: None });
        }
        facts.extend(self.apps.iter().cloned().map(ScenarioApp::fact));
        facts.extend(self.rates.iter().cloned().map(ScenarioRate::fact));
        facts.extend(self.lots.iter().cloned().map(ScenarioLot::fact));
        // Transfers and voids are asked for in the order of their times.
        let mut timed: Vec<(Instant, Fact)> = Vec::new();
        for lot in &self.lots {
            let void = |at| (at, Fact::Void { lot: lot.id.clone(), at });
            timed.extend(lot.voided.map(void));
        }
        timed.extend(self.moves.iter().cloned().map(|m| (m.at, m.fact())));
        timed.sort_by_key(|(at, _)| *at);
        facts.extend(timed.into_iter().map(|(_, fact)| fact));
        for unblock in &self.unblocks {
            facts.push(Fact::Unblock { team: unblock.team.clone(), at: unblock.at });
        }
        facts
    }

    /// The usage events.
    ///
    /// # Errors
    /// The id of an event that names neither an app nor a team, or both.
    pub fn new_events(&self) -> Result<Vec<NewEvent>, String> {
        self.events.iter().map(ScenarioEvent::new_event).collect()
    }
}

impl ScenarioApp {
    fn fact(self) -> Fact {
        Fact::Assignment { client_id: self.client_id, team: self.team, from: self.from }
    }
}

impl ScenarioRate {
    fn fact(self) -> Fact {
        Fact::Rate {
            api: self.api,
            variant: self.variant,
            tokens: self.tokens,
            per: self.per,
            rounding: self.rounding,
            charge_failed: self.charge_failed,
            from: self.from,
        }
    }
}

impl ScenarioLot {
    fn fact(self) -> Fact {
        Fact::Lot {
            id: self.id,
            team: self.team,
            kind: self.kind,
            tokens: self.tokens,
            effective: self.effective,
            expires: self.expires,
            priority: self.priority,
            pays_for: self.pays_for,
            unit_cost: None,
            reference: None,
            channel: None,
        }
    }
}

impl ScenarioMove {
    fn fact(self) -> Fact {
        let Self { id, lot, to, at, tokens } = self;
        Fact::Transfer { id, lot, to, at, tokens }
    }
}

impl ScenarioEvent {
    fn new_event(&self) -> Result<NewEvent, String> {
        let spender = match (&self.app, &self.team) {
            (Some(app), None) => Spender::ClientId(app.clone()),
            (None, Some(team)) => Spender::Team(team.clone()),
            _ => return Err(format!("event `{}` needs either an app or a team", self.id)),
        };
        Ok(NewEvent {
            source: SOURCE.into(),
            id: self.id.clone(),
            time: Some(self.time),
            spender,
            user: self.user.clone(),
            api: self.api.clone(),
            variant: self.variant.clone(),
            quantity: self.quantity,
            status: self.status,
            tokens: self.tokens,
            attributes: BTreeMap::new(),
        })
    }
}
