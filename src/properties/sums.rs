//! Sums of hours and days against single charges. Whoever has sums gives finer ones where the
//! engine asks for them, and must come to the same.

use super::agree::entries;
use super::cases;
use super::given::{TEAMS, edges, scenario};
use super::prices::Charge;
use super::slow::Slow;
use crate::burn::{Bill, BurnDown, BurnError, Step, TeamBooks, TeamState, burn, burn_down};
use crate::explain::{Cut, UsageLine, by_kind, cuts, payments};
use crate::lot::{Class, PerClass};
use crate::statement::{Names, Statement, statement};
use crate::time::{Grain, Instant, Period, Zone};
use crate::tokens::Tokens;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet};

/// What a sum says of the charges behind it.
type Named = (Option<String>, String);

/// The charges of a team, in days; some of them in hours, some of these one by one.
struct Sums<'a> {
    charges: Vec<&'a Charge>,
    fine: BTreeSet<Period>,
}

impl<'a> Sums<'a> {
    fn new(slow: &'a Slow, team: &str) -> Self {
        // What costs nothing is in no sum.
        let own = |charge: &&Charge| charge.team == team && !charge.amount.is_zero();
        let charges = slow.charges.iter().filter(own).collect();
        Self { charges, fine: BTreeSet::new() }
    }

    /// Asks until no finer sums are needed.
    fn ask<T>(&mut self, question: impl Fn(&Self) -> Result<T, BurnError>) -> T {
        loop {
            match question(self) {
                Ok(answer) => return answer,
                Err(BurnError::Refine(period)) => {
                    assert!(
                        !period.is_empty() && self.fine.insert(period),
                        "asked twice: {period:?}"
                    );
                }
                Err(broken) => panic!("{broken}"),
            }
        }
    }

    /// The periods of the charges; none = this charge stands by itself.
    fn buckets(&self) -> Vec<(Option<Period>, Vec<&'a Charge>)> {
        let zone = Zone::utc();
        let mut buckets: Vec<(Option<Period>, Vec<&Charge>)> = Vec::new();
        for charge in &self.charges {
            let periods = [Grain::Day, Grain::Hour].map(|grain| zone.bucket(grain, charge.at));
            let period = periods.into_iter().find(|period| !self.fine.contains(period));
            match buckets.last_mut().filter(|last| period.is_some() && last.0 == period) {
                Some((_, charges)) => charges.push(charge),
                None => buckets.push((period, vec![charge])),
            }
        }
        buckets
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (period, charges) in self.buckets() {
            let Some(period) = period else {
                let Charge { at, class, amount, .. } = *charges[0];
                steps.push(Step::Charge { at, class, amount });
                continue;
            };
            let mut amounts = PerClass::default();
            charges.iter().for_each(|c| amounts.add(PerClass::of(c.class, c.amount)));
            steps.push(Step::Sum { period, amounts });
        }
        steps
    }

    /// Sums per app and API, those of one class side by side.
    fn bills(&self, from: Option<Instant>, to: Instant) -> (Vec<Bill>, Vec<Named>) {
        let (mut bills, mut names) = (Vec::new(), Vec::new());
        let since = from.unwrap_or(Instant::MIN);
        for (period, charges) in self.buckets() {
            let first = charges[0];
            let (single, period) = match period {
                Some(period) => (false, period),
                None => (true, Period::new(first.at, first.at.plus(1))),
            };
            if period.from < since || period.from > to {
                assert!(period.to <= since || period.from > to, "{period:?} reaches beyond");
                continue;
            }
            let mut sums: BTreeMap<(Class, Named), Tokens> = BTreeMap::new();
            for charge in charges {
                let name = (charge.app.clone(), charge.api.clone());
                *sums.entry((charge.class, name)).or_default() += charge.amount;
            }
            for ((class, name), amount) in sums {
                bills.push(Bill { period, single, class, amount });
                names.push(name);
            }
        }
        (bills, names)
    }
}

struct Book<'a> {
    slow: &'a Slow<'a>,
    names: &'a [Named],
    moves: Vec<&'a str>,
}

impl Names for Book<'_> {
    fn usage(&self, bill: usize) -> Named {
        self.names[bill].clone()
    }
    fn transfer(&self, place: usize) -> String {
        self.moves[place].to_owned()
    }
    fn is_moved_in(&self, lot: &str) -> bool {
        self.slow.lots.iter().any(|it| it.lot.id == lot && it.moved_in)
    }
}

/// The lot that paid, and when, where it was debt before; none = uncharged.
type By = Option<(String, Option<Instant>)>;

/// All that is worked out from sums.
struct Explained {
    down: BurnDown,
    usage: Vec<UsageLine>,
    statement: Statement,
    paid: BTreeMap<(Period, Class, Named, By), Tokens>,
}

fn explained(
    sums: &Sums,
    slow: &Slow,
    books: &TeamBooks,
    from: Option<Instant>,
    at: Instant,
) -> Result<Explained, BurnError> {
    let steps = sums.steps();
    let down = burn_down(books, &steps, from, at)?;
    let opening = from.map(|from| burn(books, &steps, from.plus(-1))).transpose()?;
    let (bills, names) = sums.bills(from, at);
    let usage = by_kind(&down, opening.as_ref(), &bills, |n| names[n].clone())?;
    let mut paid = BTreeMap::new();
    for (n, payment) in payments(&down, opening.as_ref(), &bills)?.into_iter().enumerate() {
        let day = Zone::utc().bucket(Grain::Day, bills[n].period.from);
        let key = |by| (day, bills[n].class, names[n].clone(), by);
        *paid.entry(key(None)).or_default() += payment.uncharged;
        for part in payment.lots {
            *paid.entry(key(Some((part.lot, part.settled)))).or_default() += part.tokens;
        }
    }
    let mut moves: Vec<&str> = books.moves.iter().map(|moved| moved.id.as_str()).collect();
    moves.sort_unstable();
    let book = Book { slow, names: &names, moves };
    let statement = statement(&down, opening.as_ref(), &bills, &book)?;
    Ok(Explained { down, usage, statement, paid })
}

proptest! {
    #![proptest_config(cases(120))]

    #[test]
    fn books_from_sums_are_books_from_charges(
        facts in scenario(50),
        places in proptest::collection::vec(any::<Index>(), 3),
    ) {
        let slow = Slow::new(&facts);
        let edges = edges(&facts);
        for team in TEAMS {
            let (books, singles) = slow.books(team);
            for at in places.iter().map(|place| *place.get(&edges)) {
                let mut sums = Sums::new(&slow, team);
                let state: TeamState = sums.ask(|sums| burn(&books, &sums.steps(), at));
                prop_assert_eq!(state, burn(&books, &singles, at).unwrap(), "{} at {}", team, at);
            }
        }
    }

    #[test]
    fn explanations_from_sums_are_those_from_charges(
        facts in scenario(50),
        stretch in (any::<Index>(), any::<Index>(), any::<bool>()),
    ) {
        let slow = Slow::new(&facts);
        let edges = edges(&facts);
        let (a, b) = (*stretch.0.get(&edges), *stretch.1.get(&edges));
        let (from, at) = (Some(a.min(b)).filter(|_| stretch.2), a.max(b));
        for team in TEAMS {
            let (books, _) = slow.books(team);
            let mut sums = Sums::new(&slow, team);
            let coarse = sums.ask(|sums| explained(sums, &slow, &books, from, at));
            let mut singles = Sums::new(&slow, team);
            singles.fine = all_fine(&singles);
            let fine = explained(&singles, &slow, &books, from, at).unwrap();
            prop_assert_eq!(&coarse.down.state, &fine.down.state);
            prop_assert_eq!(coarse.usage, fine.usage, "{} from {:?} to {}", team, from, at);
            prop_assert_eq!(entries(&coarse.statement), entries(&fine.statement));
            prop_assert_eq!(coarse.paid, fine.paid, "{} from {:?} to {}", team, from, at);
            // Where a cut lies within a sum is all that sums do not tell.
            let points = |sums: &Sums| {
                let down = burn_down(&books, &sums.steps(), None, at)?;
                let found = cuts(&down, &sums.bills(None, at).0)?;
                Ok(found.into_iter().map(|cut| Cut { at, ..cut }).collect::<Vec<_>>())
            };
            prop_assert_eq!(sums.ask(points), singles.ask(points), "{} to {}", team, at);
        }
    }
}

fn all_fine(sums: &Sums) -> BTreeSet<Period> {
    let periods = |charge: &&Charge| {
        [Grain::Day, Grain::Hour].map(|grain| Zone::utc().bucket(grain, charge.at))
    };
    sums.charges.iter().flat_map(periods).collect()
}
