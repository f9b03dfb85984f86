//! What decisions about calls ask of the charges.

use super::db::{DbError, Tx};
use crate::{args, statements};
use tokenscope::id::{OrgId, TeamId};
use tokenscope::rate::SESSION_MAX;
use tokenscope::time::{DAY, Instant};

statements! {
    /// When the newest window of a user, product and variant opened that is open at $7: one that
    /// opened after $6. A session may be so old that its first window opened after $8. Rows that
    /// a job prepares count once it has switched.
    CHARGE_WINDOW = "SELECT coalesce(c.belongs_to, c.at) AS opened FROM usage_event e
        JOIN charge c ON c.org_id = e.org_id AND c.digest = e.digest
        WHERE e.org_id = $1 AND c.org_id = $1 AND e.user_id = $2 AND e.api_id = $3
        AND e.variant_id = $4 AND e.at > $8 AND e.at <= $7 AND c.team_id = $5
        AND c.class = 'product' AND coalesce(c.belongs_to, c.at) > $6
        AND coalesce(c.belongs_to, c.at) <= $7
        AND (c.generation = 0 OR EXISTS (SELECT 1 FROM job j WHERE j.org_id = $1
            AND j.job_id = c.generation AND j.switched_at IS NOT NULL))
        GROUP BY c.at, c.belongs_to, c.digest, c.n HAVING sum(c.amount) <> 0
        ORDER BY opened DESC LIMIT 1";
}

/// A window of a daily product that is sought.
#[derive(Debug, Clone, Copy)]
pub struct Sought {
    /// Who pays.
    pub team: TeamId,
    /// Who uses it.
    pub user_id: i64,
    /// The product.
    pub api_id: i64,
    /// The variant, 0 for none.
    pub variant_id: i64,
}

/// When the window opened that is open at an instant; none of those that cost nothing is found.
///
/// # Errors
/// [`DbError`]
pub async fn window_opened(
    tx: &mut Tx,
    org: OrgId,
    sought: &Sought,
    at: Instant,
) -> Result<Option<i64>, DbError> {
    let Sought { team, user_id, api_id, variant_id } = *sought;
    let (since, session_since) = (at.plus(-DAY), at.plus(-DAY - SESSION_MAX));
    let args = args![
        org.0,
        user_id,
        api_id,
        variant_id,
        team.0,
        since.micros(),
        at.micros(),
        session_since.micros(),
    ];
    let row: Option<(i64,)> = tx.row(CHARGE_WINDOW, args).await?;
    Ok(row.map(|(opened,)| opened))
}
