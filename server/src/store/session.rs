//! Browser sessions, under the hash of their secret id.

use super::db::{DbError, Tx};
use crate::{args, statements};
use tokenscope::id::PersonId;

statements! {
    /// A new session.
    SESSION_ADD = "INSERT INTO session (session_hash, content, expires_at, person_id, opened_at,
        used_at, agent, address) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (session_hash) DO NOTHING";
    /// A session that is still there, as a request leaves it. One that was ended meanwhile is not
    /// brought back.
    SESSION_SAVE = "UPDATE session SET content = $2, expires_at = $3, person_id = $4,
        opened_at = $5, used_at = $6, agent = $7, address = $8 WHERE session_hash = $1";
    /// A session that is not over.
    SESSION_GET = "SELECT content, expires_at FROM session
        WHERE session_hash = $1 AND expires_at > $2";
    /// The sessions of a person that are not over.
    SESSIONS_OF = "SELECT session_hash, opened_at, used_at, agent, address FROM session
        WHERE person_id = $1 AND expires_at > $2 ORDER BY used_at DESC, session_hash";
    /// Ends a session.
    SESSION_DELETE = "DELETE FROM session WHERE session_hash = $1";
    /// Ends a session of a person.
    SESSION_END = "DELETE FROM session WHERE session_hash = $1 AND person_id = $2";
    /// Ends every session of a person but one.
    SESSIONS_END_OTHERS = "DELETE FROM session WHERE person_id = $1 AND session_hash <> $2";
    /// Deletes the sessions that are over.
    SESSION_SWEEP = "DELETE FROM session WHERE expires_at <= $1";
}

/// A session as a request leaves it.
#[derive(Debug, Clone, Default)]
pub struct SessionRow {
    /// Hash of its secret id.
    pub hash: Vec<u8>,
    /// What it holds (JSON).
    pub content: String,
    /// After which it opens nothing.
    pub expires_at: i64,
    /// Who is signed in; none before the sign-in.
    pub person_id: Option<i64>,
    /// When he signed in.
    pub opened_at: Option<i64>,
    /// When it was last used, now and then.
    pub used_at: Option<i64>,
    /// The browser, as it calls itself.
    pub agent: Option<String>,
    /// From where.
    pub address: Option<String>,
}

/// A session as a list shows it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ListedRow {
    /// Hash of its secret id.
    pub session_hash: Vec<u8>,
    /// When he signed in.
    pub opened_at: Option<i64>,
    /// When it was last used.
    pub used_at: Option<i64>,
    /// The browser, as it calls itself.
    pub agent: Option<String>,
    /// From where.
    pub address: Option<String>,
}

async fn run(tx: &mut Tx, sql: super::db::Sql, row: SessionRow) -> Result<u64, DbError> {
    let SessionRow { hash, content, expires_at, person_id, opened_at, used_at, agent, address } =
        row;
    let args = args![hash, content, expires_at, person_id, opened_at, used_at, agent, address];
    tx.run(sql, args).await
}

/// Writes a new session; false when its id is taken.
///
/// # Errors
/// [`DbError`]
pub async fn add(tx: &mut Tx, row: SessionRow) -> Result<bool, DbError> {
    Ok(run(tx, SESSION_ADD, row).await? > 0)
}

/// Writes what a session holds now; one that was ended meanwhile stays ended.
///
/// # Errors
/// [`DbError`]
pub async fn save(tx: &mut Tx, row: SessionRow) -> Result<(), DbError> {
    run(tx, SESSION_SAVE, row).await?;
    Ok(())
}

/// The content and end of a session that is not over.
///
/// # Errors
/// [`DbError`]
pub async fn get(tx: &mut Tx, hash: Vec<u8>, now: i64) -> Result<Option<(String, i64)>, DbError> {
    tx.row(SESSION_GET, args![hash, now]).await
}

/// The sessions of a person that are not over, the last used first.
///
/// # Errors
/// [`DbError`]
pub async fn of_person(tx: &mut Tx, person: PersonId, now: i64) -> Result<Vec<ListedRow>, DbError> {
    tx.rows(SESSIONS_OF, args![person.0, now]).await
}

/// Ends a session.
///
/// # Errors
/// [`DbError`]
pub async fn delete(tx: &mut Tx, hash: Vec<u8>) -> Result<(), DbError> {
    tx.run(SESSION_DELETE, args![hash]).await?;
    Ok(())
}

/// Ends a session of a person; false when he has no such.
///
/// # Errors
/// [`DbError`]
pub async fn end(tx: &mut Tx, person: PersonId, hash: Vec<u8>) -> Result<bool, DbError> {
    Ok(tx.run(SESSION_END, args![hash, person.0]).await? > 0)
}

/// Ends every session of a person but one (none of that hash: really every one), and says how
/// many.
///
/// # Errors
/// [`DbError`]
pub async fn end_others(tx: &mut Tx, person: PersonId, keep: Vec<u8>) -> Result<u64, DbError> {
    tx.run(SESSIONS_END_OTHERS, args![person.0, keep]).await
}

/// Deletes the sessions that are over.
///
/// # Errors
/// [`DbError`]
pub async fn sweep(tx: &mut Tx, now: i64) -> Result<u64, DbError> {
    tx.run(SESSION_SWEEP, args![now]).await
}
