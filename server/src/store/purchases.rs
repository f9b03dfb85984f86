//! The list of purchases.

use super::db::{DbError, Tx};
use crate::{args, statements};
use tokenscope::id::OrgId;

statements! {
    /// Some lots of all teams, the newest recorded first.
    LOT_PAGE = "SELECT lot_key, team_id FROM lot WHERE org_id = $1
        ORDER BY recorded_at DESC, lot_key LIMIT $2 OFFSET $3";
    /// How many lots there are.
    LOT_COUNT = "SELECT count(*) AS lots FROM lot WHERE org_id = $1";
}

/// Lot and team of one page of lots.
///
/// # Errors
/// [`DbError`]
pub async fn page(
    tx: &mut Tx,
    org: OrgId,
    most: i64,
    after: i64,
) -> Result<Vec<(String, i64)>, DbError> {
    tx.rows(LOT_PAGE, args![org.0, most, after]).await
}

/// How many lots there are.
///
/// # Errors
/// [`DbError`]
pub async fn count(tx: &mut Tx, org: OrgId) -> Result<i64, DbError> {
    let row: Option<(i64,)> = tx.row(LOT_COUNT, args![org.0]).await?;
    Ok(row.map_or(0, |(n,)| n))
}
