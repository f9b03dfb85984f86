//! Browser sessions, under the hash of their secret id.

use super::db::{DbError, Tx};
use crate::{args, statements};

statements! {
    /// Writes a session.
    SESSION_SAVE = "INSERT INTO session (session_hash, content, expires_at) VALUES ($1, $2, $3)
        ON CONFLICT (session_hash) DO UPDATE
        SET content = excluded.content, expires_at = excluded.expires_at";
    /// A session that is not over.
    SESSION_GET = "SELECT content, expires_at FROM session
        WHERE session_hash = $1 AND expires_at > $2";
    /// Ends a session.
    SESSION_DELETE = "DELETE FROM session WHERE session_hash = $1";
    /// Deletes the sessions that are over.
    SESSION_SWEEP = "DELETE FROM session WHERE expires_at <= $1";
}

/// Writes a session.
///
/// # Errors
/// [`DbError`]
pub async fn save(
    tx: &mut Tx,
    hash: Vec<u8>,
    content: &str,
    expires_at: i64,
) -> Result<(), DbError> {
    tx.run(SESSION_SAVE, args![hash, content, expires_at]).await?;
    Ok(())
}

/// The content and end of a session that is not over.
///
/// # Errors
/// [`DbError`]
pub async fn get(tx: &mut Tx, hash: Vec<u8>, now: i64) -> Result<Option<(String, i64)>, DbError> {
    tx.row(SESSION_GET, args![hash, now]).await
}

/// Ends a session.
///
/// # Errors
/// [`DbError`]
pub async fn delete(tx: &mut Tx, hash: Vec<u8>) -> Result<(), DbError> {
    tx.run(SESSION_DELETE, args![hash]).await?;
    Ok(())
}

/// Deletes the sessions that are over.
///
/// # Errors
/// [`DbError`]
pub async fn sweep(tx: &mut Tx, now: i64) -> Result<u64, DbError> {
    tx.run(SESSION_SWEEP, args![now]).await
}
