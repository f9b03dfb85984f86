//! The facts of a scenario as `load` records them.

use super::{
    SOURCE, Scenario, ScenarioApp, ScenarioCorrection, ScenarioEvent, ScenarioLot, ScenarioMove,
    ScenarioOwner, ScenarioPolicy, ScenarioPolicyLine, ScenarioProduct, ScenarioRate,
};
use crate::access::Policy;
use crate::correction::Correction;
use crate::event::{NewEvent, Spender};
use crate::fact::Fact;
use crate::time::Instant;
use std::collections::{BTreeMap, BTreeSet};

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
        names.extend(self.policies.iter().filter_map(|line| line.team.as_deref()));
        names.extend(self.trials.iter().map(|line| line.team.as_str()));
        names.extend(self.notices.iter().map(|notice| notice.team.as_str()));
        names.extend(self.holds.iter().map(|hold| hold.team.as_str()));
        let replaced = self.corrections.iter().filter_map(|c| c.with.as_ref());
        names.extend(replaced.filter_map(|event| event.team.as_deref()));
        names
    }

    /// The first member that [`Self::facts`] does not give back: stored books do not take such
    /// facts yet.
    #[must_use]
    pub fn unloadable(&self) -> Option<&'static str> {
        let recorded = self.events.iter().any(|event| event.recorded_at.is_some())
            || self.lots.iter().any(|lot| lot.recorded_at.is_some())
            || self.moves.iter().any(|moved| moved.recorded_at.is_some())
            || self.voids.iter().any(|void| void.recorded_at.is_some())
            || self.unblocks.iter().any(|unblock| unblock.recorded_at.is_some())
            || self.rates.iter().any(|rate| rate.recorded_at.is_some())
            || self.apps.iter().any(|app| app.recorded_at.is_some())
            || self.policies.iter().any(|line| line.recorded_at.is_some())
            || self.owners.iter().any(|line| line.recorded_at.is_some())
            || self.payers.iter().any(|line| line.recorded_at.is_some())
            || self.products.iter().any(|line| line.recorded_at.is_some())
            || self.corrections.iter().any(|line| line.recorded_at.is_some())
            || self.trials.iter().any(|line| line.recorded_at.is_some());
        let members = [
            ("closes", !self.closes.is_empty()),
            ("holds", !self.holds.is_empty()),
            ("notices", !self.notices.is_empty()),
            ("recorded_at", recorded),
        ];
        members.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }

    /// The facts besides the events, in an order in which each finds what it names.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let ScenarioPolicy { grace_days, unblock } = self.policy;
        let policy = Policy { grace_days, unblock, ..Policy::default() };
        let mut facts = vec![Fact::Policy { team: None, from: Instant::MIN, policy }];
        // Pools are made with the owner lines that name their owners.
        for slug in self.team_names().into_iter().filter(|slug| !slug.starts_with('~')) {
            facts.push(Fact::Team { slug: slug.into(), name: slug.into() });
        }
        for line in &self.policies {
            let (team, from, policy) = (line.team.clone(), line.from, line.policy());
            facts.push(Fact::Policy { team, from, policy });
        }
        for (team, said) in &self.teams {
            let trial = |until| Fact::Trial { team: team.clone(), until };
            facts.extend(said.trial_until.map(trial));
        }
        for line in &self.trials {
            facts.push(Fact::Trial { team: line.team.clone(), until: line.until });
        }
        let owned = self.owners.iter().map(|line| line.client_id.as_str());
        let clients = self.apps.iter().map(|a| a.client_id.as_str()).chain(owned);
        let clients: BTreeSet<&str> = clients.collect();
        for client in clients {
            let (client_id, name) = (client.to_owned(), client.to_owned());
            facts.push(Fact::App { client_id, name, owner: None });
        }
        facts.extend(self.apps.iter().cloned().map(ScenarioApp::fact));
        facts.extend(self.rates.iter().cloned().map(ScenarioRate::fact));
        facts.extend(self.payments());
        facts.extend(self.lots.iter().cloned().map(ScenarioLot::fact));
        // Transfers and voids are asked for in the order of their times.
        let mut timed: Vec<(Instant, Fact)> = Vec::new();
        for lot in &self.lots {
            let void = |at| (at, Fact::Void { lot: lot.id.clone(), at });
            timed.extend(lot.voided.map(void));
        }
        for void in &self.voids {
            timed.push((void.at, Fact::Void { lot: void.lot.clone(), at: void.at }));
        }
        let moves = self.moves_in_order().into_iter().map(|n| self.moves[n].clone());
        timed.extend(moves.map(|m| (m.at, m.fact())));
        timed.sort_by_key(|(at, _)| *at);
        facts.extend(timed.into_iter().map(|(_, fact)| fact));
        for unblock in &self.unblocks {
            facts.push(Fact::Unblock { team: unblock.team.clone(), at: unblock.at });
        }
        facts
    }

    /// Who owns apps, who pays for them, and who may use which product.
    fn payments(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        for line in self.owners.iter().cloned() {
            let ScenarioOwner { client_id, owner, from, .. } = line;
            facts.push(Fact::Owner { client_id, owner, from });
        }
        for line in &self.payers {
            facts.push(Fact::Payer { payer: line.payer, from: line.from });
        }
        let priced: BTreeSet<&str> = self.rates.iter().map(|rate| rate.api.as_str()).collect();
        let assigned: BTreeSet<&str> = self.products.iter().map(|p| p.api.as_str()).collect();
        for code in assigned.difference(&priced) {
            let (code, unit) = ((*code).to_owned(), "unit".to_owned());
            facts.push(Fact::Api { name: code.clone(), code, unit });
        }
        for line in self.products.iter().cloned() {
            let ScenarioProduct { user, api, assigned, from, .. } = line;
            facts.push(Fact::Product { user, api, assigned, from });
        }
        facts
    }

    /// The corrections, each revision after the one before.
    ///
    /// # Errors
    /// As [`Self::new_events`].
    pub fn new_corrections(&self) -> Result<Vec<Correction>, String> {
        let mut lines: Vec<&ScenarioCorrection> = self.corrections.iter().collect();
        lines.sort_by_key(|line| line.revision);
        let correction = |line: &ScenarioCorrection| {
            let id = line.event().to_owned();
            let with = line.with.clone().map(|with| ScenarioEvent { id: id.clone(), ..with });
            let replacement = with.map(|with| with.new_event()).transpose()?;
            Ok(Correction { source: SOURCE.into(), id, revision: line.revision, replacement })
        };
        lines.into_iter().map(correction).collect()
    }

    /// The usage events.
    ///
    /// # Errors
    /// The id of an event that names neither an app nor a team, or both.
    pub fn new_events(&self) -> Result<Vec<NewEvent>, String> {
        self.events.iter().map(ScenarioEvent::new_event).collect()
    }
}

impl ScenarioPolicyLine {
    /// The policy that it says.
    pub(crate) fn policy(&self) -> Policy {
        let standard = Policy::default();
        Policy {
            grace_days: self.grace_days.unwrap_or(standard.grace_days),
            unblock: self.unblock.unwrap_or(standard.unblock),
            overdraft: self.overdraft.unwrap_or(standard.overdraft),
            trial_days: self.trial_days.unwrap_or(standard.trial_days),
            access_model: self.access_model.unwrap_or(standard.access_model),
        }
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
        let Self { id, lot, to, at, tokens, .. } = self;
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
