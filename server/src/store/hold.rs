//! Holds: tokens reserved for calls, and the versions of what decisions rest on.

use super::db::{Bulk, Column, Db, DbError, Tx};
use crate::{args, statements};
use std::collections::BTreeMap;
use tokenscope::hold::HoldEnd;
use tokenscope::id::{LongId, OrgId, TeamId};
use tokenscope::lot::Class;
use tokenscope::time::Instant;
use tokenscope::tokens::Tokens;

statements! {
    /// The versions of an organization's book and of some teams' charges and holds.
    HOLD_VERSIONS = "SELECT o.revision, t.team_id, t.last_recorded_at, t.hold_revision FROM org o
        LEFT JOIN team t ON t.org_id = $1 AND t.team_id IN (SELECT value FROM json_each($2))
        WHERE o.org_id = $1"
        | "SELECT o.revision, t.team_id, t.last_recorded_at, t.hold_revision FROM org o
        LEFT JOIN team t ON t.org_id = $1 AND t.team_id = ANY($2) WHERE o.org_id = $1";
    /// Takes the locks of some teams, in the order of their numbers.
    HOLD_TEAM_LOCK = "SELECT team_id, last_recorded_at, hold_revision FROM team
        WHERE org_id = $1 AND team_id IN (SELECT value FROM json_each($2)) ORDER BY team_id"
        | "SELECT team_id, last_recorded_at, hold_revision FROM team
        WHERE org_id = $1 AND team_id = ANY($2) ORDER BY team_id FOR UPDATE";
    /// The holds of some teams changed.
    HOLD_TEAM_CHANGED = "UPDATE team SET hold_revision = hold_revision + 1
        WHERE org_id = $1 AND team_id IN (SELECT value FROM json_each($2))"
        | "UPDATE team SET hold_revision = hold_revision + 1
        WHERE org_id = $1 AND team_id = ANY($2)";
    /// What the live holds of a team reserve, by when they end.
    HOLD_LIVE = "SELECT until_at, class, cast(sum(amount) AS bigint) AS amount FROM hold
        WHERE org_id = $1 AND team_id = $2 AND until_at > $3 AND ended_at IS NULL
        GROUP BY until_at, class";
    /// Holds by their keys. On PostgreSQL one look into the index for each: where a table grew
    /// faster than its statistics, `= ANY` reads all holds of the organization instead.
    HOLD_BY_KEYS = "SELECT hold_key, hold_id, team_id, class, amount, until_at, ended_at,
        ended_how, call_print, decision_id FROM hold
        WHERE org_id = $1 AND hold_key IN (SELECT value FROM json_each($2))"
        | "SELECT h.hold_key, h.hold_id, h.team_id, h.class, h.amount, h.until_at, h.ended_at,
        h.ended_how, h.call_print, h.decision_id FROM unnest($2::text[]) AS k(hold_key),
        LATERAL (SELECT * FROM hold WHERE org_id = $1 AND hold_key = k.hold_key LIMIT 1) AS h";
    /// Holds by their ids.
    HOLD_BY_IDS = "SELECT hold_key, hold_id, team_id, class, amount, until_at, ended_at,
        ended_how, call_print, decision_id FROM hold
        WHERE org_id = $1 AND hold_id IN (SELECT unhex(value) FROM json_each($2))"
        | "SELECT h.hold_key, h.hold_id, h.team_id, h.class, h.amount, h.until_at, h.ended_at,
        h.ended_how, h.call_print, h.decision_id FROM unnest($2::bytea[]) AS k(hold_id),
        LATERAL (SELECT * FROM hold WHERE org_id = $1 AND hold_id = k.hold_id LIMIT 1) AS h";
    /// Ends a hold that lives.
    HOLD_END = "UPDATE hold SET ended_at = $3, ended_how = $4
        WHERE org_id = $1 AND hold_id = $2 AND ended_at IS NULL AND until_at > $3";
    /// Deletes some of the holds with ids before one.
    HOLD_SWEEP = "DELETE FROM hold WHERE org_id = $1 AND hold_id IN (SELECT hold_id FROM hold
        WHERE org_id = $1 AND hold_id < $2 ORDER BY hold_id LIMIT $3)";
}

/// Of what a decision rests on a version of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TeamVersion {
    /// Counts changes of its charges.
    pub recorded_at: i64,
    /// Counts changes of its holds.
    pub hold_revision: i64,
}

/// The versions of an organization.
#[derive(Debug, Clone, Default)]
pub struct Versions {
    /// Counts changes of its book; none for one that is not there.
    pub revision: Option<i64>,
    /// Of its teams, those that were asked for.
    pub teams: BTreeMap<TeamId, TeamVersion>,
}

/// Revision of the book; number, record time and hold revision of a team.
type VersionRow = (i64, Option<i64>, Option<i64>, Option<i64>);

impl Versions {
    fn of(rows: Vec<VersionRow>) -> Self {
        let mut versions = Self::default();
        for (revision, team, recorded_at, hold_revision) in rows {
            versions.revision = Some(revision);
            if let (Some(team), Some(recorded_at), Some(hold_revision)) =
                (team, recorded_at, hold_revision)
            {
                let version = TeamVersion { recorded_at, hold_revision };
                versions.teams.insert(TeamId(team), version);
            }
        }
        versions
    }
}

/// A hold as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct HoldRow {
    /// The sender's key.
    pub hold_key: String,
    /// Its id.
    pub hold_id: Vec<u8>,
    /// Whose tokens it reserves.
    pub team_id: i64,
    /// Code of the class.
    pub class: String,
    /// In micro-tokens.
    pub amount: i64,
    /// When it ends by itself.
    pub until_at: i64,
    /// When it was ended before.
    pub ended_at: Option<i64>,
    /// How: `settled` or `released`.
    pub ended_how: Option<String>,
    /// 8 bytes that stand for the call.
    pub call_print: i64,
    /// The decision that granted it.
    pub decision_id: Vec<u8>,
}

/// A hold to be written.
#[derive(Debug, Clone)]
pub struct NewHold {
    /// The sender's key.
    pub key: String,
    /// Its id.
    pub id: LongId,
    /// Whose tokens it reserves.
    pub team: TeamId,
    /// For what.
    pub class: Class,
    /// How much.
    pub amount: Tokens,
    /// When it was granted.
    pub from: Instant,
    /// When it ends by itself.
    pub until: Instant,
    /// 8 bytes that stand for the call.
    pub call_print: i64,
    /// The decision that granted it.
    pub decision: LongId,
}

impl HoldRow {
    /// How it ended, as an instant sees it; none while it lives.
    ///
    /// # Errors
    /// [`DbError::Damaged`]
    pub fn end_at(&self, at: Instant) -> Result<Option<HoldEnd>, DbError> {
        match self.ended_how.as_deref() {
            Some("settled") => Ok(Some(HoldEnd::Settled)),
            Some("released") => Ok(Some(HoldEnd::Released)),
            Some(other) => Err(DbError::Damaged(format!("a hold that was {other}"))),
            None => Ok((self.until_at <= at.micros()).then_some(HoldEnd::Expired)),
        }
    }
}

/// An id as it is stored.
///
/// # Errors
/// [`DbError::Damaged`]
pub fn id_of(bytes: &[u8]) -> Result<LongId, DbError> {
    let bytes = bytes.try_into();
    bytes.map(LongId).map_err(|_| DbError::Damaged("an id has not 16 bytes".into()))
}

/// The class of a code.
///
/// # Errors
/// [`DbError::Damaged`]
pub fn class_of(code: &str) -> Result<Class, DbError> {
    Class::from_code(code).ok_or_else(|| DbError::Damaged(format!("a hold of class {code}")))
}

fn numbers(teams: impl IntoIterator<Item = TeamId>) -> Vec<i64> {
    teams.into_iter().map(|team| team.0).collect()
}

/// The versions of an organization's book and of some of its teams.
///
/// # Errors
/// [`DbError`]
pub async fn versions(
    tx: &mut Tx,
    org: OrgId,
    teams: impl IntoIterator<Item = TeamId>,
) -> Result<Versions, DbError> {
    Ok(Versions::of(tx.rows(HOLD_VERSIONS, args![org.0, numbers(teams)]).await?))
}

/// The same, read by itself.
///
/// # Errors
/// [`DbError`]
pub async fn glance(
    db: &Db,
    org: OrgId,
    teams: impl IntoIterator<Item = TeamId>,
) -> Result<Versions, DbError> {
    Ok(Versions::of(db.glance(HOLD_VERSIONS, args![org.0, numbers(teams)]).await?))
}

/// Takes the locks of teams and returns their versions.
///
/// # Errors
/// [`DbError`]
pub async fn lock_teams(
    tx: &mut Tx,
    org: OrgId,
    teams: impl IntoIterator<Item = TeamId>,
) -> Result<BTreeMap<TeamId, TeamVersion>, DbError> {
    let rows: Vec<(i64, i64, i64)> = tx.rows(HOLD_TEAM_LOCK, args![org.0, numbers(teams)]).await?;
    let version = |(team, recorded_at, hold_revision)| {
        (TeamId(team), TeamVersion { recorded_at, hold_revision })
    };
    Ok(rows.into_iter().map(version).collect())
}

/// Counts a change of the holds of some teams.
///
/// # Errors
/// [`DbError`]
pub async fn changed(
    tx: &mut Tx,
    org: OrgId,
    teams: impl IntoIterator<Item = TeamId>,
) -> Result<(), DbError> {
    let teams = numbers(teams);
    if !teams.is_empty() {
        tx.run(HOLD_TEAM_CHANGED, args![org.0, teams]).await?;
    }
    Ok(())
}

/// What the live holds of a team reserve: end, class, amount.
///
/// # Errors
/// [`DbError`]
pub async fn live(
    tx: &mut Tx,
    org: OrgId,
    team: TeamId,
    at: Instant,
) -> Result<Vec<(Instant, Class, Tokens)>, DbError> {
    let rows: Vec<(i64, String, i64)> =
        tx.rows(HOLD_LIVE, args![org.0, team.0, at.micros()]).await?;
    let hold = |(until, class, amount): (i64, String, i64)| {
        Ok((Instant::from_micros(until), class_of(&class)?, Tokens::from_micro(amount)))
    };
    rows.into_iter().map(hold).collect()
}

/// Holds by their keys.
///
/// # Errors
/// [`DbError`]
pub async fn by_keys(tx: &mut Tx, org: OrgId, keys: Vec<String>) -> Result<Vec<HoldRow>, DbError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    tx.rows(HOLD_BY_KEYS, args![org.0, keys]).await
}

/// Holds by their ids.
///
/// # Errors
/// [`DbError`]
pub async fn by_ids(tx: &mut Tx, org: OrgId, ids: &[LongId]) -> Result<Vec<HoldRow>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Vec<u8>> = ids.iter().map(|id| id.0.to_vec()).collect();
    tx.rows(HOLD_BY_IDS, args![org.0, ids]).await
}

/// Writes holds.
///
/// # Errors
/// [`DbError`]; a key that is taken is [`DbError::Unique`].
pub async fn add(tx: &mut Tx, org: OrgId, holds: &[NewHold]) -> Result<(), DbError> {
    macro_rules! column {
        ($kind:ident, $hold:ident => $value:expr) => {
            Column::$kind(holds.iter().map(|$hold| $value).collect())
        };
    }
    let _: Vec<(i64,)> = tx
        .bulk(Bulk {
            table: "hold",
            org: org.0,
            columns: vec![
                ("hold_key", column!(Texts, h => h.key.clone())),
                ("hold_id", column!(Blobs, h => h.id.0.to_vec())),
                ("team_id", column!(Ints, h => h.team.0)),
                ("class", column!(Texts, h => h.class.code().to_owned())),
                ("amount", column!(Ints, h => h.amount.micro())),
                ("from_at", column!(Ints, h => h.from.micros())),
                ("until_at", column!(Ints, h => h.until.micros())),
                ("call_print", column!(Ints, h => h.call_print)),
                ("decision_id", column!(Blobs, h => h.decision.0.to_vec())),
            ],
            on_conflict: "",
        })
        .await?;
    Ok(())
}

/// Ends a hold that still lives; false where it was over. Its team must be locked.
///
/// # Errors
/// [`DbError`]
pub async fn end(
    tx: &mut Tx,
    org: OrgId,
    id: LongId,
    at: Instant,
    how: HoldEnd,
) -> Result<bool, DbError> {
    let how = match how {
        HoldEnd::Settled => "settled",
        HoldEnd::Released => "released",
        // Nobody writes that: it is so when the time has come.
        HoldEnd::Expired => return Ok(false),
    };
    Ok(tx.run(HOLD_END, args![org.0, id.0.to_vec(), at.micros(), how]).await? > 0)
}

/// Deletes some of the holds with ids before one, and says how many.
///
/// # Errors
/// [`DbError`]
pub async fn sweep(tx: &mut Tx, org: OrgId, before: LongId, most: i64) -> Result<u64, DbError> {
    tx.run(HOLD_SWEEP, args![org.0, before.0.to_vec(), most]).await
}
