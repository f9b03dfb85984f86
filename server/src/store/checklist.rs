//! What a new organization has already.

use super::db::{DbError, Tx};
use crate::{args, statements};
use tokenscope::id::OrgId;

statements! {
    /// A key that may send events and is neither taken back nor over.
    INGEST_KEY_ANY = "SELECT key_id FROM api_key WHERE org_id = $1 AND revoked_at IS NULL
        AND (expires_at IS NULL OR expires_at > $2) AND ' ' || scopes || ' ' LIKE '% ingest %'
        LIMIT 1";
    /// A lot.
    LOT_ANY = "SELECT lot_key FROM lot WHERE org_id = $1 LIMIT 1";
    /// When the organization was made.
    ORG_CREATED_AT = "SELECT created_at FROM org WHERE org_id = $1";
}

/// Whether there is a key that may send events.
///
/// # Errors
/// [`DbError`]
pub async fn has_ingest_key(tx: &mut Tx, org: OrgId, now: i64) -> Result<bool, DbError> {
    let row: Option<(i64,)> = tx.row(INGEST_KEY_ANY, args![org.0, now]).await?;
    Ok(row.is_some())
}

/// Whether there is a lot.
///
/// # Errors
/// [`DbError`]
pub async fn has_lot(tx: &mut Tx, org: OrgId) -> Result<bool, DbError> {
    let row: Option<(String,)> = tx.row(LOT_ANY, args![org.0]).await?;
    Ok(row.is_some())
}

/// When the organization was made.
///
/// # Errors
/// [`DbError`]
pub async fn created_at(tx: &mut Tx, org: OrgId) -> Result<Option<i64>, DbError> {
    let row: Option<(i64,)> = tx.row(ORG_CREATED_AT, args![org.0]).await?;
    Ok(row.map(|(at,)| at))
}
