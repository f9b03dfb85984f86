//! The lines of a scenario that say what is rated how, and who pays.

use crate::access::{Policy, PolicyLines};
use crate::assignment::AssignmentLines;
use crate::correction::Close;
use crate::id::{ApiId, VariantId};
use crate::payer::{Payer, PayerLines};
use crate::rate::{RateCard, RateLine, Session, Usage};
use crate::scenario::{SOURCE, Scenario, ScenarioEvent};
use crate::time::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// What scenarios call an owner's own pool.
pub fn pool_of(owner: &str) -> String {
    format!("~{}", owner.to_lowercase())
}

pub struct Rules {
    apis: BTreeMap<String, ApiId>,
    variants: BTreeMap<String, VariantId>,
    pub card: RateCard,
    apps: BTreeMap<String, AssignmentLines<String>>,
    owners: BTreeMap<String, AssignmentLines<String>>,
    payers: PayerLines,
    /// Per team, as they were recorded: from when on the line is seen, and the trial's end.
    trials: BTreeMap<String, Vec<(Instant, Instant)>>,
    products: BTreeMap<(String, String), BTreeMap<Instant, bool>>,
    policies: PolicyLines,
    team_policies: BTreeMap<String, Vec<(Instant, Policy)>>,
}

/// In the order in which they were recorded; of lines of one instant the last stands.
fn recorded<T>(lines: &[T], at: impl Fn(&T) -> Option<Instant>) -> Vec<&T> {
    let mut lines: Vec<&T> = lines.iter().collect();
    lines.sort_by_key(|line| at(line));
    lines
}

impl Rules {
    pub fn new(scenario: &Scenario) -> Self {
        let (apis, variants) = numbers(scenario);
        let mut rules = Self {
            apis,
            variants,
            card: RateCard::default(),
            apps: BTreeMap::new(),
            owners: BTreeMap::new(),
            payers: PayerLines::default(),
            trials: BTreeMap::new(),
            products: BTreeMap::new(),
            policies: PolicyLines::default(),
            team_policies: BTreeMap::new(),
        };
        rules.price(scenario);
        rules.assign(scenario);
        rules.govern(scenario);
        rules
    }

    fn price(&mut self, scenario: &Scenario) {
        for given in &scenario.rates {
            let line = RateLine {
                tokens: given.tokens,
                per: given.per,
                rounding: given.rounding,
                charge_failed: given.charge_failed,
                from: given.from,
            };
            let (api, variant) = (self.api(&given.api), self.variant(given.variant.as_deref()));
            // Two lines of one key were refused by the check.
            let _ = self.card.add(api, variant, line);
        }
    }

    fn assign(&mut self, scenario: &Scenario) {
        for line in recorded(&scenario.apps, |line| line.recorded_at) {
            let lines = self.apps.entry(line.client_id.clone()).or_default();
            lines.assign(line.from, line.team.clone());
        }
        for line in recorded(&scenario.owners, |line| line.recorded_at) {
            let lines = self.owners.entry(line.client_id.clone()).or_default();
            lines.assign(line.from, line.owner.clone());
        }
        for line in recorded(&scenario.payers, |line| line.recorded_at) {
            self.payers.add(line.from, line.payer);
        }
        for line in recorded(&scenario.products, |line| line.recorded_at) {
            let key = (line.user.to_lowercase(), line.api.clone());
            self.products.entry(key).or_default().insert(line.from, line.assigned);
        }
    }

    fn govern(&mut self, scenario: &Scenario) {
        for (team, said) in &scenario.teams {
            let line = said.trial_until.map(|until| (Instant::MIN, until));
            self.trials.entry(team.clone()).or_default().extend(line);
        }
        for line in recorded(&scenario.trials, |line| line.recorded_at) {
            let seen = scenario.booked(Instant::MIN, line.recorded_at);
            self.trials.entry(line.team.clone()).or_default().push((seen, line.until));
        }
        let base = Policy {
            grace_days: scenario.policy.grace_days,
            unblock: scenario.policy.unblock,
            ..Policy::default()
        };
        self.policies.organization.push((Instant::MIN, base));
        for line in recorded(&scenario.policies, |line| line.recorded_at) {
            let from = scenario.booked(line.from, line.recorded_at);
            let lines = match &line.team {
                Some(team) => self.team_policies.entry(team.clone()).or_default(),
                None => &mut self.policies.organization,
            };
            lines.push((from, line.policy()));
        }
    }

    pub fn api(&self, code: &str) -> ApiId {
        self.apis.get(code).copied().unwrap_or(ApiId(0))
    }
    pub fn variant(&self, code: Option<&str>) -> Option<VariantId> {
        self.variants.get(code?).copied()
    }
    /// End of a team's trial, as charges see it.
    pub fn trial(&self, team: &str) -> Option<Instant> {
        self.trials.get(team)?.last().map(|(_, until)| *until)
    }
    /// The same as an instant sees it: one before a close does not see lines that came later.
    pub fn trial_at(&self, team: &str, at: Instant) -> Option<Instant> {
        let lines = self.trials.get(team)?.iter();
        lines.rev().find(|(seen, _)| *seen <= at).map(|(_, until)| *until)
    }
    /// The policies that speak for a team.
    pub fn policies(&self, team: &str) -> PolicyLines {
        let team = self.team_policies.get(team).cloned().unwrap_or_default();
        PolicyLines { organization: self.policies.organization.clone(), team }
    }
    /// Whether any fact names the app.
    pub fn knows_app(&self, app: &str) -> bool {
        self.apps.contains_key(app) || self.owners.contains_key(app)
    }
    /// The team that pays for an app's usage at an instant.
    pub fn payer(&self, app: &str, at: Instant) -> Option<String> {
        match self.payers.at(at) {
            Payer::AppTeam => self.apps.get(app)?.team_at(at),
            Payer::OwnerPool => Some(pool_of(&self.owners.get(app)?.team_at(at)?)),
        }
    }
    /// Whether a member may use a product at an instant; a new member may use none.
    pub fn is_assigned(&self, user: &str, api: &str, at: Instant) -> bool {
        let lines = self.products.get(&(user.to_lowercase(), api.to_owned()));
        let newest = lines.and_then(|lines| lines.range(..=at).next_back());
        newest.is_some_and(|(_, assigned)| *assigned)
    }
    pub fn usage(&self, event: &ScenarioEvent) -> Usage {
        Usage {
            time: event.time,
            api: self.api(&event.api),
            variant: self.variant(event.variant.as_deref()),
            quantity: event.quantity,
            status: event.status,
            tokens: event.tokens,
            has_user: event.user.is_some(),
        }
    }
}

/// Codes to numbers, as storage has them.
fn numbers(scenario: &Scenario) -> (BTreeMap<String, ApiId>, BTreeMap<String, VariantId>) {
    let replaced = || scenario.corrections.iter().filter_map(|c| c.with.as_ref());
    let calls = || scenario.ask.iter().filter_map(|question| question.call.as_ref());
    let mut apis: BTreeSet<&String> = scenario.events.iter().map(|e| &e.api).collect();
    apis.extend(scenario.rates.iter().map(|r| &r.api));
    apis.extend(replaced().map(|event| &event.api));
    apis.extend(calls().map(|call| &call.api));
    let mut variants: BTreeSet<&String> =
        scenario.events.iter().filter_map(|e| e.variant.as_ref()).collect();
    variants.extend(scenario.rates.iter().filter_map(|r| r.variant.as_ref()));
    variants.extend(replaced().filter_map(|event| event.variant.as_ref()));
    variants.extend(calls().filter_map(|call| call.variant.as_ref()));
    (
        apis.into_iter().cloned().zip((1..).map(ApiId)).collect(),
        variants.into_iter().cloned().zip((1..).map(VariantId)).collect(),
    )
}

impl ScenarioEvent {
    pub(super) fn session(&self) -> Session {
        Session {
            time: self.time,
            source: SOURCE.into(),
            id: self.id.clone(),
            quantity: self.quantity,
            status: self.status,
        }
    }
}

impl Scenario {
    /// Where a fact about an instant counts: at the first open instant, where the books before it
    /// were closed when the fact was recorded.
    pub(crate) fn booked(&self, about: Instant, recorded_at: Option<Instant>) -> Instant {
        let Some(recorded_at) = recorded_at else { return about };
        let before = self.closes.iter().filter(|close| close.recorded_at() < recorded_at);
        before.fold(about, |at, close| Close { until: close.until }.booked_at(at))
    }
}
