//! Usage per hour, day and month: additive sums under typed tuples of numbers.

use super::db::{Bulk, Column, DbError, Tx};
use crate::{args, statements};
use std::collections::BTreeMap;
use tokenscope::id::OrgId;

statements! {
    /// An organization's usage by hour and API.
    HOURS_BY_API = "SELECT at, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_hour
        WHERE org_id = $1 AND at >= $2 AND at < $3 GROUP BY at, api_id";
    /// An organization's usage by day and API.
    DAYS_BY_API = "SELECT at, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_day
        WHERE org_id = $1 AND at >= $2 AND at < $3 GROUP BY at, api_id";
    /// An organization's usage by month and API.
    MONTHS_BY_API = "SELECT at, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_month
        WHERE org_id = $1 AND at >= $2 AND at < $3 GROUP BY at, api_id";
    /// Own usage by day and API.
    OWN_DAYS_BY_API = "SELECT at, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_day
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND (user_id = $4 OR app_id IN (SELECT value FROM json_each($5)))
        GROUP BY at, api_id"
        | "SELECT at, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_day
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND (user_id = $4 OR app_id = ANY($5))
        GROUP BY at, api_id";
    /// The apps that consumed most.
    TOP_APPS = "SELECT app_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_day
        WHERE org_id = $1 AND at >= $2 AND at < $3 GROUP BY app_id
        ORDER BY 3 DESC, 2 DESC, 1 LIMIT 10";
    /// Own usage by app and API.
    OWN_BY_APP_AND_API = "SELECT app_id, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_day
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND (user_id = $4 OR app_id IN (SELECT value FROM json_each($5)))
        GROUP BY app_id, api_id ORDER BY 4 DESC, 3 DESC, 1, 2"
        | "SELECT app_id, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_day
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND (user_id = $4 OR app_id = ANY($5))
        GROUP BY app_id, api_id ORDER BY 4 DESC, 3 DESC, 1, 2";
}

/// Under which numbers usage is summed: app, API, variant, user (0 for none).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dimensions {
    /// The app.
    pub app_id: i64,
    /// The API.
    pub api_id: i64,
    /// The variant, 0 for none.
    pub variant_id: i64,
    /// The user, 0 for none.
    pub user_id: i64,
}

/// What is added to a bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Events.
    pub events: i64,
    /// Whole units.
    pub quantity: i64,
    /// Parts of units, in millionths, not carried over.
    pub quantity_micro: i64,
    /// Micro-tokens.
    pub tokens: i64,
}

impl Sums {
    /// Adds the other sums to these.
    ///
    /// # Errors
    /// [`DbError::Overflow`]
    pub fn add(&mut self, other: Self) -> Result<(), DbError> {
        let sum = |a: i64, b: i64| a.checked_add(b).ok_or(DbError::Overflow);
        self.events = sum(self.events, other.events)?;
        self.quantity = sum(self.quantity, other.quantity)?;
        self.quantity_micro = sum(self.quantity_micro, other.quantity_micro)?;
        self.tokens = sum(self.tokens, other.tokens)?;
        Ok(())
    }
}

/// Sums to add, by start of the bucket.
pub type Deltas = BTreeMap<(i64, Dimensions), Sums>;

/// Time, API, events, micro-tokens.
pub type ByApi = (i64, i64, i64, i64);

/// The bucket lengths that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    /// `usage_by_hour`, without users.
    Hour,
    /// `usage_by_day`
    Day,
    /// `usage_by_month`
    Month,
}

/// Adds to the buckets of one length.
///
/// # Errors
/// [`DbError`]
pub async fn add(tx: &mut Tx, org: OrgId, bucket: Bucket, deltas: &Deltas) -> Result<(), DbError> {
    macro_rules! upsert {
        ($table:literal, $key:literal) => {
            (
                $table,
                concat!(
                    "ON CONFLICT (org_id, at, app_id, api_id, variant_id",
                    $key,
                    ") ",
                    "DO UPDATE SET events = ",
                    $table,
                    ".events + excluded.events, ",
                    "quantity = ",
                    $table,
                    ".quantity + excluded.quantity, ",
                    "quantity_micro = ",
                    $table,
                    ".quantity_micro + excluded.quantity_micro, ",
                    "tokens = ",
                    $table,
                    ".tokens + excluded.tokens"
                ),
            )
        };
    }
    let (table, on_conflict) = match bucket {
        Bucket::Hour => upsert!("usage_by_hour", ""),
        Bucket::Day => upsert!("usage_by_day", ", user_id"),
        Bucket::Month => upsert!("usage_by_month", ", user_id"),
    };
    let key = |get: fn(&(i64, Dimensions)) -> i64| Column::Ints(deltas.keys().map(get).collect());
    let sum = |get: fn(&Sums) -> i64| Column::Ints(deltas.values().map(get).collect());
    let mut columns = vec![
        ("at", key(|k| k.0)),
        ("app_id", key(|k| k.1.app_id)),
        ("api_id", key(|k| k.1.api_id)),
        ("variant_id", key(|k| k.1.variant_id)),
        ("events", sum(|s| s.events)),
        ("quantity", sum(|s| s.quantity)),
        ("quantity_micro", sum(|s| s.quantity_micro)),
        ("tokens", sum(|s| s.tokens)),
    ];
    if bucket != Bucket::Hour {
        columns.push(("user_id", key(|k| k.1.user_id)));
    }
    let _: Vec<(i64,)> = tx.bulk(Bulk { table, org: org.0, columns, on_conflict }).await?;
    Ok(())
}

/// Usage by bucket and API: of the organization, or of a user and his apps (by day only).
///
/// # Errors
/// [`DbError`]
pub async fn by_api(
    tx: &mut Tx,
    org: OrgId,
    bucket: Bucket,
    (from, to): (i64, i64),
    own: Option<(i64, Vec<i64>)>,
) -> Result<Vec<ByApi>, DbError> {
    if let Some((user, apps)) = own {
        return tx.rows(OWN_DAYS_BY_API, args![org.0, from, to, user, apps]).await;
    }
    let sql = match bucket {
        Bucket::Hour => HOURS_BY_API,
        Bucket::Day => DAYS_BY_API,
        Bucket::Month => MONTHS_BY_API,
    };
    tx.rows(sql, args![org.0, from, to]).await
}

/// The ten apps that consumed most in whole days: app, events, micro-tokens.
///
/// # Errors
/// [`DbError`]
pub async fn top_apps(
    tx: &mut Tx,
    org: OrgId,
    (from, to): (i64, i64),
) -> Result<Vec<(i64, i64, i64)>, DbError> {
    tx.rows(TOP_APPS, args![org.0, from, to]).await
}

/// Own usage in whole days: app, API, events, micro-tokens.
///
/// # Errors
/// [`DbError`]
pub async fn own_by_app_and_api(
    tx: &mut Tx,
    org: OrgId,
    (from, to): (i64, i64),
    (user, apps): (i64, Vec<i64>),
) -> Result<Vec<ByApi>, DbError> {
    tx.rows(OWN_BY_APP_AND_API, args![org.0, from, to, user, apps]).await
}
