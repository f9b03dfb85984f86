//! Work that goes on beside the program's other work, and what it prepares.

use super::charge::SumDeltas;
use super::db::{Bulk, Column, DbError, Tx};
use super::rollup::{Bucket, Deltas, Dimensions, Sums};
use crate::{args, statements};
use tokenscope::id::OrgId;
use tokenscope::lot::Class;

statements! {
    /// A new job.
    JOB_ADD = "INSERT INTO job (org_id, job_id, kind, state, content, position, done, total,
        created_at, claimed_until) VALUES ($1, $2, $3, 'waiting', $4, '', 0, $5, $6, 0)";
    /// One job.
    JOB_GET = "SELECT job_id, kind, state, content, position, done, total, created_at,
        switched_at, finished_at, failure FROM job WHERE org_id = $1 AND job_id = $2";
    /// The newest jobs of an organization.
    JOB_LIST = "SELECT job_id, kind, state, content, position, done, total, created_at,
        switched_at, finished_at, failure FROM job WHERE org_id = $1
        ORDER BY job_id DESC LIMIT 100";
    /// The jobs of an organization that are not over.
    JOB_OPEN = "SELECT job_id FROM job WHERE org_id = $1 AND state IN ('waiting', 'running')
        ORDER BY job_id";
    /// Fan-out: jobs that nobody works at, for the worker, which claims each by itself.
    JOB_FREE = "SELECT org_id, job_id FROM job WHERE state IN ('waiting', 'running')
        AND claimed_until < $1 ORDER BY org_id, job_id";
    /// Takes a job for a while.
    JOB_CLAIM = "UPDATE job SET state = 'running', claimed_until = $4 WHERE org_id = $1
        AND job_id = $2 AND state IN ('waiting', 'running') AND claimed_until < $3";
    /// How far a job is.
    JOB_PROGRESS = "UPDATE job SET position = $3, done = $4, claimed_until = $5
        WHERE org_id = $1 AND job_id = $2 AND state = 'running'";
    /// What a job prepared counts from now on. What it was to do names people, and is recorded.
    JOB_SWITCH = "UPDATE job SET state = 'done', done = total, content = '', switched_at = $3,
        finished_at = $3, claimed_until = 0 WHERE org_id = $1 AND job_id = $2";
    /// A job could not do it.
    JOB_FAIL = "UPDATE job SET state = 'failed', content = '', failure = $3, finished_at = $4,
        claimed_until = 0 WHERE org_id = $1 AND job_id = $2";
    /// What a job adds to the sums of hours.
    JOB_SUMS = "SELECT team_id, at, class, amount FROM job_sum
        WHERE org_id = $1 AND job_id = $2 AND amount <> 0";
    /// What a job adds to the usage rollups of one bucket length.
    JOB_USAGE = "SELECT at, app_id, api_id, variant_id, user_id, quantity, quantity_micro, tokens
        FROM job_usage WHERE org_id = $1 AND job_id = $2 AND grain = $3
        AND (quantity <> 0 OR quantity_micro <> 0 OR tokens <> 0)";
    JOB_USAGE_DROP = "DELETE FROM job_usage WHERE org_id = $1 AND job_id = $2";
    /// Events that came or changed meanwhile.
    JOB_EVENTS = "SELECT digest FROM job_event WHERE org_id = $1 AND job_id = $2
        ORDER BY digest LIMIT $3";
    JOB_EVENTS_COUNT = "SELECT count(*) AS n FROM (SELECT digest FROM job_event
        WHERE org_id = $1 AND job_id = $2 LIMIT $3) found";
    JOB_EVENTS_DROP = "DELETE FROM job_event WHERE org_id = $1 AND job_id = $2
        AND digest IN (SELECT unhex(value) FROM json_each($3))"
        | "DELETE FROM job_event WHERE org_id = $1 AND job_id = $2 AND digest = ANY($3)";
}

/// A job as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct JobRow {
    /// Its number.
    pub job_id: i64,
    /// What it does.
    pub kind: String,
    /// `waiting`, `running`, `done` or `failed`.
    pub state: String,
    /// What is to be done, as JSON.
    pub content: String,
    /// How far it is, as JSON; empty at the beginning.
    pub position: String,
    /// Events that are prepared.
    pub done: i64,
    /// Events there were when it began.
    pub total: i64,
    /// When it was made.
    pub created_at: i64,
    /// From when on what it prepared counts.
    pub switched_at: Option<i64>,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// Why it could not be done.
    pub failure: Option<String>,
}

/// Adds a job.
///
/// # Errors
/// [`DbError`]
pub async fn add(
    tx: &mut Tx,
    org: OrgId,
    (job, kind): (i64, &str),
    (content, total): (&str, i64),
    now: i64,
) -> Result<(), DbError> {
    tx.run(JOB_ADD, args![org.0, job, kind, content, total, now]).await?;
    Ok(())
}

/// One job.
///
/// # Errors
/// [`DbError`]
pub async fn get(tx: &mut Tx, org: OrgId, job: i64) -> Result<Option<JobRow>, DbError> {
    tx.row(JOB_GET, args![org.0, job]).await
}

/// The newest hundred jobs.
///
/// # Errors
/// [`DbError`]
pub async fn list(tx: &mut Tx, org: OrgId) -> Result<Vec<JobRow>, DbError> {
    tx.rows(JOB_LIST, args![org.0]).await
}

/// The numbers of the jobs that are not over.
///
/// # Errors
/// [`DbError`]
pub async fn open(tx: &mut Tx, org: OrgId) -> Result<Vec<i64>, DbError> {
    let rows: Vec<(i64,)> = tx.rows(JOB_OPEN, args![org.0]).await?;
    Ok(rows.into_iter().map(|(job,)| job).collect())
}

/// The jobs of all organizations that nobody works at.
///
/// # Errors
/// [`DbError`]
pub async fn free(tx: &mut Tx, now: i64) -> Result<Vec<(i64, i64)>, DbError> {
    tx.rows(JOB_FREE, args![now]).await
}

/// Takes a job until an instant; false when somebody else has it.
///
/// # Errors
/// [`DbError`]
pub async fn claim(
    tx: &mut Tx,
    org: OrgId,
    job: i64,
    (now, until): (i64, i64),
) -> Result<bool, DbError> {
    Ok(tx.run(JOB_CLAIM, args![org.0, job, now, until]).await? == 1)
}

/// Notes how far a job is and keeps it until an instant; false when it is over.
///
/// # Errors
/// [`DbError`]
pub async fn progress(
    tx: &mut Tx,
    org: OrgId,
    job: i64,
    (position, done): (&str, i64),
    until: i64,
) -> Result<bool, DbError> {
    Ok(tx.run(JOB_PROGRESS, args![org.0, job, position, done, until]).await? == 1)
}

/// Lets what a job prepared count.
///
/// # Errors
/// [`DbError`]
pub async fn switch(tx: &mut Tx, org: OrgId, job: i64, at: i64) -> Result<(), DbError> {
    tx.run(JOB_SWITCH, args![org.0, job, at]).await?;
    tx.run(JOB_USAGE_DROP, args![org.0, job]).await?;
    Ok(())
}

/// Ends a job that could not be done; what it prepared never counts.
///
/// # Errors
/// [`DbError`]
pub async fn fail(
    tx: &mut Tx,
    org: OrgId,
    job: i64,
    (reason, now): (&str, i64),
) -> Result<(), DbError> {
    tx.run(JOB_FAIL, args![org.0, job, reason, now]).await?;
    tx.run(JOB_USAGE_DROP, args![org.0, job]).await?;
    Ok(())
}

/// Adds to what a job adds to the sums of hours.
///
/// # Errors
/// [`DbError`]
pub async fn add_sums(tx: &mut Tx, org: OrgId, job: i64, sums: &SumDeltas) -> Result<(), DbError> {
    let classes = sums.keys().map(|k| k.2.code().to_owned()).collect();
    let bulk = Bulk {
        table: "job_sum",
        org: org.0,
        columns: vec![
            ("job_id", Column::Ints(vec![job; sums.len()])),
            ("team_id", Column::Ints(sums.keys().map(|k| k.0).collect())),
            ("at", Column::Ints(sums.keys().map(|k| k.1).collect())),
            ("class", Column::Texts(classes)),
            ("amount", Column::Ints(sums.values().copied().collect())),
        ],
        on_conflict: "ON CONFLICT (org_id, job_id, team_id, at, class) \
            DO UPDATE SET amount = job_sum.amount + excluded.amount",
    };
    let _: Vec<(i64,)> = tx.bulk(bulk).await?;
    Ok(())
}

/// What a job adds to the sums of hours.
///
/// # Errors
/// [`DbError`]
pub async fn sums(tx: &mut Tx, org: OrgId, job: i64) -> Result<SumDeltas, DbError> {
    let rows: Vec<(i64, i64, String, i64)> = tx.rows(JOB_SUMS, args![org.0, job]).await?;
    let mut sums = SumDeltas::new();
    for (team, at, code, amount) in rows {
        let damaged = || DbError::Damaged(format!("a job's sum of class {code}"));
        let class = Class::from_code(&code).ok_or_else(damaged)?;
        sums.insert((team, at, class), amount);
    }
    Ok(sums)
}

const fn grain(bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::Hour => "hour",
        Bucket::Day => "day",
        Bucket::Month => "month",
    }
}

/// Adds to what a job adds to the usage rollups. It never changes how many events there are.
///
/// # Errors
/// [`DbError`]
pub async fn add_usage(
    tx: &mut Tx,
    org: OrgId,
    job: i64,
    parts: &[(Bucket, Deltas)],
) -> Result<(), DbError> {
    for (bucket, deltas) in parts {
        let key =
            |get: fn(&(i64, Dimensions)) -> i64| Column::Ints(deltas.keys().map(get).collect());
        let sum = |get: fn(&Sums) -> i64| Column::Ints(deltas.values().map(get).collect());
        let grains = vec![grain(*bucket).to_owned(); deltas.len()];
        let bulk = Bulk {
            table: "job_usage",
            org: org.0,
            columns: vec![
                ("job_id", Column::Ints(vec![job; deltas.len()])),
                ("grain", Column::Texts(grains)),
                ("at", key(|k| k.0)),
                ("app_id", key(|k| k.1.app_id)),
                ("api_id", key(|k| k.1.api_id)),
                ("variant_id", key(|k| k.1.variant_id)),
                ("user_id", key(|k| k.1.user_id)),
                ("quantity", sum(|s| s.quantity)),
                ("quantity_micro", sum(|s| s.quantity_micro)),
                ("tokens", sum(|s| s.tokens)),
            ],
            on_conflict: "ON CONFLICT \
                (org_id, job_id, grain, at, app_id, api_id, variant_id, user_id) \
                DO UPDATE SET quantity = job_usage.quantity + excluded.quantity, \
                quantity_micro = job_usage.quantity_micro + excluded.quantity_micro, \
                tokens = job_usage.tokens + excluded.tokens",
        };
        let _: Vec<(i64,)> = tx.bulk(bulk).await?;
    }
    Ok(())
}

/// What a job adds to the usage rollups of one bucket length.
///
/// # Errors
/// [`DbError`]
pub async fn usage(tx: &mut Tx, org: OrgId, job: i64, bucket: Bucket) -> Result<Deltas, DbError> {
    type Row = (i64, i64, i64, i64, i64, i64, i64, i64);
    let rows: Vec<Row> = tx.rows(JOB_USAGE, args![org.0, job, grain(bucket)]).await?;
    let delta = |(at, app_id, api_id, variant_id, user_id, quantity, quantity_micro, tokens)| {
        let key = Dimensions { app_id, api_id, variant_id, user_id };
        ((at, key), Sums { events: 0, quantity, quantity_micro, tokens })
    };
    Ok(rows.into_iter().map(delta).collect())
}

/// Notes for the jobs of an organization that events came or changed meanwhile.
///
/// # Errors
/// [`DbError`]
pub async fn note_events(
    tx: &mut Tx,
    org: OrgId,
    jobs: &[i64],
    digests: &[[u8; 16]],
) -> Result<(), DbError> {
    for job in jobs {
        let bulk = Bulk {
            table: "job_event",
            org: org.0,
            columns: vec![
                ("job_id", Column::Ints(vec![*job; digests.len()])),
                ("digest", Column::Blobs(digests.iter().map(|d| d.to_vec()).collect())),
            ],
            on_conflict: "ON CONFLICT (org_id, job_id, digest) DO NOTHING",
        };
        let _: Vec<(i64,)> = tx.bulk(bulk).await?;
    }
    Ok(())
}

/// Events that came or changed while a job worked, at most so many.
///
/// # Errors
/// [`DbError`]
pub async fn events(tx: &mut Tx, org: OrgId, job: i64, most: i64) -> Result<Vec<Vec<u8>>, DbError> {
    let rows: Vec<(Vec<u8>,)> = tx.rows(JOB_EVENTS, args![org.0, job, most]).await?;
    Ok(rows.into_iter().map(|(digest,)| digest).collect())
}

/// How many of them there are, counted up to a limit.
///
/// # Errors
/// [`DbError`]
pub async fn events_count(tx: &mut Tx, org: OrgId, job: i64, most: i64) -> Result<i64, DbError> {
    let row: Option<(i64,)> = tx.row(JOB_EVENTS_COUNT, args![org.0, job, most]).await?;
    Ok(row.map_or(0, |(n,)| n))
}

/// Some of them are prepared.
///
/// # Errors
/// [`DbError`]
pub async fn events_done(
    tx: &mut Tx,
    org: OrgId,
    job: i64,
    digests: Vec<Vec<u8>>,
) -> Result<(), DbError> {
    tx.run(JOB_EVENTS_DROP, args![org.0, job, digests]).await?;
    Ok(())
}
