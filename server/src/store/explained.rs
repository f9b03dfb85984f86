//! What explanations look up: an event with its revisions and charges, the rates of an API, a
//! decision.

use super::db::{DbError, Tx};
use super::ledger::Sight;
use crate::{args, statements};
use tokenscope::id::OrgId;

statements! {
    /// The charges of one event.
    CHARGE_OF_EVENT = "SELECT team_id, at, n, class, revision, event_at, belongs_to,
        cast(sum(amount) AS bigint) AS amount, max(recorded_at) AS recorded_at FROM charge
        WHERE org_id = $1 AND digest = $2
        AND ((generation = 0 AND recorded_at <= $3)
            OR (generation <> 0 AND generation NOT IN (SELECT value FROM json_each($4))))
        GROUP BY team_id, at, n, class, revision, event_at, belongs_to"
        | "SELECT team_id, at, n, class, revision, event_at, belongs_to,
        cast(sum(amount) AS bigint) AS amount, max(recorded_at) AS recorded_at FROM charge
        WHERE org_id = $1 AND digest = $2
        AND ((generation = 0 AND recorded_at <= $3)
            OR (generation <> 0 AND generation <> ALL($4)))
        GROUP BY team_id, at, n, class, revision, event_at, belongs_to";
    /// The revisions of an event that were corrected.
    EVENT_PAST_OF = "SELECT revision, recorded_at AS corrected_at, replacement, at, app_id,
        user_id, api_id, variant_id, quantity, failed, own_tokens FROM event_past
        WHERE org_id = $1 AND digest = $2 ORDER BY revision";
    /// The current revision of an event, found by its time, of which charges and corrections tell.
    EVENT_CURRENT_OF = "SELECT revision, cast(NULL AS bigint) AS corrected_at,
        cast(NULL AS bigint) AS replacement, at, app_id, user_id, api_id, variant_id, quantity,
        failed, own_tokens FROM usage_event
        WHERE org_id = $1 AND digest = $2 AND at IN (SELECT value FROM json_each($3))"
        | "SELECT revision, cast(NULL AS bigint) AS corrected_at,
        cast(NULL AS bigint) AS replacement, at, app_id, user_id, api_id, variant_id, quantity,
        failed, own_tokens FROM usage_event
        WHERE org_id = $1 AND digest = $2 AND at = ANY($3)";
    /// Whether an event is known.
    EVENT_IS_KNOWN = "SELECT digest FROM event_key WHERE org_id = $1 AND digest = $2";
    /// The rate lines of an API with when they were recorded.
    RATE_OF_API = "SELECT variant_id, from_at, tokens, per, rounding, charge_failed, recorded_at
        FROM rate WHERE org_id = $1 AND api_id = $2 ORDER BY variant_id, from_at";
    /// A decision.
    DECISION_EXPLAINED = "SELECT at, team_id, app_id, content FROM decision
        WHERE org_id = $1 AND decision_id = $2";
}

/// What is charged for an event in one row of the journal, or several that differ in nothing else.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct EventChargeRow {
    /// The team that is charged.
    pub team_id: i64,
    /// The charge's own time.
    pub at: i64,
    /// Which of the event's charges.
    pub n: i64,
    /// Code of the class.
    pub class: String,
    /// Of which revision of the event it is.
    pub revision: i64,
    /// The event's time.
    pub event_at: i64,
    /// What instant it is about, where it is booked later.
    pub belongs_to: Option<i64>,
    /// In micro-tokens.
    pub amount: i64,
    /// When it was last recorded.
    pub recorded_at: i64,
}

/// One revision of an event.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RevisionRow {
    /// From 0.
    pub revision: i64,
    /// When it was corrected; none of the current one.
    pub corrected_at: Option<i64>,
    /// Fingerprint of what stands in its place.
    pub replacement: Option<i64>,
    /// When it happened.
    pub at: i64,
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
    pub failed: i64,
    /// In micro-tokens, where it was rated elsewhere.
    pub own_tokens: Option<i64>,
}

/// A rate line with when it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct KnownRateRow {
    /// The variant, 0 for none.
    pub variant_id: i64,
    /// From when on.
    pub from_at: i64,
    /// In micro-tokens per block.
    pub tokens: i64,
    /// Size of a block in micro-units.
    pub per: i64,
    /// Code of the rounding.
    pub rounding: String,
    /// Whether failed calls cost as much.
    pub charge_failed: i64,
    /// When it was recorded.
    pub recorded_at: i64,
}

/// A decision: time, team, app, content as JSON.
pub type DecisionRow = (i64, Option<i64>, Option<i64>, String);

/// The visible charges of an event.
///
/// # Errors
/// [`DbError`]
pub async fn charges(
    tx: &mut Tx,
    org: OrgId,
    digest: [u8; 16],
    sight: &Sight,
) -> Result<Vec<EventChargeRow>, DbError> {
    let until = sight.known.unwrap_or(i64::MAX);
    let args = args![org.0, digest.to_vec(), until, sight.hidden.clone()];
    tx.rows(CHARGE_OF_EVENT, args).await
}

/// The revisions of an event, the current one last where one of the times is its own or that of an
/// earlier revision.
///
/// # Errors
/// [`DbError`]
pub async fn revisions(
    tx: &mut Tx,
    org: OrgId,
    digest: [u8; 16],
    mut times: Vec<i64>,
) -> Result<Vec<RevisionRow>, DbError> {
    let key = digest.to_vec();
    let mut rows: Vec<RevisionRow> = tx.rows(EVENT_PAST_OF, args![org.0, key.clone()]).await?;
    times.extend(rows.iter().map(|row| row.at));
    rows.extend(tx.rows(EVENT_CURRENT_OF, args![org.0, key, times]).await?);
    Ok(rows)
}

/// Whether an event is known.
///
/// # Errors
/// [`DbError`]
pub async fn is_known(tx: &mut Tx, org: OrgId, digest: [u8; 16]) -> Result<bool, DbError> {
    let row: Option<(Vec<u8>,)> = tx.row(EVENT_IS_KNOWN, args![org.0, digest.to_vec()]).await?;
    Ok(row.is_some())
}

/// The rate lines of an API.
///
/// # Errors
/// [`DbError`]
pub async fn rates(tx: &mut Tx, org: OrgId, api: i64) -> Result<Vec<KnownRateRow>, DbError> {
    tx.rows(RATE_OF_API, args![org.0, api]).await
}

/// A decision.
///
/// # Errors
/// [`DbError`]
pub async fn decision(
    tx: &mut Tx,
    org: OrgId,
    id: [u8; 16],
) -> Result<Option<DecisionRow>, DbError> {
    tx.row(DECISION_EXPLAINED, args![org.0, id.to_vec()]).await
}
