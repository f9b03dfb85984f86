//! Decisions about calls, as the facts of a scenario give them.

use super::{Replay, ReplayError};
use crate::access::Access;
use crate::decision::Call;
use crate::event::Status;
use crate::hold::{available, lacking};
use crate::lot::Class;
use crate::rate::{Rating, Rounding, rate};
use crate::scenario::{ScenarioCall, ScenarioError, ScenarioEvent, Verdict};
use crate::time::{DAY, Instant, SECOND};
use crate::tokens::Tokens;

impl Replay {
    /// Walks the decision table for a call at an instant. Scenarios know no budgets.
    pub(super) fn decide(&self, call: &ScenarioCall, at: Instant) -> Result<Verdict, ReplayError> {
        let rules = &self.rules;
        let team = rules.payer(&call.app, at);
        let line =
            rules.card.line(rules.api(&call.api), rules.variant(call.variant.as_deref()), at);
        let state = match &team {
            Some(team) if self.teams.contains_key(team) => Some(self.state(team, at)?),
            _ => None,
        };
        let daily = line.is_some_and(|line| line.rounding == Rounding::UserDay);
        let user = call.user.as_deref().unwrap_or_default();
        let assigned = !daily || rules.is_assigned(user, &call.api, at);
        let class = if daily { Class::Product } else { Class::Api };
        let policy = team.as_deref().map(|team| rules.policies(team).at(at)).unwrap_or_default();
        let until = at.plus(i64::from(call.ttl_s.unwrap_or(0)) * SECOND);
        let (free, lacks) = match (team.as_deref().and_then(|team| self.teams.get(team)), &state) {
            (Some(team), Some(state)) => (
                available(&state.lots, &team.holds, class, at, until),
                lacking(&state.lots, &team.holds, at),
            ),
            _ => Default::default(),
        };
        let decision = Call {
            app_known: rules.knows_app(&call.app),
            rated: line.is_some(),
            has_team: team.is_some(),
            assigned,
            within_budget: true,
            access: state.as_ref().map_or(Access::Full, |state| state.access),
            debt: state.as_ref().map_or(Tokens::ZERO, |state| state.debt.total()),
            unblock: policy.unblock,
            overdraft: policy.overdraft,
            price: self.price(call, team.as_deref(), at)?,
            available: free,
            lacking: lacks,
        }
        .decide();
        let (denied, price, available) = (decision.denied, decision.price, decision.available);
        Ok(Verdict { denied, price, available, remedy: decision.remedy })
    }

    /// What a call would be charged at once: nothing for a product inside an open window.
    fn price(
        &self,
        call: &ScenarioCall,
        team: Option<&str>,
        at: Instant,
    ) -> Result<Tokens, ReplayError> {
        let event = ScenarioEvent {
            id: String::new(),
            time: at,
            app: Some(call.app.clone()),
            team: None,
            user: call.user.clone(),
            api: call.api.clone(),
            variant: call.variant.clone(),
            quantity: call.quantity,
            status: Status::Success,
            tokens: None,
            recorded_at: None,
        };
        let trial = team.and_then(|team| self.rules.trial(team));
        let rated = rate(&self.rules.card, &self.rules.usage(&event), trial)
            .map_err(|e| ScenarioError::new(format!("call.{}", e.member()), e.to_string()))?;
        let in_trial = trial.is_some_and(|until| at < until);
        let amount = match (rated.rating, rated.line) {
            (Rating::Price(_, amount), _) => amount,
            (Rating::Session, _) if in_trial || self.in_window(call, team, at) => Tokens::ZERO,
            (Rating::Session, line) => line.map_or(Tokens::ZERO, |line| line.tokens),
        };
        Ok(amount)
    }

    /// Whether a window of the user, product and variant is open in the team.
    fn in_window(&self, call: &ScenarioCall, team: Option<&str>, at: Instant) -> bool {
        let user = call.user.as_deref().unwrap_or_default().to_lowercase();
        let mine = |event: &str| {
            let found = self.facts.events.iter().find(|e| e.id == event);
            found.is_some_and(|e| {
                e.user.as_deref().unwrap_or_default().to_lowercase() == user
                    && e.api == call.api
                    && e.variant == call.variant
            })
        };
        let charges = team.and_then(|team| self.teams.get(team)).map(|team| &team.charges);
        charges.into_iter().flatten().any(|charge| {
            let opened = charge.belongs_to.unwrap_or(charge.at);
            charge.class == Class::Product
                && opened <= at
                && at < opened.plus(DAY)
                && mine(&charge.event)
        })
    }
}
