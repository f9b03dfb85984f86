//! From the events of a scenario to charges, at their own times.

use super::Posted;
use super::rules::Rules;
use crate::correction::Revisions;
use crate::lot::Class;
use crate::rate::{Basis, Rating, Session, chain, rate};
use crate::scenario::{Scenario, ScenarioError, ScenarioEvent};
use std::collections::BTreeMap;

/// Charges by event and number, each with the team that pays.
pub type Charges = BTreeMap<(String, u32), (String, Posted)>;

/// Team, user, product and variant of sessions that share windows.
type Key = (String, String, String, Option<String>);

/// Rates all events as they stand after their corrections.
///
/// # Errors
/// Names the member of an event that cannot be rated.
pub fn charges(scenario: &Scenario, rules: &Rules) -> Result<Charges, ScenarioError> {
    let mut charges = Charges::new();
    let mut sessions: BTreeMap<Key, Vec<(Session, ScenarioEvent)>> = BTreeMap::new();
    for (place, event) in current(scenario) {
        let team = match &event.app {
            Some(app) => rules.payer(app, event.time),
            None => event.team.clone(),
        };
        let trial = team.as_deref().and_then(|team| rules.trial(team));
        let rated = rate(&rules.card, &rules.usage(&event), trial).map_err(|e| {
            let reason = format!("of `{}` {e}", event.id);
            ScenarioError::new(format!("{place}.{}", e.member()), reason)
        })?;
        let Some(team) = team else { continue };
        match rated.rating {
            Rating::Price(class, amount) => {
                let posted = Posted {
                    at: event.time,
                    event: event.id.clone(),
                    n: 0,
                    class,
                    amount,
                    belongs_to: None,
                    app: event.app,
                    api: event.api,
                    basis: rated.basis,
                    line: rated.line.cloned(),
                };
                charges.insert((event.id, 0), (team, posted));
            }
            Rating::Session => {
                let user = event.user.as_deref().unwrap_or_default().to_lowercase();
                let key = (team, user, event.api.clone(), event.variant.clone());
                sessions.entry(key).or_default().push((event.session(), event));
            }
        }
    }
    for (key, mut list) in sessions {
        list.sort_by(|a, b| a.0.cmp(&b.0));
        windows(rules, &key, list, &mut charges);
    }
    Ok(charges)
}

fn windows(
    rules: &Rules,
    (team, _, api, variant): &Key,
    list: Vec<(Session, ScenarioEvent)>,
    charges: &mut Charges,
) {
    let (sessions, events): (Vec<Session>, Vec<ScenarioEvent>) = list.into_iter().unzip();
    let (api_id, variant) = (rules.api(api), rules.variant(variant.as_deref()));
    let trial = rules.trial(team);
    for charge in chain(&rules.card, api_id, variant, trial, &sessions) {
        let event = &events[charge.session];
        let in_trial = trial.is_some_and(|until| charge.at < until);
        let posted = Posted {
            at: charge.at,
            event: event.id.clone(),
            n: charge.n,
            class: Class::Product,
            amount: charge.amount,
            belongs_to: None,
            app: event.app.clone(),
            api: api.clone(),
            basis: if in_trial { Basis::Trial } else { Basis::Rate },
            line: rules.card.line(api_id, variant, charge.at).cloned(),
        };
        charges.insert((event.id.clone(), charge.n), (team.clone(), posted));
    }
}

/// Each event once, as its newest revision says, with the member it stands in. Of a repeated one
/// the first that is known counts: they say the same.
fn current(scenario: &Scenario) -> Vec<(String, ScenarioEvent)> {
    type Placed = (String, ScenarioEvent);
    let mut events: BTreeMap<&str, Revisions<Placed>> = BTreeMap::new();
    for (n, event) in scenario.events.iter().enumerate() {
        let original = || Revisions::of((format!("events[{n}]"), event.clone()));
        events.entry(&event.id).or_insert_with(original);
    }
    let mut corrections: Vec<_> = scenario.corrections.iter().enumerate().collect();
    corrections.sort_by_key(|(_, correction)| correction.revision);
    for (n, correction) in corrections {
        let id = correction.event();
        let replacement = correction.with.clone();
        let event = replacement.map(|with| {
            (format!("corrections[{n}].with"), ScenarioEvent { id: id.to_owned(), ..with })
        });
        if let Some(revisions) = events.get_mut(id) {
            // Refused where it is the same correction again: another one was refused before.
            let _ = revisions.correct(correction.revision, event);
        }
    }
    events.into_values().filter_map(|revisions| revisions.current().cloned()).collect()
}
