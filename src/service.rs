//! The boundary: what pages and HTTP interfaces may ask of the program, one trait per capability.
//!
//! The server implements these; pages find them in context. The first argument is always the
//! [`Caller`], and each method checks its rights itself.

use crate::correction::{Corrected, Corrections};
use crate::event::{EventResult, Submitted};
use crate::fact::{Fact, Once, Receipt, Recorded};
use crate::fault::Fault;
use crate::id::{OrgId, PersonId, UserId};
use crate::job::JobListing;
use crate::key::{KeyList, KeyListing, KeyOwner, Lifetime, NewKey};
use crate::permission::{Roles, Scope};
use crate::preference::Preferences;
use crate::purchase::{Ground, PurchaseInput, PurchaseList, PurchasePreview};
use crate::report::{MyReport, OverviewReport, TeamBalance};
use crate::second_factor::SignIn;
use crate::setup::{DemoContents, DemoMade, FirstStart, Opening};
use crate::time::Instant;
use crate::view::View;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

mod accounts;
mod audit;
mod catalogue;
mod checks;
mod ledger;

pub use accounts::Accounts;
pub use audit::Audit;
pub use catalogue::{ApiListing, Catalogue, RateListing, TeamListing};
pub use checks::Checks;
pub use ledger::{Ledger, LotQuestion};

/// Who asks: a signed-in person, an API key, or the program itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The organization in which he asks.
    pub org: OrgId,
    /// The account, absent for a key that belongs to no person.
    pub person: Option<PersonId>,
    /// The same person as the `user` of events.
    pub user: Option<UserId>,
    /// What to call him.
    pub name: String,
    /// His e-mail; empty for a key.
    pub email: String,
    /// What he may do.
    pub roles: Roles,
    /// How he wants to see the pages.
    pub preferences: Preferences,
    /// What his API key is limited to; none for a browser session.
    pub scopes: Option<BTreeSet<Scope>>,
    /// Number of his API key in the organization; none without one.
    pub key: Option<i64>,
}

impl Caller {
    /// Whether a scope is open to him: always in a browser session.
    #[must_use]
    pub fn has_scope(&self, scope: Scope) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| scopes.contains(&scope))
    }
}

/// An app, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppListing {
    /// What events call it.
    pub client_id: String,
    /// What people call it.
    pub name: String,
    /// Slug of the team that pays now; none while unassigned.
    pub team: Option<String>,
    /// Whether somebody registered it; otherwise an event brought it.
    pub registered: bool,
    /// When it became known.
    pub created_at: Instant,
}

/// Questions about usage and balances.
#[async_trait]
pub trait Reports: Send + Sync {
    /// The page `/overview`: everything the caller may see of the whole organization.
    async fn overview(&self, caller: &Caller, view: &View) -> Result<OverviewReport, Fault>;
    /// The page `/me`: the caller's own usage.
    async fn me(&self, caller: &Caller, view: &View) -> Result<MyReport, Fault>;
    /// Balances of the teams that the caller may see, by slug; `team` names one.
    async fn balances(
        &self,
        caller: &Caller,
        team: Option<&str>,
        as_of: Option<Instant>,
    ) -> Result<Vec<TeamBalance>, Fault>;
}

/// Takes usage events.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Takes a batch in one transaction and says of each item, in order, what became of it.
    ///
    /// Items are independent; sending the whole batch again converges.
    async fn accept(
        &self,
        caller: &Caller,
        events: Vec<Submitted>,
    ) -> Result<Vec<EventResult>, Fault>;
}

/// Takes the facts of the books: teams, apps, assignments, rates, lots, transfers, policies.
#[async_trait]
pub trait Books: Send + Sync {
    /// Records facts in one transaction: all or none. A fact that is there already is counted as
    /// `unchanged`, so that a repeat converges.
    async fn record(&self, caller: &Caller, facts: Vec<Fact>) -> Result<Recorded, Fault> {
        Ok(self.record_once(caller, facts, None).await?.recorded)
    }
    /// The same for a request that its sender may repeat: under the same key it is done once,
    /// and answered as the first time. Team admins transfer and unblock within their teams.
    async fn record_once(
        &self,
        caller: &Caller,
        facts: Vec<Fact>,
        once: Option<Once>,
    ) -> Result<Receipt, Fault>;
}

/// Corrects usage events.
#[async_trait]
pub trait Correcting: Send + Sync {
    /// What corrections would change, with a basis for [`Self::correct`]. Nothing changes.
    async fn preview(&self, caller: &Caller, asked: Corrections) -> Result<Corrected, Fault>;
    /// Corrects events in one transaction and says of each item, in order, what became of it.
    /// With a basis that no longer stands for what changes it is [`Fault::Conflict`].
    async fn correct(&self, caller: &Caller, asked: Corrections) -> Result<Corrected, Fault>;
}

/// Work that goes on beside the program's other work.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// The newest hundred jobs, newest first.
    async fn jobs(&self, caller: &Caller) -> Result<Vec<JobListing>, Fault>;
    /// One of them.
    async fn job(&self, caller: &Caller, number: i64) -> Result<JobListing, Fault>;
}

/// Whether anything arrived, for pages that follow it.
#[async_trait]
pub trait Live: Send + Sync {
    /// Names the present state of the caller's organization, the same in every server process;
    /// at most a second old. Another name means that figures may have changed.
    async fn stamp(&self, caller: &Caller) -> Result<String, Fault>;
}

/// Purchases: tokens that admins record for teams.
#[async_trait]
pub trait Purchases: Send + Sync {
    /// One page of the lots of all teams, newest first; a page that is not there is the last one.
    async fn purchases(&self, caller: &Caller, page: i64) -> Result<PurchaseList, Fault>;
    /// What the form of a purchase offers.
    async fn purchase_ground(&self, caller: &Caller) -> Result<Ground, Fault>;
    /// What a purchase would change. `id` is the one it is to be recorded under, which is made
    /// here when there is none yet.
    async fn preview_purchase(
        &self,
        caller: &Caller,
        input: &PurchaseInput,
        id: Option<&str>,
    ) -> Result<PurchasePreview, Fault>;
    /// Records a purchase under an id, once however often it is sent, and returns the name of the
    /// team.
    async fn record_purchase(
        &self,
        caller: &Caller,
        input: &PurchaseInput,
        id: &str,
    ) -> Result<String, Fault>;
}

/// The first start.
#[async_trait]
pub trait Setup: Send + Sync {
    /// Whether it is to be made, and whether this token opens it.
    async fn opening(&self, token: &str) -> Result<Opening, Fault>;
    /// Makes the first organization with its admin, of whom it returns the caller. Of several at
    /// the same time one succeeds; the others get [`Fault::Conflict`].
    async fn begin(&self, token: &str, start: FirstStart) -> Result<(Caller, DemoMade), Fault>;
}

/// Takes demo data out of an organization.
#[async_trait]
pub trait Removal: Send + Sync {
    /// What would go. [`Fault::NotFound`] in an organization without demo data.
    async fn demo_contents(&self, caller: &Caller) -> Result<DemoContents, Fault>;
    /// Removes all facts, all usage and the people of the demo. Its organization, the accounts
    /// that were made in it otherwise, and its keys stay.
    async fn remove_demo(&self, caller: &Caller) -> Result<(), Fault>;
}

/// People, sign-in and lists.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Checks a password and says who it is, or that a code of his second factor is needed too.
    /// `address` is where the attempt came from; too many failures for an account or an address
    /// are refused for a while.
    async fn sign_in(&self, email: &str, password: &str, address: &str) -> Result<SignIn, Fault>;
    /// The caller of a person who signed in before, with his present roles.
    async fn caller(&self, person: PersonId) -> Result<Caller, Fault>;
    /// One page of the apps the caller may see, by client id, after `after`, and whether there
    /// are more.
    async fn apps(
        &self,
        caller: &Caller,
        after: Option<&str>,
        limit: u16,
    ) -> Result<(Vec<AppListing>, bool), Fault>;
}

/// API keys.
#[async_trait]
pub trait Keys: Send + Sync {
    /// The caller behind a bearer key.
    async fn authenticate(&self, bearer: &str) -> Result<Caller, Fault>;
    /// Whether the caller may make keys of this owner; asked before what he typed is read.
    fn may_make(&self, caller: &Caller, owner: KeyOwner) -> Result<(), Fault>;
    /// Makes a key and returns its secret, which is shown this once.
    async fn make(&self, caller: &Caller, key: NewKey) -> Result<String, Fault>;
    /// The organization's keys, or the caller's own.
    async fn list(&self, caller: &Caller, owner: KeyOwner) -> Result<KeyList, Fault>;
    /// One of them, for the question whether to revoke it.
    async fn key(&self, caller: &Caller, owner: KeyOwner, number: i64)
    -> Result<KeyListing, Fault>;
    /// Takes one back; requests with it are refused from then on, by other server processes
    /// within a second.
    async fn revoke(&self, caller: &Caller, owner: KeyOwner, number: i64) -> Result<(), Fault>;
    /// Makes a key of the organization that is good until it is taken back.
    async fn create(
        &self,
        caller: &Caller,
        name: &str,
        scopes: BTreeSet<Scope>,
    ) -> Result<String, Fault> {
        let (owner, lifetime) = (KeyOwner::Organization, Lifetime::Endless);
        self.make(caller, NewKey { name: name.to_owned(), owner, scopes, lifetime }).await
    }
}
