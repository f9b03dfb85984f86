//! Which lot paid for which stretch of the charges: found over sums, and charge by charge only
//! where one lot ends and the next begins.

use super::Reader;
use super::loader::Facts;
use super::pieces::Pieces;
use super::sums::{Charges, class};
use crate::service::book::Book;
use crate::service::fault;
use crate::store::db::{DbError, Tx};
use crate::store::ledger::{self, SingleRow};
use tokenscope::burn::{Bill, BurnDown, BurnError, Item, Step, TeamState, burn, burn_down};
use tokenscope::fault::Fault;
use tokenscope::id::{ApiId, AppId, TeamId};
use tokenscope::lot::Class;
use tokenscope::report::SeenAt;
use tokenscope::time::{Instant, Period};
use tokenscope::tokens::Tokens;

/// A team's burn-down with its charges from an instant on.
pub(super) struct Account<'a> {
    /// The charges.
    pub charges: Charges<'a>,
    /// The team's lots and what happened to them.
    pub facts: Facts,
    /// The steps.
    pub pieces: Pieces,
    /// What paid for what.
    pub down: BurnDown,
    /// The books before the first charge that is asked about; none = from the beginning.
    pub opening: Option<TeamState>,
    /// The first instant that is asked about.
    pub from: Option<Instant>,
    /// The first instant after what is asked about.
    to: Instant,
}

/// Of which charges an account speaks, and from where they are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// The first instant; none = from the beginning.
    pub from: Option<Instant>,
    /// The first instant after it; none = up to and with `seen.as_of`.
    pub to: Option<Instant>,
    /// From where the books are looked at.
    pub seen: SeenAt,
}

/// A charge, or several of one app and API, to be paid for.
#[derive(Debug, Clone)]
pub(super) struct Usage {
    /// The bill.
    pub bill: Bill,
    /// The app.
    pub app: AppId,
    /// The API.
    pub api: ApiId,
}

impl<'a> Account<'a> {
    /// Of a team over a time.
    pub async fn of(
        tx: &mut Tx,
        book: &'a Book,
        team: TeamId,
        Span { from, to, seen }: Span,
    ) -> Result<Self, Fault> {
        let end = seen.as_of.plus(1);
        let to = to.unwrap_or(end).min(end);
        let facts = super::facts_of(tx, book, team, seen.known_at).await?;
        let charges = Charges::known_at(tx, book, team, seen.known_at).await?;
        let marks: Vec<Instant> = from.into_iter().chain([to]).collect();
        let mut pieces = Pieces::load(tx, &charges, &facts.books, seen.as_of, &marks).await?;
        let books = &facts.books;
        let mut down =
            pieces.settle(tx, &charges, |steps| burn_down(books, steps, from, seen.as_of)).await?;
        let trial = book.trial_at(team, seen.as_of, seen.known_at);
        down.state.access = down.state.clock.access(seen.as_of, trial);
        let opening = match from {
            Some(from) => {
                Some(pieces.settle(tx, &charges, |steps| burn(books, steps, from.plus(-1))).await?)
            }
            None => None,
        };
        Ok(Self { charges, facts, pieces, down, opening, from, to })
    }

    /// The charges that are asked about, without names: a bill for each step and class.
    pub fn bills(&self) -> Vec<Bill> {
        let from = self.from.unwrap_or(Instant::MIN);
        let is_asked = |at: Instant| from <= at && at < self.to;
        let mut bills = Vec::new();
        for step in self.pieces.steps() {
            match step {
                Step::Charge { at, class, amount } if is_asked(at) => {
                    let period = Period::new(at, at.plus(1));
                    bills.push(Bill { period, single: true, class, amount });
                }
                Step::Sum { period, amounts } if is_asked(period.from) => {
                    for class in Class::ALL.into_iter().filter(|c| !amounts.get(*c).is_zero()) {
                        let amount = amounts.get(class);
                        bills.push(Bill { period, single: false, class, amount });
                    }
                }
                Step::Charge { .. } | Step::Sum { .. } => {}
            }
        }
        bills
    }

    /// Which slices pay for each of the bills.
    pub fn slices(&self, bills: &[Bill]) -> Result<Vec<Vec<Option<usize>>>, BurnError> {
        let mut paid = vec![Vec::new(); bills.len()];
        self.down.walk(self.opening.as_ref(), bills, |item, _, parts| {
            if let Item::Bill(n) = item {
                paid[n] = parts.iter().map(|part| part.slice).collect();
            }
        })?;
        Ok(paid)
    }

    /// Refines for as long as there is a sum that is too coarse for what is asked.
    pub async fn refine_while(
        &mut self,
        tx: &mut Tx,
        too_coarse: impl Fn(&[Bill], &[Vec<Option<usize>>]) -> Option<Period>,
    ) -> Result<Vec<Bill>, Fault> {
        loop {
            let bills = self.bills();
            let paid = self.slices(&bills).map_err(fault::of_burn)?;
            let Some(period) = too_coarse(&bills, &paid) else { return Ok(bills) };
            self.pieces.refine(tx, &self.charges, period).await?;
        }
    }

    /// The charges that are asked about by app and API, in stretches that one slice paid.
    pub async fn usage(&mut self, tx: &mut Tx) -> Result<Vec<Usage>, Fault> {
        let bills = self
            .refine_while(tx, |bills, paid| {
                let mixed = |(bill, paid): &(&Bill, &Vec<_>)| !bill.single && paid.len() > 1;
                bills.iter().zip(paid).find(mixed).map(|(bill, _)| bill.period)
            })
            .await?;
        let paid = self.slices(&bills).map_err(fault::of_burn)?;
        let mut usage = Vec::new();
        for run in self.runs(&bills, &paid) {
            usage.extend(self.named(tx, &run).await?);
        }
        usage.sort_by_key(|usage| (usage.bill.period.from, usage.bill.class));
        Ok(usage)
    }

    /// Neighbouring bills of one class that the same slice pays, as one stretch. A shortfall
    /// stands between two stretches, never in one.
    fn runs(&self, bills: &[Bill], paid: &[Vec<Option<usize>>]) -> Vec<Run> {
        let shortfalls: Vec<Instant> = self.down.shortfalls.iter().map(|s| s.at).collect();
        let until = |at: Instant| shortfalls.partition_point(|short| *short <= at);
        let mut runs = Vec::new();
        for class in Class::ALL {
            let mut open: Option<(Run, &[Option<usize>])> = None;
            let mine = bills.iter().zip(paid).filter(|(bill, _)| bill.class == class);
            for (bill, slices) in mine {
                let joins = open.as_ref().is_some_and(|(run, before)| {
                    slices.len() == 1
                        && *before == slices.as_slice()
                        && until(run.period.from) == until(bill.period.from)
                });
                match open.as_mut().filter(|_| joins) {
                    Some((run, _)) => run.period.to = bill.period.to,
                    None => {
                        let split = slices.len() > 1;
                        let run = Run { period: bill.period, class, split };
                        runs.extend(open.replace((run, slices)).map(|(run, _)| run));
                    }
                }
            }
            runs.extend(open.map(|(run, _)| run));
        }
        runs
    }

    async fn named(&self, tx: &mut Tx, run: &Run) -> Result<Vec<Usage>, Fault> {
        let span = (run.period.from.micros(), run.period.to.micros());
        if run.split {
            // Several charges of one instant, of which one is paid by two lots.
            let rows = ledger::singles(tx, self.charges.asked(), span).await.map_err(fault::of)?;
            let mine = rows.iter().filter(|row| row.class == run.class.code());
            return mine.map(single).collect::<Result<_, _>>().map_err(fault::of);
        }
        let code = run.class.code();
        let rows = ledger::usage(tx, self.charges.asked(), span, code).await.map_err(fault::of)?;
        let usage = |(app, api, amount)| Usage {
            bill: Bill {
                period: run.period,
                single: false,
                class: run.class,
                amount: Tokens::from_micro(amount),
            },
            app: AppId(app),
            api: ApiId(api),
        };
        Ok(rows.into_iter().map(usage).collect())
    }
}

/// A stretch of the charges of one class.
struct Run {
    period: Period,
    class: Class,
    /// Whether several slices pay for it.
    split: bool,
}

/// A single charge as a bill.
pub(super) fn single(row: &SingleRow) -> Result<Usage, DbError> {
    let at = Instant::from_micros(row.at);
    let bill = Bill {
        period: Period::new(at, at.plus(1)),
        single: true,
        class: class(&row.class)?,
        amount: Tokens::from_micro(row.amount),
    };
    Ok(Usage { bill, app: AppId(row.app_id), api: ApiId(row.api_id) })
}

impl Reader<'_> {
    /// Client id of an app, none for the one that stands for a team's own events; and the code of
    /// an API.
    pub(super) fn codes(&self, app: AppId, api: ApiId) -> (Option<String>, String) {
        let app = self.book.apps.get(&app).filter(|app| app.direct_team.is_none());
        let api = self.book.apis.get(&api).map(|api| api.code.clone());
        (app.map(|app| app.client_id.clone()), api.unwrap_or_default())
    }
}
