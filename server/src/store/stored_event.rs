//! Stored events as rating needs them, and revisions that were corrected.

use super::db::{Bulk, Column, DbError, Tx};
use crate::{args, statements};
use tokenscope::id::OrgId;
use tokenscope::rate::SESSION_MAX;

statements! {
    /// Events by their keys, as they are now.
    EVENT_OF_KEY = "SELECT e.digest, e.revision, e.at, e.booked_at, s.name AS source,
        e.source_id, e.external_id, e.app_id, e.user_id, e.api_id, e.variant_id, e.quantity,
        e.failed, e.own_tokens, e.attributes, e.received_at
        FROM event_key k
        JOIN usage_event e ON e.org_id = k.org_id AND e.at = k.at AND e.digest = k.digest
        JOIN source s ON s.org_id = e.org_id AND s.source_id = e.source_id
        WHERE k.org_id = $1 AND e.org_id = $1 AND s.org_id = $1
        AND k.digest IN (SELECT unhex(value) FROM json_each($2))"
        | "SELECT e.digest, e.revision, e.at, e.booked_at, s.name AS source,
        e.source_id, e.external_id, e.app_id, e.user_id, e.api_id, e.variant_id, e.quantity,
        e.failed, e.own_tokens, e.attributes, e.received_at
        FROM event_key k
        JOIN usage_event e ON e.org_id = k.org_id AND e.at = k.at AND e.digest = k.digest
        JOIN source s ON s.org_id = e.org_id AND s.source_id = e.source_id
        WHERE k.org_id = $1 AND e.org_id = $1 AND s.org_id = $1 AND k.digest = ANY($2)";
    /// Sessions of some users with some products from an instant on, and longer ones that began
    /// before and still ran.
    SESSION_LIST = "SELECT e.digest, e.revision, e.at, e.booked_at, s.name AS source,
        e.source_id, e.external_id, e.app_id, e.user_id, e.api_id, e.variant_id, e.quantity,
        e.failed, e.own_tokens, e.attributes, e.received_at
        FROM usage_event e
        JOIN source s ON s.org_id = e.org_id AND s.source_id = e.source_id
        WHERE e.org_id = $1 AND s.org_id = $1
        AND e.own_tokens IS NULL AND e.user_id IN (SELECT value FROM json_each($2))
        AND e.api_id IN (SELECT value FROM json_each($3))
        AND e.at >= $4
        UNION ALL
        SELECT e.digest, e.revision, e.at, e.booked_at, s.name AS source,
        e.source_id, e.external_id, e.app_id, e.user_id, e.api_id, e.variant_id, e.quantity,
        e.failed, e.own_tokens, e.attributes, e.received_at
        FROM usage_event e
        JOIN source s ON s.org_id = e.org_id AND s.source_id = e.source_id
        WHERE e.org_id = $1 AND s.org_id = $1
        AND e.own_tokens IS NULL AND e.user_id IN (SELECT value FROM json_each($2))
        AND e.api_id IN (SELECT value FROM json_each($3))
        AND e.at >= $5 AND e.at < $4 AND e.quantity > 86400000000
        AND e.at + e.quantity > $4"
        | "SELECT e.digest, e.revision, e.at, e.booked_at, s.name AS source,
        e.source_id, e.external_id, e.app_id, e.user_id, e.api_id, e.variant_id, e.quantity,
        e.failed, e.own_tokens, e.attributes, e.received_at
        FROM usage_event e
        JOIN source s ON s.org_id = e.org_id AND s.source_id = e.source_id
        WHERE e.org_id = $1 AND s.org_id = $1
        AND e.own_tokens IS NULL AND e.user_id = ANY($2) AND e.api_id = ANY($3)
        AND e.at >= $4
        UNION ALL
        SELECT e.digest, e.revision, e.at, e.booked_at, s.name AS source,
        e.source_id, e.external_id, e.app_id, e.user_id, e.api_id, e.variant_id, e.quantity,
        e.failed, e.own_tokens, e.attributes, e.received_at
        FROM usage_event e
        JOIN source s ON s.org_id = e.org_id AND s.source_id = e.source_id
        WHERE e.org_id = $1 AND s.org_id = $1
        AND e.own_tokens IS NULL AND e.user_id = ANY($2) AND e.api_id = ANY($3)
        AND e.at >= $5 AND e.at < $4 AND e.quantity > 86400000000
        AND e.at + e.quantity > $4";
    /// Events of an app in a period, page by page; of those before $4 only what still ran then.
    EVENT_PAGE_OF_APP = "SELECT e.digest, e.revision, e.at, e.booked_at, s.name AS source,
        e.source_id, e.external_id, e.app_id, e.user_id, e.api_id, e.variant_id, e.quantity,
        e.failed, e.own_tokens, e.attributes, e.received_at
        FROM usage_event e
        JOIN source s ON s.org_id = e.org_id AND s.source_id = e.source_id
        WHERE e.org_id = $1 AND s.org_id = $1
        AND e.app_id = $2 AND e.at >= $3 AND e.at < $5
        AND (e.at >= $4 OR e.at + coalesce(e.quantity, 0) > $4) AND ($6 = 0 OR e.api_id = $6)
        AND (e.at > $7 OR (e.at = $7 AND e.digest > $8)) ORDER BY e.at, e.digest LIMIT $9";
    /// The same of all apps.
    EVENT_PAGE = "SELECT e.digest, e.revision, e.at, e.booked_at, s.name AS source,
        e.source_id, e.external_id, e.app_id, e.user_id, e.api_id, e.variant_id, e.quantity,
        e.failed, e.own_tokens, e.attributes, e.received_at
        FROM usage_event e
        JOIN source s ON s.org_id = e.org_id AND s.source_id = e.source_id
        WHERE e.org_id = $1 AND s.org_id = $1
        AND $2 = 0 AND e.at >= $3 AND e.at < $5
        AND (e.at >= $4 OR e.at + coalesce(e.quantity, 0) > $4) AND ($6 = 0 OR e.api_id = $6)
        AND (e.at > $7 OR (e.at = $7 AND e.digest > $8)) ORDER BY e.at, e.digest LIMIT $9";
    /// Sessions of more than a day.
    EVENT_PAGE_LONG = "SELECT e.digest, e.revision, e.at, e.booked_at, s.name AS source,
        e.source_id, e.external_id, e.app_id, e.user_id, e.api_id, e.variant_id, e.quantity,
        e.failed, e.own_tokens, e.attributes, e.received_at
        FROM usage_event e
        JOIN source s ON s.org_id = e.org_id AND s.source_id = e.source_id
        WHERE e.org_id = $1 AND s.org_id = $1
        AND ($2 = 0 OR e.app_id = $2) AND e.quantity > 86400000000
        AND e.at >= $3 AND e.at < $5
        AND (e.at >= $4 OR e.at + coalesce(e.quantity, 0) > $4) AND ($6 = 0 OR e.api_id = $6)
        AND (e.at > $7 OR (e.at = $7 AND e.digest > $8)) ORDER BY e.at, e.digest LIMIT $9";
    /// How many there are, at most $7.
    EVENT_PAGE_COUNT_OF_APP = "SELECT count(*) AS events FROM (SELECT e.at FROM usage_event e
        WHERE e.org_id = $1 AND e.app_id = $2 AND e.at >= $3 AND e.at < $5
        AND (e.at >= $4 OR e.at + coalesce(e.quantity, 0) > $4) AND ($6 = 0 OR e.api_id = $6)
        LIMIT $7) found";
    EVENT_PAGE_COUNT = "SELECT count(*) AS events FROM (SELECT e.at FROM usage_event e
        WHERE e.org_id = $1 AND $2 = 0 AND e.at >= $3 AND e.at < $5
        AND (e.at >= $4 OR e.at + coalesce(e.quantity, 0) > $4) AND ($6 = 0 OR e.api_id = $6)
        LIMIT $7) found";
    EVENT_PAGE_COUNT_LONG = "SELECT count(*) AS events FROM (SELECT e.at FROM usage_event e
        WHERE e.org_id = $1 AND ($2 = 0 OR e.app_id = $2)
        AND e.quantity > 86400000000 AND e.at >= $3 AND e.at < $5
        AND (e.at >= $4 OR e.at + coalesce(e.quantity, 0) > $4) AND ($6 = 0 OR e.api_id = $6)
        LIMIT $7) found";
    /// An event's row goes: another revision takes its place, or none.
    EVENT_REMOVE = "DELETE FROM usage_event WHERE org_id = $1 AND at = $2 AND digest = $3";
    /// Where the event is now.
    EVENT_MOVE = "UPDATE event_key SET at = $3 WHERE org_id = $1 AND digest = $2";
    /// Earlier revisions of some events, as they were.
    PAST_EVENTS = "SELECT e.digest, e.revision, e.at, e.booked_at, s.name AS source,
        e.source_id, e.external_id, e.app_id, e.user_id, e.api_id, e.variant_id, e.quantity,
        e.failed, e.own_tokens, e.attributes, e.received_at FROM event_past e
        JOIN source s ON s.org_id = e.org_id AND s.source_id = e.source_id
        WHERE e.org_id = $1 AND s.org_id = $1
        AND e.digest IN (SELECT unhex(value) FROM json_each($2)) ORDER BY e.digest, e.revision"
        | "SELECT e.digest, e.revision, e.at, e.booked_at, s.name AS source,
        e.source_id, e.external_id, e.app_id, e.user_id, e.api_id, e.variant_id, e.quantity,
        e.failed, e.own_tokens, e.attributes, e.received_at FROM event_past e
        JOIN source s ON s.org_id = e.org_id AND s.source_id = e.source_id
        WHERE e.org_id = $1 AND s.org_id = $1
        AND e.digest = ANY($2) ORDER BY e.digest, e.revision";
    /// The corrections of some events: digest, corrected revision, fingerprint of what came.
    PAST_LIST = "SELECT digest, revision, replacement FROM event_past
        WHERE org_id = $1 AND digest IN (SELECT unhex(value) FROM json_each($2))
        ORDER BY digest, revision"
        | "SELECT digest, revision, replacement FROM event_past
        WHERE org_id = $1 AND digest = ANY($2) ORDER BY digest, revision";
}

/// An event as it is now.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredEvent {
    /// Digest of source and id.
    pub digest: Vec<u8>,
    /// Which revision it is.
    pub revision: i64,
    /// When it happened.
    pub at: i64,
    /// The instant it is booked at, where the books were closed when it came.
    pub booked_at: Option<i64>,
    /// Name of the sender.
    pub source: String,
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
    /// 1 when it failed.
    pub failed: i64,
    /// In micro-tokens, where it was rated elsewhere.
    pub own_tokens: Option<i64>,
    /// As JSON.
    pub attributes: Option<String>,
    /// When it arrived.
    pub received_at: i64,
}

/// Events by their keys; those that are not there or void are missing.
///
/// # Errors
/// [`DbError`]
pub async fn by_key(
    tx: &mut Tx,
    org: OrgId,
    digests: Vec<Vec<u8>>,
) -> Result<Vec<StoredEvent>, DbError> {
    if digests.is_empty() {
        return Ok(Vec::new());
    }
    tx.rows(EVENT_OF_KEY, args![org.0, digests]).await
}

/// Sessions of some users with some products that start at or after an instant, and those of more
/// than a day that began before and still ran; own tokens make no session.
///
/// # Errors
/// [`DbError`]
pub async fn sessions(
    tx: &mut Tx,
    org: OrgId,
    (users, apis): (Vec<i64>, Vec<i64>),
    since: i64,
) -> Result<Vec<StoredEvent>, DbError> {
    let longest = since.saturating_sub(SESSION_MAX);
    tx.rows(SESSION_LIST, args![org.0, users, apis, since, longest]).await
}

/// Which events a rule speaks about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Selector {
    /// Of this app; 0 = of all.
    pub app_id: i64,
    /// Of this API; 0 = of all.
    pub api_id: i64,
    /// From this time on.
    pub from: i64,
    /// Of those before it only what still ran then.
    pub running: i64,
    /// Up to this time.
    pub to: i64,
    /// Only sessions of more than a day.
    pub long: bool,
}

impl Selector {
    /// A page of the events after a place (time and digest), in the order of both.
    ///
    /// # Errors
    /// [`DbError`]
    pub async fn page(
        &self,
        tx: &mut Tx,
        org: OrgId,
        (at, digest): (i64, Vec<u8>),
        limit: i64,
    ) -> Result<Vec<StoredEvent>, DbError> {
        let sql = match (self.long, self.app_id) {
            (true, _) => EVENT_PAGE_LONG,
            (false, 0) => EVENT_PAGE,
            (false, _) => EVENT_PAGE_OF_APP,
        };
        let &Self { app_id, api_id, from, running, to, .. } = self;
        // What stands before the place is left out of the range, not only of the answer.
        let from = from.max(at);
        let args = args![org.0, app_id, from, running, to, api_id, at, digest, limit];
        tx.rows(sql, args).await
    }
    /// How many there are, counted up to a limit.
    ///
    /// # Errors
    /// [`DbError`]
    pub async fn count(&self, tx: &mut Tx, org: OrgId, most: i64) -> Result<i64, DbError> {
        let sql = match (self.long, self.app_id) {
            (true, _) => EVENT_PAGE_COUNT_LONG,
            (false, 0) => EVENT_PAGE_COUNT,
            (false, _) => EVENT_PAGE_COUNT_OF_APP,
        };
        let &Self { app_id, api_id, from, running, to, .. } = self;
        let args = args![org.0, app_id, from, running, to, api_id, most];
        let row: Option<(i64,)> = tx.row(sql, args).await?;
        Ok(row.map_or(0, |(n,)| n))
    }
}

/// Takes an event's row away and notes where its next revision is (none: it is void).
///
/// # Errors
/// [`DbError`]
pub async fn supersede(
    tx: &mut Tx,
    org: OrgId,
    old: &StoredEvent,
    now_at: Option<i64>,
) -> Result<(), DbError> {
    tx.run(EVENT_REMOVE, args![org.0, old.at, old.digest.clone()]).await?;
    tx.run(EVENT_MOVE, args![org.0, old.digest.clone(), now_at]).await?;
    Ok(())
}

/// Earlier revisions of some events, as they were, in the order of their revisions.
///
/// # Errors
/// [`DbError`]
pub async fn past_events(
    tx: &mut Tx,
    org: OrgId,
    digests: Vec<Vec<u8>>,
) -> Result<Vec<StoredEvent>, DbError> {
    tx.rows(PAST_EVENTS, args![org.0, digests]).await
}

/// Digest, revision that was corrected, fingerprint of what stands in its place.
pub type PastRow = (Vec<u8>, i64, Option<i64>);

/// The corrections of some events, in the order of their revisions.
///
/// # Errors
/// [`DbError`]
pub async fn past(tx: &mut Tx, org: OrgId, digests: Vec<Vec<u8>>) -> Result<Vec<PastRow>, DbError> {
    tx.rows(PAST_LIST, args![org.0, digests]).await
}

/// A revision that is corrected.
pub struct Superseded {
    /// As it was.
    pub event: StoredEvent,
    /// Fingerprint of what stands in its place; none = nothing.
    pub replacement: Option<i64>,
    /// Whether closed books count it still.
    pub kept: bool,
    /// When the correction was recorded.
    pub recorded_at: i64,
}

/// Keeps revisions that are corrected.
///
/// # Errors
/// [`DbError`]
pub async fn keep(tx: &mut Tx, org: OrgId, rows: &[Superseded]) -> Result<(), DbError> {
    macro_rules! column {
        ($kind:ident, $row:ident => $value:expr) => {
            Column::$kind(rows.iter().map(|$row| $value).collect())
        };
    }
    let columns = vec![
        ("digest", column!(Blobs, r => r.event.digest.clone())),
        ("revision", column!(Ints, r => r.event.revision)),
        ("recorded_at", column!(Ints, r => r.recorded_at)),
        ("replacement", column!(OptInts, r => r.replacement)),
        ("kept", column!(Ints, r => i64::from(r.kept))),
        ("at", column!(Ints, r => r.event.at)),
        ("booked_at", column!(OptInts, r => r.event.booked_at)),
        ("source_id", column!(Ints, r => r.event.source_id)),
        ("external_id", column!(Texts, r => r.event.external_id.clone())),
        ("app_id", column!(Ints, r => r.event.app_id)),
        ("user_id", column!(Ints, r => r.event.user_id)),
        ("api_id", column!(Ints, r => r.event.api_id)),
        ("variant_id", column!(Ints, r => r.event.variant_id)),
        ("quantity", column!(OptInts, r => r.event.quantity)),
        ("failed", column!(Ints, r => r.event.failed)),
        ("own_tokens", column!(OptInts, r => r.event.own_tokens)),
        ("attributes", column!(OptTexts, r => r.event.attributes.clone())),
        ("received_at", column!(Ints, r => r.event.received_at)),
    ];
    let bulk = Bulk { table: "event_past", org: org.0, columns, on_conflict: "" };
    let _: Vec<(i64,)> = tx.bulk(bulk).await?;
    Ok(())
}
