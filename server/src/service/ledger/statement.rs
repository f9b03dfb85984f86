//! Statements.

use super::Reader;
use super::runs::{Account, Span, Usage};
use crate::service::fault;
use tokenscope::burn::Bill;
use tokenscope::fault::Fault;
use tokenscope::id::TeamId;
use tokenscope::report::{Seen, TeamStatement};
use tokenscope::statement::{Names, statement};
use tokenscope::time::Instant;

/// Names for the lines of a statement.
struct Named<'a> {
    codes: Vec<(Option<String>, String)>,
    facts: &'a super::Facts,
}

impl Names for Named<'_> {
    fn usage(&self, bill: usize) -> (Option<String>, String) {
        self.codes.get(bill).cloned().unwrap_or_default()
    }
    fn transfer(&self, place: usize) -> String {
        self.facts.transfer(place)
    }
    fn is_moved_in(&self, lot: &str) -> bool {
        self.facts.is_moved_in(lot)
    }
}

/// What made a team's balance over a time.
pub(super) async fn of(
    reader: &mut Reader<'_>,
    team: TeamId,
    (from, to): (Option<Instant>, Option<Instant>),
    known_at: Option<Instant>,
) -> Result<TeamStatement, Fault> {
    if let (Some(from), Some(to)) = (from, to)
        && to <= from
    {
        return Err(Fault::field("to", format!("must be later than `from`, {from}")));
    }
    let to = to.unwrap_or_else(|| reader.now.plus(1).max(from.unwrap_or(Instant::MIN).plus(1)));
    let seen = reader.seen(Seen { as_of: Some(to.plus(-1)), known_at })?;
    let book = reader.book.clone();
    let mut account =
        Account::of(&mut reader.tx, &book, team, Span { from, to: None, seen }).await?;
    let usage = account.usage(&mut reader.tx).await?;
    of_account(reader, team, &account, &usage)
}

/// The same of an account that was read already.
pub(super) fn of_account(
    reader: &Reader<'_>,
    team: TeamId,
    account: &Account<'_>,
    usage: &[Usage],
) -> Result<TeamStatement, Fault> {
    let totals_only = reader.totals_only(team);
    let code = |usage: &Usage| {
        let (app, api) = reader.codes(usage.app, usage.api);
        (app.filter(|_| !totals_only), api)
    };
    let named = Named { codes: usage.iter().map(code).collect(), facts: &account.facts };
    let bills: Vec<Bill> = usage.iter().map(|usage| usage.bill).collect();
    let made = statement(&account.down, account.opening.as_ref(), &bills, &named);
    Ok(TeamStatement {
        team: reader.slug(team),
        from: account.from,
        to: account.down.state.at.plus(1),
        known_at: account.charges.sight.known.map(Instant::from_micros),
        totals_only,
        statement: made.map_err(fault::of_burn)?,
    })
}
