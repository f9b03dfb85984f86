//! What a new organization still has to do before it sees usage against tokens.

use super::fault;
use crate::store::checklist;
use crate::store::db::Tx;
use tokenscope::fault::Fault;
use tokenscope::permission::Action;
use tokenscope::report::FirstSteps;
use tokenscope::service::Caller;
use tokenscope::time::{DAY, Instant};

/// Once there are events, what is left is named for so long after the organization was made:
/// some only measure and never buy.
const NEW_FOR: i64 = 30 * DAY;

/// The first steps, for who can take them, while one of them is left.
pub(super) async fn first_steps(
    tx: &mut Tx,
    caller: &Caller,
    now: Instant,
    has_event: bool,
) -> Result<Option<FirstSteps>, Fault> {
    if !caller.roles.everywhere(Action::Administer) {
        return Ok(None);
    }
    let org = caller.org;
    let steps = FirstSteps {
        has_key: checklist::has_ingest_key(tx, org, now.micros()).await.map_err(fault::of)?,
        has_event,
        has_purchase: checklist::has_lot(tx, org).await.map_err(fault::of)?,
    };
    let all_done = steps.has_key && steps.has_event && steps.has_purchase;
    let made = checklist::created_at(tx, org).await.map_err(fault::of)?;
    let is_new = made.is_some_and(|made| now.micros() - made < NEW_FOR);
    Ok(Some(steps).filter(|_| !all_done && (is_new || !has_event)))
}
