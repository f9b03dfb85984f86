//! Second factors and recovery codes.

use super::db::{DbError, Tx};
use crate::{args, statements};
use tokenscope::id::PersonId;

statements! {
    /// The second factor of a person.
    FACTOR_GET = "SELECT secret, confirmed_at, last_step FROM second_factor WHERE person_id = $1";
    /// A new secret, instead of one that was not confirmed.
    FACTOR_ENROL = "INSERT INTO second_factor (person_id, secret, confirmed_at, last_step)
        VALUES ($1, $2, NULL, 0)
        ON CONFLICT (person_id) DO UPDATE SET secret = excluded.secret, last_step = 0
        WHERE second_factor.confirmed_at IS NULL";
    /// The first code of this secret was right.
    FACTOR_CONFIRM = "UPDATE second_factor SET confirmed_at = $3, last_step = $4
        WHERE person_id = $1 AND secret = $2 AND confirmed_at IS NULL";
    /// Uses a time step, where it is newer than all that were used.
    FACTOR_USE_STEP = "UPDATE second_factor SET last_step = $3
        WHERE person_id = $1 AND secret = $2 AND last_step < $3 AND confirmed_at IS NOT NULL";
    /// Turns it off.
    FACTOR_DELETE = "DELETE FROM second_factor WHERE person_id = $1";
    /// A recovery code.
    RECOVERY_ADD = "INSERT INTO recovery_code (person_id, code_hash, used_at)
        VALUES ($1, $2, NULL)";
    /// Uses a recovery code, where nobody has.
    RECOVERY_USE = "UPDATE recovery_code SET used_at = $3
        WHERE person_id = $1 AND code_hash = $2 AND used_at IS NULL";
    /// How many are left.
    RECOVERY_LEFT = "SELECT count(*) AS codes FROM recovery_code
        WHERE person_id = $1 AND used_at IS NULL";
    /// All of them are void.
    RECOVERY_DELETE = "DELETE FROM recovery_code WHERE person_id = $1";
}

/// A second factor as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct FactorRow {
    /// The secret shared with the authenticator.
    pub secret: Vec<u8>,
    /// When the first code was right; none = it counts for nothing.
    pub confirmed_at: Option<i64>,
    /// The newest time step that was used.
    pub last_step: i64,
}

/// Finds the second factor of a person.
///
/// # Errors
/// [`DbError`]
pub async fn get(tx: &mut Tx, person: PersonId) -> Result<Option<FactorRow>, DbError> {
    tx.row(FACTOR_GET, args![person.0]).await
}

/// Writes a secret that is not confirmed; false when a confirmed one is there.
///
/// # Errors
/// [`DbError`]
pub async fn enrol(tx: &mut Tx, person: PersonId, secret: &[u8]) -> Result<bool, DbError> {
    Ok(tx.run(FACTOR_ENROL, args![person.0, secret.to_vec()]).await? > 0)
}

/// Confirms a secret; false when it is another by now, or confirmed already.
///
/// # Errors
/// [`DbError`]
pub async fn confirm(
    tx: &mut Tx,
    person: PersonId,
    secret: &[u8],
    at: i64,
    step: i64,
) -> Result<bool, DbError> {
    Ok(tx.run(FACTOR_CONFIRM, args![person.0, secret.to_vec(), at, step]).await? > 0)
}

/// Uses a time step; false when it, or a newer one, was used before.
///
/// # Errors
/// [`DbError`]
pub async fn use_step(
    tx: &mut Tx,
    person: PersonId,
    secret: &[u8],
    step: i64,
) -> Result<bool, DbError> {
    Ok(tx.run(FACTOR_USE_STEP, args![person.0, secret.to_vec(), step]).await? > 0)
}

/// Deletes the second factor and its recovery codes; false when there was none.
///
/// # Errors
/// [`DbError`]
pub async fn delete(tx: &mut Tx, person: PersonId) -> Result<bool, DbError> {
    tx.run(RECOVERY_DELETE, args![person.0]).await?;
    Ok(tx.run(FACTOR_DELETE, args![person.0]).await? > 0)
}

/// Replaces the recovery codes by others, given by their hashes.
///
/// # Errors
/// [`DbError`]
pub async fn replace_codes(
    tx: &mut Tx,
    person: PersonId,
    hashes: Vec<Vec<u8>>,
) -> Result<(), DbError> {
    tx.run(RECOVERY_DELETE, args![person.0]).await?;
    for hash in hashes {
        tx.run(RECOVERY_ADD, args![person.0, hash]).await?;
    }
    Ok(())
}

/// Uses a recovery code; false when there is none of this hash that was not used.
///
/// # Errors
/// [`DbError`]
pub async fn use_code(
    tx: &mut Tx,
    person: PersonId,
    hash: Vec<u8>,
    at: i64,
) -> Result<bool, DbError> {
    Ok(tx.run(RECOVERY_USE, args![person.0, hash, at]).await? > 0)
}

/// How many recovery codes are left.
///
/// # Errors
/// [`DbError`]
pub async fn codes_left(tx: &mut Tx, person: PersonId) -> Result<i64, DbError> {
    let row: Option<(i64,)> = tx.row(RECOVERY_LEFT, args![person.0]).await?;
    Ok(row.map_or(0, |(n,)| n))
}
