//! What is behind a figure: the lots and cut points of a balance, the rate and the lots of a
//! charge, what paid for usage over a time, and how a decision came about.

use super::Reader;
use super::event;
use super::runs::{Account, Span};
use crate::service::fault;
use crate::store::explained;
use std::cell::RefCell;
use std::collections::BTreeSet;
use tokenscope::burn::Bill;
use tokenscope::explain::{UsageLine, by_kind, cuts};
use tokenscope::fault::Fault;
use tokenscope::id::{AppId, TeamId};
use tokenscope::permission::{Action, Reach};
use tokenscope::report::{
    BalanceExplained, BucketExplained, DecisionExplained, Explanation, Figure, LotLine, Seen,
    SeenAt,
};
use tokenscope::statement::Position;
use tokenscope::time::{Instant, Period};
use tokenscope::tokens::Tokens;

/// Explains a figure.
pub(super) async fn explain(mut reader: Reader<'_>, figure: Figure) -> Result<Explanation, Fault> {
    match figure {
        Figure::Balance { team, seen } => {
            let (team, seen) = (reader.team(&team)?, reader.seen(seen)?);
            balance(&mut reader, team, seen).await.map(Explanation::Balance)
        }
        Figure::Charge { source, id, time, seen } => {
            let seen = reader.seen(seen)?;
            let asked = event::Asked { source, id, time };
            event::explain(&mut reader, asked, seen).await.map(Explanation::Charge)
        }
        Figure::Bucket { team, span, app, api, seen } => {
            let (team, seen) = (reader.team(&team)?, reader.seen(seen)?);
            let wanted = Wanted { app, api };
            bucket(&mut reader, team, (span, seen), wanted).await.map(Explanation::Bucket)
        }
        Figure::Decision { id } => decision(&mut reader, &id).await.map(Explanation::Decision),
    }
}

/// The period of the first sum in which a slice begins that no earlier bill had.
fn unsharp(bills: &[Bill], paid: &[Vec<Option<usize>>]) -> Option<Period> {
    let known = RefCell::new(BTreeSet::new());
    let begins = |(bill, slices): &(&Bill, &Vec<Option<usize>>)| {
        let new = |slice: &Option<usize>| known.borrow_mut().insert((bill.class, *slice));
        slices.iter().filter(|slice| new(slice)).count() > 0 && !bill.single
    };
    bills.iter().zip(paid).find(begins).map(|(bill, _)| bill.period)
}

async fn balance(
    reader: &mut Reader<'_>,
    team: TeamId,
    seen: SeenAt,
) -> Result<BalanceExplained, Fault> {
    let book = reader.book.clone();
    let span = Span { from: None, to: None, seen };
    let mut account = Account::of(&mut reader.tx, &book, team, span).await?;
    let bills = account.refine_while(&mut reader.tx, unsharp).await?;
    let cuts = cuts(&account.down, &bills).map_err(fault::of_burn)?;
    let (state, slug) = (&account.down.state, reader.slug(team));
    Ok(BalanceExplained {
        seen,
        position: Position::of(state),
        access: state.access,
        debt_since: state.clock.debt_since(),
        charged_api: state.charged.api,
        charged_product: state.charged.product,
        shortfall: state.shortfall,
        lots: LotLine::of(&slug, state, |lot| account.facts.is_moved_in(lot)),
        cuts,
        team: slug,
    })
}

/// Which usage is to be explained.
struct Wanted {
    app: Option<String>,
    api: Option<String>,
}

async fn bucket(
    reader: &mut Reader<'_>,
    team: TeamId,
    ((from, to), seen): ((Instant, Instant), SeenAt),
    wanted: Wanted,
) -> Result<BucketExplained, Fault> {
    if to <= from {
        return Err(Fault::field("to", format!("must be later than `from`, {from}")));
    }
    let totals_only = reader.totals_only(team);
    let app = match &wanted.app {
        Some(client_id) => Some(reader.app_of(client_id, totals_only)?),
        None => None,
    };
    let book = reader.book.clone();
    let span = Span { from: Some(from), to: Some(to), seen };
    let mut account = Account::of(&mut reader.tx, &book, team, span).await?;
    let usage = account.usage(&mut reader.tx).await?;
    let bills: Vec<Bill> = usage.iter().map(|usage| usage.bill).collect();
    let codes = |n: usize| reader.codes(usage[n].app, usage[n].api);
    let lines = by_kind(&account.down, account.opening.as_ref(), &bills, |n| {
        let (client_id, api) = codes(n);
        // Of totals an app is told apart only when it was asked for.
        (client_id.filter(|_| !totals_only || app == Some(usage[n].app)), api)
    });
    let is_wanted = |line: &UsageLine| {
        wanted.app.as_ref().is_none_or(|app| line.app.as_ref() == Some(app))
            && wanted.api.as_ref().is_none_or(|api| line.api == *api)
    };
    let lines = lines.map_err(fault::of_burn)?;
    let usage: Vec<UsageLine> = lines.into_iter().filter(is_wanted).collect();
    Ok(BucketExplained {
        team: reader.slug(team),
        from,
        to,
        seen,
        charged: usage.iter().flat_map(|line| line.kinds.values().copied()).sum(),
        uncharged: usage.iter().map(|line| line.uncharged).sum::<Tokens>(),
        totals_only,
        usage,
    })
}

async fn decision(reader: &mut Reader<'_>, id: &str) -> Result<DecisionExplained, Fault> {
    let missing = || Fault::NotFound { what: format!("the decision `{id}`") };
    let key = uuid::Uuid::parse_str(id).map_err(|_| missing())?;
    let row = explained::decision(&mut reader.tx, reader.book.org, *key.as_bytes()).await;
    let (at, team, app, content) = row.map_err(fault::of)?.ok_or_else(missing)?;
    let (team, app) = (team.map(TeamId), app.map(AppId));
    let sees_team = team.is_some_and(|team| !reader.totals_only(team));
    let everything = reader.caller.roles.everywhere(Action::SeeUsage);
    if !(everything || sees_team || app.is_some_and(|app| reader.owns(app))) {
        return Err(missing());
    }
    let today = match team.filter(|team| reader.reach(*team) >= Reach::TeamTotals) {
        Some(team) => {
            let seen = reader.seen(Seen::default())?;
            Some(Position::of(&reader.books(team, seen).await?.0))
        }
        None => None,
    };
    Ok(DecisionExplained {
        id: key.to_string(),
        at: Instant::from_micros(at),
        team: team.map(|team| reader.slug(team)),
        app: app.and_then(|app| reader.book.apps.get(&app)).map(|app| app.client_id.clone()),
        content,
        today,
    })
}

impl Reader<'_> {
    /// Whether an app is his own.
    pub(super) fn owns(&self, app: AppId) -> bool {
        let owner = self.book.apps.get(&app).and_then(|app| app.owner);
        owner.is_some() && owner == self.caller.user.map(|user| user.0)
    }

    /// The number of an app; one that he may not tell apart is not there for him.
    fn app_of(&self, client_id: &str, totals_only: bool) -> Result<AppId, Fault> {
        let missing = || Fault::NotFound { what: format!("the app `{client_id}`") };
        let found = self.book.app(client_id).ok_or_else(missing)?;
        if totals_only && !self.owns(found) {
            return Err(missing());
        }
        Ok(found)
    }
}
