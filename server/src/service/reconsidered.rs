//! Decisions that would be others under other books: what a preview of corrections tells.

use super::balance::team_state;
use super::book::Book;
use super::fault;
use crate::store::db::Tx;
use crate::store::decision;
use std::collections::BTreeSet;
use tokenscope::check::DecisionRecord;
use tokenscope::correction::{Changed, DecisionChange};
use tokenscope::decision::Denial;
use tokenscope::fault::Fault;
use tokenscope::hold::available;
use tokenscope::id::TeamId;
use tokenscope::time::SECOND;

/// Among so many of the newest decisions those are looked for that are about some teams.
const LOOKED_AT: i64 = 1_000;
/// Most decisions that are made again.
const RECONSIDERED: usize = 100;

/// The newest decisions about some teams.
pub async fn recent(
    tx: &mut Tx,
    book: &Book,
    teams: &BTreeSet<i64>,
) -> Result<Vec<(TeamId, DecisionRecord)>, Fault> {
    let rows = decision::newest(tx, book.org, LOOKED_AT).await.map_err(fault::of)?;
    let about = rows.into_iter().filter_map(|(content, team)| {
        let team = team.filter(|team| teams.contains(team))?;
        Some((TeamId(team), serde_json::from_str(&content).ok()?))
    });
    Ok(about.take(RECONSIDERED).collect())
}

/// What each would be under the books as the transaction sees them.
pub async fn made_again(
    tx: &mut Tx,
    book: &Book,
    decisions: &[(TeamId, DecisionRecord)],
) -> Result<Vec<Option<Denial>>, Fault> {
    let mut denials = Vec::with_capacity(decisions.len());
    for (team, record) in decisions {
        let state = team_state(tx, book, *team, record.at).await?;
        let ttl = record.call.hold.as_ref().map_or(0, |hold| i64::from(hold.ttl_s) * SECOND);
        let until = record.at.plus(ttl);
        let free = available(&state.lots, &[], record.class, record.at, until);
        let held = record.payer.as_ref().map(|payer| payer.held).unwrap_or_default();
        denials.push(record.reconsidered(state.access, (free - held).max(Default::default())));
    }
    Ok(denials)
}

/// Those that are others.
pub fn changes(
    decisions: &[(TeamId, DecisionRecord)],
    before: &[Option<Denial>],
    after: &[Option<Denial>],
) -> Vec<DecisionChange> {
    let mut changes = Vec::new();
    for ((_, record), (before, after)) in decisions.iter().zip(before.iter().zip(after)) {
        if before != after {
            let denied = Changed { before: *before, after: *after };
            changes.push(DecisionChange { decision: record.id.to_string(), at: record.at, denied });
        }
    }
    changes
}
