//! Each team burned down charge by charge, beside the answer that comes from sums.

use super::super::balance::{books_of, team_state};
use super::{PAGE, Verifier};
use crate::store::charge;
use crate::store::db::{DbError, Tx};
use crate::store::verify::{self, JournalRow, journal_start};
use std::collections::BTreeMap;
use tokenscope::burn::{BurnError, Step, TeamBooks, TeamState, burn};
use tokenscope::fault::Fault;
use tokenscope::id::TeamId;
use tokenscope::lot::{Class, PerClass};
use tokenscope::time::{Grain, Instant, Period};
use tokenscope::tokens::Tokens;

/// Most charges of a team that are burned down one by one; beyond that the hours of the journal
/// are, and single charges where the rules ask for them.
const SINGLES: usize = 500_000;

/// A team's charges, as they come out of the journal.
#[derive(Default)]
struct Charges {
    singles: Vec<Step>,
    hours: BTreeMap<Instant, (Period, PerClass)>,
    /// Charges of one instant in their order: source, id, n, class.
    open: BTreeMap<(i64, String, i64, Class), i64>,
    open_at: i64,
}

impl Charges {
    fn close(&mut self) {
        let at = Instant::from_micros(self.open_at);
        for ((.., class), amount) in std::mem::take(&mut self.open) {
            if amount != 0 && self.singles.len() <= SINGLES {
                let amount = Tokens::from_micro(amount);
                self.singles.push(Step::Charge { at, class, amount });
            }
        }
    }
    fn steps(self) -> Vec<Step> {
        if self.singles.len() <= SINGLES {
            return self.singles;
        }
        let sum = |(period, amounts)| Step::Sum { period, amounts };
        self.hours.into_values().map(sum).collect()
    }
}

impl Verifier<'_> {
    /// Compares the balances of all teams.
    pub(super) async fn balances(&mut self, now: Instant) -> Result<(), DbError> {
        let sources = self.sources().await?;
        let teams: Vec<TeamId> = self.book.teams.keys().copied().collect();
        for team in teams {
            self.report.teams += 1;
            self.tell("teams", self.report.teams);
            let charges = self.charges_of(team, &sources).await?;
            let facts = books_of(self.tx, &self.book, team, None).await.map_err(damaged)?;
            let single = self.burned(team, &facts, charges.steps(), now).await?;
            let stored = team_state(self.tx, &self.book, team, now).await;
            match (single, stored) {
                (Ok(single), Ok(stored)) => self.states(team, &single, &stored),
                (Err(error), _) => self.differs("team", self.team(team.0), error, "what adds up"),
                (_, Err(Fault::Busy)) => {
                    return Err(DbError::Damaged("the database is busy".into()));
                }
                (_, Err(error)) => {
                    self.differs("team", self.team(team.0), error, "a balance from sums");
                }
            }
        }
        Ok(())
    }

    /// The place of each source in the order of their names, which is that of their bytes.
    async fn sources(&mut self) -> Result<BTreeMap<i64, i64>, DbError> {
        let names = crate::store::names::all(self.tx, self.org()).await?.sources;
        let sorted: BTreeMap<String, i64> =
            names.into_iter().map(|(id, name)| (name, id)).collect();
        Ok(sorted.into_values().zip(0..).collect())
    }

    async fn charges_of(
        &mut self,
        team: TeamId,
        sources: &BTreeMap<i64, i64>,
    ) -> Result<Charges, DbError> {
        let mut charges = Charges::default();
        let mut after = journal_start(i64::MIN);
        loop {
            let page = verify::charges(self.tx, self.org(), team.0, after, i64::MAX, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = (last.at, last.digest.clone(), last.n, last.recorded_at);
            for row in page {
                self.take(&mut charges, row, sources)?;
            }
        }
        charges.close();
        Ok(charges)
    }

    fn take(
        &self,
        charges: &mut Charges,
        row: JournalRow,
        sources: &BTreeMap<i64, i64>,
    ) -> Result<(), DbError> {
        if charges.open_at != row.at {
            charges.close();
            charges.open_at = row.at;
        }
        let wrong = || DbError::Damaged(format!("a charge of class {}", row.class));
        let class = Class::from_code(&row.class).ok_or_else(wrong)?;
        let source = row.source_id.and_then(|id| sources.get(&id)).copied().unwrap_or(-1);
        let id = row.external_id.unwrap_or_default();
        *charges.open.entry((source, id, row.n, class)).or_default() += row.amount;
        let hour = self.book.zone.bucket(Grain::Hour, Instant::from_micros(row.at));
        let sum = charges.hours.entry(hour.from).or_insert((hour, PerClass::default()));
        sum.1.add(PerClass::of(class, Tokens::from_micro(row.amount)));
        Ok(())
    }

    async fn burned(
        &mut self,
        team: TeamId,
        facts: &TeamBooks,
        mut steps: Vec<Step>,
        now: Instant,
    ) -> Result<Result<TeamState, BurnError>, DbError> {
        loop {
            match burn(facts, &steps, now) {
                Err(BurnError::Refine(period)) => {
                    let is_it = |s: &Step| matches!(s, Step::Sum { period: p, .. } if *p == period);
                    let Some(place) = steps.iter().position(is_it) else {
                        return Ok(Err(BurnError::Refine(period)));
                    };
                    let single = singles(self.tx, &self.book, team, period).await?;
                    steps.splice(place..=place, single);
                }
                done => {
                    let trial = self.book.trial_at(team, now, None);
                    let seen = |state: TeamState| TeamState {
                        access: state.clock.access(now, trial),
                        ..state
                    };
                    return Ok(done.map(seen));
                }
            }
        }
    }

    fn states(&mut self, team: TeamId, single: &TeamState, stored: &TeamState) {
        let name = self.team(team.0);
        for (what, is, should) in [
            ("balance", stored.balance(), single.balance()),
            ("debt of api calls", stored.debt.api, single.debt.api),
            ("debt of products", stored.debt.product, single.debt.product),
            ("charged", stored.charged.total(), single.charged.total()),
        ] {
            if is != should {
                self.differs("team", format!("{name} {what}"), is, should);
            }
        }
        for lot in &single.lots {
            let other = stored.lots.iter().find(|other| other.lot.id == lot.lot.id);
            let remaining = other.map(|other| other.remaining);
            if remaining != Some(lot.remaining) {
                let is = remaining.map_or("nothing".to_owned(), |r| r.to_string());
                self.differs("lot", format!("{} of {name}", lot.lot.id), is, lot.remaining);
            }
        }
        if stored.access != single.access {
            let (is, should) = (stored.access.code(), single.access.code());
            self.differs("team", format!("{name} access"), is, should);
        }
    }
}

/// The single charges of an hour.
async fn singles(
    tx: &mut Tx,
    book: &super::Book,
    team: TeamId,
    period: Period,
) -> Result<Vec<Step>, DbError> {
    let span = (period.from.micros(), period.to.micros());
    let rows = charge::list(tx, book.org, team, span).await?;
    let step = |(at, code, amount): (i64, String, i64)| {
        let wrong = || DbError::Damaged(format!("a charge of class {code}"));
        let class = Class::from_code(&code).ok_or_else(wrong)?;
        let (at, amount) = (Instant::from_micros(at), Tokens::from_micro(amount));
        Ok(Step::Charge { at, class, amount })
    };
    rows.into_iter().map(step).collect()
}

fn damaged(fault: Fault) -> DbError {
    DbError::Damaged(fault.to_string())
}
