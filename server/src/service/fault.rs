//! From errors of the database and broken invariants to faults: the details go into the log once,
//! under an incident id; the caller gets the id.

use crate::clock;
use crate::store::db::DbError;
use tokenscope::burn::BurnError;
use tokenscope::fault::Fault;

/// The fault of a database error.
#[must_use]
pub fn of(error: DbError) -> Fault {
    match &error {
        DbError::Busy(_) => {
            tracing::warn!(%error, "the database is busy");
            Fault::Busy
        }
        DbError::Full(_) => {
            tracing::error!(%error, "the disk is full");
            Fault::StorageFull
        }
        DbError::Unique(constraint) => Fault::Conflict { reason: taken(constraint) },
        DbError::Other(_) | DbError::Overflow | DbError::Damaged(_) => internal(&error),
    }
}

/// What is there already, by the constraint that says so. PostgreSQL names the constraint, SQLite
/// its columns.
fn taken(constraint: &str) -> String {
    let known = [
        ("person_email_uq", "person.email", "a person with this e-mail is there already"),
        ("team_slug_uq", "team.slug", "a team with this slug is there already"),
        ("app_client_uq", "app.client_id", "an app with this client id is there already"),
        ("rate_pk", "rate.from_at", "a rate of the same API, variant and time is there already"),
        ("lot_pk", "lot.lot_key", "a lot with this id is there already"),
    ];
    let found = known
        .iter()
        .find(|(name, column, _)| constraint.contains(name) || constraint.contains(column));
    match found {
        Some((.., text)) => format!("{text}; nothing was changed"),
        None => "this is there already; nothing was changed".into(),
    }
}

/// An unexpected error: logged, and named to the caller by an incident id only.
#[must_use]
pub fn internal(error: &dyn std::fmt::Display) -> Fault {
    let incident = clock::incident();
    tracing::error!(incident, %error, "unexpected error");
    Fault::Internal { incident }
}

/// The fault of books that do not add up.
#[must_use]
pub fn of_burn(error: BurnError) -> Fault {
    internal(&error)
}
