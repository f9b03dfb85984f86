//! Usage events and their keys.

use super::db::{Bulk, Column, DbError, Tx};
use super::rollup::Wanted;
use crate::{args, statements};
use tokenscope::id::OrgId;

statements! {
    /// The fingerprints of known keys.
    KEY_FINGERPRINTS = "SELECT digest, fingerprint FROM event_key
        WHERE org_id = $1 AND digest IN (SELECT unhex(value) FROM json_each($2))"
        | "SELECT digest, fingerprint FROM event_key
        WHERE org_id = $1 AND digest = ANY($2)";
    /// The newest events of a user.
    RECENT_OF_USER = "SELECT at, digest, external_id, app_id, api_id, variant_id, quantity, failed
        FROM usage_event WHERE org_id = $1 AND user_id = $2 ORDER BY at DESC, digest DESC
        LIMIT $3";
    /// The newest events of an app.
    RECENT_OF_APP = "SELECT at, digest, external_id, app_id, api_id, variant_id, quantity, failed
        FROM usage_event WHERE org_id = $1 AND app_id = $2 ORDER BY at DESC, digest DESC
        LIMIT $3";
    /// The oldest event.
    EVENT_OLDEST = "SELECT min(at) AS at FROM usage_event WHERE org_id = $1";
    /// When the events of the newest times were accepted.
    EVENT_FRESH = "SELECT received_at FROM usage_event WHERE org_id = $1
        ORDER BY at DESC LIMIT 100";
    /// When a charge was last recorded.
    CHARGE_FRESH = "SELECT max(last_recorded_at) AS last_recorded_at FROM team
        WHERE org_id = $1";
    /// How many events a period has, by app and API.
    EVENT_COUNT = "SELECT app_id, api_id, count(*) AS events FROM usage_event
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND ($4 = 1 OR app_id IN (SELECT value FROM json_each($5)))
        AND ($6 = 1 OR api_id IN (SELECT value FROM json_each($7)))
        AND ($8 = 1 OR user_id = $9 OR app_id IN (SELECT value FROM json_each($10)))
        GROUP BY app_id, api_id"
        | "SELECT app_id, api_id, count(*) AS events FROM usage_event
        WHERE org_id = $1 AND at >= $2 AND at < $3
        AND ($4 = 1 OR app_id = ANY($5))
        AND ($6 = 1 OR api_id = ANY($7))
        AND ($8 = 1 OR user_id = $9 OR app_id = ANY($10))
        GROUP BY app_id, api_id";
    /// The time of the newest event.
    EVENT_NEWEST = "SELECT max(at) AS at FROM usage_event WHERE org_id = $1";
    /// Whether a period has an event.
    EVENT_WITHIN = "SELECT at FROM usage_event WHERE org_id = $1 AND at >= $2 AND at < $3
        LIMIT 1";
}

/// A new event, ready to be written.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// When it happened.
    pub at: i64,
    /// Digest of source and id.
    pub digest: [u8; 16],
    /// Fingerprint of what was sent.
    pub fingerprint: i64,
    /// The sender.
    pub source_id: i64,
    /// The sender's id.
    pub external_id: String,
    /// The app.
    pub app_id: i64,
    /// The user, 0 for none.
    pub user_id: i64,
    /// The API.
    pub api_id: i64,
    /// The variant, 0 for none.
    pub variant_id: i64,
    /// In micro-units.
    pub quantity: Option<i64>,
    /// Whether it failed.
    pub failed: bool,
    /// In micro-tokens, where it was rated elsewhere.
    pub own_tokens: Option<i64>,
    /// As JSON.
    pub attributes: Option<String>,
    /// When it arrived.
    pub received_at: i64,
    /// Which revision of the event it is.
    pub revision: i64,
    /// The instant it is booked at, where the books were closed when it came.
    pub booked_at: Option<i64>,
}

/// An event for a list.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RecentRow {
    /// When it happened.
    pub at: i64,
    /// Digest of source and id.
    pub digest: Vec<u8>,
    /// The sender's id.
    pub external_id: String,
    /// The app.
    pub app_id: i64,
    /// The API.
    pub api_id: i64,
    /// The variant, 0 for none.
    pub variant_id: i64,
    /// In micro-units.
    pub quantity: Option<i64>,
    /// Whether it failed.
    pub failed: i64,
}

/// Takes the keys of events (digest, fingerprint, time) and returns those that were free.
///
/// # Errors
/// [`DbError`]
pub async fn take_keys(
    tx: &mut Tx,
    org: OrgId,
    keys: &[([u8; 16], i64, i64)],
) -> Result<Vec<Vec<u8>>, DbError> {
    let rows: Vec<(Vec<u8>,)> = tx
        .bulk(Bulk {
            table: "event_key",
            org: org.0,
            columns: vec![
                ("digest", Column::Blobs(keys.iter().map(|k| k.0.to_vec()).collect())),
                ("fingerprint", Column::Ints(keys.iter().map(|k| k.1).collect())),
                ("at", Column::Ints(keys.iter().map(|k| k.2).collect())),
            ],
            on_conflict: "ON CONFLICT (org_id, digest) DO NOTHING RETURNING digest",
        })
        .await?;
    Ok(rows.into_iter().map(|(digest,)| digest).collect())
}

/// The fingerprints of keys that are taken.
///
/// # Errors
/// [`DbError`]
pub async fn fingerprints(
    tx: &mut Tx,
    org: OrgId,
    digests: Vec<Vec<u8>>,
) -> Result<Vec<(Vec<u8>, i64)>, DbError> {
    tx.rows(KEY_FINGERPRINTS, args![org.0, digests]).await
}

/// Writes events whose keys were taken in this transaction.
///
/// # Errors
/// [`DbError`]
pub async fn add(tx: &mut Tx, org: OrgId, events: &[&EventRow]) -> Result<(), DbError> {
    macro_rules! ints {
        ($event:ident => $value:expr) => {
            Column::Ints(events.iter().map(|$event| $value).collect())
        };
    }
    let texts = Column::Texts(events.iter().map(|e| e.external_id.clone()).collect());
    let mut columns = vec![
        ("at", ints!(e => e.at)),
        ("digest", Column::Blobs(events.iter().map(|e| e.digest.to_vec()).collect())),
        ("source_id", ints!(e => e.source_id)),
        ("external_id", texts),
        ("app_id", ints!(e => e.app_id)),
        ("user_id", ints!(e => e.user_id)),
        ("api_id", ints!(e => e.api_id)),
        ("variant_id", ints!(e => e.variant_id)),
        ("quantity", Column::OptInts(events.iter().map(|e| e.quantity).collect())),
        ("failed", ints!(e => i64::from(e.failed))),
        ("own_tokens", Column::OptInts(events.iter().map(|e| e.own_tokens).collect())),
        ("attributes", Column::OptTexts(events.iter().map(|e| e.attributes.clone()).collect())),
        ("received_at", ints!(e => e.received_at)),
    ];
    // Ordinary events need none of the rest, and are the most by far.
    if !events.iter().all(|e| e.revision == 0 && e.booked_at.is_none()) {
        columns.push(("revision", ints!(e => e.revision)));
        let booked_at = events.iter().map(|e| e.booked_at).collect();
        columns.push(("booked_at", Column::OptInts(booked_at)));
    }
    let bulk = Bulk { table: "usage_event", org: org.0, columns, on_conflict: "" };
    let _: Vec<(i64,)> = tx.bulk(bulk).await?;
    Ok(())
}

/// The newest events of a user.
///
/// # Errors
/// [`DbError`]
pub async fn recent_of_user(
    tx: &mut Tx,
    org: OrgId,
    user: i64,
    most: i64,
) -> Result<Vec<RecentRow>, DbError> {
    tx.rows(RECENT_OF_USER, args![org.0, user, most]).await
}

/// The newest events of an app.
///
/// # Errors
/// [`DbError`]
pub async fn recent_of_app(
    tx: &mut Tx,
    org: OrgId,
    app: i64,
    most: i64,
) -> Result<Vec<RecentRow>, DbError> {
    tx.rows(RECENT_OF_APP, args![org.0, app, most]).await
}

/// The time of the oldest event.
///
/// # Errors
/// [`DbError`]
pub async fn oldest(tx: &mut Tx, org: OrgId) -> Result<Option<i64>, DbError> {
    let row: Option<(Option<i64>,)> = tx.row(EVENT_OLDEST, args![org.0]).await?;
    Ok(row.and_then(|(at,)| at))
}

/// When the newest usage was accepted: the later of the newest charge and the hundred events of
/// the newest times. (An index by arrival would cost every event; a late event that is free shows
/// only once another one comes.)
///
/// # Errors
/// [`DbError`]
pub async fn fresh(tx: &mut Tx, org: OrgId) -> Result<Option<i64>, DbError> {
    let events: Vec<(i64,)> = tx.rows(EVENT_FRESH, args![org.0]).await?;
    let charged: Option<(Option<i64>,)> = tx.row(CHARGE_FRESH, args![org.0]).await?;
    let newest = events.iter().map(|(at,)| *at).max();
    // A team that was never charged has the record time 0.
    let charged = charged.and_then(|(at,)| at).filter(|_| newest.is_some());
    Ok(newest.max(charged))
}

/// How many events a period has: app, API, events.
///
/// # Errors
/// [`DbError`]
pub async fn count(
    tx: &mut Tx,
    org: OrgId,
    span: (i64, i64),
    wanted: &Wanted,
) -> Result<Vec<(i64, i64, i64)>, DbError> {
    tx.rows(EVENT_COUNT, wanted.args(org, span, true)).await
}

/// The time of the newest event.
///
/// # Errors
/// [`DbError`]
pub async fn newest(tx: &mut Tx, org: OrgId) -> Result<Option<i64>, DbError> {
    let row: Option<(Option<i64>,)> = tx.row(EVENT_NEWEST, args![org.0]).await?;
    Ok(row.and_then(|(at,)| at))
}

/// Whether a period has an event.
///
/// # Errors
/// [`DbError`]
pub async fn any_within(tx: &mut Tx, org: OrgId, (from, to): (i64, i64)) -> Result<bool, DbError> {
    let row: Option<(i64,)> = tx.row(EVENT_WITHIN, args![org.0, from, to]).await?;
    Ok(row.is_some())
}
