//! The audit log: entries in order, each with the hash of the one before.

use super::db::{Bulk, Column, DbError, Tx};
use crate::{args, statements};
use sha2::{Digest, Sha256};
use tokenscope::audit::{Entry, Hash, NOTHING_BEFORE};
use tokenscope::id::OrgId;

statements! {
    /// Takes the lock under which entries get their numbers.
    AUDIT_LOCK = "SELECT org_id FROM org WHERE org_id = $1"
        | "SELECT org_id FROM org WHERE org_id = $1 FOR UPDATE";
    /// The newest entry.
    AUDIT_LAST = "SELECT entry, hash FROM audit_log WHERE org_id = $1
        ORDER BY entry DESC LIMIT 1";
    /// Some entries, the newest first.
    AUDIT_PAGE = "SELECT entry, at, actor_kind, actor_id, action, subject, content, previous_hash,
        hash FROM audit_log WHERE org_id = $1 AND entry < $2
        AND ($3 = '' OR action = $3) AND ($4 = '' OR subject = $4)
        AND at >= $5 AND at < $6 ORDER BY entry DESC LIMIT $7";
    /// Some entries, the oldest first.
    AUDIT_AFTER = "SELECT entry, at, actor_kind, actor_id, action, subject, content, previous_hash,
        hash FROM audit_log WHERE org_id = $1 AND entry > $2 ORDER BY entry LIMIT $3";
    /// What the keys of some numbers are called.
    AUDIT_KEYS = "SELECT key_id, name FROM api_key
        WHERE org_id = $1 AND key_id IN (SELECT value FROM json_each($2))"
        | "SELECT key_id, name FROM api_key WHERE org_id = $1 AND key_id = ANY($2)";
}

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditRow {
    /// Its place, from 1.
    pub entry: i64,
    /// When.
    pub at: i64,
    /// Kind of the actor.
    pub actor_kind: String,
    /// Number of the actor.
    pub actor_id: Option<i64>,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// All of it, as JSON.
    pub content: String,
    /// The hash of the entry before.
    pub previous_hash: Vec<u8>,
    /// Its own.
    pub hash: Vec<u8>,
}

impl AuditRow {
    /// What the hash of this entry is, behind the hash of the one before.
    #[must_use]
    pub fn due_hash(&self, org: OrgId, previous: &[u8]) -> Hash {
        let entry = Entry {
            org: org.0,
            entry: self.entry,
            at: self.at,
            actor_kind: &self.actor_kind,
            actor_id: self.actor_id,
            action: &self.action,
            subject: &self.subject,
            content: &self.content,
        };
        let mut hasher = Sha256::new();
        hasher.update(previous);
        hasher.update(entry.bytes());
        hasher.finalize().into()
    }
}

/// Number and hash of the newest entry; 0 and the hash before the first one where there is none.
///
/// # Errors
/// [`DbError`]
pub async fn last(tx: &mut Tx, org: OrgId) -> Result<(i64, Vec<u8>), DbError> {
    let row: Option<(i64, Vec<u8>)> = tx.row(AUDIT_LAST, args![org.0]).await?;
    Ok(row.unwrap_or_else(|| (0, NOTHING_BEFORE.to_vec())))
}

/// Appends entries, whose numbers and hashes are made here.
///
/// # Errors
/// [`DbError`]
pub async fn append(tx: &mut Tx, org: OrgId, mut rows: Vec<AuditRow>) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let _: Option<(i64,)> = tx.row(AUDIT_LOCK, args![org.0]).await?;
    let (mut entry, mut hash) = last(tx, org).await?;
    for row in &mut rows {
        entry += 1;
        row.entry = entry;
        row.hash = row.due_hash(org, &hash).to_vec();
        row.previous_hash = std::mem::replace(&mut hash, row.hash.clone());
    }
    macro_rules! ints {
        ($row:ident => $value:expr) => {
            Column::Ints(rows.iter().map(|$row| $value).collect())
        };
    }
    macro_rules! texts {
        ($row:ident => $value:expr) => {
            Column::Texts(rows.iter().map(|$row| $value.clone()).collect())
        };
    }
    let blobs =
        |of: fn(&AuditRow) -> &Vec<u8>| Column::Blobs(rows.iter().map(of).cloned().collect());
    let _: Vec<(i64,)> = tx
        .bulk(Bulk {
            table: "audit_log",
            org: org.0,
            columns: vec![
                ("entry", ints!(r => r.entry)),
                ("at", ints!(r => r.at)),
                ("actor_kind", texts!(r => r.actor_kind)),
                ("actor_id", Column::OptInts(rows.iter().map(|r| r.actor_id).collect())),
                ("action", texts!(r => r.action)),
                ("subject", texts!(r => r.subject)),
                ("content", texts!(r => r.content)),
                ("previous_hash", blobs(|r| &r.previous_hash)),
                ("hash", blobs(|r| &r.hash)),
            ],
            on_conflict: "",
        })
        .await?;
    Ok(())
}

/// Which entries are wanted, and how many.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// With a smaller number.
    pub before: i64,
    /// Of this action; empty for any.
    pub action: &'a str,
    /// About this subject; empty for any.
    pub subject: &'a str,
    /// From this instant on, and before that one.
    pub span: (i64, i64),
    /// How many.
    pub most: i64,
}

/// Some entries, the newest first.
///
/// # Errors
/// [`DbError`]
pub async fn page(tx: &mut Tx, org: OrgId, wanted: &Wanted<'_>) -> Result<Vec<AuditRow>, DbError> {
    let Wanted { before, action, subject, span: (from, to), most } = *wanted;
    tx.rows(AUDIT_PAGE, args![org.0, before, action, subject, from, to, most]).await
}

/// The entries behind a number, the oldest first.
///
/// # Errors
/// [`DbError`]
pub async fn after(
    tx: &mut Tx,
    org: OrgId,
    entry: i64,
    most: i64,
) -> Result<Vec<AuditRow>, DbError> {
    tx.rows(AUDIT_AFTER, args![org.0, entry, most]).await
}

/// What keys are called, by number.
///
/// # Errors
/// [`DbError`]
pub async fn key_names(
    tx: &mut Tx,
    org: OrgId,
    keys: Vec<i64>,
) -> Result<Vec<(i64, String)>, DbError> {
    tx.rows(AUDIT_KEYS, args![org.0, keys]).await
}
