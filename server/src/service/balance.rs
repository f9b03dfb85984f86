//! A team's balance and card, from its books.

use super::book::Book;
use super::ledger::{Charges, Pieces, facts_of, state_at, team_now};
use super::{Service, fault};
use crate::store::charge::{self, SumRow};
use crate::store::db::{DbError, Tx};
use std::collections::BTreeMap;
use tokenscope::burn::{LotState, TeamBooks, TeamState};
use tokenscope::fault::Fault;
use tokenscope::forecast::{Holding, Past, outlook};
use tokenscope::id::TeamId;
use tokenscope::lot::{Class, PerClass};
use tokenscope::report::{ExpiringLot, Named, SeenAt, TeamBalance, TeamCard};
use tokenscope::time::{Date, Instant};
use tokenscope::tokens::Tokens;

/// The books of a team at an instant.
pub async fn team_state(
    tx: &mut Tx,
    book: &Book,
    team: TeamId,
    at: Instant,
) -> Result<TeamState, Fault> {
    team_state_known(tx, book, team, SeenAt { as_of: at, known_at: None }).await
}

/// The same as it was known at an instant.
pub async fn team_state_known(
    tx: &mut Tx,
    book: &Book,
    team: TeamId,
    seen: SeenAt,
) -> Result<TeamState, Fault> {
    let facts = facts_of(tx, book, team, seen.known_at).await?;
    state_at(tx, book, team, (&facts, seen)).await
}

/// The facts of a team besides its charges, without those that were recorded after `known`.
pub async fn books_of(
    tx: &mut Tx,
    book: &Book,
    team: TeamId,
    known: Option<Instant>,
) -> Result<TeamBooks, Fault> {
    Ok(facts_of(tx, book, team, known).await?.books)
}

/// The books of a team at an instant, had it these facts.
pub async fn state_of_books(
    tx: &mut Tx,
    book: &Book,
    team: TeamId,
    facts: &TeamBooks,
    at: Instant,
) -> Result<TeamState, Fault> {
    let charges = Charges::known_at(tx, book, team, None).await?;
    let mut pieces = Pieces::load(tx, &charges, facts, at, &[]).await?;
    let mut state = pieces.state(tx, &charges, facts, at).await?;
    state.access = state.clock.access(at, book.trial_at(team, at, None));
    Ok(state)
}

/// A team's balance and how long it lasts, ready for its card.
pub async fn team_card(
    service: &Service,
    tx: &mut Tx,
    book: &Book,
    team: TeamId,
    now: Instant,
) -> Result<TeamCard, Fault> {
    let days = charge::day_sums(tx, book.org, team, now.micros()).await.map_err(fault::of)?;
    let past = past(book, now, &days).map_err(fault::of)?;
    let kept = team_now(service, tx, book, team, now).await?;
    let state = &kept.state;
    let held: Vec<&LotState> = state.lots.iter().filter(|lot| !lot.remaining.is_zero()).collect();
    let holdings: Vec<Holding> = held.iter().map(|lot| holding(lot)).collect();
    let outlook = outlook(&book.zone, now, &past, &holdings, state.debt);
    let balance = balance_of(book, team, state);
    let expiring = held.iter().enumerate().filter_map(|(place, lot)| {
        let unused = outlook.waste.iter().find(|waste| waste.holding == place);
        Some(ExpiringLot {
            team: Named { slug: balance.slug.clone(), name: balance.name.clone() },
            kind: lot.lot.kind,
            remaining: lot.remaining,
            at: lot.lot.expires?,
            unused: unused.map_or(Tokens::ZERO, |waste| waste.amount),
        })
    });
    let expiring = expiring.collect();
    Ok(TeamCard { balance, outlook, debt_since: state.clock.debt_since(), expiring })
}

/// A lot as a forecast sees it.
pub fn holding(lot: &LotState) -> Holding {
    Holding {
        pays_for: lot.lot.pays_for,
        remaining: lot.remaining,
        effective: lot.lot.effective,
        expires: lot.lot.expires,
    }
}

fn past(book: &Book, now: Instant, days: &[SumRow]) -> Result<Past, DbError> {
    let mut sums: BTreeMap<Date, PerClass> = BTreeMap::new();
    for (at, code, amount) in days {
        let date = book.zone.date(Instant::from_micros(*at));
        let class = Class::from_code(code);
        let class = class.ok_or_else(|| DbError::Damaged(format!("a charge of class {code}")))?;
        sums.entry(date).or_default().add(PerClass::of(class, Tokens::from_micro(*amount)));
    }
    Ok(Past::new(sums, book.zone.date(now)))
}

/// A team's balance, from its books.
pub fn balance_of(book: &Book, team: TeamId, state: &TeamState) -> TeamBalance {
    let named = book.teams.get(&team);
    let (available, total) = (state.available(), state.granted_active());
    let ends = state.lots.iter().filter(|lot| lot.usable && !lot.remaining.is_zero());
    let next = ends.filter_map(|lot| lot.lot.expires.map(|end| (end, lot.remaining)));
    let mut next_expiry: Option<(Instant, Tokens)> = None;
    for (end, remaining) in next {
        next_expiry = match next_expiry {
            Some((first, sum)) if first == end => Some((first, sum + remaining)),
            Some(earlier) if earlier.0 < end => Some(earlier),
            _ => Some((end, remaining)),
        };
    }
    TeamBalance {
        slug: named.map(|t| t.slug.clone()).unwrap_or_default(),
        name: named.map(|t| t.name.clone()).unwrap_or_default(),
        balance: state.balance(),
        available,
        used: total - available,
        total,
        debt: state.debt.total(),
        access: state.access,
        next_expiry,
    }
}

impl Service {
    /// The books of a team at an instant, for the command line and tests.
    ///
    /// # Errors
    /// [`Fault::NotFound`] for an unknown team.
    pub async fn state_of(
        &self,
        org: tokenscope::id::OrgId,
        team: &str,
        at: Instant,
    ) -> Result<TeamState, Fault> {
        self.state_known(org, team, SeenAt { as_of: at, known_at: None }).await
    }

    /// The same as it was known at an instant.
    ///
    /// # Errors
    /// As [`Self::state_of`].
    pub async fn state_known(
        &self,
        org: tokenscope::id::OrgId,
        team: &str,
        seen: SeenAt,
    ) -> Result<TeamState, Fault> {
        let mut tx = self.read().await?;
        let book = self.book(&mut tx, org).await?;
        let unknown = || Fault::NotFound { what: format!("the team `{team}`") };
        let team = book.team(team).ok_or_else(unknown)?;
        team_state_known(&mut tx, &book, team, seen).await
    }

    /// The books of a team now, as they are kept.
    ///
    /// # Errors
    /// As [`Self::state_of`].
    pub async fn state_now(
        &self,
        org: tokenscope::id::OrgId,
        team: &str,
    ) -> Result<TeamState, Fault> {
        let mut tx = self.read().await?;
        let book = self.book(&mut tx, org).await?;
        let unknown = || Fault::NotFound { what: format!("the team `{team}`") };
        let team = book.team(team).ok_or_else(unknown)?;
        let now = self.clock().now();
        let kept = team_now(self, &mut tx, &book, team, now).await?;
        Ok(TeamState { at: now, ..kept.state.clone() })
    }
}
