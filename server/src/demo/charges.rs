//! What the demo events cost, by the rules of the core: the lots are sized from it.

use std::collections::BTreeMap;
use tokenscope::assignment::AssignmentLines;
use tokenscope::event::{NewEvent, Spender};
use tokenscope::fact::Fact;
use tokenscope::id::{ApiId, VariantId};
use tokenscope::lot::{Class, PerClass};
use tokenscope::rate::{RateCard, RateLine, Rating, Session, Usage, chain, rate};
use tokenscope::time::{Instant, Period};
use tokenscope::tokens::Tokens;

/// The charges of each team, by its slug, in no particular order.
pub(super) struct Charges<'a> {
    teams: BTreeMap<&'a str, Vec<(Instant, PerClass)>>,
}

/// Team, user, product and variant of sessions that share their windows.
type Key<'a> = (&'a str, &'a str, ApiId, Option<VariantId>);

/// What rating needs of the facts.
#[derive(Default)]
struct Rules<'a> {
    apis: BTreeMap<&'a str, ApiId>,
    variants: BTreeMap<&'a str, VariantId>,
    card: RateCard,
    apps: BTreeMap<&'a str, AssignmentLines<&'a str>>,
    trials: BTreeMap<&'a str, Instant>,
}

impl<'a> Charges<'a> {
    /// Rates all events by the rates, assignments and trials among the facts.
    pub(super) fn new(facts: &'a [Fact], events: &'a [NewEvent]) -> Self {
        let mut rules = Rules::default();
        for fact in facts {
            rules.learn(fact);
        }
        let mut charges = Self { teams: BTreeMap::new() };
        let mut sessions: BTreeMap<Key<'a>, Vec<Session>> = BTreeMap::new();
        for event in events {
            let Some((at, team)) = rules.payer(event) else {
                continue;
            };
            let usage = rules.usage(event, at);
            let rated = rate(&rules.card, &usage, rules.trials.get(team).copied());
            match (rated.map(|rated| rated.rating), &event.user) {
                (Ok(Rating::Price(class, amount)), _) => charges.add(team, at, class, amount),
                (Ok(Rating::Session), Some(user)) => {
                    let key = (team, user.as_str(), usage.api, usage.variant);
                    sessions.entry(key).or_default().push(session(event, at));
                }
                // A price beyond all limits or a session of nobody: refused when it is sent.
                _ => {}
            }
        }
        for ((team, _, api, variant), mut list) in sessions {
            list.sort();
            let trial = rules.trials.get(team).copied();
            for charge in chain(&rules.card, api, variant, trial, &list) {
                charges.add(team, charge.at, Class::Product, charge.amount);
            }
        }
        charges
    }

    /// What a team is charged in a period.
    pub(super) fn sum(&self, team: &str, period: Period) -> PerClass {
        let mut sum = PerClass::default();
        for (at, amount) in self.teams.get(team).into_iter().flatten() {
            if period.contains(*at) {
                sum.add(*amount);
            }
        }
        sum
    }

    fn add(&mut self, team: &'a str, at: Instant, class: Class, amount: Tokens) {
        self.teams.entry(team).or_default().push((at, PerClass::of(class, amount)));
    }
}

fn session(event: &NewEvent, time: Instant) -> Session {
    let (source, id) = (event.source.clone(), event.id.clone());
    Session { time, source, id, quantity: event.quantity, status: event.status }
}

impl<'a> Rules<'a> {
    fn learn(&mut self, fact: &'a Fact) {
        match fact {
            Fact::Trial { team, until } => {
                self.trials.insert(team, *until);
            }
            Fact::Assignment { client_id, team, from } => {
                self.apps.entry(client_id).or_default().assign(*from, team.as_deref());
            }
            Fact::Rate { api, variant, tokens, per, rounding, charge_failed, from } => {
                let key = (self.api(api), variant.as_deref().map(|code| self.variant(code)));
                let line = RateLine {
                    tokens: *tokens,
                    per: *per,
                    rounding: *rounding,
                    charge_failed: *charge_failed,
                    from: *from,
                };
                // The catalogue names each key once; a second line would be refused later.
                let _ = self.card.add(key.0, key.1, line);
            }
            _ => {}
        }
    }
    fn payer(&self, event: &'a NewEvent) -> Option<(Instant, &'a str)> {
        let at = event.time?;
        let team = match &event.spender {
            Spender::Team(team) => Some(team.as_str()),
            Spender::ClientId(app) => self.apps.get(app.as_str())?.team_at(at),
        };
        team.map(|team| (at, team))
    }
    fn usage(&mut self, event: &'a NewEvent, time: Instant) -> Usage {
        Usage {
            time,
            api: self.api(&event.api),
            variant: event.variant.as_deref().map(|code| self.variant(code)),
            quantity: event.quantity,
            status: event.status,
            tokens: event.tokens,
            has_user: event.user.is_some(),
        }
    }
    fn api(&mut self, code: &'a str) -> ApiId {
        let next = ApiId(number(self.apis.len()));
        *self.apis.entry(code).or_insert(next)
    }
    fn variant(&mut self, code: &'a str) -> VariantId {
        let next = VariantId(number(self.variants.len()));
        *self.variants.entry(code).or_insert(next)
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
