//! Reading the ledger: a team's lots and what happened to them, and its charges as they are known
//! at an instant.
//!
//! A charge row is visible at K when it was recorded until then; one that a job prepared
//! (generation <> 0) when the job switched until then. The sums per hour and day hold what is
//! visible now.

use super::books::LotRow;
use super::db::{DbError, Tx};
use crate::{args, statements};
use tokenscope::id::{OrgId, TeamId};

statements! {
    /// The newest record time of a team's charges.
    TEAM_RECORDED_AT = "SELECT last_recorded_at FROM team WHERE org_id = $1 AND team_id = $2";
    /// The lots of a team that were recorded until an instant.
    LEDGER_LOTS = "SELECT lot_key, team_id, kind, pays_for, priority, granted, effective_at,
        expires_at, unit_cost, currency, reference, channel, belongs_to FROM lot
        WHERE org_id = $1 AND team_id = $2 AND recorded_at <= $3 ORDER BY lot_key";
    /// Voids of a team's lots.
    LEDGER_VOIDS = "SELECT v.lot_key, v.at FROM lot_void v
        JOIN lot l ON l.org_id = v.org_id AND l.lot_key = v.lot_key
        WHERE v.org_id = $1 AND l.org_id = $1 AND l.team_id = $2 AND v.recorded_at <= $3
        ORDER BY v.lot_key";
    /// What a team gave away, and to which team.
    LEDGER_GIVEN = "SELECT t.lot_key, t.from_lot_key, t.at, t.amount, l.team_id
        FROM lot_transfer t JOIN lot l ON l.org_id = t.org_id AND l.lot_key = t.lot_key
        WHERE t.org_id = $1 AND l.org_id = $1 AND t.from_team_id = $2 AND t.recorded_at <= $3
        ORDER BY t.lot_key";
    /// Which lots of a team came from another team, and from which.
    LEDGER_TAKEN = "SELECT t.lot_key, t.from_team_id
        FROM lot_transfer t JOIN lot l ON l.org_id = t.org_id AND l.lot_key = t.lot_key
        WHERE t.org_id = $1 AND l.org_id = $1 AND l.team_id = $2 AND t.recorded_at <= $3
        ORDER BY t.lot_key";
    /// When somebody unblocked a team.
    LEDGER_UNBLOCKS = "SELECT at FROM unblock
        WHERE org_id = $1 AND team_id = $2 AND recorded_at <= $3 ORDER BY at";
    /// When a team's debt was seen.
    LEDGER_NOTICES = "SELECT of_at, at FROM debt_notice
        WHERE org_id = $1 AND team_id = $2 AND at <= $3 ORDER BY of_at, at";
    /// What was given back to a team.
    LEDGER_RETURNS = "SELECT lot_key, class, amount, effective_at, reference FROM charge_return
        WHERE org_id = $1 AND team_id = $2 AND recorded_at <= $3
        AND (taken_back_at IS NULL OR taken_back_at > $3) ORDER BY lot_key";
    /// How much of what was given back to a team changed after an instant.
    LEDGER_RETURNS_SINCE = "SELECT count(*) AS changes FROM charge_return
        WHERE org_id = $1 AND team_id = $2 AND (recorded_at > $3 OR taken_back_at > $3)";
    /// The jobs whose prepared charges do not count at an instant.
    LEDGER_HIDDEN = "SELECT job_id FROM job WHERE org_id = $1
        AND (switched_at > $2 OR (switched_at IS NULL AND state <> 'done')) ORDER BY job_id";
    /// The time of a team's latest charge.
    CHARGE_LATEST = "SELECT max(at) AS at FROM charge WHERE org_id = $1 AND team_id = $2";
    /// The time of a team's first charge after an instant.
    CHARGE_AHEAD = "SELECT min(at) AS at FROM charge
        WHERE org_id = $1 AND team_id = $2 AND at > $3";
    /// What was recorded for a team after some record time, but for what jobs prepared. In no
    /// order: one by time would lead the planner through all charges of the team.
    CHARGE_SINCE = "SELECT at, class, amount FROM charge
        WHERE org_id = $1 AND team_id = $2 AND recorded_at > $3 AND generation = 0 LIMIT $4";
    /// When a job last switched.
    JOB_SWITCHED = "SELECT max(switched_at) AS switched_at FROM job WHERE org_id = $1";
    /// The charges of a part of an hour.
    CHARGE_PART = "SELECT class, cast(sum(amount) AS bigint) AS amount FROM charge
        WHERE org_id = $1 AND team_id = $2 AND at >= $3 AND at < $4
        AND ((generation = 0 AND recorded_at <= $5)
            OR (generation <> 0 AND generation NOT IN (SELECT value FROM json_each($6))))
        GROUP BY class HAVING sum(amount) <> 0"
        | "SELECT class, cast(sum(amount) AS bigint) AS amount FROM charge
        WHERE org_id = $1 AND team_id = $2 AND at >= $3 AND at < $4
        AND ((generation = 0 AND recorded_at <= $5)
            OR (generation <> 0 AND generation <> ALL($6)))
        GROUP BY class HAVING sum(amount) <> 0";
    /// The charges of a part of an hour, instant by instant.
    CHARGE_INSTANTS = "SELECT at, class, cast(sum(amount) AS bigint) AS amount FROM charge
        WHERE org_id = $1 AND team_id = $2 AND at >= $3 AND at < $4
        AND ((generation = 0 AND recorded_at <= $5)
            OR (generation <> 0 AND generation NOT IN (SELECT value FROM json_each($6))))
        GROUP BY at, class HAVING sum(amount) <> 0 ORDER BY at, class"
        | "SELECT at, class, cast(sum(amount) AS bigint) AS amount FROM charge
        WHERE org_id = $1 AND team_id = $2 AND at >= $3 AND at < $4
        AND ((generation = 0 AND recorded_at <= $5)
            OR (generation <> 0 AND generation <> ALL($6)))
        GROUP BY at, class HAVING sum(amount) <> 0 ORDER BY at, class";
    /// The single charges of a period with what puts those of one instant in order. The event is
    /// there in the revision that the charge is of: the current one, or a corrected one.
    CHARGE_SINGLE = "SELECT c.at, c.digest, c.n, c.class, c.revision, c.event_at,
        s.name AS source, coalesce(e.external_id, p.external_id) AS external_id,
        coalesce(e.app_id, p.app_id) AS app_id, coalesce(e.api_id, p.api_id) AS api_id,
        cast(sum(c.amount) AS bigint) AS amount FROM charge c
        LEFT JOIN usage_event e ON e.org_id = c.org_id AND e.org_id = $1 AND e.at = c.event_at
            AND e.digest = c.digest AND e.revision = c.revision
        LEFT JOIN event_past p ON p.org_id = c.org_id AND p.org_id = $1
            AND p.digest = c.digest AND p.revision = c.revision
        JOIN source s ON s.org_id = c.org_id AND s.source_id = coalesce(e.source_id, p.source_id)
        WHERE c.org_id = $1 AND s.org_id = $1
        AND c.team_id = $2 AND c.at >= $3 AND c.at < $4
        AND ((c.generation = 0 AND c.recorded_at <= $5)
            OR (c.generation <> 0 AND c.generation NOT IN (SELECT value FROM json_each($6))))
        GROUP BY c.at, c.digest, c.n, c.class, c.revision, c.event_at, s.name, e.external_id,
            p.external_id, e.app_id, p.app_id, e.api_id, p.api_id"
        | "SELECT c.at, c.digest, c.n, c.class, c.revision, c.event_at,
        s.name AS source, coalesce(e.external_id, p.external_id) AS external_id,
        coalesce(e.app_id, p.app_id) AS app_id, coalesce(e.api_id, p.api_id) AS api_id,
        cast(sum(c.amount) AS bigint) AS amount FROM charge c
        LEFT JOIN usage_event e ON e.org_id = c.org_id AND e.org_id = $1 AND e.at = c.event_at
            AND e.digest = c.digest AND e.revision = c.revision
        LEFT JOIN event_past p ON p.org_id = c.org_id AND p.org_id = $1
            AND p.digest = c.digest AND p.revision = c.revision
        JOIN source s ON s.org_id = c.org_id AND s.source_id = coalesce(e.source_id, p.source_id)
        WHERE c.org_id = $1 AND s.org_id = $1
        AND c.team_id = $2 AND c.at >= $3 AND c.at < $4
        AND ((c.generation = 0 AND c.recorded_at <= $5)
            OR (c.generation <> 0 AND c.generation <> ALL($6)))
        GROUP BY c.at, c.digest, c.n, c.class, c.revision, c.event_at, s.name, e.external_id,
            p.external_id, e.app_id, p.app_id, e.api_id, p.api_id";
    /// The charges of a period of one class by app and API.
    CHARGE_USAGE = "SELECT coalesce(e.app_id, p.app_id) AS app_id,
        coalesce(e.api_id, p.api_id) AS api_id, cast(sum(c.amount) AS bigint) AS amount
        FROM charge c
        LEFT JOIN usage_event e ON e.org_id = c.org_id AND e.org_id = $1 AND e.at = c.event_at
            AND e.digest = c.digest AND e.revision = c.revision
        LEFT JOIN event_past p ON p.org_id = c.org_id AND p.org_id = $1
            AND p.digest = c.digest AND p.revision = c.revision
        WHERE c.org_id = $1 AND c.team_id = $2 AND c.at >= $3 AND c.at < $4
        AND ((c.generation = 0 AND c.recorded_at <= $5)
            OR (c.generation <> 0 AND c.generation NOT IN (SELECT value FROM json_each($6))))
        AND c.class = $7
        GROUP BY coalesce(e.app_id, p.app_id), coalesce(e.api_id, p.api_id)
        HAVING sum(c.amount) <> 0"
        | "SELECT coalesce(e.app_id, p.app_id) AS app_id,
        coalesce(e.api_id, p.api_id) AS api_id, cast(sum(c.amount) AS bigint) AS amount
        FROM charge c
        LEFT JOIN usage_event e ON e.org_id = c.org_id AND e.org_id = $1 AND e.at = c.event_at
            AND e.digest = c.digest AND e.revision = c.revision
        LEFT JOIN event_past p ON p.org_id = c.org_id AND p.org_id = $1
            AND p.digest = c.digest AND p.revision = c.revision
        WHERE c.org_id = $1 AND c.team_id = $2 AND c.at >= $3 AND c.at < $4
        AND ((c.generation = 0 AND c.recorded_at <= $5)
            OR (c.generation <> 0 AND c.generation <> ALL($6)))
        AND c.class = $7
        GROUP BY coalesce(e.app_id, p.app_id), coalesce(e.api_id, p.api_id)
        HAVING sum(c.amount) <> 0";
    /// What was recorded after an instant, by quarters of an hour of UTC ($4 = their length).
    CHARGE_LATER = "SELECT at - ((at % $4) + $4) % $4 AS at, class,
        cast(sum(amount) AS bigint) AS amount FROM charge
        WHERE org_id = $1 AND team_id = $2 AND recorded_at > $3 AND generation = 0
        GROUP BY at - ((at % $4) + $4) % $4, class HAVING sum(amount) <> 0";
    /// The same of some quarters, instant by instant.
    CHARGE_LATER_FINE = "SELECT at, class, cast(sum(amount) AS bigint) AS amount FROM charge
        WHERE org_id = $1 AND team_id = $2 AND recorded_at > $3 AND generation = 0
        AND at >= $4 AND at < $5
        GROUP BY at, class HAVING sum(amount) <> 0";
    /// What jobs added to the sums of a team's hours when they switched after an instant.
    JOB_LATER = "SELECT s.at, s.class, cast(sum(s.amount) AS bigint) AS amount FROM job_sum s
        JOIN job j ON j.org_id = s.org_id AND j.job_id = s.job_id
        WHERE s.org_id = $1 AND j.org_id = $1 AND s.team_id = $2 AND j.switched_at > $3
        GROUP BY s.at, s.class HAVING sum(s.amount) <> 0";
}

/// Which rows of the journal count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sight {
    /// Rows that were recorded later are hidden; none = nothing is.
    pub known: Option<i64>,
    /// Jobs whose rows are hidden.
    pub hidden: Vec<i64>,
}

impl Sight {
    fn until(&self) -> i64 {
        self.known.unwrap_or(i64::MAX)
    }
}

/// What is visible at an instant of knowledge.
///
/// # Errors
/// [`DbError`]
pub async fn sight(tx: &mut Tx, org: OrgId, known: Option<i64>) -> Result<Sight, DbError> {
    let until = known.unwrap_or(i64::MAX);
    let rows: Vec<(i64,)> = tx.rows(LEDGER_HIDDEN, args![org.0, until]).await?;
    Ok(Sight { known, hidden: rows.into_iter().map(|(job,)| job).collect() })
}

/// The newest record time of a team's charges; none for a team that is not there.
///
/// # Errors
/// [`DbError`]
pub async fn recorded_at(tx: &mut Tx, org: OrgId, team: TeamId) -> Result<Option<i64>, DbError> {
    let row: Option<(i64,)> = tx.row(TEAM_RECORDED_AT, args![org.0, team.0]).await?;
    Ok(row.map(|(at,)| at))
}

/// What was given back: lot, class, micro-tokens, from when on, reference.
pub type ReturnRow = (String, String, i64, i64, String);

/// A team's lots and what happened to them.
#[derive(Debug, Clone, Default)]
pub struct LedgerRows {
    /// The lots.
    pub lots: Vec<LotRow>,
    /// Lot, time.
    pub voids: Vec<(String, i64)>,
    /// What it gave away: new lot, source lot, time, amount, to which team.
    pub given: Vec<(String, String, i64, i64, i64)>,
    /// Which lots came from another team: lot, team.
    pub taken: Vec<(String, i64)>,
    /// When it was unblocked.
    pub unblocks: Vec<(i64,)>,
    /// Debt that was seen: an instant of the run, when it was seen.
    pub notices: Vec<(i64, i64)>,
    /// What was given back.
    pub returns: Vec<ReturnRow>,
}

/// Reads a team's lots and what happened to them, as it was known at an instant.
///
/// # Errors
/// [`DbError`]
pub async fn rows(
    tx: &mut Tx,
    org: OrgId,
    team: TeamId,
    known: Option<i64>,
) -> Result<LedgerRows, DbError> {
    let args = || args![org.0, team.0, known.unwrap_or(i64::MAX)];
    Ok(LedgerRows {
        lots: tx.rows(LEDGER_LOTS, args()).await?,
        voids: tx.rows(LEDGER_VOIDS, args()).await?,
        given: tx.rows(LEDGER_GIVEN, args()).await?,
        taken: tx.rows(LEDGER_TAKEN, args()).await?,
        unblocks: tx.rows(LEDGER_UNBLOCKS, args()).await?,
        notices: tx.rows(LEDGER_NOTICES, args()).await?,
        returns: tx.rows(LEDGER_RETURNS, args()).await?,
    })
}

/// The time of a team's latest charge.
///
/// # Errors
/// [`DbError`]
pub async fn latest(tx: &mut Tx, org: OrgId, team: TeamId) -> Result<Option<i64>, DbError> {
    let row: Option<(Option<i64>,)> = tx.row(CHARGE_LATEST, args![org.0, team.0]).await?;
    Ok(row.and_then(|(at,)| at))
}

/// The time of a team's first charge after an instant.
///
/// # Errors
/// [`DbError`]
pub async fn ahead(
    tx: &mut Tx,
    org: OrgId,
    team: TeamId,
    after: i64,
) -> Result<Option<i64>, DbError> {
    let row: Option<(Option<i64>,)> = tx.row(CHARGE_AHEAD, args![org.0, team.0, after]).await?;
    Ok(row.and_then(|(at,)| at))
}

/// What was recorded for a team after some record time, but for what jobs prepared: time, class,
/// micro-tokens.
///
/// # Errors
/// [`DbError`]
pub async fn since(
    tx: &mut Tx,
    (org, team): (OrgId, TeamId),
    recorded_at: i64,
    most: i64,
) -> Result<Vec<(i64, String, i64)>, DbError> {
    tx.rows(CHARGE_SINCE, args![org.0, team.0, recorded_at, most]).await
}

/// When a job of the organization last switched.
///
/// # Errors
/// [`DbError`]
pub async fn switched_at(tx: &mut Tx, org: OrgId) -> Result<Option<i64>, DbError> {
    let row: Option<(Option<i64>,)> = tx.row(JOB_SWITCHED, args![org.0]).await?;
    Ok(row.and_then(|(at,)| at))
}

/// Whose charges, of which period, as they are seen.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The organization.
    pub org: OrgId,
    /// The team.
    pub team: TeamId,
    /// Which rows count.
    pub sight: &'a Sight,
}

impl Asked<'_> {
    fn args(&self, (from, to): (i64, i64)) -> Vec<super::sql::Value> {
        args![self.org.0, self.team.0, from, to, self.sight.until(), self.sight.hidden.clone()]
    }
}

/// The sums of a period: class, micro-tokens.
///
/// # Errors
/// [`DbError`]
pub async fn part(
    tx: &mut Tx,
    asked: Asked<'_>,
    span: (i64, i64),
) -> Result<Vec<(String, i64)>, DbError> {
    tx.rows(CHARGE_PART, asked.args(span)).await
}

/// The sums of each instant of a period: time, class, micro-tokens.
///
/// # Errors
/// [`DbError`]
pub async fn instants(
    tx: &mut Tx,
    asked: Asked<'_>,
    span: (i64, i64),
) -> Result<Vec<(i64, String, i64)>, DbError> {
    tx.rows(CHARGE_INSTANTS, asked.args(span)).await
}

/// A single charge.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SingleRow {
    /// The charge's own time.
    pub at: i64,
    /// The event.
    pub digest: Vec<u8>,
    /// Which of the event's charges.
    pub n: i64,
    /// Code of the class.
    pub class: String,
    /// Of which revision of the event it is.
    pub revision: i64,
    /// The event's time.
    pub event_at: i64,
    /// Name of the sender.
    pub source: String,
    /// The sender's id.
    pub external_id: String,
    /// The app.
    pub app_id: i64,
    /// The API.
    pub api_id: i64,
    /// In micro-tokens.
    pub amount: i64,
}

/// The single charges of a period in the order (time, source, id, n): the visible rows of each
/// added up, with the event as its newest visible revision has it. The order of texts is that of
/// their bytes, which a database's collation need not keep; so it is made here.
///
/// # Errors
/// [`DbError`]
pub async fn singles(
    tx: &mut Tx,
    asked: Asked<'_>,
    span: (i64, i64),
) -> Result<Vec<SingleRow>, DbError> {
    let mut rows: Vec<SingleRow> = tx.rows(CHARGE_SINGLE, asked.args(span)).await?;
    rows.sort_unstable_by(|a, b| {
        let key = |row: &SingleRow| (row.at, row.n, row.revision);
        let ((at, n, revision), (other_at, other_n, other_revision)) = (key(a), key(b));
        (at, &a.source, &a.external_id, n, &a.class, revision).cmp(&(
            other_at,
            &b.source,
            &b.external_id,
            other_n,
            &b.class,
            other_revision,
        ))
    });
    let mut net: Vec<SingleRow> = Vec::with_capacity(rows.len());
    for row in rows {
        let same = |last: &&mut SingleRow| {
            (last.at, &last.digest, last.n, &last.class) == (row.at, &row.digest, row.n, &row.class)
        };
        match net.last_mut().filter(same) {
            Some(last) => {
                let amount = last.amount.checked_add(row.amount).ok_or(DbError::Overflow)?;
                *last = SingleRow { amount, ..row };
            }
            None => net.push(row),
        }
    }
    net.retain(|row| row.amount != 0);
    Ok(net)
}

/// The charges of a period of a class by app and API: app, API, micro-tokens.
///
/// # Errors
/// [`DbError`]
pub async fn usage(
    tx: &mut Tx,
    asked: Asked<'_>,
    span: (i64, i64),
    class: &str,
) -> Result<Vec<(i64, i64, i64)>, DbError> {
    let mut args = asked.args(span);
    args.extend(args![class]);
    tx.rows(CHARGE_USAGE, args).await
}

/// What was recorded after an instant, by quarters of an hour of UTC, and in whole hours by jobs
/// that switched after it: start, class, micro-tokens.
///
/// # Errors
/// [`DbError`]
pub async fn later(
    tx: &mut Tx,
    (org, team): (OrgId, TeamId),
    known: i64,
    quarter: i64,
) -> Result<Vec<(i64, String, i64)>, DbError> {
    tx.rows(CHARGE_LATER, args![org.0, team.0, known, quarter]).await
}

/// The same of a period, instant by instant.
///
/// # Errors
/// [`DbError`]
pub async fn later_fine(
    tx: &mut Tx,
    (org, team): (OrgId, TeamId),
    known: i64,
    (from, to): (i64, i64),
) -> Result<Vec<(i64, String, i64)>, DbError> {
    tx.rows(CHARGE_LATER_FINE, args![org.0, team.0, known, from, to]).await
}

/// What jobs added to the sums of hours when they switched after an instant.
///
/// # Errors
/// [`DbError`]
pub async fn later_by_jobs(
    tx: &mut Tx,
    (org, team): (OrgId, TeamId),
    known: i64,
) -> Result<Vec<(i64, String, i64)>, DbError> {
    tx.rows(JOB_LATER, args![org.0, team.0, known]).await
}

/// Whether anything was given back to a team, or taken back again, after an instant.
///
/// # Errors
/// [`DbError`]
pub async fn returned_since(
    tx: &mut Tx,
    (org, team): (OrgId, TeamId),
    recorded_at: i64,
) -> Result<bool, DbError> {
    let args = args![org.0, team.0, recorded_at];
    let row: Option<(i64,)> = tx.row(LEDGER_RETURNS_SINCE, args).await?;
    Ok(row.is_some_and(|(changes,)| changes > 0))
}
