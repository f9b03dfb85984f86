//! What events and facts name: teams, apps, APIs, variants, users and sources, and their numbers.

use super::db::{Bulk, Column, DbError, Tx};
use super::org::OrgLock;
use crate::{args, statements};
use tokenscope::id::OrgId;
use tokenscope::time::Instant;

statements! {
    /// All teams.
    TEAM_LIST = "SELECT team_id, slug, name, owner_user_id FROM team WHERE org_id = $1
        ORDER BY slug";
    /// All apps.
    APP_LIST = "SELECT app_id, client_id, name, owner_user_id, direct_team_id, registered,
        created_at, archived_at FROM app WHERE org_id = $1 ORDER BY client_id";
    /// All APIs.
    API_LIST = "SELECT api_id, code, name, unit, hue, listed FROM api WHERE org_id = $1
        ORDER BY api_id";
    /// All variants.
    VARIANT_LIST = "SELECT variant_id, api_id, code FROM variant WHERE org_id = $1
        ORDER BY variant_id";
    /// All sources.
    SOURCE_LIST = "SELECT source_id, name FROM source WHERE org_id = $1 ORDER BY source_id";
    /// The numbers of some users.
    USER_FIND = "SELECT external_id, user_id FROM usage_user
        WHERE org_id = $1 AND external_id IN (SELECT value FROM json_each($2))"
        | "SELECT external_id, user_id FROM usage_user
        WHERE org_id = $1 AND external_id = ANY($2)";
    /// Finds the users of some numbers.
    USER_NAMES = "SELECT user_id, external_id FROM usage_user
        WHERE org_id = $1 AND user_id IN (SELECT value FROM json_each($2))"
        | "SELECT user_id, external_id FROM usage_user WHERE org_id = $1 AND user_id = ANY($2)";
    /// A team is the pool of one owner.
    TEAM_POOL = "UPDATE team SET owner_user_id = $3 WHERE org_id = $1 AND team_id = $2";
    /// A new team.
    TEAM_ADD = "INSERT INTO team (org_id, team_id, slug, name, last_recorded_at, created_at)
        VALUES ($1, $2, $3, $4, 0, $5)";
    /// An app.
    APP_ADD = "INSERT INTO app (org_id, app_id, client_id, name, owner_user_id, direct_team_id,
        registered, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    /// Somebody registers an app that an event had brought.
    APP_REGISTER = "UPDATE app SET name = $3, owner_user_id = $4, registered = 1
        WHERE org_id = $1 AND app_id = $2";
    /// An API; its colour is the next of the palette: eight plain ones, then the same with gaps.
    API_ADD = "INSERT INTO api (org_id, api_id, code, name, unit, hue, listed, created_at)
        SELECT $1, $2, $3, $4, $5, count(*) % 16, $6, $7 FROM api WHERE org_id = $1";
    /// An admin lists an API that an event had brought.
    API_REGISTER = "UPDATE api SET name = $3, unit = $4, listed = 1
        WHERE org_id = $1 AND api_id = $2";
    /// A variant.
    VARIANT_ADD = "INSERT INTO variant (org_id, variant_id, api_id, code)
        VALUES ($1, $2, $3, $4)";
    /// A source.
    SOURCE_ADD = "INSERT INTO source (org_id, source_id, name) VALUES ($1, $2, $3)";
    /// Links the account of a user.
    USER_LINK = "UPDATE usage_user SET person_id = $3 WHERE org_id = $1 AND user_id = $2";
    /// The user of an account.
    USER_OF_PERSON = "SELECT user_id FROM usage_user WHERE org_id = $1 AND external_id = $2";
}

/// A team: number, slug, name.
pub type TeamRow = (i64, String, String, Option<i64>);

/// An app as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AppRow {
    /// Its number.
    pub app_id: i64,
    /// What events call it.
    pub client_id: String,
    /// What people read.
    pub name: String,
    /// Number of its owner.
    pub owner_user_id: Option<i64>,
    /// The team whose own events it stands for.
    pub direct_team_id: Option<i64>,
    /// 0 when an event brought it.
    pub registered: i64,
    /// When it became known.
    pub created_at: i64,
    /// When it was taken out of use.
    pub archived_at: Option<i64>,
}

/// An API as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ApiRow {
    /// Its number.
    pub api_id: i64,
    /// What events call it.
    pub code: String,
    /// What people read.
    pub name: String,
    /// What its quantity counts.
    pub unit: String,
    /// Index into the palette.
    pub hue: i64,
    /// 0 when an event brought it.
    pub listed: i64,
}

/// Everything that events name, but users.
#[derive(Debug, Clone, Default)]
pub struct NameRows {
    /// Teams.
    pub teams: Vec<TeamRow>,
    /// Apps.
    pub apps: Vec<AppRow>,
    /// APIs.
    pub apis: Vec<ApiRow>,
    /// Variants: number, API, code.
    pub variants: Vec<(i64, i64, String)>,
    /// Sources: number, name.
    pub sources: Vec<(i64, String)>,
}

/// Reads all names of an organization.
///
/// # Errors
/// [`DbError`]
pub async fn all(tx: &mut Tx, org: OrgId) -> Result<NameRows, DbError> {
    Ok(NameRows {
        teams: tx.rows(TEAM_LIST, args![org.0]).await?,
        apps: tx.rows(APP_LIST, args![org.0]).await?,
        apis: tx.rows(API_LIST, args![org.0]).await?,
        variants: tx.rows(VARIANT_LIST, args![org.0]).await?,
        sources: tx.rows(SOURCE_LIST, args![org.0]).await?,
    })
}

/// The numbers of those of the users that are known.
///
/// # Errors
/// [`DbError`]
pub async fn users(
    tx: &mut Tx,
    org: OrgId,
    external_ids: Vec<String>,
) -> Result<Vec<(String, i64)>, DbError> {
    if external_ids.is_empty() {
        return Ok(Vec::new());
    }
    tx.rows(USER_FIND, args![org.0, external_ids]).await
}

/// Adds users and returns their numbers in the order given.
///
/// # Errors
/// [`DbError`]
pub async fn add_users(
    tx: &mut Tx,
    org: OrgId,
    lock: &mut OrgLock,
    external_ids: Vec<String>,
    now: Instant,
) -> Result<Vec<i64>, DbError> {
    let numbers: Vec<i64> = external_ids.iter().map(|_| lock.number()).collect();
    let created = vec![now.micros(); numbers.len()];
    let _: Vec<(i64,)> = tx
        .bulk(Bulk {
            table: "usage_user",
            org: org.0,
            columns: vec![
                ("user_id", Column::Ints(numbers.clone())),
                ("external_id", Column::Texts(external_ids)),
                ("created_at", Column::Ints(created)),
            ],
            on_conflict: "",
        })
        .await?;
    Ok(numbers)
}

/// Links an account with the user of events that has its e-mail.
///
/// # Errors
/// [`DbError`]
pub async fn link_user(tx: &mut Tx, org: OrgId, user: i64, person: i64) -> Result<(), DbError> {
    tx.run(USER_LINK, args![org.0, user, person]).await?;
    Ok(())
}

/// The user of events with this e-mail.
///
/// # Errors
/// [`DbError`]
pub async fn user_of(tx: &mut Tx, org: OrgId, email: &str) -> Result<Option<i64>, DbError> {
    let row: Option<(i64,)> = tx.row(USER_OF_PERSON, args![org.0, email]).await?;
    Ok(row.map(|(id,)| id))
}

/// Adds a team.
///
/// # Errors
/// [`DbError`]
pub async fn add_team(
    tx: &mut Tx,
    org: OrgId,
    number: i64,
    (slug, name): (&str, &str),
    now: Instant,
) -> Result<(), DbError> {
    tx.run(TEAM_ADD, args![org.0, number, slug, name, now.micros()]).await?;
    Ok(())
}

/// Makes a team the pool of one owner.
///
/// # Errors
/// [`DbError`]
pub async fn make_pool(tx: &mut Tx, org: OrgId, team: i64, user: i64) -> Result<(), DbError> {
    tx.run(TEAM_POOL, args![org.0, team, user]).await?;
    Ok(())
}

/// The external ids behind numbers of users: number, id.
///
/// # Errors
/// [`DbError`]
pub async fn users_by_number(
    tx: &mut Tx,
    org: OrgId,
    numbers: Vec<i64>,
) -> Result<Vec<(i64, String)>, DbError> {
    tx.rows(USER_NAMES, args![org.0, numbers]).await
}

/// A new app.
#[derive(Debug, Clone, Copy)]
pub struct NewApp<'a> {
    /// What events call it.
    pub client_id: &'a str,
    /// What people read.
    pub name: &'a str,
    /// Number of its owner.
    pub owner: Option<i64>,
    /// The team whose own events it stands for.
    pub direct_team: Option<i64>,
    /// Whether somebody registered it.
    pub registered: bool,
}

/// Adds an app.
///
/// # Errors
/// [`DbError`]
pub async fn add_app(
    tx: &mut Tx,
    org: OrgId,
    number: i64,
    app: NewApp<'_>,
    now: Instant,
) -> Result<(), DbError> {
    let NewApp { client_id, name, owner, direct_team, registered } = app;
    let args = args![org.0, number, client_id, name, owner, direct_team, registered, now.micros()];
    tx.run(APP_ADD, args).await?;
    Ok(())
}

/// Registers an app that an event had brought.
///
/// # Errors
/// [`DbError`]
pub async fn register_app(
    tx: &mut Tx,
    org: OrgId,
    number: i64,
    name: &str,
    owner: Option<i64>,
) -> Result<(), DbError> {
    tx.run(APP_REGISTER, args![org.0, number, name, owner]).await?;
    Ok(())
}

/// Adds an API: code, name, unit, and whether an admin lists it.
///
/// # Errors
/// [`DbError`]
pub async fn add_api(
    tx: &mut Tx,
    org: OrgId,
    number: i64,
    (code, name, unit): (&str, &str, &str),
    listed: bool,
    now: Instant,
) -> Result<(), DbError> {
    tx.run(API_ADD, args![org.0, number, code, name, unit, listed, now.micros()]).await?;
    Ok(())
}

/// Lists an API that an event had brought.
///
/// # Errors
/// [`DbError`]
pub async fn register_api(
    tx: &mut Tx,
    org: OrgId,
    number: i64,
    name: &str,
    unit: &str,
) -> Result<(), DbError> {
    tx.run(API_REGISTER, args![org.0, number, name, unit]).await?;
    Ok(())
}

/// Adds a variant of an API.
///
/// # Errors
/// [`DbError`]
pub async fn add_variant(
    tx: &mut Tx,
    org: OrgId,
    number: i64,
    api: i64,
    code: &str,
) -> Result<(), DbError> {
    tx.run(VARIANT_ADD, args![org.0, number, api, code]).await?;
    Ok(())
}

/// Adds a source.
///
/// # Errors
/// [`DbError`]
pub async fn add_source(tx: &mut Tx, org: OrgId, number: i64, name: &str) -> Result<(), DbError> {
    tx.run(SOURCE_ADD, args![org.0, number, name]).await?;
    Ok(())
}
