//! The boundary: what pages and HTTP interfaces may ask of the program, one trait per capability.
//!
//! The server implements these; pages find them in context. The first argument is always the
//! [`Caller`], and each method checks its rights itself.

use crate::event::{EventResult, Submitted};
use crate::fact::{Fact, Recorded};
use crate::fault::Fault;
use crate::id::{OrgId, PersonId, UserId};
use crate::permission::{Roles, Scope};
use crate::preference::Preferences;
use crate::report::{MyReport, OverviewReport, TeamBalance};
use crate::time::Instant;
use crate::view::View;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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
    async fn record(&self, caller: &Caller, facts: Vec<Fact>) -> Result<Recorded, Fault>;
}

/// People, sign-in and lists.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Checks a password and returns the caller. `address` is where the attempt came from; too
    /// many failures for an account or an address are refused for a while.
    async fn sign_in(&self, email: &str, password: &str, address: &str) -> Result<Caller, Fault>;
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
    /// Makes a key and returns its secret, which is shown this once.
    async fn create(
        &self,
        caller: &Caller,
        name: &str,
        scopes: BTreeSet<Scope>,
    ) -> Result<String, Fault>;
}
