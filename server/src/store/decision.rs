//! Decisions about calls, as they are kept to be explained.

use super::db::{Bulk, Column, DbError, Tx};
use crate::{args, statements};
use tokenscope::id::{AppId, LongId, OrgId, TeamId};
use tokenscope::time::Instant;

statements! {
    /// A decision.
    DECISION_GET = "SELECT content, team_id, app_id FROM decision
        WHERE org_id = $1 AND decision_id = $2";
    /// The newest decisions.
    DECISION_NEWEST = "SELECT content, team_id FROM decision WHERE org_id = $1
        ORDER BY decision_id DESC LIMIT $2";
    /// Deletes some of the decisions with ids before one.
    DECISION_SWEEP = "DELETE FROM decision WHERE org_id = $1 AND decision_id IN (
        SELECT decision_id FROM decision WHERE org_id = $1 AND decision_id < $2
        ORDER BY decision_id LIMIT $3)";
}

/// A decision to be written.
#[derive(Debug, Clone)]
pub struct NewDecision {
    /// Its id, which begins with the time.
    pub id: LongId,
    /// When it was made.
    pub at: Instant,
    /// Who would have paid.
    pub team: Option<TeamId>,
    /// Who asked.
    pub app: Option<AppId>,
    /// All that explains it (JSON).
    pub content: String,
}

/// A decision as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DecisionRow {
    /// All that explains it (JSON).
    pub content: String,
    /// Who would have paid.
    pub team_id: Option<i64>,
    /// Who asked.
    pub app_id: Option<i64>,
}

/// A decision by its id.
///
/// # Errors
/// [`DbError`]
pub async fn decision(tx: &mut Tx, org: OrgId, id: LongId) -> Result<Option<DecisionRow>, DbError> {
    tx.row(DECISION_GET, args![org.0, id.0.to_vec()]).await
}

/// The newest decisions: content and team.
///
/// # Errors
/// [`DbError`]
pub async fn newest(
    tx: &mut Tx,
    org: OrgId,
    most: i64,
) -> Result<Vec<(String, Option<i64>)>, DbError> {
    tx.rows(DECISION_NEWEST, args![org.0, most]).await
}

/// Writes decisions; one that is there already stays.
///
/// # Errors
/// [`DbError`]
pub async fn add(tx: &mut Tx, org: OrgId, decisions: &[NewDecision]) -> Result<(), DbError> {
    macro_rules! column {
        ($kind:ident, $row:ident => $value:expr) => {
            Column::$kind(decisions.iter().map(|$row| $value).collect())
        };
    }
    let _: Vec<(i64,)> = tx
        .bulk(Bulk {
            table: "decision",
            org: org.0,
            columns: vec![
                ("decision_id", column!(Blobs, d => d.id.0.to_vec())),
                ("at", column!(Ints, d => d.at.micros())),
                ("team_id", column!(OptInts, d => d.team.map(|team| team.0))),
                ("app_id", column!(OptInts, d => d.app.map(|app| app.0))),
                ("content", column!(Texts, d => d.content.clone())),
            ],
            on_conflict: "ON CONFLICT (org_id, decision_id) DO NOTHING",
        })
        .await?;
    Ok(())
}

/// Deletes some of the decisions with ids before one, and says how many.
///
/// # Errors
/// [`DbError`]
pub async fn sweep(tx: &mut Tx, org: OrgId, before: LongId, most: i64) -> Result<u64, DbError> {
    tx.run(DECISION_SWEEP, args![org.0, before.0.to_vec(), most]).await
}
