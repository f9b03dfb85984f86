//! Reading the ledger: balances, lots, statements and what is behind a figure, now, as of an
//! instant, and as it was known at one.
//!
//! - `loader`: lots and what happened to them.
//! - `sums`, `pieces`: charges, as coarse as the rules allow.
//! - `now`: the books of a team now, kept until they change.
//! - `runs`: which lot paid for which stretch of the charges.
//! - `lots`, `statement`, `explain`, `event`, `account`: the answers.

mod account;
mod event;
mod explain;
mod loader;
mod lots;
mod now;
mod pieces;
mod runs;
mod statement;
mod sums;

pub use loader::{Facts, facts_of};
pub use now::{Cache, team_as_written, team_now};
pub use pieces::Pieces;
pub use sums::Charges;

use super::book::Book;
use super::reports::check_read;
use super::{Service, balance};
use crate::store::db::Tx;
use async_trait::async_trait;
use std::sync::Arc;
use tokenscope::burn::TeamState;
use tokenscope::fault::Fault;
use tokenscope::id::TeamId;
use tokenscope::permission::{Action, Reach};
use tokenscope::report::{
    AccountList, AccountReport, Balances, Explanation, Figure, LotList, Moments, Seen, SeenAt,
    Stretch, TeamStatement,
};
use tokenscope::service::{Caller, Ledger, LotQuestion};
use tokenscope::time::Instant;

/// A question about the ledger under way: who asks, and what he sees.
struct Reader<'a> {
    service: &'a Service,
    caller: &'a Caller,
    tx: Tx,
    book: Arc<Book>,
    now: Instant,
}

impl<'a> Reader<'a> {
    async fn new(service: &'a Service, caller: &'a Caller) -> Result<Self, Fault> {
        check_read(caller)?;
        let mut tx = service.read().await?;
        let book = service.book(&mut tx, caller.org).await?;
        Ok(Self { service, caller, tx, book, now: service.clock().now() })
    }

    /// The instants of which an answer speaks.
    fn seen(&self, seen: Seen) -> Result<SeenAt, Fault> {
        if let Some(known_at) = seen.known_at.filter(|known_at| *known_at > self.now) {
            let reason = format!(
                "`known_at` {known_at} is later than now, {}: what will be recorded is not known",
                self.now
            );
            return Err(Fault::Malformed { reason });
        }
        let as_of = seen.as_of.unwrap_or(self.now);
        Ok(SeenAt { as_of, known_at: seen.known_at })
    }

    fn reach(&self, team: TeamId) -> Reach {
        self.caller.roles.reach_in(Action::SeeUsage, team)
    }

    /// Whether he sees of a team its totals only, not which app used what.
    fn totals_only(&self, team: TeamId) -> bool {
        self.reach(team) < Reach::Team
    }

    /// The teams that he may see, or the one of them that was named. One that he may not see and
    /// one that is not there look the same.
    fn teams(&self, slug: Option<&str>) -> Result<Vec<TeamId>, Fault> {
        let sees = |team: &TeamId| self.reach(*team) >= Reach::TeamTotals;
        let Some(slug) = slug else {
            return Ok(self.book.teams.keys().copied().filter(sees).collect());
        };
        let missing = || Fault::NotFound { what: format!("the team `{slug}`") };
        Ok(vec![self.book.team(slug).filter(sees).ok_or_else(missing)?])
    }

    fn team(&self, slug: &str) -> Result<TeamId, Fault> {
        let missing = || Fault::NotFound { what: format!("the team `{slug}`") };
        self.teams(Some(slug))?.into_iter().next().ok_or_else(missing)
    }

    fn slug(&self, team: TeamId) -> String {
        self.book.teams.get(&team).map(|team| team.slug.clone()).unwrap_or_default()
    }

    /// A team's books; those of now are kept.
    async fn books(&mut self, team: TeamId, seen: SeenAt) -> Result<(TeamState, Facts), Fault> {
        if seen == (SeenAt { as_of: self.now, known_at: None }) {
            let now = team_now(self.service, &mut self.tx, &self.book, team, self.now).await?;
            return Ok((TeamState { at: self.now, ..now.state.clone() }, now.facts.clone()));
        }
        let facts = facts_of(&mut self.tx, &self.book, team, seen.known_at).await?;
        let state = state_at(&mut self.tx, &self.book, team, (&facts, seen)).await?;
        Ok((state, facts))
    }
}

/// The books of a team with these facts, as of an instant and as they were known at one.
///
/// # Errors
/// [`Fault`] of the database or of books that do not add up.
pub async fn state_at(
    tx: &mut Tx,
    book: &Book,
    team: TeamId,
    (facts, seen): (&Facts, SeenAt),
) -> Result<TeamState, Fault> {
    let charges = Charges::known_at(tx, book, team, seen.known_at).await?;
    let mut pieces = Pieces::load(tx, &charges, &facts.books, seen.as_of, &[]).await?;
    let mut state = pieces.state(tx, &charges, &facts.books, seen.as_of).await?;
    let trial = book.trial_at(team, seen.as_of, seen.known_at);
    state.access = state.clock.access(seen.as_of, trial);
    Ok(state)
}

#[async_trait]
impl Ledger for Service {
    async fn balances_seen(
        &self,
        caller: &Caller,
        team: Option<&str>,
        seen: Seen,
    ) -> Result<Balances, Fault> {
        let mut reader = Reader::new(self, caller).await?;
        let seen = reader.seen(seen)?;
        let mut teams = Vec::new();
        for team in reader.teams(team)? {
            let (state, _) = reader.books(team, seen).await?;
            teams.push(balance::balance_of(&reader.book, team, &state));
        }
        teams.sort_by(|a, b| a.slug.cmp(&b.slug));
        Ok(Balances { seen, teams })
    }

    async fn lots(&self, caller: &Caller, question: LotQuestion<'_>) -> Result<LotList, Fault> {
        lots::list(Reader::new(self, caller).await?, question).await
    }

    async fn statement(
        &self,
        caller: &Caller,
        team: &str,
        span: (Option<Instant>, Option<Instant>),
        known_at: Option<Instant>,
    ) -> Result<TeamStatement, Fault> {
        let mut reader = Reader::new(self, caller).await?;
        let team = reader.team(team)?;
        statement::of(&mut reader, team, span, known_at).await
    }

    async fn explain(&self, caller: &Caller, figure: Figure) -> Result<Explanation, Fault> {
        explain::explain(Reader::new(self, caller).await?, figure).await
    }

    async fn accounts(&self, caller: &Caller, moments: Moments) -> Result<AccountList, Fault> {
        account::list(Reader::new(self, caller).await?, moments).await
    }

    async fn account(
        &self,
        caller: &Caller,
        team: &str,
        stretch: Stretch,
        moments: Moments,
    ) -> Result<AccountReport, Fault> {
        account::page(Reader::new(self, caller).await?, team, stretch, moments).await
    }
}
