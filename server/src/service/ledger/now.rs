//! A team's books now: worked out once and kept until they change.
//!
//! What is kept is of one version: the revision of the organization's facts and the newest record
//! time of the team's charges. Whoever writes something that a balance depends on has to move one
//! of the two in the same transaction; a job that switches moves the revision. And it counts until
//! its `next_change` only: from then on the passing of time alone makes another state.
//!
//! A new charge does not make all of it anew: the steps are kept, and what was recorded since is
//! added to them.

use super::loader::{Facts, facts_of};
use super::pieces::{Pieces, changes};
use super::sums::Charges;
use crate::service::book::Book;
use crate::service::{Service, fault};
use crate::store::db::Tx;
use crate::store::ledger;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokenscope::burn::TeamState;
use tokenscope::fault::Fault;
use tokenscope::id::{OrgId, TeamId};
use tokenscope::time::Instant;

/// Most teams whose books are kept.
const KEPT: usize = 2_000;
/// Most instants with new charges that are added to kept steps; with more of them it is as well to
/// begin anew.
const ADDED: i64 = 2_000;

/// Of which facts a state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// The organization's revision.
    pub revision: i64,
    /// The newest record time of the team's charges.
    pub recorded_at: i64,
}

/// A team's books, as they are from an instant on until they change.
#[derive(Debug, Clone)]
pub struct TeamNow {
    /// Of which facts they are.
    pub version: Version,
    /// The books at `state.at`, with what calls may do. Everything but that instant is the same up
    /// to `next_change`.
    pub state: TeamState,
    /// The first instant after `state.at` at which time alone makes another state: a lot begins or
    /// ends, a charge was booked ahead, a trial or a grace ends; none = never.
    pub next_change: Option<Instant>,
    /// What the state was worked out from, besides the charges.
    pub facts: Facts,
    /// The charges that it was worked out from.
    pieces: Pieces,
    /// When a job last switched.
    switched_at: Option<i64>,
    /// The zone whose hours and days the pieces are.
    zone: String,
}

impl TeamNow {
    fn is_good(&self, version: Version, at: Instant) -> bool {
        let begun = self.state.at <= at;
        self.version == version && begun && self.next_change.is_none_or(|next| at < next)
    }
}

/// The newest books of each team that was asked for.
#[derive(Default)]
pub struct Cache {
    teams: Mutex<HashMap<(OrgId, TeamId), Arc<TeamNow>>>,
}

impl Cache {
    fn get(&self, key: (OrgId, TeamId)) -> Option<Arc<TeamNow>> {
        self.teams.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }
    fn put(&self, key: (OrgId, TeamId), now: Arc<TeamNow>) {
        let mut teams = self.teams.lock().unwrap_or_else(PoisonError::into_inner);
        if teams.len() >= KEPT && !teams.contains_key(&key) {
            // Rare, and only time is lost.
            teams.clear();
        }
        teams.insert(key, now);
    }
}

/// The books of a team now: O(lots) at the first question, O(1) from then on until something is
/// recorded or time changes them. `state.at` may be earlier than `now`.
///
/// A transaction that writes asks before it writes anything: what it has not committed must not
/// be kept, since it may come to nothing. `book` is that of the same transaction.
///
/// # Errors
/// [`Fault::NotFound`] for a team that is not there, and faults of the database.
pub async fn team_now(
    service: &Service,
    tx: &mut Tx,
    book: &Book,
    team: TeamId,
    now: Instant,
) -> Result<Arc<TeamNow>, Fault> {
    let recorded_at = ledger::recorded_at(tx, book.org, team).await.map_err(fault::of)?;
    let missing = || Fault::NotFound { what: "this team".into() };
    let version =
        Version { revision: book.revision, recorded_at: recorded_at.ok_or_else(missing)? };
    let key = (book.org, team);
    let kept = service.parts.ledgers.get(key);
    if let Some(kept) = kept.as_ref().filter(|kept| kept.is_good(version, now)) {
        return Ok(Arc::clone(kept));
    }
    let found = Arc::new(compute(tx, book, team, (version, now), kept).await?);
    service.parts.ledgers.put(key, Arc::clone(&found));
    Ok(found)
}

/// The books of a team as this transaction sees them, with what it has written itself, and the
/// first instant at which they change by themselves. Nothing is kept.
///
/// # Errors
/// Faults of the database.
pub async fn team_as_written(
    tx: &mut Tx,
    book: &Book,
    team: TeamId,
    now: Instant,
) -> Result<(TeamState, Option<Instant>), Fault> {
    let version = Version { revision: book.revision, recorded_at: 0 };
    let found = compute(tx, book, team, (version, now), None).await?;
    Ok((found.state, found.next_change))
}

async fn compute(
    tx: &mut Tx,
    book: &Book,
    team: TeamId,
    (version, now): (Version, Instant),
    kept: Option<Arc<TeamNow>>,
) -> Result<TeamNow, Fault> {
    let same = kept.as_ref().filter(|kept| kept.version.revision == version.revision);
    // What comes back from closed books comes with charges, not with a fact.
    let returned = match same {
        Some(kept) => {
            let since = kept.version.recorded_at;
            ledger::returned_since(tx, (book.org, team), since).await.map_err(fault::of)?
        }
        None => true,
    };
    let facts = match same.filter(|_| !returned) {
        Some(kept) => kept.facts.clone(),
        None => facts_of(tx, book, team, None).await?,
    };
    let charges = Charges::known_at(tx, book, team, None).await?;
    let switched_at = match same {
        Some(kept) => kept.switched_at,
        None => ledger::switched_at(tx, book.org).await.map_err(fault::of)?,
    };
    let fits = |kept: &Arc<TeamNow>| {
        kept.switched_at == switched_at
            && kept.zone == book.zone.name
            && kept.version.recorded_at <= version.recorded_at
    };
    let old = kept.filter(fits);
    let mut pieces = pieces(tx, &charges, &facts, now, old.as_deref()).await?;
    let mut state = pieces.state(tx, &charges, &facts.books, now).await?;
    let trial = book.trial_at(team, now, None);
    state.access = state.clock.access(now, trial);
    let ahead = ledger::ahead(tx, book.org, team, now.micros()).await.map_err(fault::of)?;
    let candidates = changes(&facts.books)
        .chain(ahead.map(Instant::from_micros))
        .chain(trial)
        .chain(state.clock.grace_until())
        // From its first open instant on, a line about the trial is seen.
        .chain([book.open()]);
    let next_change = candidates.filter(|at| *at > now).min();
    let zone = book.zone.name.clone();
    Ok(TeamNow { version, state, next_change, facts, pieces, switched_at, zone })
}

/// The steps up to now: those that were kept with what was recorded since, or all anew.
async fn pieces(
    tx: &mut Tx,
    charges: &Charges<'_>,
    facts: &Facts,
    now: Instant,
    old: Option<&TeamNow>,
) -> Result<Pieces, Fault> {
    // Kept steps know nothing beyond the instant they were made for.
    if let Some(old) = old.filter(|old| old.state.at <= now) {
        let of = (charges.book.org, charges.team);
        let rows = ledger::since(tx, of, old.version.recorded_at, ADDED + 1).await;
        let rows = rows.map_err(fault::of)?;
        if i64::try_from(rows.len()).is_ok_and(|count| count <= ADDED) {
            let mut pieces = old.pieces.clone();
            pieces.renew(tx, charges, &facts.books, now, rows).await?;
            return Ok(pieces);
        }
    }
    Pieces::load_to_keep(tx, charges, &facts.books, now).await
}
