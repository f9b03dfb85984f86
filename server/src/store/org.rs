//! Organizations: the tenant's row, its lock and its numbers.

use super::db::{DbError, Tx};
use crate::{args, statements};
use tokenscope::id::OrgId;
use tokenscope::time::Instant;

statements! {
    /// A new organization under the next number.
    ORG_ADD = "INSERT INTO org (org_id, slug, name, token_name, zone, locale, accept_window_days,
        demo, last_number, revision, last_recorded_at, created_at)
        SELECT coalesce(max(org_id), 0) + 1, $1, $2, $3, $4, $5, $6, $7, 0, 1, 0, $8 FROM org
        RETURNING org_id";
    /// One organization.
    ORG_GET = "SELECT org_id, slug, name, token_name, zone, accept_window_days, demo, revision,
        last_number, last_recorded_at FROM org WHERE org_id = $1";
    /// The language of its mails, where the recipient chose none.
    ORG_LOCALE = "SELECT locale FROM org WHERE org_id = $1";
    /// Fan-out: the number behind a slug, for the command line.
    ORG_BY_SLUG = "SELECT org_id FROM org WHERE slug = $1";
    /// Fan-out: how many organizations there are, for the first start.
    ORG_COUNT = "SELECT count(*) AS organizations FROM org";
    /// Fan-out: every organization, for what is due now and then.
    ORG_ALL = "SELECT org_id FROM org ORDER BY org_id";
    /// The revision of what rating depends on; on PostgreSQL it stays as it is until the end of
    /// the transaction.
    ORG_REVISION = "SELECT revision FROM org WHERE org_id = $1"
        | "SELECT revision FROM org WHERE org_id = $1 FOR SHARE";
    /// The same for a snapshot, which takes no locks.
    ORG_REVISION_SEEN = "SELECT revision FROM org WHERE org_id = $1";
    /// Takes the organization's lock.
    ORG_LOCK = "SELECT last_number, last_recorded_at FROM org WHERE org_id = $1"
        | "SELECT last_number, last_recorded_at FROM org WHERE org_id = $1 FOR UPDATE";
    /// Deletes an organization in which nothing was recorded.
    ORG_DELETE_EMPTY = "DELETE FROM org
        WHERE org_id = $1 AND last_number = 0 AND last_recorded_at = 0";
    /// Gives the lock back with the numbers that were given.
    ORG_NUMBERS = "UPDATE org SET last_number = $2, last_recorded_at = $3 WHERE org_id = $1";
    /// Gives the lock back with what changed.
    ORG_UPDATE = "UPDATE org SET last_number = $2, last_recorded_at = $3, revision = revision + 1
        WHERE org_id = $1";
}

/// An organization as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OrgRow {
    /// Its number.
    pub org_id: i64,
    /// What the command line calls it.
    pub slug: String,
    /// What people read.
    pub name: String,
    /// What one token is called there.
    pub token_name: String,
    /// IANA name of its time zone.
    pub zone: String,
    /// How old an event may be, in days; none = any age.
    pub accept_window_days: Option<i64>,
    /// 1 for demo data.
    pub demo: i64,
    /// Counts changes of what rating depends on.
    pub revision: i64,
    /// The newest number given.
    pub last_number: i64,
    /// The newest `recorded_at` of a fact.
    pub last_recorded_at: i64,
}

/// A new organization.
#[derive(Debug, Clone)]
pub struct NewOrg<'a> {
    /// What the command line calls it.
    pub slug: &'a str,
    /// What people read.
    pub name: &'a str,
    /// What one token is called there.
    pub token_name: &'a str,
    /// IANA name of its time zone.
    pub zone: &'a str,
    /// How old an event may be, in days; none = any age.
    pub accept_window_days: Option<i64>,
    /// Whether its data is invented.
    pub demo: bool,
}

/// Writes a new organization.
///
/// # Errors
/// [`DbError`]
pub async fn add(tx: &mut Tx, org: &NewOrg<'_>, now: Instant) -> Result<OrgId, DbError> {
    let args = args![
        org.slug,
        org.name,
        org.token_name,
        org.zone,
        "en",
        org.accept_window_days,
        org.demo,
        now.micros(),
    ];
    let row: Option<(i64,)> = tx.row(ORG_ADD, args).await?;
    row.map(|(id,)| OrgId(id)).ok_or_else(|| DbError::Damaged("no number given".into()))
}

/// Reads an organization.
///
/// # Errors
/// [`DbError`]
pub async fn get(tx: &mut Tx, org: OrgId) -> Result<Option<OrgRow>, DbError> {
    tx.row(ORG_GET, args![org.0]).await
}

/// The code of the organization's language.
///
/// # Errors
/// [`DbError`]
pub async fn locale(tx: &mut Tx, org: OrgId) -> Result<Option<String>, DbError> {
    let row: Option<(String,)> = tx.row(ORG_LOCALE, args![org.0]).await?;
    Ok(row.map(|(locale,)| locale))
}

/// Finds an organization by its slug.
///
/// # Errors
/// [`DbError`]
pub async fn by_slug(tx: &mut Tx, slug: &str) -> Result<Option<OrgId>, DbError> {
    let row: Option<(i64,)> = tx.row(ORG_BY_SLUG, args![slug]).await?;
    Ok(row.map(|(id,)| OrgId(id)))
}

/// Deletes an organization in which nothing was recorded; any other stays.
///
/// # Errors
/// [`DbError`]
pub async fn delete_if_empty(tx: &mut Tx, org: OrgId) -> Result<(), DbError> {
    tx.run(ORG_DELETE_EMPTY, args![org.0]).await?;
    Ok(())
}

/// How many organizations there are.
///
/// # Errors
/// [`DbError`]
pub async fn count(tx: &mut Tx) -> Result<i64, DbError> {
    let row: Option<(i64,)> = tx.row(ORG_COUNT, args![]).await?;
    Ok(row.map_or(0, |(n,)| n))
}

/// Every organization.
///
/// # Errors
/// [`DbError`]
pub async fn all(tx: &mut Tx) -> Result<Vec<OrgId>, DbError> {
    let rows: Vec<(i64,)> = tx.rows(ORG_ALL, args![]).await?;
    Ok(rows.into_iter().map(|(id,)| OrgId(id)).collect())
}

/// The revision of what rating depends on, which then holds until the end of the transaction.
///
/// # Errors
/// [`DbError`]
pub async fn revision(tx: &mut Tx, org: OrgId) -> Result<i64, DbError> {
    let row: Option<(i64,)> = tx.row(ORG_REVISION, args![org.0]).await?;
    row.map(|(n,)| n).ok_or_else(|| DbError::Damaged(format!("no organization {org}")))
}

/// The revision that a snapshot sees; none for an organization that is not there.
///
/// # Errors
/// [`DbError`]
pub async fn revision_seen(tx: &mut Tx, org: OrgId) -> Result<Option<i64>, DbError> {
    let row: Option<(i64,)> = tx.row(ORG_REVISION_SEEN, args![org.0]).await?;
    Ok(row.map(|(n,)| n))
}

/// The organization's lock: gives numbers and record times until it is given back.
pub struct OrgLock {
    org: OrgId,
    last_number: i64,
    last_recorded_at: i64,
    now: i64,
}

/// Takes the lock of an organization.
///
/// # Errors
/// [`DbError`]
pub async fn lock(tx: &mut Tx, org: OrgId, now: Instant) -> Result<OrgLock, DbError> {
    let row: Option<(i64, i64)> = tx.row(ORG_LOCK, args![org.0]).await?;
    let (last_number, last_recorded_at) =
        row.ok_or_else(|| DbError::Damaged(format!("no organization {org}")))?;
    Ok(OrgLock { org, last_number, last_recorded_at, now: now.micros() })
}

impl OrgLock {
    /// The next number.
    pub const fn number(&mut self) -> i64 {
        self.last_number += 1;
        self.last_number
    }
    /// The next record time: now, but later than all before.
    pub fn recorded_at(&mut self) -> i64 {
        self.last_recorded_at = self.now.max(self.last_recorded_at + 1);
        self.last_recorded_at
    }
    /// Stores what was given, where nothing changed that rating or names depend on.
    ///
    /// # Errors
    /// [`DbError`]
    pub async fn give_back_numbers(self, tx: &mut Tx) -> Result<(), DbError> {
        tx.run(ORG_NUMBERS, args![self.org.0, self.last_number, self.last_recorded_at]).await?;
        Ok(())
    }
    /// Stores what was given and counts the revision up.
    ///
    /// # Errors
    /// [`DbError`]
    pub async fn give_back(self, tx: &mut Tx) -> Result<(), DbError> {
        tx.run(ORG_UPDATE, args![self.org.0, self.last_number, self.last_recorded_at]).await?;
        Ok(())
    }
}
