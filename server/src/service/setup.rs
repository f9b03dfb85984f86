//! Making organizations: for the command line and demo data.

use super::{Service, commit, fault, zone};
use crate::store::org::{self, NewOrg};
use tokenscope::fault::Fault;
use tokenscope::id::{OrgId, check_slug};
use tokenscope::permission::{OrgRole, Roles};
use tokenscope::preference::Preferences;
use tokenscope::service::Caller;

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

    /// How many organizations there are.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub async fn organizations(&self) -> Result<i64, Fault> {
        let mut tx = self.read().await?;
        org::count(&mut tx).await.map_err(fault::of)
    }
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
    }
}
