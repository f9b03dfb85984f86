//! The decision table, walked for a call on the ground of the team that would pay.

use super::super::book::Book;
use super::ground::{Books, Stand};
use super::priced::{Price, Priced};
use super::window::Window;
use crate::clock;
use crate::store::decision::NewDecision;
use std::sync::Arc;
use tokenscope::access::Access;
use tokenscope::check::{AskedCall, CheckAnswer, DecisionRecord, TeamThen};
use tokenscope::decision::{Call, Decision, Denial, Remedy};
use tokenscope::fault::Fault;
use tokenscope::id::LongId;
use tokenscope::time::{Instant, SECOND};
use tokenscope::tokens::Tokens;

/// A decision and all that it came from.
pub struct Judged {
    /// When.
    pub at: Instant,
    /// The call as the book sees it.
    pub priced: Priced,
    /// The books of the team that would pay; none where the app has none.
    pub books: Option<Arc<Books>>,
    /// The answer.
    pub decision: Decision,
    /// A window of the user is open.
    pub in_window: bool,
    /// When a hold for it would end.
    pub until: Instant,
    /// What live holds reserve.
    held: Tokens,
    /// What of it they can no longer get.
    lacking: Tokens,
}

/// Walks the table. Nobody has a budget so far, so each is kept.
///
/// A call with a hold is denied like one without enough where the hold is more than what is
/// available, whatever the policy says: what is held is promised.
pub fn judge(
    book: &Book,
    call: &AskedCall,
    priced: Priced,
    stand: Option<&Stand>,
    window: Window,
    now: Instant,
) -> Judged {
    let at = stand.map_or(now, |stand| stand.at);
    let ttl = call.hold.as_ref().map_or(0, |hold| i64::from(hold.ttl_s) * SECOND);
    let until = at.plus(ttl);
    let assigned = match (priced.api, window.user) {
        _ if !priced.is_daily() => true,
        (Some(api), Some(user)) => book.is_assigned(user, api, at),
        _ => false,
    };
    let in_window = matches!(priced.price, Price::Day(_)) && window.is_open(at);
    let price = match priced.price {
        Price::Fixed(amount) => amount,
        Price::Day(_) if in_window => Tokens::ZERO,
        Price::Day(amount) => amount,
    };
    let state = stand.map(|stand| &stand.books.now.state);
    let policy = stand.map(|stand| stand.books.policy.at(at)).unwrap_or_default();
    let stock = stand.map(|stand| &stand.stock);
    let lacking = stock.map_or(Tokens::ZERO, tokenscope::hold::Stock::lacking);
    let table = Call {
        app_known: priced.app_in_use,
        rated: priced.line.is_some(),
        has_team: priced.team.is_some(),
        assigned,
        within_budget: true,
        access: state.map_or(Access::Full, |state| state.access),
        debt: state.map_or(Tokens::ZERO, |state| state.debt.total()),
        unblock: policy.unblock,
        overdraft: policy.overdraft,
        price,
        available: stock.map_or(Tokens::ZERO, |stock| stock.available(priced.class(), until)),
        lacking,
    };
    let mut decision = table.decide();
    let holds = call.hold.is_some() && stand.is_some();
    if decision.denied.is_none() && holds && price > table.available {
        let tokens = table.debt + lacking + price - table.available;
        decision.denied = Some(Denial::NotEnough);
        decision.remedy = Some(Remedy::Grant { tokens });
    }
    let books = stand.map(|stand| Arc::clone(&stand.books));
    let held = stand.map_or(Tokens::ZERO, |stand| stand.held);
    Judged { at, priced, books, decision, in_window, until, held, lacking }
}

impl Judged {
    /// What the caller is told.
    pub fn answer(&self, decision: LongId) -> CheckAnswer {
        CheckAnswer {
            denied: self.decision.denied,
            access: self.books.as_ref().map(|books| books.now.state.access),
            price: self.decision.price,
            available: self.decision.available,
            remedy: self.decision.remedy,
            decision,
            hold: None,
        }
    }
    /// What is kept of it.
    ///
    /// # Errors
    /// [`Fault::Internal`] where it cannot be written as JSON.
    pub fn kept(
        &self,
        book: &Book,
        call: AskedCall,
        id: LongId,
        hold: Option<LongId>,
    ) -> Result<NewDecision, Fault> {
        let priced = &self.priced;
        let record = DecisionRecord {
            id,
            at: self.at,
            call,
            denied: self.decision.denied,
            price: self.decision.price,
            basis: priced.basis,
            in_window: self.in_window,
            rate: priced.priced_by(),
            class: priced.class(),
            available: self.decision.available,
            remedy: self.decision.remedy,
            payer: self.payer(book),
            hold,
        };
        let content = serde_json::to_string(&record);
        let content = content.map_err(|error| super::super::fault::internal(&error))?;
        Ok(NewDecision { id, at: self.at, team: priced.team, app: priced.app, content })
    }
    fn payer(&self, book: &Book) -> Option<TeamThen> {
        let (team, books) = (self.priced.team?, self.books.as_ref()?);
        let state = &books.now.state;
        Some(TeamThen {
            team: book.teams.get(&team).map(|team| team.slug.clone()).unwrap_or_default(),
            access: state.access,
            debt: state.debt.total(),
            overdraft: books.policy.at(self.at).overdraft,
            lots: books.usable,
            held: self.held,
            lacking: self.lacking,
        })
    }
    /// A new id for it.
    pub fn id(&self) -> LongId {
        clock::long_id(self.at)
    }
}
