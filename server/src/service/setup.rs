//! Making organizations: for the command line, for demo data, and by the page of the first start.

use super::keys::same;
use super::{Service, commit, fault, zone};
use crate::clock;
use crate::store::db::Tx;
use crate::store::org::{self, NewOrg};
use crate::store::person::{self, PersonRow};
use crate::store::{names, setup};
use async_trait::async_trait;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokenscope::fault::Fault;
use tokenscope::id::{OrgId, PersonId, check_slug};
use tokenscope::permission::{OrgRole, Roles};
use tokenscope::preference::{Preferences, Theme};
use tokenscope::service::{Caller, Directory, Setup};
use tokenscope::setup::{DemoMade, FirstStart, Opening};
use tokenscope::time::Instant;

/// How old events may be in an organization that the page makes, in days.
const ACCEPT_WINDOW_DAYS: i64 = 400;
/// Demo data that is not there after so long goes on being made behind the page.
const DEMO_WITHIN: Duration = Duration::from_secs(4);

/// What opens the first start: a secret of this process, which stands on its console and nowhere
/// else.
pub(super) struct Gate {
    token: String,
    /// Whether there is an organization; asked of the database until there is one.
    done: AtomicBool,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self { token: clock::random_secret(), done: AtomicBool::new(false) }
    }
    fn opens(&self, token: &str) -> bool {
        same(self.token.as_bytes(), token.as_bytes())
    }
}

#[async_trait]
impl Setup for Service {
    async fn opening(&self, token: &str) -> Result<Opening, Fault> {
        if self.has_started().await? {
            return Ok(Opening::Done);
        }
        if !self.parts.gate.opens(token) {
            return Ok(Opening::Locked);
        }
        Ok(Opening::Open { zones: zone::names() })
    }

    async fn begin(&self, token: &str, start: FirstStart) -> Result<(Caller, DemoMade), Fault> {
        if !self.parts.gate.opens(token) {
            return Err(if self.has_started().await? {
                Fault::NotFound { what: "the first start".into() }
            } else {
                Fault::Unauthenticated { reason: "this is not the link on the console".into() }
            });
        }
        let fields = start.faults(zone::zone(start.zone()).is_some());
        if !fields.is_empty() {
            return Err(Fault::Invalid { fields });
        }
        // On its own, so that a browser that goes away in between leaves nothing half made.
        let service = self.clone();
        let begun = tokio::spawn(async move { service.make_first(start).await });
        begun.await.map_err(|e| fault::internal(&e))?
    }
}

/// An organization to be made.
#[derive(Debug, Clone)]
pub struct NewOrganization {
    /// What the command line calls it.
    pub slug: String,
    /// What people read.
    pub name: String,
    /// What one token is called there.
    pub token_name: String,
    /// IANA name of its time zone.
    pub zone: String,
    /// How old an event may be, in days; none = any age.
    pub accept_window_days: Option<i64>,
    /// Whether its data is invented.
    pub demo: bool,
}

impl Service {
    /// Makes an organization.
    ///
    /// # Errors
    /// [`Fault::Invalid`] for a bad slug or zone, [`Fault::Conflict`] when the slug is taken.
    pub async fn create_organization(&self, new: &NewOrganization) -> Result<OrgId, Fault> {
        check_slug(&new.slug).map_err(|e| Fault::field("slug", format!("`{}` {e}", new.slug)))?;
        if zone::zone(&new.zone).is_none() {
            let reason = format!("`{}` is no IANA time zone like Europe/Berlin", new.zone);
            return Err(Fault::field("zone", reason));
        }
        let mut tx = self.write().await?;
        if org::by_slug(&mut tx, &new.slug).await.map_err(fault::of)?.is_some() {
            let reason = format!("the organization `{}` is there already", new.slug);
            return Err(Fault::Conflict { reason });
        }
        let row = NewOrg {
            slug: &new.slug,
            name: &new.name,
            token_name: &new.token_name,
            zone: &new.zone,
            accept_window_days: new.accept_window_days,
            demo: new.demo,
        };
        let id = org::add(&mut tx, &row, self.clock().now()).await.map_err(fault::of)?;
        commit(tx).await?;
        Ok(id)
    }

    /// The organization of a slug.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub async fn organization(&self, slug: &str) -> Result<Option<OrgId>, Fault> {
        let mut tx = self.read().await?;
        org::by_slug(&mut tx, slug).await.map_err(fault::of)
    }

    /// Whether an organization's data is invented.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub async fn is_demo(&self, slug: &str) -> Result<bool, Fault> {
        let mut tx = self.read().await?;
        let Some(id) = org::by_slug(&mut tx, slug).await.map_err(fault::of)? else {
            return Ok(false);
        };
        let row = org::get(&mut tx, id).await.map_err(fault::of)?;
        Ok(row.is_some_and(|row| row.demo != 0))
    }

    /// The time zone of an organization.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when it is not there.
    pub async fn zone_of(&self, id: OrgId) -> Result<String, Fault> {
        let mut tx = self.read().await?;
        let row = org::get(&mut tx, id).await.map_err(fault::of)?;
        row.map(|row| row.zone).ok_or(Fault::NotFound { what: "this organization".into() })
    }

    /// Takes an organization back that was just made and in which nothing was recorded.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub async fn forget_if_empty(&self, id: OrgId) -> Result<(), Fault> {
        let mut tx = self.write().await?;
        org::delete_if_empty(&mut tx, id).await.map_err(fault::of)?;
        commit(tx).await
    }

    /// Whether there is an organization, so that the first start is over.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub async fn has_started(&self) -> Result<bool, Fault> {
        let gate = &self.parts.gate;
        if !gate.done.load(Ordering::Relaxed) && self.organizations().await? > 0 {
            gate.done.store(true, Ordering::Relaxed);
        }
        Ok(gate.done.load(Ordering::Relaxed))
    }

    /// What opens the first start; none once it is over.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub async fn setup_token(&self) -> Result<Option<String>, Fault> {
        Ok((!self.has_started().await?).then(|| self.parts.gate.token.clone()))
    }

    async fn make_first(&self, start: FirstStart) -> Result<(Caller, DemoMade), Fault> {
        let hash = self.parts.hashing.hash(start.password.clone()).await?;
        let slug = start.slug();
        let new = NewOrg {
            slug: &slug,
            name: &start.organization,
            token_name: start.unit(),
            zone: start.zone(),
            accept_window_days: Some(ACCEPT_WINDOW_DAYS),
            demo: start.demo,
        };
        let now = self.clock().now();
        let mut tx = self.write().await?;
        let added = setup::add_first(&mut tx, &new, start.language.code(), now).await;
        let taken = || Fault::Conflict { reason: "the first start is done already".into() };
        let org = added.map_err(fault::of)?.ok_or_else(taken)?;
        let admin = add_admin(&mut tx, org, &start, hash, now).await?;
        commit(tx).await?;
        let demo = if start.demo { self.demo_for(org, &start).await } else { DemoMade::None };
        Ok((self.caller(admin).await?, demo))
    }

    /// Makes the demo data, behind the page where it takes longer.
    async fn demo_for(&self, org: OrgId, start: &FirstStart) -> DemoMade {
        let (service, zone) = (self.clone(), start.zone().to_owned());
        let admin = start.email.to_lowercase();
        let filling = tokio::spawn(async move { service.fill_with_demo(org, zone, &admin).await });
        match tokio::time::timeout(DEMO_WITHIN, filling).await {
            Err(_) => DemoMade::Running,
            Ok(Ok(Ok(()))) => DemoMade::Ready,
            Ok(_) => DemoMade::Failed,
        }
    }

    /// How many organizations there are.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub async fn organizations(&self) -> Result<i64, Fault> {
        let mut tx = self.read().await?;
        org::count(&mut tx).await.map_err(fault::of)
    }
}

/// Adds the admin of an organization that was just made.
async fn add_admin(
    tx: &mut Tx,
    org_id: OrgId,
    start: &FirstStart,
    password_hash: String,
    now: Instant,
) -> Result<PersonId, Fault> {
    let (number, email) = (clock::random_number(), start.email.to_lowercase());
    let row = PersonRow {
        person_id: number,
        email: email.clone(),
        name: start.name.clone(),
        password_hash,
        org_id: org_id.0,
        language: Some(start.language.code().into()),
        zone: None,
        theme: Theme::default().code().into(),
        version: 1,
    };
    person::add(tx, row, now.micros()).await.map_err(fault::of)?;
    // Every member is a developer too.
    for role in [OrgRole::Developer, OrgRole::Admin] {
        person::add_role(tx, org_id, number, role.code()).await.map_err(fault::of)?;
    }
    let mut lock = org::lock(tx, org_id, now).await.map_err(fault::of)?;
    let users = names::add_users(tx, org_id, &mut lock, vec![email], now).await;
    for user in users.map_err(fault::of)? {
        names::link_user(tx, org_id, user, number).await.map_err(fault::of)?;
    }
    lock.give_back(tx).await.map_err(fault::of)?;
    Ok(PersonId(number))
}

/// The program itself as a caller, with all rights: for the command line.
#[must_use]
pub fn program(org: OrgId) -> Caller {
    Caller {
        org,
        person: None,
        user: None,
        name: "command line".into(),
        email: String::new(),
        roles: Roles { org: [OrgRole::Admin].into(), ..Roles::default() },
        preferences: Preferences::default(),
        scopes: None,
        key: None,
    }
}
