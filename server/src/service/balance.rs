//! A team's books at an instant, from the stored sums: days first, and hours or single charges
//! only where the rules ask for them.

use super::book::Book;
use super::{Service, fault};
use crate::store::charge::SumRow;
use crate::store::db::{DbError, Tx};
use crate::store::{books, charge, charge_return};
use std::collections::BTreeMap;
use tokenscope::burn::{BurnError, LotState, MoveOut, Step, TeamBooks, TeamState, burn};
use tokenscope::fault::Fault;
use tokenscope::forecast::{Holding, Past, outlook};
use tokenscope::id::TeamId;
use tokenscope::lot::{Class, Lot, LotKind, PaysFor, PerClass, UnitCost};
use tokenscope::report::{ExpiringLot, Named, TeamBalance, TeamCard};
use tokenscope::time::{Date, Grain, Instant, Period};
use tokenscope::tokens::Tokens;

/// A stretch of time with its steps, as fine as was needed so far.
struct Stretch {
    to: Instant,
    grain: Option<Grain>,
    steps: Vec<Step>,
}

/// The books of a team at an instant.
pub async fn team_state(
    tx: &mut Tx,
    book: &Book,
    team: TeamId,
    at: Instant,
) -> Result<TeamState, Fault> {
    let facts = books_of(tx, book, team).await?;
    state_of_books(tx, book, team, &facts, at).await
}

/// The facts of a team besides its charges.
pub async fn books_of(tx: &mut Tx, book: &Book, team: TeamId) -> Result<TeamBooks, Fault> {
    team_books(tx, book, team).await.map_err(fault::of)
}

/// The books of a team at an instant, had it these facts.
pub async fn state_of_books(
    tx: &mut Tx,
    book: &Book,
    team: TeamId,
    facts: &TeamBooks,
    at: Instant,
) -> Result<TeamState, Fault> {
    let days = charge::day_sums(tx, book.org, team, at.micros()).await.map_err(fault::of)?;
    state_over(tx, book, (team, facts), at, days).await
}

/// The same, where the sums of the days are known.
async fn state_over(
    tx: &mut Tx,
    book: &Book,
    (team, facts): (TeamId, &TeamBooks),
    at: Instant,
    days: Vec<SumRow>,
) -> Result<TeamState, Fault> {
    let mut stretches = sums(book, Grain::Day, days).map_err(fault::of)?;
    loop {
        let steps: Vec<Step> = stretches.values().flat_map(|s| s.steps.iter().copied()).collect();
        match burn(facts, &steps, at) {
            Ok(mut state) => {
                state.access = state.clock.access(at, book.trial_at(team, at, None));
                return Ok(state);
            }
            Err(BurnError::Refine(period)) => {
                refine(tx, book, team, &mut stretches, period).await?;
            }
            Err(broken) => return Err(fault::of_burn(broken)),
        }
    }
}

/// Replaces a stretch by finer ones: a day by its hours, an hour by its charges.
async fn refine(
    tx: &mut Tx,
    book: &Book,
    team: TeamId,
    stretches: &mut BTreeMap<Instant, Stretch>,
    period: Period,
) -> Result<(), Fault> {
    let coarse = stretches.remove(&period.from);
    let grain = coarse.filter(|s| s.to == period.to).and_then(|s| s.grain);
    let span = (period.from.micros(), period.to.micros());
    match grain {
        Some(Grain::Day) => {
            let hours = charge::hour_sums(tx, book.org, team, span).await.map_err(fault::of)?;
            stretches.extend(sums(book, Grain::Hour, hours).map_err(fault::of)?);
        }
        Some(Grain::Hour) => {
            let charges = charge::list(tx, book.org, team, span).await.map_err(fault::of)?;
            let steps: Result<Vec<Step>, DbError> = charges.into_iter().map(single).collect();
            let steps = steps.map_err(fault::of)?;
            let fine = Stretch { to: period.to, grain: None, steps };
            stretches.insert(period.from, fine);
        }
        _ => return Err(fault::of_burn(BurnError::Refine(period))),
    }
    Ok(())
}

fn class(code: &str) -> Result<Class, DbError> {
    Class::from_code(code).ok_or_else(|| DbError::Damaged(format!("a charge of class {code}")))
}

fn single((at, code, amount): SumRow) -> Result<Step, DbError> {
    Ok(Step::Charge {
        at: Instant::from_micros(at),
        class: class(&code)?,
        amount: Tokens::from_micro(amount),
    })
}

fn sums(
    book: &Book,
    grain: Grain,
    rows: Vec<SumRow>,
) -> Result<BTreeMap<Instant, Stretch>, DbError> {
    let mut per_bucket: BTreeMap<i64, PerClass> = BTreeMap::new();
    for (at, code, amount) in rows {
        let sum = PerClass::of(class(&code)?, Tokens::from_micro(amount));
        per_bucket.entry(at).or_default().add(sum);
    }
    let stretch = |(at, amounts)| {
        let period = book.zone.bucket(grain, Instant::from_micros(at));
        let steps = vec![Step::Sum { period, amounts }];
        (period.from, Stretch { to: period.to, grain: Some(grain), steps })
    };
    Ok(per_bucket.into_iter().map(stretch).collect())
}

async fn team_books(tx: &mut Tx, book: &Book, team: TeamId) -> Result<TeamBooks, DbError> {
    let rows = books::lots(tx, book.org, team).await?;
    let moved = |(id, lot, at, amount)| MoveOut {
        id,
        lot,
        at: Instant::from_micros(at),
        amount: Tokens::from_micro(amount),
    };
    let at = Instant::from_micros;
    let mut lots = rows.lots.into_iter().map(lot).collect::<Result<Vec<_>, _>>()?;
    for row in charge_return::of_team(tx, book.org, team.0).await? {
        lots.push(returned(row)?);
    }
    Ok(TeamBooks {
        lots,
        voids: rows.voids.into_iter().map(|(lot, time)| (lot, at(time))).collect(),
        moves: rows.transfers.into_iter().map(moved).collect(),
        unblocks: rows.unblocks.into_iter().map(|(time,)| at(time)).collect(),
        // Nothing sends notices of debt yet.
        notices: Vec::new(),
        policy: book.policy(team, None),
        trial_until: book.trial(team),
    })
}

fn returned(row: charge_return::ReturnRow) -> Result<Lot, DbError> {
    Ok(Lot {
        kind: LotKind::Returned,
        pays_for: match row.class()? {
            Class::Api => PaysFor::Api,
            Class::Product => PaysFor::Product,
        },
        priority: LotKind::Returned.priority(),
        id: row.lot_key,
        granted: Tokens::from_micro(row.amount),
        effective: Instant::from_micros(row.effective_at),
        expires: None,
        unit_cost: None,
        reference: Some(row.reference),
        channel: None,
    })
}

fn lot(row: books::LotRow) -> Result<Lot, DbError> {
    let damaged = |what: &str| DbError::Damaged(format!("lot {}: {what}", row.lot_key));
    let cost = row.unit_cost.zip(row.currency.clone());
    Ok(Lot {
        kind: LotKind::from_code(&row.kind).ok_or_else(|| damaged("its kind"))?,
        pays_for: PaysFor::from_code(&row.pays_for).ok_or_else(|| damaged("what it pays for"))?,
        priority: i16::try_from(row.priority).map_err(|_| damaged("its priority"))?,
        id: row.lot_key,
        granted: Tokens::from_micro(row.granted),
        effective: Instant::from_micros(row.effective_at),
        expires: row.expires_at.map(Instant::from_micros),
        unit_cost: cost.map(|(micro, currency)| UnitCost { micro, currency }),
        reference: row.reference,
        channel: row.channel,
    })
}

/// A team's balance.
pub async fn team_balance(
    tx: &mut Tx,
    book: &Book,
    team: TeamId,
    at: Instant,
) -> Result<TeamBalance, Fault> {
    let state = team_state(tx, book, team, at).await?;
    Ok(balance_of(book, team, &state))
}

/// A team's balance and how long it lasts, ready for its card.
pub async fn team_card(
    tx: &mut Tx,
    book: &Book,
    team: TeamId,
    now: Instant,
) -> Result<TeamCard, Fault> {
    let days = charge::day_sums(tx, book.org, team, now.micros()).await.map_err(fault::of)?;
    let past = past(book, now, &days).map_err(fault::of)?;
    let facts = books_of(tx, book, team).await?;
    let state = state_over(tx, book, (team, &facts), now, days).await?;
    let held: Vec<&LotState> = state.lots.iter().filter(|lot| !lot.remaining.is_zero()).collect();
    let holding = |lot: &&LotState| Holding {
        pays_for: lot.lot.pays_for,
        remaining: lot.remaining,
        effective: lot.lot.effective,
        expires: lot.lot.expires,
    };
    let holdings: Vec<Holding> = held.iter().map(holding).collect();
    let outlook = outlook(&book.zone, now, &past, &holdings, state.debt);
    let balance = balance_of(book, team, &state);
    let expiring = held.iter().enumerate().filter_map(|(place, lot)| {
        let unused = outlook.waste.iter().find(|waste| waste.holding == place);
        Some(ExpiringLot {
            team: Named { slug: balance.slug.clone(), name: balance.name.clone() },
            kind: lot.lot.kind,
            remaining: lot.remaining,
            at: lot.lot.expires?,
            unused: unused.map_or(Tokens::ZERO, |waste| waste.amount),
        })
    });
    let expiring = expiring.collect();
    Ok(TeamCard { balance, outlook, debt_since: state.clock.debt_since(), expiring })
}

fn past(book: &Book, now: Instant, days: &[SumRow]) -> Result<Past, DbError> {
    let mut sums: BTreeMap<Date, PerClass> = BTreeMap::new();
    for (at, code, amount) in days {
        let date = book.zone.date(Instant::from_micros(*at));
        let sum = PerClass::of(class(code)?, Tokens::from_micro(*amount));
        sums.entry(date).or_default().add(sum);
    }
    Ok(Past::new(sums, book.zone.date(now)))
}

fn balance_of(book: &Book, team: TeamId, state: &TeamState) -> TeamBalance {
    let named = book.teams.get(&team);
    let (available, total) = (state.available(), state.granted_active());
    let ends = state.lots.iter().filter(|lot| lot.usable && !lot.remaining.is_zero());
    let next = ends.filter_map(|lot| lot.lot.expires.map(|end| (end, lot.remaining)));
    let mut next_expiry: Option<(Instant, Tokens)> = None;
    for (end, remaining) in next {
        next_expiry = match next_expiry {
            Some((first, sum)) if first == end => Some((first, sum + remaining)),
            Some(earlier) if earlier.0 < end => Some(earlier),
            _ => Some((end, remaining)),
        };
    }
    TeamBalance {
        slug: named.map(|t| t.slug.clone()).unwrap_or_default(),
        name: named.map(|t| t.name.clone()).unwrap_or_default(),
        balance: state.balance(),
        available,
        used: total - available,
        total,
        debt: state.debt.total(),
        access: state.access,
        next_expiry,
    }
}

impl Service {
    /// The books of a team at an instant, for the command line and tests.
    ///
    /// # Errors
    /// [`Fault::NotFound`] for an unknown team.
    pub async fn state_of(
        &self,
        org: tokenscope::id::OrgId,
        team: &str,
        at: Instant,
    ) -> Result<TeamState, Fault> {
        let mut tx = self.read().await?;
        let book = self.book(&mut tx, org).await?;
        let unknown = || Fault::NotFound { what: format!("the team `{team}`") };
        let team = book.team(team).ok_or_else(unknown)?;
        team_state(&mut tx, &book, team, at).await
    }
}
