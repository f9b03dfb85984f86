//! Fills an organization with demo data, through the same services as everything else.

use super::{NewPerson, Service, commit, fault, program, zone};
use crate::clock;
use crate::demo::{DemoPerson, DemoSpec, plan};
use crate::store::removal;
use std::sync::atomic::Ordering;
use tokenscope::event::EventResult;
use tokenscope::fault::Fault;
use tokenscope::id::OrgId;
use tokenscope::permission::OrgRole;
use tokenscope::service::{Books, Intake};

/// As much as shows every page well and is made within seconds.
const SPEC: DemoSpec = DemoSpec { seed: 1, days: 120, events: 5_000 };
/// Events of one batch.
const BATCH: usize = 1_000;

impl Service {
    /// Fills an organization. `admin` is the e-mail of its own admin.
    pub(super) async fn fill_with_demo(
        &self,
        org: OrgId,
        zone_name: String,
        admin: &str,
    ) -> Result<(), Fault> {
        self.parts.filling.store(true, Ordering::SeqCst);
        let filled = self.fill(org, zone_name, admin).await;
        self.parts.filling.store(false, Ordering::SeqCst);
        filled.inspect_err(|fault| tracing::error!(%fault, "the demo data could not be made"))
    }

    async fn fill(&self, org: OrgId, zone_name: String, admin: &str) -> Result<(), Fault> {
        let now = self.clock().now();
        let zone = zone::zone(&zone_name).ok_or_else(|| fault::internal(&"no such time zone"))?;
        let planned = tokio::task::spawn_blocking(move || plan(&SPEC, now, &zone));
        let plan = planned.await.map_err(|e| fault::internal(&e))?;
        let program = program(org);
        self.record(&program, plan.facts).await?;
        // The organization has an admin of its own, and an account is one person's.
        let others = |person: &DemoPerson| {
            person.org_role != OrgRole::Admin && person.email.to_lowercase() != admin
        };
        self.add_demo_people(org, plan.people.into_iter().filter(others).collect()).await?;
        for batch in plan.events.chunks(BATCH) {
            let results = self.accept(&program, batch.iter().cloned().map(Ok).collect()).await?;
            if let Some(bad) = results.iter().find(|r| !matches!(r, EventResult::Accepted { .. })) {
                return Err(fault::internal(&format!("a demo event was refused: {bad:?}")));
            }
        }
        Ok(())
    }

    /// Their password is known to nobody.
    async fn add_demo_people(&self, org: OrgId, people: Vec<DemoPerson>) -> Result<(), Fault> {
        let password = clock::random_secret();
        let emails = people.iter().map(|person| person.email.clone()).collect();
        let person = |person: DemoPerson| NewPerson {
            email: person.email,
            name: person.name,
            password: password.clone(),
            role: person.org_role,
            teams: person.teams,
        };
        self.add_people(org, people.into_iter().map(person).collect()).await?;
        self.mark_demo_people(org, emails).await
    }

    /// Notes that people came with the demo, so that they go with it.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub async fn mark_demo_people(&self, org: OrgId, emails: Vec<String>) -> Result<(), Fault> {
        let emails = emails.into_iter().map(|email| email.to_lowercase()).collect();
        let mut tx = self.write().await?;
        removal::mark_people(&mut tx, org, emails).await.map_err(fault::of)?;
        commit(tx).await
    }
}
