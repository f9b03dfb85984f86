//! Calls that ask before they are made.

use super::Caller;
use crate::check::{AskedCall, CheckAnswer, DecisionRecord, HoldListing, Settled};
use crate::event::Submitted;
use crate::fault::Fault;
use crate::id::LongId;
use async_trait::async_trait;

/// Decides about calls and holds tokens for them.
#[async_trait]
pub trait Checks: Send + Sync {
    /// Walks the decision table for a call. A hold is granted only within what is available; the
    /// same key is the same hold, also after it ended, and with another call a
    /// [`Fault::Conflict`].
    async fn check(&self, caller: &Caller, call: AskedCall) -> Result<CheckAnswer, Fault>;
    /// Takes the event that carried the use and ends the hold, both or neither. Sent again it
    /// says the same; a hold that is over takes the event all the same.
    async fn settle(
        &self,
        caller: &Caller,
        hold: LongId,
        event: Submitted,
    ) -> Result<Settled, Fault>;
    /// Gives a hold back; one that is over stays as it is.
    async fn release(&self, caller: &Caller, hold: LongId) -> Result<HoldListing, Fault>;
    /// A decision of the last 30 days, to be explained.
    async fn decision(&self, caller: &Caller, id: LongId) -> Result<DecisionRecord, Fault>;
}
