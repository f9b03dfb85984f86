//! A team's books now, and until when they stay so.

use super::super::balance::{books_of, state_of_books};
use super::super::book::Book;
use super::super::fault;
use crate::store::check;
use crate::store::db::Tx;
use tokenscope::burn::{TeamBooks, TeamState};
use tokenscope::fault::Fault;
use tokenscope::id::TeamId;
use tokenscope::time::Instant;

/// A team's books, good while nothing is recorded and `next_change` has not come.
#[derive(Debug)]
pub struct TeamNow {
    /// As they are; but for its instant and the access state they do not change by themselves.
    pub state: TeamState,
    /// The first instant at which they may change by themselves.
    pub next_change: Instant,
}

/// A team's books as a transaction sees them at an instant.
pub async fn team_now(
    tx: &mut Tx,
    book: &Book,
    team: TeamId,
    now: Instant,
) -> Result<TeamNow, Fault> {
    let facts = books_of(tx, book, team).await?;
    let mut state = state_of_books(tx, book, team, &facts, now).await?;
    state.access = state.clock.access(now, book.trial_at(team, now, None));
    let ahead = check::first_after(tx, book.org, team, now.micros()).await.map_err(fault::of)?;
    let coming = changes(&facts)
        .chain(state.clock.grace_until())
        .chain(book.trial(team))
        .chain(ahead.map(Instant::from_micros));
    let next_change = coming.filter(|at| *at > now).min().unwrap_or(Instant::MAX);
    Ok(TeamNow { state, next_change })
}

/// When the facts of a team change its books by themselves.
fn changes(facts: &TeamBooks) -> impl Iterator<Item = Instant> + '_ {
    let lots = facts.lots.iter().flat_map(|lot| [Some(lot.effective), lot.expires]).flatten();
    let policies = facts.policy.organization.iter().chain(&facts.policy.team);
    lots.chain(facts.voids.values().copied())
        .chain(facts.moves.iter().map(|moved| moved.at))
        .chain(facts.unblocks.iter().copied())
        .chain(facts.notices.iter().map(|notice| notice.at))
        .chain(policies.map(|(from, _)| *from))
}
