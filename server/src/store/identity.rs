//! People as other sign-in services know them.

use super::db::{DbError, Tx};
use crate::{args, statements};
use tokenscope::id::{OrgId, PersonId};
use tokenscope::time::Instant;

statements! {
    /// The person behind a subject.
    IDENTITY_GET = "SELECT person_id FROM identity WHERE issuer = $1 AND subject = $2";
    /// Links a subject to a person.
    IDENTITY_ADD = "INSERT INTO identity (issuer, subject, person_id, created_at)
        VALUES ($1, $2, $3, $4) ON CONFLICT (issuer, subject) DO NOTHING";
    /// Fan-out: the first two organizations, to see whether there is only one.
    ORG_FIRST_TWO = "SELECT org_id FROM org ORDER BY org_id LIMIT 2";
}

/// Finds the person whom an issuer knows as a subject.
///
/// # Errors
/// [`DbError`]
pub async fn get(tx: &mut Tx, issuer: &str, subject: &str) -> Result<Option<PersonId>, DbError> {
    let row: Option<(i64,)> = tx.row(IDENTITY_GET, args![issuer, subject]).await?;
    Ok(row.map(|(id,)| PersonId(id)))
}

/// Links a subject to a person.
///
/// # Errors
/// [`DbError`]
pub async fn add(
    tx: &mut Tx,
    issuer: &str,
    subject: &str,
    person: PersonId,
    now: Instant,
) -> Result<(), DbError> {
    tx.run(IDENTITY_ADD, args![issuer, subject, person.0, now.micros()]).await?;
    Ok(())
}

/// The only organization there is; none where there are several or none.
///
/// # Errors
/// [`DbError`]
pub async fn only_organization(tx: &mut Tx) -> Result<Option<OrgId>, DbError> {
    let rows: Vec<(i64,)> = tx.rows(ORG_FIRST_TWO, args![]).await?;
    Ok(match rows[..] {
        [(id,)] => Some(OrgId(id)),
        _ => None,
    })
}
