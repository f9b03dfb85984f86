//! A team's books now, and until when they stay so.

use super::super::book::Book;
use super::super::ledger::team_as_written;
use crate::store::db::Tx;
use tokenscope::burn::TeamState;
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
    let (state, next_change) = team_as_written(tx, book, team, now).await?;
    Ok(TeamNow { state, next_change: next_change.unwrap_or(Instant::MAX) })
}
