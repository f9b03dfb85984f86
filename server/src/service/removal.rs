//! Takes demo data out of an organization, in one transaction.

use super::{Service, audit, commit, fault};
use crate::store::db::Tx;
use crate::store::{org, removal};
use async_trait::async_trait;
use std::sync::atomic::Ordering;
use tokenscope::audit::Actor;
use tokenscope::fault::{Fault, Needs};
use tokenscope::id::OrgId;
use tokenscope::permission::{Action, Scope};
use tokenscope::service::{Caller, Removal};
use tokenscope::setup::DemoContents;

#[async_trait]
impl Removal for Service {
    async fn demo_contents(&self, caller: &Caller) -> Result<DemoContents, Fault> {
        let mut tx = self.read().await?;
        check(&mut tx, caller).await?;
        let counts = removal::counts(&mut tx, caller.org).await.map_err(fault::of)?;
        let [events, teams, apps, lots] = counts;
        let me = caller.person.map_or(0, |person| person.0);
        let people = removal::people(&mut tx, caller.org, me).await.map_err(fault::of)?;
        let people = i64::try_from(people.len()).unwrap_or(i64::MAX);
        Ok(DemoContents { events, teams, apps, lots, people })
    }

    async fn remove_demo(&self, caller: &Caller) -> Result<(), Fault> {
        if self.parts.filling.load(Ordering::SeqCst) {
            let reason = "the demo data is still being made: try again in a minute";
            return Err(Fault::Conflict { reason: reason.into() });
        }
        let mut tx = self.write().await?;
        // Batches of events check the revision under a lock of their own, so each is either
        // removed here, or sees afterwards that nothing it names is there any more.
        let now = self.clock().now();
        let lock = org::lock(&mut tx, caller.org, now).await.map_err(fault::of)?;
        check(&mut tx, caller).await?;
        let me = caller.person.map_or(0, |person| person.0);
        let people = removal::people(&mut tx, caller.org, me).await.map_err(fault::of)?;
        let gone = entry(&mut tx, caller.org, people.len()).await?;
        removal::remove(&mut tx, caller.org, people).await.map_err(fault::of)?;
        let actor = Actor::of(caller);
        audit::append(&mut tx, caller.org, actor, now, vec![gone]).await.map_err(fault::of)?;
        lock.give_back(&mut tx).await.map_err(fault::of)?;
        commit(tx).await
    }
}

/// What the audit log says of it.
async fn entry(tx: &mut Tx, org: OrgId, people: usize) -> Result<audit::Entry, Fault> {
    let [events, teams, apps, lots] = removal::counts(tx, org).await.map_err(fault::of)?;
    let content = serde_json::json!({
        "events": events, "teams": teams, "apps": apps, "lots": lots, "people": people,
    });
    Ok(audit::Entry { action: "demo_removed", subject: "organization".into(), content })
}

/// Only an admin, and only where the data is invented.
async fn check(tx: &mut Tx, caller: &Caller) -> Result<(), Fault> {
    if !caller.roles.everywhere(Action::Administer) || !caller.has_scope(Scope::Admin) {
        return Err(Fault::Forbidden { needs: Needs::Admin });
    }
    let row = org::get(tx, caller.org).await.map_err(fault::of)?;
    match row.is_some_and(|row| row.demo != 0) {
        true => Ok(()),
        false => Err(Fault::NotFound { what: "demo data in this organization".into() }),
    }
}
