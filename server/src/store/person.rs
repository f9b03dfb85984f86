//! People and their roles.

use super::db::{DbError, Tx};
use crate::{args, statements};
use tokenscope::id::{OrgId, PersonId};
use tokenscope::preference::{Language, Preferences, Theme};

statements! {
    /// A person by e-mail.
    PERSON_BY_EMAIL = "SELECT person_id, email, name, password_hash, org_id, language, zone, theme,
        version FROM person WHERE email = $1";
    /// A person by number.
    PERSON_GET = "SELECT person_id, email, name, password_hash, org_id, language, zone, theme,
        version FROM person WHERE person_id = $1";
    /// A person.
    PERSON_ADD = "INSERT INTO person (person_id, email, name, password_hash, org_id, created_at,
        language, zone, theme) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    /// A new password.
    PERSON_PASSWORD = "UPDATE person SET password_hash = $2 WHERE person_id = $1";
    /// A new password in place of a certain one.
    PERSON_REPLACE_PASSWORD = "UPDATE person SET password_hash = $3
        WHERE person_id = $1 AND password_hash = $2";
    /// A new name, where nothing else changed meanwhile.
    PERSON_RENAME = "UPDATE person SET name = $2, version = version + 1
        WHERE person_id = $1 AND version = $3";
    /// New preferences, where nothing else changed meanwhile.
    PERSON_PREFER = "UPDATE person SET language = $2, zone = $3, theme = $4, version = version + 1
        WHERE person_id = $1 AND version = $5";
    /// The teams of a person by name, with his role in each.
    PERSON_TEAMS = "SELECT t.name, m.role FROM team_member m JOIN team t
        ON t.org_id = m.org_id AND t.team_id = m.team_id
        WHERE m.org_id = $1 AND t.org_id = $1 AND m.person_id = $2 ORDER BY t.name, t.team_id";
    /// A role in the organization.
    MEMBER_ADD = "INSERT INTO member (org_id, person_id, role) VALUES ($1, $2, $3)
        ON CONFLICT (org_id, person_id, role) DO NOTHING";
    /// A role in a team.
    TEAM_MEMBER_ADD = "INSERT INTO team_member (org_id, team_id, person_id, role)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (org_id, team_id, person_id) DO UPDATE SET role = excluded.role";
    /// The roles of a person in the organization.
    MEMBER_ROLES = "SELECT role FROM member WHERE org_id = $1 AND person_id = $2";
    /// The roles of a person in teams.
    TEAM_ROLES = "SELECT team_id, role FROM team_member WHERE org_id = $1 AND person_id = $2";
    /// The primary admins of some teams.
    TEAM_PRIMARY_ADMINS = "SELECT team_id, person_id FROM team_member
        WHERE org_id = $1 AND role = 'primary_admin'
        AND team_id IN (SELECT value FROM json_each($2)) ORDER BY team_id"
        | "SELECT team_id, person_id FROM team_member
        WHERE org_id = $1 AND role = 'primary_admin' AND team_id = ANY($2) ORDER BY team_id";
    /// Names and e-mails of people.
    PERSON_NAMES = "SELECT person_id, name, email FROM person
        WHERE person_id IN (SELECT value FROM json_each($1))"
        | "SELECT person_id, name, email FROM person WHERE person_id = ANY($1)";
}

/// A person as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct PersonRow {
    /// The number.
    pub person_id: i64,
    /// In lower case.
    pub email: String,
    /// What to call him.
    pub name: String,
    /// Argon2id, in PHC format.
    pub password_hash: String,
    /// His organization.
    pub org_id: i64,
    /// The code of his language; none = as the browser asks.
    pub language: Option<String>,
    /// The zone for single instants; none = the organization's.
    pub zone: Option<String>,
    /// The code of his colours.
    pub theme: String,
    /// Counts the changes of the row.
    pub version: i64,
}

impl PersonRow {
    /// How he wants to see the pages. Codes of a newer program fall back.
    #[must_use]
    pub fn preferences(&self) -> Preferences {
        Preferences {
            language: self.language.as_deref().and_then(Language::from_code),
            zone: self.zone.clone(),
            theme: Theme::from_code(&self.theme).unwrap_or_default(),
        }
    }
}

/// Finds a person by e-mail (lower case).
///
/// # Errors
/// [`DbError`]
pub async fn by_email(tx: &mut Tx, email: &str) -> Result<Option<PersonRow>, DbError> {
    tx.row(PERSON_BY_EMAIL, args![email]).await
}

/// Finds a person by number.
///
/// # Errors
/// [`DbError`]
pub async fn get(tx: &mut Tx, person: PersonId) -> Result<Option<PersonRow>, DbError> {
    tx.row(PERSON_GET, args![person.0]).await
}

/// Adds a person.
///
/// # Errors
/// [`DbError`]
pub async fn add(tx: &mut Tx, person: PersonRow, created_at: i64) -> Result<(), DbError> {
    let PersonRow { person_id, email, name, password_hash, org_id, language, zone, theme, .. } =
        person;
    let args =
        args![person_id, email, name, password_hash, org_id, created_at, language, zone, theme];
    tx.run(PERSON_ADD, args).await?;
    Ok(())
}

/// Sets a new password hash.
///
/// # Errors
/// [`DbError`]
pub async fn set_password(tx: &mut Tx, person: i64, hash: &str) -> Result<(), DbError> {
    tx.run(PERSON_PASSWORD, args![person, hash]).await?;
    Ok(())
}

/// Sets a new password hash in place of the old one; false when that is another by now.
///
/// # Errors
/// [`DbError`]
pub async fn replace_password(
    tx: &mut Tx,
    person: PersonId,
    old: &str,
    new: &str,
) -> Result<bool, DbError> {
    Ok(tx.run(PERSON_REPLACE_PASSWORD, args![person.0, old, new]).await? > 0)
}

/// Sets a new name; false when the row is of another version by now.
///
/// # Errors
/// [`DbError`]
pub async fn rename(
    tx: &mut Tx,
    person: PersonId,
    name: &str,
    version: i64,
) -> Result<bool, DbError> {
    Ok(tx.run(PERSON_RENAME, args![person.0, name, version]).await? > 0)
}

/// Sets new preferences; false when the row is of another version by now.
///
/// # Errors
/// [`DbError`]
pub async fn prefer(
    tx: &mut Tx,
    person: PersonId,
    preferences: &Preferences,
    version: i64,
) -> Result<bool, DbError> {
    let language = preferences.language.map(|language| language.code().to_owned());
    let zone = preferences.zone.clone();
    let args = args![person.0, language, zone, preferences.theme.code(), version];
    Ok(tx.run(PERSON_PREFER, args).await? > 0)
}

/// The teams of a person by name, and the code of his role in each.
///
/// # Errors
/// [`DbError`]
pub async fn teams(
    tx: &mut Tx,
    org: OrgId,
    person: PersonId,
) -> Result<Vec<(String, String)>, DbError> {
    tx.rows(PERSON_TEAMS, args![org.0, person.0]).await
}

/// Gives a role in the organization.
///
/// # Errors
/// [`DbError`]
pub async fn add_role(tx: &mut Tx, org: OrgId, person: i64, role: &str) -> Result<(), DbError> {
    tx.run(MEMBER_ADD, args![org.0, person, role]).await?;
    Ok(())
}

/// Gives the role in a team.
///
/// # Errors
/// [`DbError`]
pub async fn set_team_role(
    tx: &mut Tx,
    org: OrgId,
    team: i64,
    person: i64,
    role: &str,
) -> Result<(), DbError> {
    tx.run(TEAM_MEMBER_ADD, args![org.0, team, person, role]).await?;
    Ok(())
}

/// The codes of a person's roles: in the organization, and in each team.
///
/// # Errors
/// [`DbError`]
pub async fn roles(
    tx: &mut Tx,
    org: OrgId,
    person: PersonId,
) -> Result<(Vec<(String,)>, Vec<(i64, String)>), DbError> {
    let in_org = tx.rows(MEMBER_ROLES, args![org.0, person.0]).await?;
    let in_teams = tx.rows(TEAM_ROLES, args![org.0, person.0]).await?;
    Ok((in_org, in_teams))
}

/// The primary admins of some teams: team, name, e-mail.
///
/// # Errors
/// [`DbError`]
pub async fn primary_admins(
    tx: &mut Tx,
    org: OrgId,
    teams: Vec<i64>,
) -> Result<Vec<(i64, String, String)>, DbError> {
    let admins: Vec<(i64, i64)> = tx.rows(TEAM_PRIMARY_ADMINS, args![org.0, teams]).await?;
    let people: Vec<i64> = admins.iter().map(|(_, person)| *person).collect();
    let names = names(tx, people).await?;
    let find = |(team, person): (i64, i64)| {
        let (_, name, email) = names.iter().find(|(id, ..)| *id == person)?;
        Some((team, name.clone(), email.clone()))
    };
    Ok(admins.into_iter().filter_map(find).collect())
}

/// Names and e-mails of people, by number; those who are no more are missing.
///
/// # Errors
/// [`DbError`]
pub async fn names(tx: &mut Tx, people: Vec<i64>) -> Result<Vec<(i64, String, String)>, DbError> {
    tx.rows(PERSON_NAMES, args![people]).await
}
