//! Calls that ask before they are made, and what they are told (accounting.md, "Access and
//! decisions").

use crate::access::{Access, Overdraft};
use crate::decision::{Denial, Remedy};
use crate::event::EventResult;
use crate::explain::PricedBy;
use crate::hold::HoldEnd;
use crate::id::LongId;
use crate::lot::Class;
use crate::rate::Basis;
use crate::time::Instant;
use crate::tokens::{Quantity, Tokens};
use serde::{Deserialize, Serialize};

/// A call that somebody wants to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedCall {
    /// Client id of the app.
    pub client_id: String,
    /// E-mail or external id of who calls, compared without case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Code of the API.
    pub api: String,
    /// Code of the price class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// How much; none = 1, or a session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// The price is to be reserved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<AskedHold>,
}

/// A hold that somebody wants for his call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedHold {
    /// The sender's key, unique in the organization: the same key is the same hold.
    pub key: String,
    /// How long it lives, in seconds: 1 to [`crate::hold::TTL_MAX_S`].
    pub ttl_s: u32,
}

/// Where a hold stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// It reserves its tokens.
    Live,
    /// Ended by the event that carried the use.
    Settled,
    /// Given back unused.
    Released,
    /// Its time to live was over first.
    Expired,
}

impl From<Option<HoldEnd>> for HoldState {
    fn from(end: Option<HoldEnd>) -> Self {
        match end {
            None => Self::Live,
            Some(HoldEnd::Settled) => Self::Settled,
            Some(HoldEnd::Released) => Self::Released,
            Some(HoldEnd::Expired) => Self::Expired,
        }
    }
}

/// A hold, as its sender sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldListing {
    /// What settles and releases it.
    pub id: LongId,
    /// The sender's key.
    pub key: String,
    /// Where it stands.
    pub state: HoldState,
    /// How much it reserves, or did.
    pub amount: Tokens,
    /// When it ends by itself.
    pub until: Instant,
    /// Whether it was there before.
    pub known: bool,
}

/// The answer to a call that asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckAnswer {
    /// The first row of the decision table that denies it; none = it is allowed.
    pub denied: Option<Denial>,
    /// The access state of the team that would pay; none where there is no team.
    pub access: Option<Access>,
    /// What it would cost.
    pub price: Tokens,
    /// What is available for it.
    pub available: Tokens,
    /// What would change a denial.
    pub remedy: Option<Remedy>,
    /// Under which the decision can be explained, for 30 days.
    pub decision: LongId,
    /// The hold; none where none was asked for, it was denied, or nobody would pay.
    pub hold: Option<HoldListing>,
}

/// What became of an event that settles a hold, and of the hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// As for every event.
    pub result: EventResult,
    /// How the hold ended; it still lives where the event was not taken.
    pub hold: HoldState,
}

/// Usable remainders of a team when it was asked, by what the lots pay for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UsableLots {
    /// How many lots still hold something.
    pub count: u32,
    /// In lots for APIs alone.
    pub api: Tokens,
    /// In lots for daily products alone.
    pub product: Tokens,
    /// In lots for everything.
    pub all: Tokens,
}

/// What a decision knew of the team that would pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamThen {
    /// Its slug.
    pub team: String,
    /// Its access state.
    pub access: Access,
    /// What it owed.
    pub debt: Tokens,
    /// What happens beyond the balance.
    pub overdraft: Overdraft,
    /// Its usable lots.
    pub lots: UsableLots,
    /// What live holds reserved.
    pub held: Tokens,
    /// What of that they could no longer get.
    pub lacking: Tokens,
}

/// A decision with all that it came from, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// Its id.
    pub id: LongId,
    /// When it was made.
    pub at: Instant,
    /// The call.
    pub call: AskedCall,
    /// The row of the table that denied it; none = it was allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denied: Option<Denial>,
    /// What it would have cost.
    pub price: Tokens,
    /// Why so much.
    pub basis: Basis,
    /// A daily product inside a window that is paid already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_window: bool,
    /// The rate line in force; none = the call is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<PricedBy>,
    /// The class of its charge.
    pub class: Class,
    /// What was available for it.
    pub available: Tokens,
    /// What would have changed a denial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
    /// Who would have paid; none = the app had no team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<TeamThen>,
    /// The hold that was granted with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<LongId>,
}

impl DecisionRecord {
    /// The row that would deny the same call, had the team these access state and available
    /// tokens; none = it would be allowed. Rows that do not look at the team's books stay.
    #[must_use]
    pub fn reconsidered(&self, access: Access, available: Tokens) -> Option<Denial> {
        let Some(payer) = &self.payer else { return self.denied };
        if self.denied.is_some_and(|row| row < Denial::Restricted) {
            return self.denied;
        }
        if self.rate.is_some() && matches!(access, Access::Restricted { .. }) {
            return Some(Denial::Restricted);
        }
        let in_trial = matches!(access, Access::Trial { .. });
        let deny = payer.overdraft == Overdraft::Deny && !in_trial;
        let short = self.price > available && (deny || self.call.hold.is_some());
        short.then_some(Denial::NotEnough)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_another_one_under_other_books() {
        let at = Instant::from_micros(0);
        let call = AskedCall {
            client_id: "a".into(),
            user: None,
            api: "calls".into(),
            variant: None,
            quantity: None,
            hold: None,
        };
        let payer = TeamThen {
            team: "red".into(),
            access: Access::Full,
            debt: Tokens::ZERO,
            overdraft: Overdraft::Deny,
            lots: UsableLots::default(),
            held: Tokens::ZERO,
            lacking: Tokens::ZERO,
        };
        let rate = PricedBy {
            tokens: Tokens::whole(2),
            per: Quantity::ONE,
            rounding: crate::rate::Rounding::Exact,
            from: at,
        };
        let record = DecisionRecord {
            id: LongId([0; 16]),
            at,
            call,
            denied: None,
            price: Tokens::whole(2),
            basis: Basis::Rate,
            in_window: false,
            rate: Some(rate),
            class: Class::Api,
            available: Tokens::whole(5),
            remedy: None,
            payer: Some(payer),
            hold: None,
        };
        let restricted = Access::Restricted { since: at };
        let (enough, little) = (Tokens::whole(2), Tokens::whole(1));
        let unassigned = DecisionRecord { denied: Some(Denial::NotAssigned), ..record.clone() };
        let free = DecisionRecord { rate: None, price: Tokens::ZERO, ..record.clone() };
        for (record, access, available, denied) in [
            (&record, Access::Full, enough, None),
            (&record, Access::Full, little, Some(Denial::NotEnough)),
            (&record, Access::Trial { until: at }, little, None),
            (&record, restricted, enough, Some(Denial::Restricted)),
            (&free, restricted, little, None),
            (&unassigned, Access::Full, enough, Some(Denial::NotAssigned)),
        ] {
            assert_eq!(record.reconsidered(access, available), denied, "{access:?} {available}");
        }
    }
}
