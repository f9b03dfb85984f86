//! What can be metered: APIs and products with their variants (price classes).

use crate::id::{ApiId, VariantId};
use serde::{Deserialize, Serialize};

/// A metered API or product. It is rated when a rate line names it, else free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Api {
    /// Number within the organization.
    pub id: ApiId,
    /// What events and URLs call it.
    pub code: String,
    /// What people read.
    pub name: String,
    /// What its quantity counts, e.g. `second`, `photo`, `job`.
    pub unit: String,
    /// Index into the palette; an API keeps its colour everywhere.
    pub hue: u8,
    /// Whether an admin listed it; otherwise an event brought it and admins are asked to look.
    pub listed: bool,
}

/// A price class of an API. (A version number is an attribute of an event, not a variant.)
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// Number within the organization.
    pub id: VariantId,
    /// The API it belongs to.
    pub api: ApiId,
    /// What events call it.
    pub code: String,
}
