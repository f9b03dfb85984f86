//! Lots and what happens to them, team by team.

use super::Team;
use super::rules::Rules;
use crate::burn::{MoveOut, Notice};
use crate::hold::Hold;
use crate::lot::Lot;
use crate::scenario::{Scenario, ScenarioHold, ScenarioLot};
use crate::time::Instant;
use crate::tokens::Tokens;
use std::collections::BTreeMap;

/// The lot that a transfer makes: kind, scope, priority, expiry and unit cost stay, and it is
/// effective at the later of the transfer and the source's own time.
#[must_use]
pub fn moved_lot(source: &Lot, id: String, at: Instant, amount: Tokens) -> Lot {
    Lot { id, granted: amount, effective: at.max(source.effective), ..source.clone() }
}

/// All teams that the facts name, without their charges.
pub(super) fn teams(scenario: &Scenario, rules: &Rules) -> BTreeMap<String, Team> {
    let mut teams: BTreeMap<String, Team> = BTreeMap::new();
    for name in scenario.team_names() {
        teams.insert(name.to_owned(), Team::new(name, rules));
    }
    let voids = voids(scenario);
    for (team, lot, moved_in) in lots(scenario, &mut teams) {
        let Some(team) = teams.get_mut(&team) else { continue };
        team.books.voids.extend(voids.get(&lot.id).map(|at| (lot.id.clone(), *at)));
        team.moved_in.extend(moved_in.then(|| lot.id.clone()));
        team.books.lots.push(lot);
    }
    for unblock in &scenario.unblocks {
        if let Some(team) = teams.get_mut(&unblock.team) {
            team.books.unblocks.push(scenario.booked(unblock.at, unblock.recorded_at));
        }
    }
    for notice in &scenario.notices {
        if let Some(team) = teams.get_mut(&notice.team) {
            let (of, at) = (notice.of.unwrap_or(notice.at), notice.at);
            let of = scenario.booked(of, Some(at));
            team.books.notices.push(Notice { of, at });
        }
    }
    for hold in &scenario.holds {
        if let Some(team) = teams.get_mut(&hold.team)
            && !team.holds.iter().any(|known| known.key == hold.key)
        {
            team.holds.push(hold.hold());
        }
    }
    teams
}

/// Every lot with its team, and whether a transfer made it. Transfers are noted with the team that
/// gives.
fn lots(scenario: &Scenario, teams: &mut BTreeMap<String, Team>) -> Vec<(String, Lot, bool)> {
    // Where each lot is, to find the source of a transfer, also of a lot that was moved before.
    let mut lots: BTreeMap<&str, (String, Lot, bool)> = BTreeMap::new();
    for given in &scenario.lots {
        let effective = scenario.booked(given.effective, given.recorded_at);
        // One that ended before the books were open ends when it would begin.
        let expires = given.expires.map(|end| end.max(effective));
        let lot = Lot { effective, expires, ..given.lot() };
        lots.entry(&given.id).or_insert((given.team.clone(), lot, false));
    }
    for n in scenario.moves_in_order() {
        let asked = &scenario.moves[n];
        // One that is there already is the same transfer again; a source that is not there is
        // one that was not known.
        if lots.contains_key(asked.id.as_str()) {
            continue;
        }
        let Some((from, source, _)) = lots.get(asked.lot.as_str()).cloned() else { continue };
        let at = scenario.booked(asked.at, asked.recorded_at);
        let (id, lot, amount) = (asked.id.clone(), asked.lot.clone(), asked.tokens);
        let moved = moved_lot(&source, id.clone(), at, amount);
        if let Some(team) = teams.get_mut(&from) {
            team.books.moves.push(MoveOut { id, lot, at, amount });
        }
        lots.insert(&asked.id, (asked.to.clone(), moved, true));
    }
    lots.into_values().collect()
}

/// When lots were voided.
fn voids(scenario: &Scenario) -> BTreeMap<String, Instant> {
    let mut voids = BTreeMap::new();
    for lot in &scenario.lots {
        let booked = |at| (lot.id.clone(), scenario.booked(at, lot.recorded_at));
        voids.extend(lot.voided.map(booked));
    }
    for void in &scenario.voids {
        let at = scenario.booked(void.at, void.recorded_at);
        // Of one that was recorded twice the first record counts.
        let booked = voids.entry(void.lot.clone()).or_insert(at);
        *booked = at.min(*booked);
    }
    voids
}

impl Team {
    pub(super) fn new(name: &str, rules: &Rules) -> Self {
        let mut team = Self::default();
        team.books.policy = rules.policies(name);
        team.books.trial_until = rules.trial(name);
        team
    }
}

impl ScenarioLot {
    fn lot(&self) -> Lot {
        Lot {
            id: self.id.clone(),
            kind: self.kind,
            pays_for: self.pays_for.unwrap_or(self.kind.pays_for()),
            priority: self.priority.unwrap_or(self.kind.priority()),
            granted: self.tokens,
            effective: self.effective,
            expires: self.expires,
            unit_cost: None,
            reference: None,
            channel: None,
        }
    }
}

impl ScenarioHold {
    fn hold(&self) -> Hold {
        Hold {
            key: self.key.clone(),
            class: self.class,
            amount: self.tokens,
            from: self.from,
            until: self.until(),
            ended: self.ended.map(|end| (end.at, end.how)),
        }
    }
}
