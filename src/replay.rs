//! Replays a scenario: from facts to answers, charge by charge, without any stored state. This is
//! the slow and sure way; what is stored must give the same answers.
//!
//! - `rules`: the lines that say what is rated how, and who pays.
//! - `charges`: events to charges.
//! - `close`: what facts that came after a close become.
//! - `books`: lots and what happens to them.
//! - `decide`: decisions about calls.

mod books;
mod charges;
mod close;
mod decide;
mod rules;

pub use books::moved_lot;

use crate::burn::{Bill, BurnDown, BurnError, Step, TeamBooks, TeamState, burn, burn_down};
use crate::explain::{ChargeLine, PricedBy, by_kind, cuts, payments};
use crate::hold::{Hold, available};
use crate::lot::{Class, PerClass};
use crate::rate::{Basis, RateLine};
use crate::scenario::{Answer, Question, Scenario, ScenarioError};
use crate::statement::{Names, statement};
use crate::time::{Instant, Period};
use crate::tokens::Tokens;
use rules::Rules;
use std::collections::{BTreeMap, BTreeSet};

/// Why a scenario cannot be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// A fact that cannot be.
    #[error(transparent)]
    Fact(#[from] ScenarioError),
    /// A question about a team that no fact names.
    #[error("the team `{0}` is named by no fact")]
    Team(String),
    /// The books do not add up.
    #[error(transparent)]
    Burn(#[from] BurnError),
}

/// A charge with all that explains it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Posted {
    /// When it counts.
    at: Instant,
    /// Id of the event; with `n` it puts charges of one instant in order. All events of a
    /// scenario have one source.
    event: String,
    n: u32,
    class: Class,
    amount: Tokens,
    /// The instant it is about, where it came after the books were closed.
    belongs_to: Option<Instant>,
    app: Option<String>,
    api: String,
    basis: Basis,
    line: Option<RateLine>,
}

#[derive(Default)]
struct Team {
    books: TeamBooks,
    /// Its lots that came from other teams.
    moved_in: BTreeSet<String>,
    charges: Vec<Posted>,
    holds: Vec<Hold>,
}

/// A scenario made ready to be asked.
pub struct Replay {
    facts: Scenario,
    rules: Rules,
    teams: BTreeMap<String, Team>,
}

impl Replay {
    /// Rates all events and orders all facts.
    ///
    /// # Errors
    /// [`ReplayError`] with what is wrong and where.
    pub fn new(scenario: &Scenario) -> Result<Self, ReplayError> {
        scenario.check()?;
        Self::of(scenario)
    }

    /// The same of facts that were checked before.
    fn of(scenario: &Scenario) -> Result<Self, ReplayError> {
        let rules = Rules::new(scenario);
        let mut teams = books::teams(scenario, &rules);
        for posted in close::posted(scenario)? {
            let new = || Team::new(&posted.team, &rules);
            let team = teams.entry(posted.team.clone()).or_insert_with(new);
            team.charges = posted.charges;
            team.books.lots.extend(posted.returned);
        }
        for team in teams.values_mut() {
            team.charges.sort_by(|a, b| (a.at, &a.event, a.n).cmp(&(b.at, &b.event, b.n)));
        }
        Ok(Self { facts: scenario.clone(), rules, teams })
    }

    /// The same without the facts that were recorded after an instant.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn known_at(&self, at: Instant) -> Result<Self, ReplayError> {
        Self::of(&self.facts.known_at(at))
    }

    fn team(&self, name: &str) -> Result<&Team, ReplayError> {
        self.teams.get(name).ok_or_else(|| ReplayError::Team(name.into()))
    }

    /// The names of all teams, those of owners' own pools too.
    pub fn teams(&self) -> impl Iterator<Item = &str> {
        self.teams.keys().map(String::as_str)
    }

    /// The books of a team at an instant.
    ///
    /// # Errors
    /// [`ReplayError::Team`] for an unknown team, [`ReplayError::Burn`] for damaged books.
    pub fn state(&self, team: &str, at: Instant) -> Result<TeamState, ReplayError> {
        let found = self.team(team)?;
        let mut state = burn(&found.books, &found.steps(), at)?;
        state.access = state.clock.access(at, self.rules.trial_at(team, at));
        Ok(state)
    }

    /// The answer to a question: what its expected answer is about.
    ///
    /// # Errors
    /// As [`Self::state`].
    pub fn answer(&self, question: &Question) -> Result<Answer, ReplayError> {
        match question.known_at {
            Some(known_at) => self.known_at(known_at)?.answer_now(question),
            None => self.answer_now(question),
        }
    }

    fn answer_now(&self, question: &Question) -> Result<Answer, ReplayError> {
        let Question { team: name, at, from, expect, .. } = question;
        let team = self.team(name)?;
        let state = self.state(name, *at)?;
        let mut full = answer(&state);
        if expect.available.is_some() {
            let now = |class| available(&state.lots, &team.holds, class, *at, *at);
            let (api, product) = (now(Class::Api), now(Class::Product));
            full.available = Some(PerClass { api, product }.into());
        }
        if let (Some(_), Some(call)) = (&expect.decision, &question.call) {
            full.decision = Some(self.decide(call, *at)?);
        }
        let explains = expect.statement.is_some()
            || expect.charges.is_some()
            || expect.usage.is_some()
            || expect.cuts.is_some();
        if explains {
            team.explain(*from, *at, &mut full)?;
        }
        Ok(full.asked(expect))
    }

    /// Everything there is to say about a team at an instant, from an earlier one on.
    ///
    /// # Errors
    /// As [`Self::state`].
    pub fn explain(
        &self,
        team: &str,
        from: Option<Instant>,
        at: Instant,
    ) -> Result<Answer, ReplayError> {
        let mut full = answer(&self.state(team, at)?);
        self.team(team)?.explain(from, at, &mut full)?;
        Ok(full)
    }
}

impl Team {
    fn steps(&self) -> Vec<Step> {
        let step = |charge: &Posted| Step::Charge {
            at: charge.at,
            class: charge.class,
            amount: charge.amount,
        };
        self.charges.iter().map(step).collect()
    }

    /// Statement, charges, usage and cut points.
    fn explain(
        &self,
        from: Option<Instant>,
        at: Instant,
        full: &mut Answer,
    ) -> Result<(), BurnError> {
        let steps = self.steps();
        let down = burn_down(&self.books, &steps, from, at)?;
        let opening = match from {
            Some(from) => Some(burn(&self.books, &steps, from.plus(-1))?),
            None => None,
        };
        let seen = |charge: &&Posted| charge.at <= at;
        let all: Vec<Bill> = self.charges.iter().filter(seen).map(Posted::bill).collect();
        let since = |charge: &&Posted| charge.at <= at && from.is_none_or(|from| from <= charge.at);
        let listed: Vec<&Posted> = self.charges.iter().filter(since).collect();
        let bills: Vec<Bill> = listed.iter().map(|charge| charge.bill()).collect();
        let names = Named { team: self, listed: &listed };
        full.statement = Some(statement(&down, opening.as_ref(), &bills, &names)?);
        full.usage = Some(by_kind(&down, opening.as_ref(), &bills, |n| names.usage(n))?);
        full.cuts = Some(cuts(&down, &all)?);
        full.charges = Some(charge_lines(&down, opening.as_ref(), &listed, &bills)?);
        Ok(())
    }
}

fn charge_lines(
    down: &BurnDown,
    opening: Option<&TeamState>,
    listed: &[&Posted],
    bills: &[Bill],
) -> Result<Vec<ChargeLine>, BurnError> {
    let payments = payments(down, opening, bills)?;
    let line = |(charge, payment): (&&Posted, crate::explain::Payment)| ChargeLine {
        event: charge.event.clone(),
        n: charge.n,
        at: charge.at,
        belongs_to: charge.belongs_to,
        class: charge.class,
        tokens: charge.amount,
        basis: charge.basis,
        rate: charge.line.as_ref().map(|line| PricedBy {
            tokens: line.tokens,
            per: line.per,
            rounding: line.rounding,
            from: line.from,
        }),
        lots: payment.lots,
        uncharged: payment.uncharged,
    };
    Ok(listed.iter().zip(payments).map(line).collect())
}

impl Posted {
    fn bill(&self) -> Bill {
        let period = Period::new(self.at, self.at.plus(1));
        Bill { period, single: true, class: self.class, amount: self.amount }
    }
}

/// Names for the lines of a team's statement.
struct Named<'a> {
    team: &'a Team,
    listed: &'a [&'a Posted],
}

impl Names for Named<'_> {
    fn usage(&self, bill: usize) -> (Option<String>, String) {
        let charge = self.listed[bill];
        (charge.app.clone(), charge.api.clone())
    }
    fn transfer(&self, place: usize) -> String {
        let mut ids: Vec<&String> = self.team.books.moves.iter().map(|m| &m.id).collect();
        ids.sort_unstable();
        ids[place].clone()
    }
    fn is_moved_in(&self, lot: &str) -> bool {
        self.team.moved_in.contains(lot)
    }
}

/// A state in the words of scenario files.
#[must_use]
pub fn answer(state: &TeamState) -> Answer {
    let begun = state.lots.iter().filter(|l| l.lot.effective <= state.at);
    let in_debt = !state.debt.total().is_zero();
    Answer {
        balance: Some(state.balance()),
        debt: Some(state.debt.total()),
        access: Some(state.access.code().into()),
        consumed: Some(state.charged.total()),
        expired: Some(state.expired()),
        lots: Some(begun.map(|l| (l.lot.id.clone(), l.remaining)).collect()),
        grace_until: state.clock.grace_until().filter(|_| in_debt),
        ..Answer::default()
    }
}

#[cfg(test)]
mod tests;
