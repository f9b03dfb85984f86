//! Usage per hour, day and month: additive sums under typed tuples of numbers.

use super::db::{Bulk, Column, DbError, Tx, Value};
use crate::{args, statements};
use std::collections::BTreeMap;
use tokenscope::id::OrgId;

statements! {
    /// Usage by hour and API.
    HOURS_BY_TIME = "SELECT at, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_hour
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND ($4 = 1 OR app_id IN (SELECT value FROM json_each($5)))
        AND ($6 = 1 OR api_id IN (SELECT value FROM json_each($7)))
        GROUP BY at, api_id"
        | "SELECT at, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_hour
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND ($4 = 1 OR app_id = ANY($5))
        AND ($6 = 1 OR api_id = ANY($7))
        GROUP BY at, api_id";
    /// Usage by day and API.
    DAYS_BY_TIME = "SELECT at, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_day
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND ($4 = 1 OR app_id IN (SELECT value FROM json_each($5)))
        AND ($6 = 1 OR api_id IN (SELECT value FROM json_each($7)))
        AND ($8 = 1 OR user_id = $9 OR app_id IN (SELECT value FROM json_each($10)))
        GROUP BY at, api_id"
        | "SELECT at, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_day
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND ($4 = 1 OR app_id = ANY($5))
        AND ($6 = 1 OR api_id = ANY($7))
        AND ($8 = 1 OR user_id = $9 OR app_id = ANY($10))
        GROUP BY at, api_id";
    /// Usage by month and API.
    MONTHS_BY_TIME = "SELECT at, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_month
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND ($4 = 1 OR app_id IN (SELECT value FROM json_each($5)))
        AND ($6 = 1 OR api_id IN (SELECT value FROM json_each($7)))
        AND ($8 = 1 OR user_id = $9 OR app_id IN (SELECT value FROM json_each($10)))
        GROUP BY at, api_id"
        | "SELECT at, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_month
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND ($4 = 1 OR app_id = ANY($5))
        AND ($6 = 1 OR api_id = ANY($7))
        AND ($8 = 1 OR user_id = $9 OR app_id = ANY($10))
        GROUP BY at, api_id";
    /// Usage of whole hours by app and API.
    HOURS_BY_APP = "SELECT app_id, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_hour
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND ($4 = 1 OR app_id IN (SELECT value FROM json_each($5)))
        AND ($6 = 1 OR api_id IN (SELECT value FROM json_each($7)))
        GROUP BY app_id, api_id"
        | "SELECT app_id, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_hour
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND ($4 = 1 OR app_id = ANY($5))
        AND ($6 = 1 OR api_id = ANY($7))
        GROUP BY app_id, api_id";
    /// Usage of whole days by app and API.
    DAYS_BY_APP = "SELECT app_id, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_day
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND ($4 = 1 OR app_id IN (SELECT value FROM json_each($5)))
        AND ($6 = 1 OR api_id IN (SELECT value FROM json_each($7)))
        AND ($8 = 1 OR user_id = $9 OR app_id IN (SELECT value FROM json_each($10)))
        GROUP BY app_id, api_id"
        | "SELECT app_id, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_day
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND ($4 = 1 OR app_id = ANY($5))
        AND ($6 = 1 OR api_id = ANY($7))
        AND ($8 = 1 OR user_id = $9 OR app_id = ANY($10))
        GROUP BY app_id, api_id";
    /// Usage of whole months by app and API.
    MONTHS_BY_APP = "SELECT app_id, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_month
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND ($4 = 1 OR app_id IN (SELECT value FROM json_each($5)))
        AND ($6 = 1 OR api_id IN (SELECT value FROM json_each($7)))
        AND ($8 = 1 OR user_id = $9 OR app_id IN (SELECT value FROM json_each($10)))
        GROUP BY app_id, api_id"
        | "SELECT app_id, api_id, cast(sum(events) AS bigint) AS events,
        cast(sum(tokens) AS bigint) AS tokens FROM usage_by_month
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND ($4 = 1 OR app_id = ANY($5))
        AND ($6 = 1 OR api_id = ANY($7))
        AND ($8 = 1 OR user_id = $9 OR app_id = ANY($10))
        GROUP BY app_id, api_id";
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

/// Which usage counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// That of these apps; none = of all.
    pub apps: Option<Vec<i64>>,
    /// That of these APIs; none = of all.
    pub apis: Option<Vec<i64>>,
    /// That of a user, and of the apps he owns; none = everybody's. Hours know no users.
    pub own: Option<(i64, Vec<i64>)>,
}

impl Wanted {
    /// The parameters of a question over a period: organization, from, to, apps and APIs (1 for
    /// all, and a list), user and his apps (the same with the user between).
    pub(super) fn args(&self, org: OrgId, (from, to): (i64, i64), with_own: bool) -> Vec<Value> {
        let list = |wanted: &Option<Vec<i64>>| {
            (i64::from(wanted.is_none()), wanted.clone().unwrap_or_default())
        };
        let ((any_app, apps), (any_api, apis)) = (list(&self.apps), list(&self.apis));
        let mut args = args![org.0, from, to, any_app, apps, any_api, apis];
        if with_own {
            let (user, apps) = self.own.clone().unwrap_or_default();
            args.extend(args![i64::from(self.own.is_none()), user, apps]);
        }
        args
    }
}

/// Usage by bucket and API.
///
/// # Errors
/// [`DbError`]
pub async fn by_time(
    tx: &mut Tx,
    org: OrgId,
    bucket: Bucket,
    span: (i64, i64),
    wanted: &Wanted,
) -> Result<Vec<ByApi>, DbError> {
    let sql = match bucket {
        Bucket::Hour => HOURS_BY_TIME,
        Bucket::Day => DAYS_BY_TIME,
        Bucket::Month => MONTHS_BY_TIME,
    };
    tx.rows(sql, wanted.args(org, span, bucket != Bucket::Hour)).await
}

/// Usage of whole buckets by app and API: app, API, events, micro-tokens.
///
/// # Errors
/// [`DbError`]
pub async fn by_app(
    tx: &mut Tx,
    org: OrgId,
    bucket: Bucket,
    span: (i64, i64),
    wanted: &Wanted,
) -> Result<Vec<ByApi>, DbError> {
    let sql = match bucket {
        Bucket::Hour => HOURS_BY_APP,
        Bucket::Day => DAYS_BY_APP,
        Bucket::Month => MONTHS_BY_APP,
    };
    tx.rows(sql, wanted.args(org, span, bucket != Bucket::Hour)).await
}
