//! The stored ledger, to be read.

use super::Caller;
use crate::fault::Fault;
use crate::report::{
    AccountList, AccountReport, Balances, Explanation, Figure, LotList, Moments, Seen, Stretch,
    TeamStatement,
};
use crate::time::Instant;
use async_trait::async_trait;

/// Which lots are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LotQuestion<'a> {
    /// Only those of this team, by slug.
    pub team: Option<&'a str>,
    /// From where they are looked at.
    pub seen: Seen,
    /// Only those behind this team and lot, in the order of the list.
    pub after: Option<(&'a str, &'a str)>,
    /// Most lots of the answer.
    pub limit: u16,
}

/// Questions about lots, balances and what made them. A team that the caller may not see and one
/// that is not there are both [`Fault::NotFound`]; an instant of knowledge in the future is
/// [`Fault::Malformed`].
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Balances of the teams that the caller may see, by slug; `team` names one.
    async fn balances_seen(
        &self,
        caller: &Caller,
        team: Option<&str>,
        seen: Seen,
    ) -> Result<Balances, Fault>;
    /// The lots of the teams that the caller may see, by team and id.
    async fn lots(&self, caller: &Caller, question: LotQuestion<'_>) -> Result<LotList, Fault>;
    /// What made a team's balance over `[from, to)`: from the beginning where nothing else is
    /// said, up to and with the present instant.
    async fn statement(
        &self,
        caller: &Caller,
        team: &str,
        span: (Option<Instant>, Option<Instant>),
        known_at: Option<Instant>,
    ) -> Result<TeamStatement, Fault>;
    /// What is behind a figure. What an event costs is explained to its app's owner too.
    async fn explain(&self, caller: &Caller, figure: Figure) -> Result<Explanation, Fault>;
    /// The page `/balance`. Pages leave out an instant of knowledge that has not come yet.
    async fn accounts(&self, caller: &Caller, moments: Moments) -> Result<AccountList, Fault>;
    /// The page `/balance/{team}`.
    async fn account(
        &self,
        caller: &Caller,
        team: &str,
        stretch: Stretch,
        moments: Moments,
    ) -> Result<AccountReport, Fault>;
}
