//! API keys.

use super::db::{DbError, Tx};
use crate::{args, statements};
use tokenscope::id::OrgId;

statements! {
    /// A key by its number.
    KEY_GET = "SELECT key_id, name, secret_hash, scopes, person_id, revoked_at FROM api_key
        WHERE org_id = $1 AND key_id = $2";
    /// A key.
    KEY_ADD = "INSERT INTO api_key (org_id, key_id, name, secret_hash, scopes, person_id,
        created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// Takes a key back.
    KEY_REVOKE = "UPDATE api_key SET revoked_at = $3
        WHERE org_id = $1 AND key_id = $2 AND revoked_at IS NULL";
}

/// A key as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct KeyRow {
    /// Its number in the organization.
    pub key_id: i64,
    /// What people call it.
    pub name: String,
    /// SHA-256 of the secret, which has 244 random bits.
    pub secret_hash: Vec<u8>,
    /// Codes of its scopes, separated by spaces.
    pub scopes: String,
    /// The person whose rights it has; none = the organization's.
    pub person_id: Option<i64>,
    /// When it was taken back.
    pub revoked_at: Option<i64>,
}

/// Finds a key.
///
/// # Errors
/// [`DbError`]
pub async fn get(tx: &mut Tx, org: OrgId, key: i64) -> Result<Option<KeyRow>, DbError> {
    tx.row(KEY_GET, args![org.0, key]).await
}

/// Adds a key.
///
/// # Errors
/// [`DbError`]
pub async fn add(tx: &mut Tx, org: OrgId, key: KeyRow, created_at: i64) -> Result<(), DbError> {
    let KeyRow { key_id, name, secret_hash, scopes, person_id, .. } = key;
    let args = args![org.0, key_id, name, secret_hash, scopes, person_id, created_at];
    tx.run(KEY_ADD, args).await?;
    Ok(())
}

/// Takes a key back; false when there is none, or it is back already.
///
/// # Errors
/// [`DbError`]
pub async fn revoke(tx: &mut Tx, org: OrgId, key: i64, at: i64) -> Result<bool, DbError> {
    Ok(tx.run(KEY_REVOKE, args![org.0, key, at]).await? > 0)
}
