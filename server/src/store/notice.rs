//! That the program saw a run of debt.

use super::db::{DbError, Tx};
use crate::{args, statements};
use tokenscope::id::{OrgId, TeamId};

statements! {
    /// Fan-out: the versions of all teams, for the program's own look at debts.
    TEAM_VERSIONS = "SELECT t.org_id, t.team_id, t.last_recorded_at, o.revision FROM team t
        JOIN org o ON o.org_id = t.org_id ORDER BY t.org_id, t.team_id";
    /// The runs of a team that were seen.
    NOTICE_OF_TEAM = "SELECT of_at FROM debt_notice WHERE org_id = $1 AND team_id = $2";
    /// A run was seen.
    NOTICE_ADD = "INSERT INTO debt_notice (org_id, team_id, of_at, at) VALUES ($1, $2, $3, $4)";
}

/// Organization, team, newest record time of its charges, revision of its facts.
pub type VersionRow = (i64, i64, i64, i64);

/// The versions of all teams of all organizations.
///
/// # Errors
/// [`DbError`]
pub async fn versions(tx: &mut Tx) -> Result<Vec<VersionRow>, DbError> {
    tx.rows(TEAM_VERSIONS, args![]).await
}

/// An instant of each run of a team that was seen.
///
/// # Errors
/// [`DbError`]
pub async fn of_team(tx: &mut Tx, org: OrgId, team: TeamId) -> Result<Vec<i64>, DbError> {
    let rows: Vec<(i64,)> = tx.rows(NOTICE_OF_TEAM, args![org.0, team.0]).await?;
    Ok(rows.into_iter().map(|(of,)| of).collect())
}

/// Adds a notice: an instant of the run, and when it was seen.
///
/// # Errors
/// [`DbError`]
pub async fn add(
    tx: &mut Tx,
    org: OrgId,
    team: TeamId,
    (of, at): (i64, i64),
) -> Result<(), DbError> {
    tx.run(NOTICE_ADD, args![org.0, team.0, of, at]).await?;
    Ok(())
}
