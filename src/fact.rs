//! The facts of the books, as they are recorded: everything but usage events (accounting.md,
//! "Facts"). They name things by slugs and the sender's ids; a fact is never changed, a
//! correction is a new fact.

use crate::access::Policy;
use crate::lot::{LotKind, PaysFor, UnitCost};
use crate::payer::Payer;
use crate::rate::Rounding;
use crate::time::Instant;
use crate::tokens::{Quantity, Tokens};
use serde::{Deserialize, Serialize};

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// A team: a pool of lots.
    Team {
        /// Unique in the organization.
        slug: String,
        /// What people read.
        name: String,
    },
    /// When a team's trial ends. The newest recorded counts.
    Trial {
        /// Slug of the team.
        team: String,
        /// The first instant that is charged.
        until: Instant,
    },
    /// A policy of a team, or of the organization where `team` is none.
    Policy {
        /// Slug of the team.
        team: Option<String>,
        /// From when on.
        from: Instant,
        /// The policy.
        policy: Policy,
    },
    /// An app that may send events.
    App {
        /// Unique in the organization.
        client_id: String,
        /// What people read.
        name: String,
        /// E-mail or external id of its owner.
        owner: Option<String>,
    },
    /// Which team an app's usage is charged to, until the next line.
    Assignment {
        /// The app.
        client_id: String,
        /// Slug of the team, or none: then its usage is listed as unassigned.
        team: Option<String>,
        /// From when on; the same instant again corrects the line.
        from: Instant,
    },
    /// An API or product that can be metered.
    Api {
        /// Unique in the organization.
        code: String,
        /// What people read.
        name: String,
        /// What its quantity counts.
        unit: String,
    },
    /// A price from an instant on.
    Rate {
        /// Code of the API.
        api: String,
        /// Code of the price class; none = every class that has no line of its own.
        variant: Option<String>,
        /// Tokens per block.
        tokens: Tokens,
        /// Size of a block.
        per: Quantity,
        /// How quantities become tokens.
        rounding: Rounding,
        /// Whether failed calls cost as much.
        charge_failed: bool,
        /// From when on.
        from: Instant,
    },
    /// Tokens granted to a team.
    Lot {
        /// The sender's id, unique in the organization.
        id: String,
        /// Slug of the team.
        team: String,
        /// Where they came from.
        kind: LotKind,
        /// How many, more than zero.
        tokens: Tokens,
        /// First usable instant.
        effective: Instant,
        /// First instant of no more use; none = never ends.
        expires: Option<Instant>,
        /// Lower burns first; none = by kind.
        priority: Option<i16>,
        /// None = by kind.
        pays_for: Option<PaysFor>,
        /// What one token cost.
        unit_cost: Option<UnitCost>,
        /// Order or contract number.
        reference: Option<String>,
        /// Through whom they were bought.
        channel: Option<String>,
    },
    /// The remainder of a lot is taken away; at its effective time the lot is cancelled.
    Void {
        /// Id of the lot.
        lot: String,
        /// When.
        at: Instant,
    },
    /// A part of a lot moves to another team as a new lot.
    Transfer {
        /// Id of the new lot.
        id: String,
        /// Id of the lot it comes from.
        lot: String,
        /// Slug of the team that gets it.
        to: String,
        /// When.
        at: Instant,
        /// How much.
        tokens: Tokens,
    },
    /// A restriction under `unblock: manual` is lifted; counts only at an instant without debt.
    Unblock {
        /// Slug of the team.
        team: String,
        /// When.
        at: Instant,
    },
    /// Whose an app is; matters where owners' pools pay.
    Owner {
        /// The app.
        client_id: String,
        /// E-mail or external id of the owner, or none.
        owner: Option<String>,
        /// From when on; the same instant again corrects the line.
        from: Instant,
    },
    /// Who pays for apps: their teams or their owners' own pools.
    Payer {
        /// Who pays.
        payer: Payer,
        /// From when on; the same instant again corrects the line.
        from: Instant,
    },
    /// Whether a member may use a daily product.
    Product {
        /// E-mail or external id of the member.
        user: String,
        /// Code of the product.
        api: String,
        /// Whether it is assigned from then on, or taken away.
        assigned: bool,
        /// From when on; the same instant again corrects the line.
        from: Instant,
    },
    /// Nothing before an instant changes any more through facts recorded later.
    Close {
        /// The first open instant.
        until: Instant,
    },
}

/// A request that its sender may repeat: under the same key it is done once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// What the sender calls the request; 1 to 255 printable characters.
    pub key: String,
    /// 8 bytes that stand for what was asked and by whom.
    pub fingerprint: i64,
}

/// What is answered to a request that recorded facts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// How many were new.
    pub recorded: Recorded,
    /// The ids of lots and transfers, in the order sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// Whether this was answered before, and nothing was recorded now.
    #[serde(skip)]
    pub replayed: bool,
}

/// How many facts of a batch were new.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Stored now.
    pub new: u64,
    /// There already, with the same content.
    pub unchanged: u64,
    /// The job that rates usage of the past again: the facts count once it is done. None where
    /// they count already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<i64>,
}
