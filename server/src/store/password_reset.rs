//! Links to choose a new password, under the hash of their secret.

use super::db::{DbError, Tx};
use crate::{args, statements};
use tokenscope::id::PersonId;

statements! {
    /// A link.
    RESET_ADD = "INSERT INTO password_reset (token_hash, person_id, expires_at)
        VALUES ($1, $2, $3)";
    /// Whose link it is, while it is good.
    RESET_GET = "SELECT person_id FROM password_reset WHERE token_hash = $1 AND expires_at > $2";
    /// Uses a link up, while it is good; of two who do it at once one gets the person.
    RESET_TAKE = "DELETE FROM password_reset WHERE token_hash = $1 AND expires_at > $2
        RETURNING person_id";
    /// Takes back the links of a person.
    RESET_FORGET = "DELETE FROM password_reset WHERE person_id = $1";
    /// Deletes the links that are over.
    RESET_SWEEP = "DELETE FROM password_reset WHERE expires_at <= $1";
}

/// Adds a link.
///
/// # Errors
/// [`DbError`]
pub async fn add(
    tx: &mut Tx,
    hash: Vec<u8>,
    person: PersonId,
    expires_at: i64,
) -> Result<(), DbError> {
    tx.run(RESET_ADD, args![hash, person.0, expires_at]).await?;
    Ok(())
}

/// Whose link it is, while it is good.
///
/// # Errors
/// [`DbError`]
pub async fn get(tx: &mut Tx, hash: Vec<u8>, now: i64) -> Result<Option<PersonId>, DbError> {
    let row: Option<(i64,)> = tx.row(RESET_GET, args![hash, now]).await?;
    Ok(row.map(|(person,)| PersonId(person)))
}

/// Uses a good link up.
///
/// # Errors
/// [`DbError`]
pub async fn take(tx: &mut Tx, hash: Vec<u8>, now: i64) -> Result<Option<PersonId>, DbError> {
    let row: Option<(i64,)> = tx.row(RESET_TAKE, args![hash, now]).await?;
    Ok(row.map(|(person,)| PersonId(person)))
}

/// Takes back every link of a person.
///
/// # Errors
/// [`DbError`]
pub async fn forget(tx: &mut Tx, person: PersonId) -> Result<(), DbError> {
    tx.run(RESET_FORGET, args![person.0]).await?;
    Ok(())
}

/// Deletes the links that are over.
///
/// # Errors
/// [`DbError`]
pub async fn sweep(tx: &mut Tx, now: i64) -> Result<u64, DbError> {
    tx.run(RESET_SWEEP, args![now]).await
}
