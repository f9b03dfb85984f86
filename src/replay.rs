//! Replays a scenario: from facts to answers, charge by charge, without any stored state.

use crate::access::{Policy, PolicyLines};
use crate::assignment::AssignmentLines;
use crate::burn::{BurnError, MoveOut, Step, TeamBooks, TeamState, burn};
use crate::id::{ApiId, VariantId};
use crate::lot::{Class, Lot};
use crate::rate::{
    PriceTooLarge, RateCard, RateExists, RateLine, Rating, Session, Usage, chain, rate,
};
use crate::scenario::{Answer, SOURCE, Scenario, ScenarioEvent, ScenarioLot};
use crate::time::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// Why a scenario cannot be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// An event names neither an app nor a team, or both.
    #[error("event `{0}` needs either an app or a team")]
    Spender(String),
    /// A session of a daily product names no user.
    #[error("event `{0}` uses a daily product and needs a user")]
    User(String),
    /// A price beyond what one event may cost.
    #[error("event `{0}` {1}")]
    Price(String, PriceTooLarge),
    /// Two rate lines of one key.
    #[error("rate of `{0}`: {1}")]
    Rate(String, RateExists),
    /// A transfer from a lot that is not there.
    #[error("move `{0}` takes from the lot `{1}`, which is not there")]
    Lot(String, String),
    /// A question about a team that no fact names.
    #[error("the team `{0}` is named by no fact")]
    Team(String),
    /// The books do not add up.
    #[error(transparent)]
    Burn(#[from] BurnError),
}

/// A scenario made ready to be asked.
pub struct Replay {
    teams: BTreeMap<String, (TeamBooks, Vec<Step>)>,
}

struct Names {
    apis: BTreeMap<String, ApiId>,
    variants: BTreeMap<String, VariantId>,
}

type Key<'a> = (&'a str, &'a str, &'a str, Option<&'a str>);

/// What puts charges in order: time, the event's id, and which of its charges. All events of a
/// scenario have one source.
type Place = (Instant, String, u32);

impl Replay {
    /// Rates all events and orders all facts.
    ///
    /// # Errors
    /// [`ReplayError`] with what is wrong and where.
    pub fn new(scenario: &Scenario) -> Result<Self, ReplayError> {
        let mut teams = books(scenario)?;
        let names = Names::new(scenario);
        let card = names.card(scenario)?;
        for (team, place, step) in charges(scenario, &names, &card, &teams)? {
            if let Some(found) = teams.get_mut(&team) {
                found.1.push((place, step));
            }
        }
        let order = |(books, mut steps): (TeamBooks, Vec<(Place, Step)>)| {
            steps.sort_by(|(a, _), (b, _)| a.cmp(b));
            (books, steps.into_iter().map(|(_, step)| step).collect())
        };
        Ok(Self { teams: teams.into_iter().map(|(name, t)| (name, order(t))).collect() })
    }

    /// The books of a team at an instant.
    ///
    /// # Errors
    /// [`ReplayError::Team`] for an unknown team, [`ReplayError::Burn`] for damaged books.
    pub fn state(&self, team: &str, at: Instant) -> Result<TeamState, ReplayError> {
        let (books, steps) = self.teams.get(team).ok_or_else(|| ReplayError::Team(team.into()))?;
        Ok(burn(books, steps, at)?)
    }

    /// The answer to a question of a scenario file.
    ///
    /// # Errors
    /// As [`Replay::state`].
    pub fn answer(&self, team: &str, at: Instant) -> Result<Answer, ReplayError> {
        Ok(answer(&self.state(team, at)?))
    }
}

/// A state in the words of scenario files.
#[must_use]
pub fn answer(state: &TeamState) -> Answer {
    let begun = state.lots.iter().filter(|l| l.lot.effective <= state.at);
    let in_debt = !state.debt.total().is_zero();
    Answer {
        balance: state.balance(),
        debt: state.debt.total(),
        access: state.access.code().into(),
        consumed: state.charged,
        expired: state.expired(),
        lots: begun.map(|l| (l.lot.id.clone(), l.remaining)).collect(),
        grace_until: state.clock.grace_until().filter(|_| in_debt),
    }
}

type Teams = BTreeMap<String, (TeamBooks, Vec<(Place, Step)>)>;

fn books(scenario: &Scenario) -> Result<Teams, ReplayError> {
    let policy = Policy {
        grace_days: scenario.policy.grace_days,
        unblock: scenario.policy.unblock,
        ..Policy::default()
    };
    let policy = PolicyLines { organization: vec![(Instant::MIN, policy)], team: vec![] };
    let mut teams = Teams::new();
    for name in scenario.team_names() {
        let trial_until = scenario.teams.get(name).and_then(|t| t.trial_until);
        let books = TeamBooks { policy: policy.clone(), trial_until, ..TeamBooks::default() };
        teams.insert(name.into(), (books, Vec::new()));
    }
    // Where each lot is, to find the source of a transfer, also of a lot that was moved before.
    let mut lots: BTreeMap<&str, (String, Lot)> = BTreeMap::new();
    for given in &scenario.lots {
        lots.insert(&given.id, (given.team.clone(), given.lot()));
        let Some((books, _)) = teams.get_mut(&given.team) else {
            continue;
        };
        books.voids.extend(given.voided.map(|at| (given.id.clone(), at)));
    }
    let mut moves: Vec<_> = scenario.moves.iter().collect();
    moves.sort_by(|a, b| a.at.cmp(&b.at).then(a.id.cmp(&b.id)));
    for m in moves {
        let (from, source) = lots
            .get(m.lot.as_str())
            .cloned()
            .ok_or_else(|| ReplayError::Lot(m.id.clone(), m.lot.clone()))?;
        let (id, lot, at, amount) = (m.id.clone(), m.lot.clone(), m.at, m.tokens);
        let moved = moved_lot(&source, id.clone(), at, amount);
        if let Some((books, _)) = teams.get_mut(&from) {
            books.moves.push(MoveOut { id, lot, at, amount });
        }
        lots.insert(&m.id, (m.to.clone(), moved));
    }
    for (team, lot) in lots.into_values() {
        if let Some((books, _)) = teams.get_mut(&team) {
            books.lots.push(lot);
        }
    }
    for unblock in &scenario.unblocks {
        if let Some((books, _)) = teams.get_mut(&unblock.team) {
            books.unblocks.push(unblock.at);
        }
    }
    Ok(teams)
}

/// The lot that a transfer makes: kind, scope, priority, expiry and unit cost stay, and it is
/// effective at the later of the transfer and the source's own time.
#[must_use]
pub fn moved_lot(source: &Lot, id: String, at: Instant, amount: crate::tokens::Tokens) -> Lot {
    Lot { id, granted: amount, effective: at.max(source.effective), ..source.clone() }
}

impl ScenarioLot {
    fn lot(&self) -> Lot {
        Lot {
            id: self.id.clone(),
            kind: self.kind,
            pays_for: self.pays_for.unwrap_or(self.kind.pays_for()),
            priority: self.priority.unwrap_or(self.kind.priority()),
            granted: self.tokens,
            effective: self.effective,
            expires: self.expires,
            unit_cost: None,
            reference: None,
            channel: None,
        }
    }
}

impl Names {
    fn new(scenario: &Scenario) -> Self {
        let mut apis: BTreeSet<&String> = scenario.events.iter().map(|e| &e.api).collect();
        apis.extend(scenario.rates.iter().map(|r| &r.api));
        let mut variants: BTreeSet<&String> =
            scenario.events.iter().filter_map(|e| e.variant.as_ref()).collect();
        variants.extend(scenario.rates.iter().filter_map(|r| r.variant.as_ref()));
        Self {
            apis: apis.into_iter().cloned().zip((1..).map(ApiId)).collect(),
            variants: variants.into_iter().cloned().zip((1..).map(VariantId)).collect(),
        }
    }
    fn api(&self, code: &str) -> ApiId {
        self.apis.get(code).copied().unwrap_or(ApiId(0))
    }
    fn variant(&self, code: Option<&str>) -> Option<VariantId> {
        self.variants.get(code?).copied()
    }
    fn card(&self, scenario: &Scenario) -> Result<RateCard, ReplayError> {
        let mut card = RateCard::default();
        for given in &scenario.rates {
            let line = RateLine {
                tokens: given.tokens,
                per: given.per,
                rounding: given.rounding,
                charge_failed: given.charge_failed,
                from: given.from,
            };
            let (api, variant) = (self.api(&given.api), self.variant(given.variant.as_deref()));
            card.add(api, variant, line).map_err(|e| ReplayError::Rate(given.api.clone(), e))?;
        }
        Ok(card)
    }
}

/// Every charge with its team and place.
fn charges(
    scenario: &Scenario,
    names: &Names,
    card: &RateCard,
    teams: &Teams,
) -> Result<Vec<(String, Place, Step)>, ReplayError> {
    let mut assignments: BTreeMap<&str, AssignmentLines<String>> = BTreeMap::new();
    for app in &scenario.apps {
        let lines = assignments.entry(&app.client_id).or_default();
        lines.assign(app.from, app.team.clone());
    }
    let void: BTreeSet<&str> = scenario.corrections.iter().map(|c| c.voids.as_str()).collect();
    let mut seen = BTreeSet::new();
    let mut sessions: BTreeMap<(String, String, String, Option<String>), Vec<Session>> =
        BTreeMap::new();
    let mut charges = Vec::new();
    let trial = |team: &str| teams.get(team).and_then(|t| t.0.trial_until);
    for event in &scenario.events {
        if !seen.insert(event.id.as_str()) || void.contains(event.id.as_str()) {
            continue;
        }
        let team = match (&event.app, &event.team) {
            (Some(app), None) => assignments.get(app.as_str()).and_then(|l| l.team_at(event.time)),
            (None, Some(team)) => Some(team.clone()),
            _ => return Err(ReplayError::Spender(event.id.clone())),
        };
        let Some(team) = team else { continue };
        let usage = event.usage(names);
        let rating = rate(card, &usage, trial(&team))
            .map_err(|e| ReplayError::Price(event.id.clone(), e))?;
        match rating {
            Rating::Price(class, amount) => {
                let at = event.time;
                let place = (at, event.id.clone(), 0);
                charges.push((team, place, Step::Charge { at, class, amount }));
            }
            Rating::Session => {
                let user = event.user.clone().ok_or_else(|| ReplayError::User(event.id.clone()))?;
                let key = (team, user.to_lowercase(), event.api.clone(), event.variant.clone());
                sessions.entry(key).or_default().push(event.session());
            }
        }
    }
    for ((team, user, api, variant), mut list) in sessions {
        list.sort();
        let key: Key = (&team, &user, &api, variant.as_deref());
        let (api, variant) = (names.api(key.2), names.variant(key.3));
        for charge in chain(card, api, variant, trial(key.0), &list) {
            let (at, class, amount) = (charge.at, Class::Product, charge.amount);
            let place = (at, list[charge.session].id.clone(), charge.n);
            charges.push((team.clone(), place, Step::Charge { at, class, amount }));
        }
    }
    Ok(charges)
}

impl ScenarioEvent {
    fn usage(&self, names: &Names) -> Usage {
        Usage {
            time: self.time,
            api: names.api(&self.api),
            variant: names.variant(self.variant.as_deref()),
            quantity: self.quantity,
            status: self.status,
            tokens: self.tokens,
        }
    }
    fn session(&self) -> Session {
        Session {
            time: self.time,
            source: SOURCE.into(),
            id: self.id.clone(),
            quantity: self.quantity,
            status: self.status,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    /// A lot for everything pays one of two charges of an instant; which one decides whether cloud
    /// credits pay the other later.
    #[test]
    fn charges_of_one_instant_go_by_the_ids_of_their_events() {
        let events = [
            r#"{"id": "b", "time": "2026-01-01T12:00:00Z", "team": "t", "api": "calls"}"#,
            r#"{"id": "a", "time": "2026-01-01T12:00:00Z", "team": "t", "api": "cad",
                "user": "u"}"#,
        ];
        for [first, second] in [[0, 1], [1, 0]] {
            let text = format!(
                r#"{{"name": "ties", "events": [{}, {}],
                "rates": [{{"api": "calls", "tokens": "5", "per": "1", "rounding": "exact",
                    "from": "2026-01-01T00:00:00Z"}},
                    {{"api": "cad", "tokens": "5", "per": "1", "rounding": "user_day",
                    "from": "2026-01-01T00:00:00Z"}}],
                "lots": [{{"id": "f", "team": "t", "kind": "flex", "tokens": "5",
                    "effective": "2026-01-01T00:00:00Z"}},
                    {{"id": "c", "team": "t", "kind": "cloud_credit", "tokens": "5",
                    "effective": "2026-01-02T00:00:00Z"}}]}}"#,
                events[first], events[second]
            );
            let replay = Replay::new(&serde_json::from_str(&text).unwrap()).unwrap();
            let state = replay.state("t", "2026-01-03T00:00:00Z".parse().unwrap()).unwrap();
            assert_eq!(state.debt.total(), crate::tokens::Tokens::ZERO, "{first} first");
        }
    }

    #[test]
    fn every_scenario_gets_the_expected_answers() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scenarios");
        let mut asked = 0;
        let mut wrong = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let scenario: Scenario = serde_json::from_str(&text).unwrap();
            let replay = Replay::new(&scenario).unwrap();
            for question in &scenario.ask {
                asked += 1;
                let got = replay.answer(&question.team, question.at).unwrap();
                if got != question.expect {
                    wrong.push(format!("{} {:#?} got {got:#?}", scenario.name, question));
                }
            }
        }
        assert!(wrong.is_empty(), "{} of {asked} differ:\n{}", wrong.len(), wrong.join("\n"));
        assert!(asked > 200, "only {asked} questions were found");
    }
}
