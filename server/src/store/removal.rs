//! Removing demo data: everything of one organization but the organization itself, its keys and
//! the accounts that did not come with the demo.

use super::db::{DbError, Tx};
use super::sql::Sql;
use crate::{args, statements};
use tokenscope::id::OrgId;

statements! {
    /// How many events, teams, apps and lots there are; apps without those of a team itself.
    DEMO_EVENTS = "SELECT count(*) AS n FROM usage_event WHERE org_id = $1";
    DEMO_TEAMS = "SELECT count(*) AS n FROM team WHERE org_id = $1";
    DEMO_APPS = "SELECT count(*) AS n FROM app WHERE org_id = $1 AND direct_team_id IS NULL";
    DEMO_LOTS = "SELECT count(*) AS n FROM lot WHERE org_id = $1";
    /// The people who came with the demo, but for one.
    DEMO_PEOPLE = "SELECT person_id FROM person
        WHERE org_id = $1 AND demo = 1 AND person_id <> $2 ORDER BY person_id";
    /// People came with the demo.
    DEMO_PEOPLE_MARK = "UPDATE person SET demo = 1 WHERE org_id = $1
        AND email IN (SELECT value FROM json_each($2))"
        | "UPDATE person SET demo = 1 WHERE org_id = $1 AND email = ANY($2)";
    /// Who stays is no part of a demo any more.
    DEMO_PEOPLE_KEEP = "UPDATE person SET demo = 0 WHERE org_id = $1 AND demo = 1";
    /// The organization's data is its own from now on.
    DEMO_END = "UPDATE org SET demo = 0 WHERE org_id = $1";
    /// Every row of a tenant table.
    REMOVE_HOLD = "DELETE FROM hold WHERE org_id = $1";
    REMOVE_DECISION = "DELETE FROM decision WHERE org_id = $1";
    REMOVE_IDEMPOTENCY_KEY = "DELETE FROM idempotency_key WHERE org_id = $1";
    REMOVE_CHARGE_RETURN = "DELETE FROM charge_return WHERE org_id = $1";
    REMOVE_JOB_EVENT = "DELETE FROM job_event WHERE org_id = $1";
    REMOVE_JOB_USAGE = "DELETE FROM job_usage WHERE org_id = $1";
    REMOVE_JOB_SUM = "DELETE FROM job_sum WHERE org_id = $1";
    REMOVE_JOB = "DELETE FROM job WHERE org_id = $1";
    REMOVE_EVENT_PAST = "DELETE FROM event_past WHERE org_id = $1";
    REMOVE_DEBT_NOTICE = "DELETE FROM debt_notice WHERE org_id = $1";
    REMOVE_BOOKS_CLOSE = "DELETE FROM books_close WHERE org_id = $1";
    REMOVE_PRODUCT_ASSIGNMENT = "DELETE FROM product_assignment WHERE org_id = $1";
    REMOVE_PAYER_LINE = "DELETE FROM payer_line WHERE org_id = $1";
    REMOVE_APP_OWNER = "DELETE FROM app_owner WHERE org_id = $1";
    REMOVE_CHARGE = "DELETE FROM charge WHERE org_id = $1";
    REMOVE_CHARGE_BY_HOUR = "DELETE FROM charge_by_hour WHERE org_id = $1";
    REMOVE_CHARGE_BY_DAY = "DELETE FROM charge_by_day WHERE org_id = $1";
    REMOVE_USAGE_BY_HOUR = "DELETE FROM usage_by_hour WHERE org_id = $1";
    REMOVE_USAGE_BY_DAY = "DELETE FROM usage_by_day WHERE org_id = $1";
    REMOVE_USAGE_BY_MONTH = "DELETE FROM usage_by_month WHERE org_id = $1";
    REMOVE_USAGE_EVENT = "DELETE FROM usage_event WHERE org_id = $1";
    REMOVE_EVENT_KEY = "DELETE FROM event_key WHERE org_id = $1";
    REMOVE_UNBLOCK = "DELETE FROM unblock WHERE org_id = $1";
    REMOVE_LOT_TRANSFER = "DELETE FROM lot_transfer WHERE org_id = $1";
    REMOVE_LOT_VOID = "DELETE FROM lot_void WHERE org_id = $1";
    REMOVE_LOT = "DELETE FROM lot WHERE org_id = $1";
    REMOVE_TRIAL_LINE = "DELETE FROM trial_line WHERE org_id = $1";
    REMOVE_POLICY_LINE = "DELETE FROM policy_line WHERE org_id = $1";
    REMOVE_RATE = "DELETE FROM rate WHERE org_id = $1";
    REMOVE_VARIANT = "DELETE FROM variant WHERE org_id = $1";
    REMOVE_API = "DELETE FROM api WHERE org_id = $1";
    REMOVE_APP_ASSIGNMENT = "DELETE FROM app_assignment WHERE org_id = $1";
    REMOVE_APP = "DELETE FROM app WHERE org_id = $1";
    REMOVE_SOURCE = "DELETE FROM source WHERE org_id = $1";
    REMOVE_TEAM_MEMBER = "DELETE FROM team_member WHERE org_id = $1";
    REMOVE_TEAM = "DELETE FROM team WHERE org_id = $1";
    /// What some people had in the organization, and the users without an account.
    REMOVE_USAGE_USER = "DELETE FROM usage_user WHERE org_id = $1
        AND (person_id IS NULL OR person_id IN (SELECT value FROM json_each($2)))"
        | "DELETE FROM usage_user WHERE org_id = $1
        AND (person_id IS NULL OR person_id = ANY($2))";
    REMOVE_API_KEY = "DELETE FROM api_key WHERE org_id = $1
        AND person_id IN (SELECT value FROM json_each($2))"
        | "DELETE FROM api_key WHERE org_id = $1 AND person_id = ANY($2)";
    REMOVE_MEMBER = "DELETE FROM member WHERE org_id = $1
        AND person_id IN (SELECT value FROM json_each($2))"
        | "DELETE FROM member WHERE org_id = $1 AND person_id = ANY($2)";
    /// Some people, with everything they sign in with.
    REMOVE_SESSION = "DELETE FROM session WHERE person_id IN (SELECT value FROM json_each($1))"
        | "DELETE FROM session WHERE person_id = ANY($1)";
    REMOVE_SECOND_FACTOR = "DELETE FROM second_factor
        WHERE person_id IN (SELECT value FROM json_each($1))"
        | "DELETE FROM second_factor WHERE person_id = ANY($1)";
    REMOVE_RECOVERY_CODE = "DELETE FROM recovery_code
        WHERE person_id IN (SELECT value FROM json_each($1))"
        | "DELETE FROM recovery_code WHERE person_id = ANY($1)";
    REMOVE_PASSWORD_RESET = "DELETE FROM password_reset
        WHERE person_id IN (SELECT value FROM json_each($1))"
        | "DELETE FROM password_reset WHERE person_id = ANY($1)";
    REMOVE_IDENTITY = "DELETE FROM identity WHERE person_id IN (SELECT value FROM json_each($1))"
        | "DELETE FROM identity WHERE person_id = ANY($1)";
    REMOVE_PERSON = "DELETE FROM person WHERE person_id IN (SELECT value FROM json_each($1))"
        | "DELETE FROM person WHERE person_id = ANY($1)";
}

/// The tenant tables that are emptied, each before those it refers to.
pub const EMPTIED: &[(&str, Sql)] = &[
    ("hold", REMOVE_HOLD),
    ("decision", REMOVE_DECISION),
    ("idempotency_key", REMOVE_IDEMPOTENCY_KEY),
    ("charge_return", REMOVE_CHARGE_RETURN),
    ("job_event", REMOVE_JOB_EVENT),
    ("job_usage", REMOVE_JOB_USAGE),
    ("job_sum", REMOVE_JOB_SUM),
    ("job", REMOVE_JOB),
    ("event_past", REMOVE_EVENT_PAST),
    ("debt_notice", REMOVE_DEBT_NOTICE),
    ("books_close", REMOVE_BOOKS_CLOSE),
    ("product_assignment", REMOVE_PRODUCT_ASSIGNMENT),
    ("payer_line", REMOVE_PAYER_LINE),
    ("app_owner", REMOVE_APP_OWNER),
    ("charge", REMOVE_CHARGE),
    ("charge_by_hour", REMOVE_CHARGE_BY_HOUR),
    ("charge_by_day", REMOVE_CHARGE_BY_DAY),
    ("usage_by_hour", REMOVE_USAGE_BY_HOUR),
    ("usage_by_day", REMOVE_USAGE_BY_DAY),
    ("usage_by_month", REMOVE_USAGE_BY_MONTH),
    ("usage_event", REMOVE_USAGE_EVENT),
    ("event_key", REMOVE_EVENT_KEY),
    ("unblock", REMOVE_UNBLOCK),
    ("lot_transfer", REMOVE_LOT_TRANSFER),
    ("lot_void", REMOVE_LOT_VOID),
    ("lot", REMOVE_LOT),
    ("trial_line", REMOVE_TRIAL_LINE),
    ("policy_line", REMOVE_POLICY_LINE),
    ("rate", REMOVE_RATE),
    ("variant", REMOVE_VARIANT),
    ("api", REMOVE_API),
    ("app_assignment", REMOVE_APP_ASSIGNMENT),
    ("app", REMOVE_APP),
    ("source", REMOVE_SOURCE),
    ("team_member", REMOVE_TEAM_MEMBER),
    ("team", REMOVE_TEAM),
];

/// The tenant tables of which something stays: the organization, its keys and its own people; and
/// notes for pages that follow it live, which the program deletes by itself; and what was done.
pub const KEPT: &[&str] = &["org", "member", "usage_user", "api_key", "outbox", "audit_log"];

/// What an organization has: events, teams, apps, lots.
///
/// # Errors
/// [`DbError`]
pub async fn counts(tx: &mut Tx, org: OrgId) -> Result<[i64; 4], DbError> {
    let mut counts = [0; 4];
    let statements = [DEMO_EVENTS, DEMO_TEAMS, DEMO_APPS, DEMO_LOTS];
    for (count, sql) in counts.iter_mut().zip(statements) {
        let row: Option<(i64,)> = tx.row(sql, args![org.0]).await?;
        *count = row.map_or(0, |(n,)| n);
    }
    Ok(counts)
}

/// The people who came with the demo, but for one.
///
/// # Errors
/// [`DbError`]
pub async fn people(tx: &mut Tx, org: OrgId, but_for: i64) -> Result<Vec<i64>, DbError> {
    let rows: Vec<(i64,)> = tx.rows(DEMO_PEOPLE, args![org.0, but_for]).await?;
    Ok(rows.into_iter().map(|(person,)| person).collect())
}

/// Notes that people came with the demo.
///
/// # Errors
/// [`DbError`]
pub async fn mark_people(tx: &mut Tx, org: OrgId, emails: Vec<String>) -> Result<(), DbError> {
    tx.run(DEMO_PEOPLE_MARK, args![org.0, emails]).await?;
    Ok(())
}

/// Removes the facts and the usage of an organization, and some people.
///
/// # Errors
/// [`DbError`]
pub async fn remove(tx: &mut Tx, org: OrgId, people: Vec<i64>) -> Result<(), DbError> {
    for (_, sql) in EMPTIED {
        tx.run(*sql, args![org.0]).await?;
    }
    for sql in [REMOVE_USAGE_USER, REMOVE_API_KEY, REMOVE_MEMBER] {
        tx.run(sql, args![org.0, people.clone()]).await?;
    }
    for sql in [
        REMOVE_SESSION,
        REMOVE_SECOND_FACTOR,
        REMOVE_RECOVERY_CODE,
        REMOVE_PASSWORD_RESET,
        REMOVE_IDENTITY,
        REMOVE_PERSON,
    ] {
        tx.run(sql, args![people.clone()]).await?;
    }
    tx.run(DEMO_PEOPLE_KEEP, args![org.0]).await?;
    tx.run(DEMO_END, args![org.0]).await?;
    Ok(())
}
