//! API keys.

use super::db::{DbError, Tx};
use crate::{args, statements};
use tokenscope::id::OrgId;

statements! {
    /// A key by its number.
    KEY_GET = "SELECT key_id, name, secret_hash, scopes, person_id, created_at, last_used_at,
        expires_at, revoked_at FROM api_key WHERE org_id = $1 AND key_id = $2";
    /// The newest keys of an organization that are nobody's own.
    KEYS_OF_ORG = "SELECT key_id, name, secret_hash, scopes, person_id, created_at, last_used_at,
        expires_at, revoked_at FROM api_key WHERE org_id = $1 AND person_id IS NULL
        ORDER BY key_id DESC LIMIT $2";
    /// The newest keys of a person.
    KEYS_OF_PERSON = "SELECT key_id, name, secret_hash, scopes, person_id, created_at,
        last_used_at, expires_at, revoked_at FROM api_key WHERE org_id = $1 AND person_id = $2
        ORDER BY key_id DESC LIMIT $3";
    /// A key.
    KEY_ADD = "INSERT INTO api_key (org_id, key_id, name, secret_hash, scopes, person_id,
        created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    /// Takes a key back.
    KEY_REVOKE = "UPDATE api_key SET revoked_at = $3
        WHERE org_id = $1 AND key_id = $2 AND revoked_at IS NULL";
    /// Notes the use of a key.
    KEY_USED = "UPDATE api_key SET last_used_at = $3
        WHERE org_id = $1 AND key_id = $2 AND coalesce(last_used_at, 0) < $3";
}

/// Most keys of a list.
const LISTED: i64 = 500;

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
    /// When it was made.
    pub created_at: i64,
    /// When it was last used, to the minute.
    pub last_used_at: Option<i64>,
    /// After which it is refused.
    pub expires_at: Option<i64>,
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

/// The newest keys of a person, or those that are nobody's own.
///
/// # Errors
/// [`DbError`]
pub async fn list(tx: &mut Tx, org: OrgId, person: Option<i64>) -> Result<Vec<KeyRow>, DbError> {
    match person {
        Some(person) => tx.rows(KEYS_OF_PERSON, args![org.0, person, LISTED]).await,
        None => tx.rows(KEYS_OF_ORG, args![org.0, LISTED]).await,
    }
}

/// Adds a key.
///
/// # Errors
/// [`DbError`]
pub async fn add(tx: &mut Tx, org: OrgId, key: KeyRow) -> Result<(), DbError> {
    let KeyRow { key_id, name, secret_hash, scopes, person_id, created_at, expires_at, .. } = key;
    let args = args![org.0, key_id, name, secret_hash, scopes, person_id, created_at, expires_at];
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

/// Notes when a key was used; an older use changes nothing.
///
/// # Errors
/// [`DbError`]
pub async fn used(tx: &mut Tx, org: OrgId, key: i64, at: i64) -> Result<(), DbError> {
    tx.run(KEY_USED, args![org.0, key, at]).await?;
    Ok(())
}
