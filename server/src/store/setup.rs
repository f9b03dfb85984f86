//! The first start.

use super::db::{DbError, Tx};
use super::org::NewOrg;
use crate::{args, statements};
use tokenscope::id::OrgId;
use tokenscope::time::Instant;

statements! {
    /// Fan-out: the first organization, where there is none. Two that are added at the same time
    /// have the same number, so that its key refuses one of them.
    ORG_ADD_FIRST = "INSERT INTO org (org_id, slug, name, token_name, zone, locale,
        accept_window_days, demo, last_number, revision, last_recorded_at, created_at)
        SELECT coalesce(max(org_id), 0) + 1, $1, $2, $3, $4, $5, $6, $7, 0, 1, 0, $8 FROM org
        HAVING count(*) = 0 RETURNING org_id";
}

/// Adds the first organization; none where there is one already.
///
/// # Errors
/// [`DbError::Unique`] where another one was added at the same time.
pub async fn add_first(
    tx: &mut Tx,
    org: &NewOrg<'_>,
    locale: &str,
    now: Instant,
) -> Result<Option<OrgId>, DbError> {
    let args = args![
        org.slug,
        org.name,
        org.token_name,
        org.zone,
        locale,
        org.accept_window_days,
        org.demo,
        now.micros(),
    ];
    let row: Option<(i64,)> = tx.row(ORG_ADD_FIRST, args).await?;
    Ok(row.map(|(id,)| OrgId(id)))
}
