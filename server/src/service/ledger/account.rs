//! The pages of balances: how a team's balance came to be, and how it is expected to go on.

use super::runs::{Account, Span};
use super::sums::Sums;
use super::{Reader, statement};
use crate::service::balance::{balance_of, holding};
use crate::service::fault;
use std::collections::BTreeMap;
use tokenscope::burn::TeamState;
use tokenscope::fault::Fault;
use tokenscope::forecast::{Expected, Holding, Outlook, Past, RunOut, outlook, path};
use tokenscope::history::{Of, TokenEvent, events, line};
use tokenscope::id::{ApiId, AppId, TeamId};
use tokenscope::lot::PerClass;
use tokenscope::report::{
    AccountList, AccountReport, LedgerFrame, LotEvent, LotLine, Moments, Named, Names, SeenAt,
    Stretch,
};
use tokenscope::time::{Date, Instant, days_before};

/// Longest stretch, in days: ten years.
const LONGEST: u32 = 3653;
/// How far ahead the balance is drawn at least, and at most, in days.
const AHEAD: (u32, u32) = (14, 180);
/// Most token events of the page.
const EVENTS: usize = 200;

/// The page `/balance`.
pub(super) async fn list(mut reader: Reader<'_>, moments: Moments) -> Result<AccountList, Fault> {
    let (seen, known_refused) = reader.seen_by_page(moments);
    let mut teams = Vec::new();
    for team in reader.teams(None)? {
        let (state, _) = reader.books(team, seen).await?;
        let book = reader.book.clone();
        let charges = super::Charges::known_at(&mut reader.tx, &book, team, seen.known_at).await?;
        let days = charges.days(&mut reader.tx, seen.as_of).await.map_err(fault::of)?;
        let (past, holdings) = (reader.past(days, seen), holdings(&state));
        let outlook = outlook(&book.zone, seen.as_of, &past, &holdings, state.debt);
        teams.push((balance_of(&book, team, &state), outlook));
    }
    teams.sort_by(|a, b| (&a.0.name, &a.0.slug).cmp(&(&b.0.name, &b.0.slug)));
    Ok(AccountList { frame: reader.frame(seen, known_refused), teams })
}

/// The page `/balance/{team}`.
pub(super) async fn page(
    mut reader: Reader<'_>,
    team: &str,
    stretch: Stretch,
    moments: Moments,
) -> Result<AccountReport, Fault> {
    let team = reader.team(team)?;
    let (seen, known_refused) = reader.seen_by_page(moments);
    let book = reader.book.clone();
    let charges = super::Charges::known_at(&mut reader.tx, &book, team, seen.known_at).await?;
    let days = charges.days(&mut reader.tx, seen.as_of).await.map_err(fault::of)?;
    let (held, _) = reader.books(team, seen).await?;
    let first = first_day(&reader, stretch, (&held, &days), seen);
    let from = book.zone.day_start(first);
    let span = Span { from: Some(from), to: None, seen };
    let mut account = Account::of(&mut reader.tx, &book, team, span).await?;
    let usage = account.usage(&mut reader.tx).await?;
    let steps = account.pieces.steps();
    let state = &account.down.state;
    let (past, holdings) = (reader.past(days, seen), holdings(state));
    let outlook = outlook(&book.zone, seen.as_of, &past, &holdings, state.debt);
    let ahead = ahead(&reader, first, &outlook, seen);
    let facts = &account.facts;
    let happened = events(&account.down, from, |lot| facts.is_moved_in(lot));
    let slug = reader.slug(team);
    Ok(AccountReport {
        frame: reader.frame(seen, known_refused),
        team: reader.named(team),
        balance: balance_of(&book, team, state),
        debt_since: state.clock.debt_since(),
        first,
        points: line(&account.down, &steps, from).map_err(fault::of_burn)?,
        expected: expected(&reader, (&past, &holdings, state.debt), ahead, seen),
        events: happened
            .iter()
            .rev()
            .take(EVENTS)
            .map(|event| reader.told(event, &account))
            .collect(),
        lots: LotLine::of(&slug, state, |lot| facts.is_moved_in(lot)),
        names: reader.names(usage.iter().map(|usage| (usage.app, usage.api))),
        statement: statement::of_account(&reader, team, &account, &usage)?,
        outlook,
    })
}

fn holdings(state: &TeamState) -> Vec<Holding> {
    state.lots.iter().filter(|lot| !lot.remaining.is_zero()).map(holding).collect()
}

/// The first day of a stretch: of all there is, that of the first lot or charge.
fn first_day(
    reader: &Reader<'_>,
    stretch: Stretch,
    (state, days): (&TeamState, &Sums),
    seen: SeenAt,
) -> Date {
    let zone = &reader.book.zone;
    let last = zone.date(seen.as_of);
    if let Some(days) = stretch.days() {
        return days_before(last, days - 1);
    }
    let lots = state.lots.iter().map(|lot| lot.lot.effective);
    let first = lots.filter(|at| *at > Instant::MIN).chain(days.keys().copied()).min();
    let first = first.map_or(last, |at| zone.date(at).min(last));
    first.max(days_before(last, LONGEST))
}

/// How many days ahead the balance is drawn: a little beyond the run-out, and not so far that the
/// past becomes small.
fn ahead(reader: &Reader<'_>, first: Date, outlook: &Outlook, seen: SeenAt) -> u32 {
    let today = reader.book.zone.date(seen.as_of);
    let days = |from: Date, to: Date| u32::try_from((to - from).num_days()).unwrap_or(0);
    let past = days(first, today);
    let wanted = match outlook.run_out {
        RunOut::On { day, .. } => days(today, day).saturating_add(7),
        RunOut::Unused | RunOut::NotSoon | RunOut::Already => 28,
    };
    wanted.min(past.max(28)).clamp(AHEAD.0, AHEAD.1)
}

fn expected(
    reader: &Reader<'_>,
    (past, holdings, debt): (&Past, &[Holding], PerClass),
    days: u32,
    seen: SeenAt,
) -> Vec<Expected> {
    path(&reader.book.zone, seen.as_of, past, holdings, (debt, days))
}

impl Reader<'_> {
    /// The instants of a page, and whether one of them was left out.
    fn seen_by_page(&self, moments: Moments) -> (SeenAt, bool) {
        let asked = moments.seen(&self.book.zone);
        let known_at = asked.known_at.filter(|known_at| *known_at <= self.now);
        let as_of = asked.as_of.unwrap_or(self.now);
        (SeenAt { as_of, known_at }, known_at != asked.known_at)
    }

    fn frame(&self, seen: SeenAt, known_refused: bool) -> LedgerFrame {
        let zone = self.caller.preferences.zone.as_deref().and_then(crate::service::zone::zone);
        LedgerFrame {
            token_name: self.book.token_name.clone(),
            instants: zone.filter(|zone| zone.name != self.book.zone.name),
            zone: self.book.zone.clone(),
            now: self.now,
            seen,
            demo: self.book.demo,
            known_refused,
        }
    }

    fn named(&self, team: TeamId) -> Named {
        let named = self.book.teams.get(&team);
        Named {
            slug: named.map(|team| team.slug.clone()).unwrap_or_default(),
            name: named.map(|team| team.name.clone()).unwrap_or_default(),
        }
    }

    fn past(&self, days: Sums, seen: SeenAt) -> Past {
        let zone = &self.book.zone;
        let mut sums: BTreeMap<Date, PerClass> = BTreeMap::new();
        for (at, amounts) in days {
            sums.entry(zone.date(at)).or_default().add(amounts);
        }
        Past::new(sums, zone.date(seen.as_of))
    }

    /// A token event with what it is about. The other team of a transfer is named to who may see
    /// it.
    fn told(&self, event: &TokenEvent, account: &Account<'_>) -> LotEvent {
        let facts = &account.facts;
        let name = |team: &TeamId| {
            let sees = self.reach(*team) >= tokenscope::permission::Reach::TeamTotals;
            sees.then(|| self.named(*team).name)
        };
        let (lot_kind, lot, other) = match event.of {
            Of::Lot(place) => {
                let lot = &account.down.state.lots[place].lot;
                let moved = event.kind == tokenscope::statement::Kind::MovedOut;
                let given = facts.books.moves.iter().find(|given| {
                    moved && given.lot == lot.id && given.at.max(lot.effective) == event.at
                });
                let other = match given {
                    Some(given) => facts.given.get(&given.id),
                    None => facts.taken.get(&lot.id).filter(|_| !moved),
                };
                let words = lot.reference.clone().unwrap_or_else(|| lot.id.clone());
                (Some(lot.kind), words, other.and_then(name))
            }
            Of::Transfer(place) => {
                let id = facts.transfer(place);
                let other = facts.given.get(&id).and_then(name);
                (None, id, other)
            }
        };
        LotEvent { at: event.at, kind: event.kind, lot_kind, lot, other, amount: event.amount }
    }

    fn names(&self, used: impl Iterator<Item = (AppId, ApiId)>) -> Names {
        let mut names = Names::default();
        for (app, api) in used {
            let app = self.book.apps.get(&app).filter(|app| app.direct_team.is_none());
            names.apps.extend(app.map(|app| (app.client_id.clone(), app.name.clone())));
            let api = self.book.apis.get(&api);
            names.apis.extend(api.map(|api| (api.code.clone(), api.name.clone())));
        }
        names
    }
}
