//! The plan as a scenario, for the tests.

use super::DemoPlan;
use std::collections::BTreeMap;
use tokenscope::event::{NewEvent, Spender};
use tokenscope::fact::Fact;
use tokenscope::scenario::{
    Scenario, ScenarioApp, ScenarioEvent, ScenarioLot, ScenarioMove, ScenarioRate, ScenarioTeam,
};
use tokenscope::time::Instant;

/// The plan as a scenario, which the core replays with code of its own.
pub(super) fn scenario(plan: &DemoPlan) -> Scenario {
    let mut scenario = Scenario { name: "demo".into(), ..Scenario::default() };
    let voided: BTreeMap<&str, Instant> = (plan.facts.iter())
        .filter_map(|fact| match fact {
            Fact::Void { lot, at } => Some((lot.as_str(), *at)),
            _ => None,
        })
        .collect();
    for fact in plan.facts.iter().cloned() {
        match fact {
            Fact::Trial { team, until } => {
                scenario.teams.insert(team, ScenarioTeam { trial_until: Some(until) });
            }
            Fact::Assignment { client_id, team, from } => {
                scenario.apps.push(ScenarioApp { client_id, team, from, recorded_at: None });
            }
            Fact::Rate { api, variant, tokens, per, rounding, charge_failed, from } => {
                scenario.rates.push(ScenarioRate {
                    api,
                    variant,
                    tokens,
                    per,
                    rounding,
                    charge_failed,
                    from,
                    recorded_at: None,
                });
            }
            Fact::Lot {
                id, team, kind, tokens, effective, expires, priority, pays_for, ..
            } => {
                let voided = voided.get(id.as_str()).copied();
                scenario.lots.push(ScenarioLot {
                    id,
                    team,
                    kind,
                    tokens,
                    effective,
                    expires,
                    voided,
                    priority,
                    pays_for,
                    recorded_at: None,
                });
            }
            Fact::Transfer { id, lot, to, at, tokens } => {
                let recorded_at = None;
                scenario.moves.push(ScenarioMove { id, lot, to, at, tokens, recorded_at });
            }
            _ => {}
        }
    }
    scenario.events = plan.events.iter().map(scenario_event).collect();
    scenario
}

fn scenario_event(event: &NewEvent) -> ScenarioEvent {
    let (app, team) = match event.spender.clone() {
        Spender::ClientId(app) => (Some(app), None),
        Spender::Team(team) => (None, Some(team)),
    };
    ScenarioEvent {
        id: format!("{}/{}", event.source, event.id),
        time: event.time.unwrap(),
        app,
        team,
        user: event.user.clone(),
        api: event.api.clone(),
        variant: event.variant.clone(),
        quantity: event.quantity,
        status: event.status,
        tokens: event.tokens,
        recorded_at: None,
    }
}
