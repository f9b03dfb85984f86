//! The journal of charges and their sums per team, class, hour and day.

use super::db::{Bulk, Column, DbError, Tx};
use super::rollup::Wanted;
use crate::{args, statements};
use std::collections::BTreeMap;
use tokenscope::id::{OrgId, TeamId};
use tokenscope::lot::Class;

statements! {
    /// Takes the locks of some teams, in the order of their numbers.
    TEAM_LOCK = "SELECT team_id, last_recorded_at FROM team
        WHERE org_id = $1 AND team_id IN (SELECT value FROM json_each($2)) ORDER BY team_id"
        | "SELECT team_id, last_recorded_at FROM team
        WHERE org_id = $1 AND team_id = ANY($2) ORDER BY team_id FOR UPDATE";
    /// Notes the newest record time of a team.
    TEAM_RECORDED = "UPDATE team SET last_recorded_at = $3 WHERE org_id = $1 AND team_id = $2";
    /// What is charged now for some events; rows that a job prepared count once it has switched,
    /// and those of one job ($3, 0 for none) before.
    CHARGE_NET = "SELECT team_id, at, digest, n, class, belongs_to, revision,
        cast(sum(amount) AS bigint) AS amount
        FROM charge WHERE org_id = $1 AND digest IN (SELECT unhex(value) FROM json_each($2))
        AND (generation = 0 OR generation = $3 OR generation IN
            (SELECT job_id FROM job WHERE org_id = $1 AND switched_at IS NOT NULL))
        GROUP BY team_id, at, digest, n, class, belongs_to, revision HAVING sum(amount) <> 0"
        | "SELECT team_id, at, digest, n, class, belongs_to, revision,
        cast(sum(amount) AS bigint) AS amount
        FROM charge WHERE org_id = $1 AND digest = ANY($2)
        AND (generation = 0 OR generation = $3 OR generation IN
            (SELECT job_id FROM job WHERE org_id = $1 AND switched_at IS NOT NULL))
        GROUP BY team_id, at, digest, n, class, belongs_to, revision HAVING sum(amount) <> 0";
    /// The sums of a team's days up to an instant.
    DAY_SUMS = "SELECT at, class, amount FROM charge_by_day
        WHERE org_id = $1 AND team_id = $2 AND at <= $3 ORDER BY at, class";
    /// The sums of a team's hours in a period.
    HOUR_SUMS = "SELECT at, class, amount FROM charge_by_hour
        WHERE org_id = $1 AND team_id = $2 AND at >= $3 AND at < $4 ORDER BY at, class";
    /// The single charges of a team in a period, with what puts those of one instant in order.
    CHARGE_LIST = "SELECT c.at, s.name AS source, coalesce(e.external_id, p.external_id) AS id,
        c.n, c.class, cast(sum(c.amount) AS bigint) AS amount FROM charge c
        JOIN event_key k ON k.org_id = c.org_id AND k.digest = c.digest
        LEFT JOIN usage_event e ON e.org_id = $1 AND e.org_id = c.org_id AND e.at = k.at
            AND e.digest = c.digest
        LEFT JOIN event_past p ON p.org_id = $1 AND p.org_id = c.org_id
            AND p.digest = c.digest AND p.revision = 0
        JOIN source s ON s.org_id = c.org_id
            AND s.source_id = coalesce(e.source_id, p.source_id)
        WHERE c.org_id = $1 AND k.org_id = $1 AND s.org_id = $1
        AND c.team_id = $2 AND c.at >= $3 AND c.at < $4
        AND (c.generation = 0 OR c.generation IN
            (SELECT job_id FROM job WHERE org_id = $1 AND switched_at IS NOT NULL))
        GROUP BY c.at, s.name, coalesce(e.external_id, p.external_id), c.n, c.class
        HAVING sum(c.amount) <> 0";
    /// Tokens charged to some teams in a period, by app and API.
    CHARGE_SUM = "SELECT coalesce(e.app_id, p.app_id) AS app_id,
        coalesce(e.api_id, p.api_id) AS api_id,
        cast(sum(c.amount) AS bigint) AS amount
        FROM charge c
        LEFT JOIN usage_event e ON e.org_id = $1 AND e.org_id = c.org_id AND e.at = c.event_at
            AND e.digest = c.digest AND e.revision = c.revision
        LEFT JOIN event_past p ON p.org_id = $1 AND p.org_id = c.org_id AND p.digest = c.digest
            AND p.revision = c.revision
        WHERE c.org_id = $1 AND c.at >= $2 AND c.at < $3
        AND c.team_id IN (SELECT value FROM json_each($11))
        AND (c.generation = 0 OR c.generation IN
            (SELECT job_id FROM job WHERE org_id = $1 AND switched_at IS NOT NULL))
        AND ($4 = 1 OR coalesce(e.app_id, p.app_id) IN (SELECT value FROM json_each($5)))
        AND ($6 = 1 OR coalesce(e.api_id, p.api_id) IN (SELECT value FROM json_each($7)))
        AND ($8 = 1 OR coalesce(e.user_id, p.user_id) = $9
            OR coalesce(e.app_id, p.app_id) IN (SELECT value FROM json_each($10)))
        GROUP BY coalesce(e.app_id, p.app_id), coalesce(e.api_id, p.api_id)
        HAVING sum(c.amount) <> 0"
        | "SELECT coalesce(e.app_id, p.app_id) AS app_id,
        coalesce(e.api_id, p.api_id) AS api_id,
        cast(sum(c.amount) AS bigint) AS amount
        FROM charge c
        LEFT JOIN usage_event e ON e.org_id = $1 AND e.org_id = c.org_id AND e.at = c.event_at
            AND e.digest = c.digest AND e.revision = c.revision
        LEFT JOIN event_past p ON p.org_id = $1 AND p.org_id = c.org_id AND p.digest = c.digest
            AND p.revision = c.revision
        WHERE c.org_id = $1 AND c.at >= $2 AND c.at < $3
        AND c.team_id = ANY($11)
        AND (c.generation = 0 OR c.generation IN
            (SELECT job_id FROM job WHERE org_id = $1 AND switched_at IS NOT NULL))
        AND ($4 = 1 OR coalesce(e.app_id, p.app_id) = ANY($5))
        AND ($6 = 1 OR coalesce(e.api_id, p.api_id) = ANY($7))
        AND ($8 = 1 OR coalesce(e.user_id, p.user_id) = $9
            OR coalesce(e.app_id, p.app_id) = ANY($10))
        GROUP BY coalesce(e.app_id, p.app_id), coalesce(e.api_id, p.api_id)
        HAVING sum(c.amount) <> 0";
    /// The charges of a period that are later than their events.
    CHARGE_LATE = "SELECT c.team_id, c.at, coalesce(e.app_id, p.app_id) AS app_id,
        coalesce(e.api_id, p.api_id) AS api_id,
        cast(sum(c.amount) AS bigint) AS amount
        FROM charge c
        LEFT JOIN usage_event e ON e.org_id = $1 AND e.org_id = c.org_id AND e.at = c.event_at
            AND e.digest = c.digest AND e.revision = c.revision
        LEFT JOIN event_past p ON p.org_id = $1 AND p.org_id = c.org_id AND p.digest = c.digest
            AND p.revision = c.revision
        WHERE c.org_id = $1 AND c.at >= $2 AND c.at < $3
        AND c.team_id IN (SELECT value FROM json_each($11))
        AND c.class = 'product' AND c.at > c.event_at
        AND (c.generation = 0 OR c.generation IN
            (SELECT job_id FROM job WHERE org_id = $1 AND switched_at IS NOT NULL))
        AND ($4 = 1 OR coalesce(e.app_id, p.app_id) IN (SELECT value FROM json_each($5)))
        AND ($6 = 1 OR coalesce(e.api_id, p.api_id) IN (SELECT value FROM json_each($7)))
        AND ($8 = 1 OR coalesce(e.user_id, p.user_id) = $9
            OR coalesce(e.app_id, p.app_id) IN (SELECT value FROM json_each($10)))
        GROUP BY c.team_id, c.at, coalesce(e.app_id, p.app_id), coalesce(e.api_id, p.api_id)
        HAVING sum(c.amount) <> 0"
        | "SELECT c.team_id, c.at, coalesce(e.app_id, p.app_id) AS app_id,
        coalesce(e.api_id, p.api_id) AS api_id,
        cast(sum(c.amount) AS bigint) AS amount
        FROM charge c
        LEFT JOIN usage_event e ON e.org_id = $1 AND e.org_id = c.org_id AND e.at = c.event_at
            AND e.digest = c.digest AND e.revision = c.revision
        LEFT JOIN event_past p ON p.org_id = $1 AND p.org_id = c.org_id AND p.digest = c.digest
            AND p.revision = c.revision
        WHERE c.org_id = $1 AND c.at >= $2 AND c.at < $3
        AND c.team_id = ANY($11)
        AND c.class = 'product' AND c.at > c.event_at
        AND (c.generation = 0 OR c.generation IN
            (SELECT job_id FROM job WHERE org_id = $1 AND switched_at IS NOT NULL))
        AND ($4 = 1 OR coalesce(e.app_id, p.app_id) = ANY($5))
        AND ($6 = 1 OR coalesce(e.api_id, p.api_id) = ANY($7))
        AND ($8 = 1 OR coalesce(e.user_id, p.user_id) = $9
            OR coalesce(e.app_id, p.app_id) = ANY($10))
        GROUP BY c.team_id, c.at, coalesce(e.app_id, p.app_id), coalesce(e.api_id, p.api_id)
        HAVING sum(c.amount) <> 0";
}

/// One row of the journal.
#[derive(Debug, Clone)]
pub struct ChargeRow {
    /// The team that is charged.
    pub team_id: i64,
    /// When it counts: the charge's own time, or the first open instant.
    pub at: i64,
    /// The event.
    pub digest: [u8; 16],
    /// Which of the event's charges.
    pub n: i64,
    /// When the row was written; below zero for one that a job prepared.
    pub recorded_at: i64,
    /// The event's time.
    pub event_at: i64,
    /// What it is for.
    pub class: Class,
    /// In micro-tokens; negative takes an earlier row back.
    pub amount: i64,
    /// Of which revision of the event.
    pub revision: i64,
    /// The charge's own time, where it counts later.
    pub belongs_to: Option<i64>,
    /// The job that prepared it; 0 for none.
    pub generation: i64,
}

/// What is charged now: the rows of one charge added up.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct NetRow {
    /// The team that is charged.
    pub team_id: i64,
    /// When it counts.
    pub at: i64,
    /// The event.
    pub digest: Vec<u8>,
    /// Which of the event's charges.
    pub n: i64,
    /// Code of the class.
    pub class: String,
    /// The charge's own time, where it counts later.
    pub belongs_to: Option<i64>,
    /// Of which revision of the event.
    pub revision: i64,
    /// In micro-tokens.
    pub amount: i64,
}

/// Time, code of the class, micro-tokens.
pub type SumRow = (i64, String, i64);

/// Sums to add: (team, start, class) to micro-tokens.
pub type SumDeltas = BTreeMap<(i64, i64, Class), i64>;

/// Takes the locks of teams and returns their newest record times.
///
/// # Errors
/// [`DbError`]
pub async fn lock_teams(
    tx: &mut Tx,
    org: OrgId,
    teams: Vec<i64>,
) -> Result<BTreeMap<i64, i64>, DbError> {
    let rows: Vec<(i64, i64)> = tx.rows(TEAM_LOCK, args![org.0, teams]).await?;
    Ok(rows.into_iter().collect())
}

/// Notes the newest record time of a team.
///
/// # Errors
/// [`DbError`]
pub async fn set_recorded(
    tx: &mut Tx,
    org: OrgId,
    team: i64,
    recorded_at: i64,
) -> Result<(), DbError> {
    tx.run(TEAM_RECORDED, args![org.0, team, recorded_at]).await?;
    Ok(())
}

/// What is charged now for some events, with what a job (0 for none) prepared.
///
/// # Errors
/// [`DbError`]
pub async fn net(
    tx: &mut Tx,
    org: OrgId,
    digests: Vec<Vec<u8>>,
    job: i64,
) -> Result<Vec<NetRow>, DbError> {
    if digests.is_empty() {
        return Ok(Vec::new());
    }
    tx.rows(CHARGE_NET, args![org.0, digests, job]).await
}

/// Adds rows to the journal.
///
/// # Errors
/// [`DbError`]
pub async fn add(tx: &mut Tx, org: OrgId, rows: &[ChargeRow]) -> Result<(), DbError> {
    macro_rules! ints {
        ($row:ident => $value:expr) => {
            Column::Ints(rows.iter().map(|$row| $value).collect())
        };
    }
    let classes = rows.iter().map(|r| r.class.code().to_owned()).collect();
    let mut columns = vec![
        ("team_id", ints!(r => r.team_id)),
        ("at", ints!(r => r.at)),
        ("digest", Column::Blobs(rows.iter().map(|r| r.digest.to_vec()).collect())),
        ("n", ints!(r => r.n)),
        ("recorded_at", ints!(r => r.recorded_at)),
        ("event_at", ints!(r => r.event_at)),
        ("class", Column::Texts(classes)),
        ("amount", ints!(r => r.amount)),
    ];
    // Ordinary rows need none of the rest, and are the most by far.
    let plain = |r: &ChargeRow| r.revision == 0 && r.belongs_to.is_none() && r.generation == 0;
    if !rows.iter().all(plain) {
        let belongs_to = rows.iter().map(|r| r.belongs_to).collect();
        columns.push(("revision", ints!(r => r.revision)));
        columns.push(("belongs_to", Column::OptInts(belongs_to)));
        columns.push(("generation", ints!(r => r.generation)));
    }
    let bulk = Bulk { table: "charge", org: org.0, columns, on_conflict: "" };
    let _: Vec<(i64,)> = tx.bulk(bulk).await?;
    Ok(())
}

/// Adds to the sums per hour and per day.
///
/// # Errors
/// [`DbError`]
pub async fn add_sums(
    tx: &mut Tx,
    org: OrgId,
    by_hour: &SumDeltas,
    by_day: &SumDeltas,
) -> Result<(), DbError> {
    const HOUR: &str = "ON CONFLICT (org_id, team_id, at, class) \
        DO UPDATE SET amount = charge_by_hour.amount + excluded.amount";
    const DAY: &str = "ON CONFLICT (org_id, team_id, at, class) \
        DO UPDATE SET amount = charge_by_day.amount + excluded.amount";
    for (table, sums, on_conflict) in
        [("charge_by_hour", by_hour, HOUR), ("charge_by_day", by_day, DAY)]
    {
        let classes = sums.keys().map(|k| k.2.code().to_owned()).collect();
        let _: Vec<(i64,)> = tx
            .bulk(Bulk {
                table,
                org: org.0,
                columns: vec![
                    ("team_id", Column::Ints(sums.keys().map(|k| k.0).collect())),
                    ("at", Column::Ints(sums.keys().map(|k| k.1).collect())),
                    ("class", Column::Texts(classes)),
                    ("amount", Column::Ints(sums.values().copied().collect())),
                ],
                on_conflict,
            })
            .await?;
    }
    Ok(())
}

/// The sums of a team's days that start at or before an instant.
///
/// # Errors
/// [`DbError`]
pub async fn day_sums(
    tx: &mut Tx,
    org: OrgId,
    team: TeamId,
    until: i64,
) -> Result<Vec<SumRow>, DbError> {
    tx.rows(DAY_SUMS, args![org.0, team.0, until]).await
}

/// The sums of a team's hours in a period.
///
/// # Errors
/// [`DbError`]
pub async fn hour_sums(
    tx: &mut Tx,
    org: OrgId,
    team: TeamId,
    (from, to): (i64, i64),
) -> Result<Vec<SumRow>, DbError> {
    tx.rows(HOUR_SUMS, args![org.0, team.0, from, to]).await
}

/// The single charges of a team in a period, in the order (time, source, id, n). The order of
/// texts is that of their bytes, which a database's collation need not keep; so it is made here.
///
/// # Errors
/// [`DbError`]
pub async fn list(
    tx: &mut Tx,
    org: OrgId,
    team: TeamId,
    (from, to): (i64, i64),
) -> Result<Vec<SumRow>, DbError> {
    type Row = (i64, String, String, i64, String, i64);
    let mut rows: Vec<Row> = tx.rows(CHARGE_LIST, args![org.0, team.0, from, to]).await?;
    rows.sort_unstable();
    Ok(rows.into_iter().map(|(at, _, _, _, class, amount)| (at, class, amount)).collect())
}

/// Tokens charged to some teams in a period: app, API, micro-tokens.
///
/// # Errors
/// [`DbError`]
pub async fn sum(
    tx: &mut Tx,
    org: OrgId,
    teams: Vec<i64>,
    span: (i64, i64),
    wanted: &Wanted,
) -> Result<Vec<(i64, i64, i64)>, DbError> {
    let mut args = wanted.args(org, span, true);
    args.extend(args![teams]);
    tx.rows(CHARGE_SUM, args).await
}

/// Team, time, app, API, micro-tokens.
pub type LateRow = (i64, i64, i64, i64, i64);

/// The charges of a period that are later than their events, as those of daily products can be.
///
/// # Errors
/// [`DbError`]
pub async fn late(
    tx: &mut Tx,
    org: OrgId,
    teams: Vec<i64>,
    span: (i64, i64),
    wanted: &Wanted,
) -> Result<Vec<LateRow>, DbError> {
    let mut args = wanted.args(org, span, true);
    args.extend(args![teams]);
    tx.rows(CHARGE_LATE, args).await
}
