//! Lists of what there is: teams, APIs, prices.

use super::Caller;
use crate::fault::Fault;
use crate::rate::Rounding;
use crate::time::Instant;
use crate::tokens::{Quantity, Tokens};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// A team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamListing {
    /// What URLs and facts call it.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// The end of its trial, where it has one.
    pub trial_until: Option<Instant>,
}

/// An API or product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiListing {
    /// What events call it.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// What its quantity counts.
    pub unit: String,
    /// Whether an admin listed it; otherwise an event brought it.
    pub listed: bool,
    /// Codes of its price classes, in their order.
    pub variants: Vec<String>,
}

/// A price from an instant on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateListing {
    /// Code of the API.
    pub api: String,
    /// Code of the price class; none = every class that has no line of its own.
    pub variant: Option<String>,
    /// From when on.
    pub from: Instant,
    /// Tokens per block.
    pub tokens: Tokens,
    /// Size of a block.
    pub per: Quantity,
    /// How quantities become tokens.
    pub rounding: Rounding,
    /// Whether failed calls cost as much.
    pub charge_failed: bool,
}

impl RateListing {
    /// What stands in a cursor for it: API, variant (empty for none) and instant.
    #[must_use]
    pub fn cursor(&self) -> String {
        let variant = self.variant.as_deref().unwrap_or_default();
        format!("{},{variant},{}", self.api, self.from)
    }
}

/// Lists what there is. Each answers one page, in the order of the codes, after `after`, and
/// whether there are more.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// The teams of which the caller may see the balance, without pools of single owners.
    async fn teams(
        &self,
        caller: &Caller,
        after: Option<&str>,
        limit: u16,
    ) -> Result<(Vec<TeamListing>, bool), Fault>;
    /// The APIs and products, for admins and managers.
    async fn apis(
        &self,
        caller: &Caller,
        after: Option<&str>,
        limit: u16,
    ) -> Result<(Vec<ApiListing>, bool), Fault>;
    /// The prices, for admins and managers; `after` is a [`RateListing::cursor`].
    async fn rates(
        &self,
        caller: &Caller,
        after: Option<&str>,
        limit: u16,
    ) -> Result<(Vec<RateListing>, bool), Fault>;
}
