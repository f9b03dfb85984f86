//! Reading everything in order, page by page, to work it out again.

use super::db::{DbError, Tx};
use super::rollup::{Bucket, Dimensions, Sums};
use super::sql::Sql;
use super::stored_event::StoredEvent;
use crate::{args, statements};
use std::collections::BTreeMap;
use tokenscope::id::OrgId;

statements! {
    /// Fan-out: all organizations, for the command line.
    VERIFY_ORGS = "SELECT org_id, slug FROM org ORDER BY org_id";
    /// When something is there at or after an instant.
    VERIFY_NEXT_EVENT = "SELECT min(at) AS at FROM usage_event WHERE org_id = $1 AND at >= $2";
    VERIFY_NEXT_HOUR = "SELECT min(at) AS at FROM usage_by_hour WHERE org_id = $1 AND at >= $2";
    VERIFY_NEXT_DAY = "SELECT min(at) AS at FROM usage_by_day WHERE org_id = $1 AND at >= $2";
    VERIFY_NEXT_MONTH = "SELECT min(at) AS at FROM usage_by_month WHERE org_id = $1 AND at >= $2";
    VERIFY_NEXT_CHARGE = "SELECT min(at) AS at FROM charge
        WHERE org_id = $1 AND team_id = $2 AND at >= $3";
    VERIFY_NEXT_CHARGE_HOUR = "SELECT min(at) AS at FROM charge_by_hour
        WHERE org_id = $1 AND team_id = $2 AND at >= $3";
    VERIFY_NEXT_CHARGE_DAY = "SELECT min(at) AS at FROM charge_by_day
        WHERE org_id = $1 AND team_id = $2 AND at >= $3";
    /// Events as they are now, with where their key finds them.
    VERIFY_EVENTS = "SELECT e.digest, e.revision, e.at, e.booked_at, s.name AS source,
        e.source_id, e.external_id, e.app_id, e.user_id, e.api_id, e.variant_id, e.quantity,
        e.failed, e.own_tokens, e.attributes, e.received_at, k.at AS key_at
        FROM usage_event e
        JOIN source s ON s.org_id = e.org_id AND s.source_id = e.source_id
        LEFT JOIN event_key k ON k.org_id = $1 AND k.digest = e.digest
        WHERE e.org_id = $1 AND s.org_id = $1
        AND (e.at, e.digest) > ($2, $3) AND e.at < $4 ORDER BY e.at, e.digest LIMIT $5";
    /// Sessions of daily products, user by user.
    VERIFY_SESSIONS = "SELECT e.digest, e.revision, e.at, e.booked_at, s.name AS source,
        e.source_id, e.external_id, e.app_id, e.user_id, e.api_id, e.variant_id, e.quantity,
        e.failed, e.own_tokens, e.attributes, e.received_at FROM usage_event e
        JOIN source s ON s.org_id = e.org_id AND s.source_id = e.source_id
        WHERE e.org_id = $1 AND s.org_id = $1 AND e.own_tokens IS NULL
        AND e.api_id IN (SELECT value FROM json_each($2))
        AND (e.user_id, e.at, e.digest) > ($3, $4, $5)
        ORDER BY e.user_id, e.at, e.digest LIMIT $6"
        | "SELECT e.digest, e.revision, e.at, e.booked_at, s.name AS source,
        e.source_id, e.external_id, e.app_id, e.user_id, e.api_id, e.variant_id, e.quantity,
        e.failed, e.own_tokens, e.attributes, e.received_at FROM usage_event e
        JOIN source s ON s.org_id = e.org_id AND s.source_id = e.source_id
        WHERE e.org_id = $1 AND s.org_id = $1 AND e.own_tokens IS NULL
        AND e.api_id = ANY($2) AND (e.user_id, e.at, e.digest) > ($3, $4, $5)
        ORDER BY e.user_id, e.at, e.digest LIMIT $6";
    /// Keys of events, and whether the event is where they say.
    VERIFY_KEYS = "SELECT k.digest, k.at, e.revision FROM event_key k
        LEFT JOIN usage_event e ON e.org_id = $1 AND e.at = k.at AND e.digest = k.digest
        WHERE k.org_id = $1 AND k.digest > $2 ORDER BY k.digest LIMIT $3";
    /// Earlier revisions that still count, as their books were closed before.
    VERIFY_KEPT = "SELECT e.digest, e.revision, e.at, e.booked_at, s.name AS source,
        e.source_id, e.external_id, e.app_id, e.user_id, e.api_id, e.variant_id, e.quantity,
        e.failed, e.own_tokens, e.attributes, e.received_at FROM event_past e
        JOIN source s ON s.org_id = e.org_id AND s.source_id = e.source_id
        WHERE e.org_id = $1 AND s.org_id = $1 AND e.kept = 1
        AND (e.digest, e.revision) > ($2, $3) ORDER BY e.digest, e.revision LIMIT $4";
    /// The rows of a team's journal that count, with the event they are of.
    VERIFY_CHARGES = "SELECT c.at, c.digest, c.n, c.recorded_at, c.class, c.amount,
        coalesce(e.source_id, p.source_id) AS source_id,
        coalesce(e.external_id, p.external_id) AS external_id,
        coalesce(e.app_id, p.app_id) AS app_id, coalesce(e.api_id, p.api_id) AS api_id,
        coalesce(e.variant_id, p.variant_id) AS variant_id,
        coalesce(e.user_id, p.user_id) AS user_id
        FROM charge c
        LEFT JOIN usage_event e ON e.org_id = $1 AND e.at = c.event_at AND e.digest = c.digest
            AND e.revision = c.revision
        LEFT JOIN event_past p ON p.org_id = $1 AND p.digest = c.digest
            AND p.revision = c.revision
        WHERE c.org_id = $1 AND c.team_id = $2
        AND (c.at, c.digest, c.n, c.recorded_at) > ($3, $4, $5, $6) AND c.at < $7
        AND (c.generation = 0 OR c.generation IN
            (SELECT job_id FROM job WHERE org_id = $1 AND switched_at IS NOT NULL))
        ORDER BY c.at, c.digest, c.n, c.recorded_at LIMIT $8";
    /// Stored sums of a period.
    VERIFY_CHARGE_HOURS = "SELECT at, class, amount FROM charge_by_hour
        WHERE org_id = $1 AND team_id = $2 AND at >= $3 AND at < $4";
    VERIFY_CHARGE_DAYS = "SELECT at, class, amount FROM charge_by_day
        WHERE org_id = $1 AND team_id = $2 AND at >= $3 AND at < $4";
    VERIFY_USAGE_HOURS = "SELECT at, app_id, api_id, variant_id, cast(0 AS bigint) AS user_id,
        events, quantity, quantity_micro, tokens FROM usage_by_hour
        WHERE org_id = $1 AND at >= $2 AND at < $3";
    VERIFY_USAGE_DAYS = "SELECT at, app_id, api_id, variant_id, user_id, events, quantity,
        quantity_micro, tokens FROM usage_by_day WHERE org_id = $1 AND at >= $2 AND at < $3";
    VERIFY_USAGE_MONTHS = "SELECT at, app_id, api_id, variant_id, user_id, events, quantity,
        quantity_micro, tokens FROM usage_by_month WHERE org_id = $1 AND at >= $2 AND at < $3";
    /// Holds.
    VERIFY_HOLDS = "SELECT hold_key, from_at, until_at, ended_at, ended_how FROM hold
        WHERE org_id = $1 AND hold_key > $2 ORDER BY hold_key LIMIT $3";
    /// Transfers with the lot that they made and the one it came from.
    VERIFY_TRANSFERS = "SELECT t.lot_key, t.amount, t.from_team_id, l.granted,
        s.team_id AS source_team FROM lot_transfer t
        JOIN lot l ON l.org_id = t.org_id AND l.lot_key = t.lot_key
        JOIN lot s ON s.org_id = t.org_id AND s.lot_key = t.from_lot_key
        WHERE t.org_id = $1 AND l.org_id = $1 AND s.org_id = $1 AND t.lot_key > $2
        ORDER BY t.lot_key LIMIT $3";
}

/// A position in the order of events: time and digest.
pub type Place = (i64, Vec<u8>);

/// An event with where its key finds it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct KeyedEvent {
    /// The event.
    #[sqlx(flatten)]
    pub event: StoredEvent,
    /// The time that its key names; none without a key.
    pub key_at: Option<i64>,
}

/// A row of a team's journal.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct JournalRow {
    /// When it counts.
    pub at: i64,
    /// Digest of its event.
    pub digest: Vec<u8>,
    /// Which of the event's charges.
    pub n: i64,
    /// When it was written.
    pub recorded_at: i64,
    /// Code of its class.
    pub class: String,
    /// In micro-tokens.
    pub amount: i64,
    /// The sender of the event; none where there is no such event.
    pub source_id: Option<i64>,
    /// The sender's id.
    pub external_id: Option<String>,
    /// The app.
    pub app_id: Option<i64>,
    /// The API.
    pub api_id: Option<i64>,
    /// The variant, 0 for none.
    pub variant_id: Option<i64>,
    /// The user, 0 for none.
    pub user_id: Option<i64>,
}

impl JournalRow {
    /// Under which numbers its tokens are summed.
    #[must_use]
    pub fn dimensions(&self) -> Option<Dimensions> {
        let app = self.app_id.zip(self.api_id);
        let rest = self.variant_id.zip(self.user_id);
        app.zip(rest).map(|((app_id, api_id), (variant_id, user_id))| Dimensions {
            app_id,
            api_id,
            variant_id,
            user_id,
        })
    }
}

/// A hold.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct HoldRow {
    /// Its key.
    pub hold_key: String,
    /// When it began.
    pub from_at: i64,
    /// When it ends at the latest.
    pub until_at: i64,
    /// When it ended before.
    pub ended_at: Option<i64>,
    /// How.
    pub ended_how: Option<String>,
}

/// All organizations: number and slug.
///
/// # Errors
/// [`DbError`]
pub async fn organizations(tx: &mut Tx) -> Result<Vec<(i64, String)>, DbError> {
    tx.rows(VERIFY_ORGS, args![]).await
}

/// The first instant at or after another at which anything is stored.
///
/// # Errors
/// [`DbError`]
pub async fn next(
    tx: &mut Tx,
    org: OrgId,
    teams: &[i64],
    from: i64,
) -> Result<Option<i64>, DbError> {
    let mut first: Option<i64> = None;
    let mut take = |row: Option<(Option<i64>,)>| {
        let at = row.and_then(|(at,)| at);
        first = first.into_iter().chain(at).min();
    };
    for sql in [VERIFY_NEXT_EVENT, VERIFY_NEXT_HOUR, VERIFY_NEXT_DAY, VERIFY_NEXT_MONTH] {
        take(tx.row(sql, args![org.0, from]).await?);
    }
    for team in teams {
        for sql in [VERIFY_NEXT_CHARGE, VERIFY_NEXT_CHARGE_HOUR, VERIFY_NEXT_CHARGE_DAY] {
            take(tx.row(sql, args![org.0, *team, from]).await?);
        }
    }
    Ok(first)
}

/// Events behind a place and before an instant.
///
/// # Errors
/// [`DbError`]
pub async fn events(
    tx: &mut Tx,
    org: OrgId,
    (at, digest): Place,
    to: i64,
    most: i64,
) -> Result<Vec<KeyedEvent>, DbError> {
    tx.rows(VERIFY_EVENTS, args![org.0, at, digest, to, most]).await
}

/// Uses of some APIs by users, behind a user and a place; those rated elsewhere are left out.
///
/// # Errors
/// [`DbError`]
pub async fn sessions(
    tx: &mut Tx,
    org: OrgId,
    apis: Vec<i64>,
    (user, (at, digest)): (i64, Place),
    most: i64,
) -> Result<Vec<StoredEvent>, DbError> {
    tx.rows(VERIFY_SESSIONS, args![org.0, apis, user, at, digest, most]).await
}

/// Keys behind one: digest, the time they name, the revision of the event that is there.
///
/// # Errors
/// [`DbError`]
pub async fn keys(
    tx: &mut Tx,
    org: OrgId,
    after: Vec<u8>,
    most: i64,
) -> Result<Vec<(Vec<u8>, Option<i64>, Option<i64>)>, DbError> {
    tx.rows(VERIFY_KEYS, args![org.0, after, most]).await
}

/// Earlier revisions that still count, behind one.
///
/// # Errors
/// [`DbError`]
pub async fn kept(
    tx: &mut Tx,
    org: OrgId,
    (digest, revision): (Vec<u8>, i64),
    most: i64,
) -> Result<Vec<StoredEvent>, DbError> {
    tx.rows(VERIFY_KEPT, args![org.0, digest, revision, most]).await
}

/// Where a page of a journal ended: time, digest, n, record time.
pub type JournalPlace = (i64, Vec<u8>, i64, i64);

/// The beginning of a journal from an instant on.
#[must_use]
pub const fn journal_start(at: i64) -> JournalPlace {
    // No digest is smaller than none at all.
    (at, Vec::new(), i64::MIN, i64::MIN)
}

/// Rows of a team's journal behind a place and before an instant.
///
/// # Errors
/// [`DbError`]
pub async fn charges(
    tx: &mut Tx,
    org: OrgId,
    team: i64,
    (at, digest, n, recorded_at): JournalPlace,
    to: i64,
    most: i64,
) -> Result<Vec<JournalRow>, DbError> {
    let args = args![org.0, team, at, digest, n, recorded_at, to, most];
    tx.rows(VERIFY_CHARGES, args).await
}

/// Stored sums of a team's charges in a period, by start and class.
pub type ChargeSums = BTreeMap<(i64, String), i64>;

/// The stored sums of a team in a period: of hours and of days.
///
/// # Errors
/// [`DbError`]
pub async fn charge_sums(
    tx: &mut Tx,
    org: OrgId,
    team: i64,
    (from, to): (i64, i64),
) -> Result<[ChargeSums; 2], DbError> {
    let mut sums = [ChargeSums::new(), ChargeSums::new()];
    for (sums, sql) in sums.iter_mut().zip([VERIFY_CHARGE_HOURS, VERIFY_CHARGE_DAYS]) {
        let rows: Vec<(i64, String, i64)> = tx.rows(sql, args![org.0, team, from, to]).await?;
        sums.extend(rows.into_iter().map(|(at, class, amount)| ((at, class), amount)));
    }
    Ok(sums)
}

#[derive(sqlx::FromRow)]
struct UsageRow {
    at: i64,
    app_id: i64,
    api_id: i64,
    variant_id: i64,
    user_id: i64,
    events: i64,
    quantity: i64,
    quantity_micro: i64,
    tokens: i64,
}

/// A stored rollup of a period.
///
/// # Errors
/// [`DbError`]
pub async fn usage(
    tx: &mut Tx,
    org: OrgId,
    bucket: Bucket,
    (from, to): (i64, i64),
) -> Result<BTreeMap<(i64, Dimensions), Sums>, DbError> {
    let sql: Sql = match bucket {
        Bucket::Hour => VERIFY_USAGE_HOURS,
        Bucket::Day => VERIFY_USAGE_DAYS,
        Bucket::Month => VERIFY_USAGE_MONTHS,
    };
    let rows: Vec<UsageRow> = tx.rows(sql, args![org.0, from, to]).await?;
    let cell = |row: UsageRow| {
        let UsageRow { app_id, api_id, variant_id, user_id, .. } = row;
        let UsageRow { events, quantity, quantity_micro, tokens, .. } = row;
        let key = (row.at, Dimensions { app_id, api_id, variant_id, user_id });
        (key, Sums { events, quantity, quantity_micro, tokens })
    };
    Ok(rows.into_iter().map(cell).collect())
}

/// Holds behind one.
///
/// # Errors
/// [`DbError`]
pub async fn holds(
    tx: &mut Tx,
    org: OrgId,
    after: &str,
    most: i64,
) -> Result<Vec<HoldRow>, DbError> {
    tx.rows(VERIFY_HOLDS, args![org.0, after, most]).await
}

/// A transfer: its lot, its amount and giving team; granted amount and giving team by the lots.
pub type TransferCheck = (String, i64, i64, i64, i64);

/// Transfers behind one.
///
/// # Errors
/// [`DbError`]
pub async fn transfers(
    tx: &mut Tx,
    org: OrgId,
    after: &str,
    most: i64,
) -> Result<Vec<TransferCheck>, DbError> {
    tx.rows(VERIFY_TRANSFERS, args![org.0, after, most]).await
}
