//! Closed books (accounting.md, "Facts", close): nothing before a close changes through facts
//! that come later. What they would have changed counts at the first open instant instead: new
//! charges as charges that say where they belong, charges that are no more as tokens given back.

use super::Posted;
use super::charges::{Charges, charges};
use super::rules::Rules;
use crate::lot::{Class, Lot, LotKind, PaysFor};
use crate::scenario::{RETURNED, SOURCE, Scenario, ScenarioError, total};
use crate::time::Instant;
use std::collections::BTreeMap;

/// A team with its charges and the lots of what was given back to it.
pub struct TeamCharges {
    pub team: String,
    pub charges: Vec<Posted>,
    pub returned: Vec<Lot>,
}

/// All charges where they count, team by team.
///
/// # Errors
/// Names the member of an event that cannot be rated.
pub fn posted(scenario: &Scenario) -> Result<Vec<TeamCharges>, ScenarioError> {
    let mut closes: Vec<_> = scenario.closes.iter().collect();
    closes.sort_by_key(|close| (close.recorded_at(), close.until));
    let mut book = Book::default();
    let mut open = Instant::MIN;
    for close in closes {
        let known = scenario.known_at(close.recorded_at());
        book.take(charges(&known, &Rules::new(&known))?, open);
        open = open.max(close.until);
    }
    book.take(charges(scenario, &Rules::new(scenario))?, open);
    let posted = book.posted.values().chain(&book.reversed);
    total("events", posted.map(|(_, charge)| charge.amount))?;
    Ok(book.teams())
}

#[derive(Default)]
struct Book {
    /// What the facts known so far come to.
    known: Charges,
    /// Each of these charges where it counts.
    posted: BTreeMap<(String, u32), (String, Posted)>,
    /// Charges that count and are no more.
    reversed: Vec<(String, Posted)>,
    returned: Vec<(String, Lot)>,
}

impl Book {
    /// More facts are known: what they change counts from `open` on.
    fn take(&mut self, now: Charges, open: Instant) {
        let before = std::mem::take(&mut self.known);
        for (key, old) in &before {
            if now.get(key).is_none_or(|new| !is_same(old, new)) {
                self.reverse(key, open);
            }
        }
        for (key, new) in &now {
            let posted = self.posted.get(key).map(|(_, charge)| charge.at);
            if posted.is_some_and(|at| at < open) {
                continue;
            }
            let (team, charge) = new;
            let at = posted.unwrap_or_else(|| charge.at.max(open));
            let belongs_to = (at != charge.at).then_some(charge.at);
            let posted = Posted { at, belongs_to, ..charge.clone() };
            self.posted.insert(key.clone(), (team.clone(), posted));
        }
        self.known = now;
    }

    /// A charge is no more. In open books it is as if it had never been.
    fn reverse(&mut self, key: &(String, u32), open: Instant) {
        let Some((team, charge)) = self.posted.remove(key) else { return };
        if charge.at >= open {
            return;
        }
        if !charge.amount.is_zero() {
            let again = self.reversed.iter().filter(|(_, earlier)| {
                (&earlier.event, earlier.n) == (&charge.event, charge.n)
                    && !earlier.amount.is_zero()
            });
            let (event, n) = (&charge.event, charge.n);
            let id = format!("{RETURNED}{SOURCE}:{event}:{n}:{}", again.count());
            self.returned.push((team.clone(), given_back(&charge, id, open)));
        }
        self.reversed.push((team, charge));
    }

    fn teams(self) -> Vec<TeamCharges> {
        let mut teams: BTreeMap<String, (Vec<Posted>, Vec<Lot>)> = BTreeMap::new();
        for (team, charge) in self.posted.into_values().chain(self.reversed) {
            teams.entry(team).or_default().0.push(charge);
        }
        for (team, lot) in self.returned {
            teams.entry(team).or_default().1.push(lot);
        }
        let team = |(team, (charges, returned))| TeamCharges { team, charges, returned };
        teams.into_iter().map(team).collect()
    }
}

/// Whether two charges of one key weigh the same; why they do may differ.
fn is_same((a_team, a): &(String, Posted), (b_team, b): &(String, Posted)) -> bool {
    (a_team, a.at, a.class, a.amount) == (b_team, b.at, b.class, b.amount)
}

/// The tokens of a charge, given back at an instant: for its class, used before all others, and
/// without an end, since what they replace might still be there.
fn given_back(charge: &Posted, id: String, at: Instant) -> Lot {
    Lot {
        id,
        kind: LotKind::Returned,
        pays_for: match charge.class {
            Class::Api => PaysFor::Api,
            Class::Product => PaysFor::Product,
        },
        priority: LotKind::Returned.priority(),
        granted: charge.amount,
        effective: at,
        expires: None,
        unit_cost: None,
        reference: Some(charge.event.clone()),
        channel: None,
    }
}
