//! What a scenario file must hold besides its form. Errors name the member that is wrong.

use super::{
    Question, RETURNED, Scenario, ScenarioClose, ScenarioCorrection, ScenarioEvent, ScenarioHold,
    ScenarioLot, ScenarioMove,
};
use crate::hold::{HoldEnd, TTL_MAX_S, TTL_S};
use crate::time::{Instant, SECOND};
use crate::tokens::Tokens;
use std::collections::{BTreeMap, BTreeSet};
use std::iter;

/// A fact that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{member}` {reason}")]
pub struct ScenarioError {
    /// Where: `events[3].quantity`.
    pub member: String,
    /// What is wrong with it.
    pub reason: String,
}

impl ScenarioError {
    pub(crate) fn new(member: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { member: member.into(), reason: reason.into() }
    }
}

type Check = Result<(), ScenarioError>;

fn wrong(member: impl Into<String>, reason: impl Into<String>) -> Check {
    Err(ScenarioError::new(member, reason))
}

impl Scenario {
    /// Checks what the form alone does not say.
    ///
    /// # Errors
    /// The first fact that cannot be.
    pub fn check(&self) -> Result<(), ScenarioError> {
        self.check_rules()?;
        self.check_lots()?;
        self.check_moves_and_voids()?;
        self.check_events()?;
        self.check_corrections()?;
        self.check_holds()?;
        for (n, notice) in self.notices.iter().enumerate() {
            if notice.of.is_some_and(|of| of > notice.at) {
                return wrong(format!("notices[{n}].of"), "must not be later than `at`");
            }
        }
        self.ask.iter().enumerate().try_for_each(|(n, question)| question.check(n))
    }

    fn check_rules(&self) -> Check {
        let mut lines = BTreeMap::new();
        for (n, rate) in self.rates.iter().enumerate() {
            amount(format!("rates[{n}].tokens"), rate.tokens, false)?;
            if rate.per.micro() == 0 {
                return wrong(format!("rates[{n}].per"), "must be more than 0");
            }
            let key = (&rate.api, &rate.variant, rate.from);
            if let Some(first) = lines.insert(key, n) {
                let reason = format!("has the API, variant and `from` of rates[{first}]");
                return wrong(format!("rates[{n}]"), reason);
            }
        }
        let mut trials: BTreeMap<_, Instant> = BTreeMap::new();
        for (team, said) in &self.teams {
            trials.extend(said.trial_until.map(|until| ((team, None), until)));
        }
        for (n, trial) in self.trials.iter().enumerate() {
            let before = trials.insert((&trial.team, trial.recorded_at), trial.until);
            if before.is_some_and(|before| before != trial.until) {
                let reason = "was recorded at the same time as another end of this trial; say \
                              `recorded_at`";
                return wrong(format!("trials[{n}]"), reason);
            }
        }
        Ok(())
    }

    fn check_lots(&self) -> Check {
        let mut seen: BTreeMap<&str, &ScenarioLot> = BTreeMap::new();
        let granted = self.lots.iter().map(|lot| lot.tokens);
        total("lots", granted.chain(self.moves.iter().map(|moved| moved.tokens)))?;
        for (n, lot) in self.lots.iter().enumerate() {
            amount(format!("lots[{n}].tokens"), lot.tokens, true)?;
            check_lot_id(format!("lots[{n}].id"), &lot.id)?;
            named(format!("lots[{n}].team"), &lot.team)?;
            if !lot.kind.is_granted() {
                let reason = "cannot be sent: it comes out of a correction";
                return wrong(format!("lots[{n}].kind"), reason);
            }
            if lot.expires.is_some_and(|end| end <= lot.effective) {
                return wrong(format!("lots[{n}].expires"), "must be later than `effective`");
            }
            if seen.insert(&lot.id, lot).is_some_and(|before| before != lot) {
                return wrong(format!("lots[{n}].id"), repeated(&lot.id, "lot"));
            }
        }
        Ok(())
    }

    /// Takes voids and transfers as asked for in the order of their times (accounting.md,
    /// "Burn-down", rules 6 and 7).
    fn check_moves_and_voids(&self) -> Check {
        let mut lots: BTreeMap<&str, Held> = BTreeMap::new();
        let mut asked: Vec<(Instant, Asked)> = Vec::new();
        for (n, lot) in self.lots.iter().enumerate() {
            lots.insert(&lot.id, Held::of(lot));
            asked.extend(lot.voided.map(|at| (at, Asked::Voided(n))));
        }
        asked.extend(self.voids.iter().enumerate().map(|(n, void)| (void.at, Asked::Void(n))));
        // At one instant voids come before transfers.
        let moves = self.moves_in_order().into_iter();
        asked.extend(moves.map(|n| (self.moves[n].at, Asked::Move(n))));
        asked.sort_by_key(|(at, what)| (*at, matches!(what, Asked::Move(_))));
        for (at, what) in asked {
            match what {
                Asked::Voided(n) => {
                    void(&mut lots, &self.lots[n].id, at, format!("lots[{n}].voided"))?;
                }
                Asked::Void(n) => {
                    void(&mut lots, &self.voids[n].lot, at, format!("voids[{n}].lot"))?;
                }
                Asked::Move(n) => self.check_move(n, &mut lots)?,
            }
        }
        Ok(())
    }

    /// The places of the transfers in the order of time; at one instant a lot is made before a
    /// part of it moves on, else the ids decide.
    pub(crate) fn moves_in_order(&self) -> Vec<usize> {
        let made: BTreeMap<&str, &ScenarioMove> =
            self.moves.iter().map(|m| (m.id.as_str(), m)).collect();
        let hops = |asked: &ScenarioMove| {
            let source = |of: &ScenarioMove| {
                made.get(of.lot.as_str()).copied().filter(|source| source.at == of.at)
            };
            // No longer than all transfers in a row: what goes in a circle ends, too.
            let chain = iter::successors(source(asked), |of| source(of));
            chain.take(self.moves.len()).count()
        };
        let mut order: Vec<usize> = (0..self.moves.len()).collect();
        order.sort_by_cached_key(|n| {
            let asked = &self.moves[*n];
            (asked.at, hops(asked), asked.id.clone())
        });
        order
    }

    fn check_move<'a>(&'a self, n: usize, lots: &mut BTreeMap<&'a str, Held<'a>>) -> Check {
        let asked = &self.moves[n];
        let at = |member: &str| format!("moves[{n}].{member}");
        amount(at("tokens"), asked.tokens, true)?;
        check_lot_id(at("id"), &asked.id)?;
        named(at("to"), &asked.to)?;
        if let Some(there) = lots.get(asked.id.as_str()) {
            let same = there.by.is_some_and(|other| self.moves[other] == *asked);
            return if same { Ok(()) } else { wrong(at("id"), repeated(&asked.id, "lot")) };
        }
        let id = &asked.lot;
        let Some(source) = lots.get_mut(id.as_str()) else {
            let later = self.moves.iter().any(|other| other.id == *id);
            let when = if later { " yet" } else { "" };
            return wrong(
                at("lot"),
                format!("takes from the lot `{id}`, which is not there{when}"),
            );
        };
        // Where the books before it were closed, it happens at the first open instant.
        let booked = self.booked(asked.at, asked.recorded_at);
        if source.expires.is_some_and(|end| end <= booked) {
            return wrong(
                at("lot"),
                format!("takes from the lot `{id}`, which has expired by then"),
            );
        }
        if source.void.is_some() {
            return wrong(at("lot"), format!("takes from the lot `{id}`, which is void by then"));
        }
        if source.team == asked.to {
            return wrong(at("to"), format!("has the lot `{id}` already"));
        }
        source.moved = true;
        let effective = source.effective.max(asked.at);
        let held = Held { team: &asked.to, effective, moved: false, by: Some(n), ..*source };
        lots.insert(&asked.id, held);
        Ok(())
    }

    fn check_events(&self) -> Check {
        let mut seen: BTreeMap<&str, &ScenarioEvent> = BTreeMap::new();
        for (n, event) in self.events.iter().enumerate() {
            event.check(&format!("events[{n}]"))?;
            named(format!("events[{n}].id"), &event.id)?;
            let before = seen.insert(&event.id, event);
            if before.is_some_and(|before| !before.is_same(event)) {
                return wrong(format!("events[{n}].id"), repeated(&event.id, "event"));
            }
        }
        Ok(())
    }

    fn check_corrections(&self) -> Check {
        let mut seen: BTreeMap<(&str, u32), &ScenarioCorrection> = BTreeMap::new();
        let events: BTreeSet<&String> = self.events.iter().map(|event| &event.id).collect();
        for (n, correction) in self.corrections.iter().enumerate() {
            let (member, id) = match (&correction.voids, &correction.replaces, &correction.with) {
                (Some(id), None, None) => ("voids", id),
                (None, Some(id), Some(with)) => {
                    with.check_replacement(&format!("corrections[{n}].with"))?;
                    ("replaces", id)
                }
                _ => {
                    let reason = "needs either `voids`, or `replaces` and `with`";
                    return wrong(format!("corrections[{n}]"), reason);
                }
            };
            let member = format!("corrections[{n}].{member}");
            if !events.contains(id) {
                return wrong(member, format!("names the event `{id}`, which is not there"));
            }
            let before = seen.insert((id, correction.revision), correction);
            if before.is_some_and(|before| before != correction) {
                let revision = correction.revision;
                let reason = format!("corrects revision {revision} of `{id}` a second time");
                return wrong(member, reason);
            }
        }
        for (n, correction) in self.corrections.iter().enumerate() {
            let id = correction.event();
            let before = correction.revision.checked_sub(1).map(|revision| (id, revision));
            let Some(before) = before else { continue };
            let Some(earlier) = seen.get(&before) else {
                let reason = format!("is of `{id}`, whose revision {} was not corrected", before.1);
                return wrong(format!("corrections[{n}].revision"), reason);
            };
            if earlier.recorded_at > correction.recorded_at {
                let reason = "is earlier than that of the revision before";
                return wrong(format!("corrections[{n}].recorded_at"), reason);
            }
        }
        Ok(())
    }

    fn check_holds(&self) -> Check {
        let mut seen: BTreeMap<(&str, &str), &ScenarioHold> = BTreeMap::new();
        for (n, hold) in self.holds.iter().enumerate() {
            let at = |member: &str| format!("holds[{n}].{member}");
            amount(at("tokens"), hold.tokens, true)?;
            if !(1..=TTL_MAX_S).contains(&hold.ttl_s.unwrap_or(TTL_S)) {
                return wrong(at("ttl_s"), format!("must be 1 to {TTL_MAX_S}"));
            }
            if let Some(end) = hold.ended {
                if end.how == HoldEnd::Expired {
                    return wrong(at("ended.how"), "must be `settled` or `released`");
                }
                if end.at < hold.from || end.at >= hold.until() {
                    return wrong(at("ended.at"), "must lie in the life of the hold");
                }
            }
            let before = seen.insert((&hold.team, &hold.key), hold);
            if before.is_some_and(|before| before != hold) {
                return wrong(at("key"), repeated(&hold.key, "hold"));
            }
        }
        Ok(())
    }
}

enum Asked {
    Voided(usize),
    Void(usize),
    Move(usize),
}

/// A lot on the way through its transfers and its void.
#[derive(Clone, Copy)]
struct Held<'a> {
    team: &'a str,
    effective: Instant,
    expires: Option<Instant>,
    void: Option<Instant>,
    moved: bool,
    /// The transfer that made it.
    by: Option<usize>,
}

impl<'a> Held<'a> {
    fn of(lot: &'a ScenarioLot) -> Self {
        let ScenarioLot { team, effective, expires, .. } = lot;
        let (effective, expires) = (*effective, *expires);
        Self { team, effective, expires, void: None, moved: false, by: None }
    }
}

fn void(lots: &mut BTreeMap<&str, Held>, id: &str, at: Instant, member: String) -> Check {
    let Some(held) = lots.get_mut(id) else {
        return wrong(member, format!("voids the lot `{id}`, which is not there"));
    };
    if held.void.is_some_and(|before| before != at) {
        return wrong(member, format!("voids the lot `{id}`, which is void already"));
    }
    if held.moved && at <= held.effective {
        let reason = format!("cancels the lot `{id}`, of which a part was moved out");
        return wrong(member, reason);
    }
    held.void = Some(at);
    Ok(())
}

fn amount(member: String, tokens: Tokens, positive: bool) -> Check {
    if tokens.is_negative() || (positive && tokens.is_zero()) || tokens > Tokens::MAX_GIVEN {
        let least = if positive { "more than 0" } else { "0 or more" };
        return wrong(member, format!("must be {least} and at most 1000000000"));
    }
    Ok(())
}

/// Sums have to stay sums: so much in all leaves room for every way to add it up.
const TOTAL_MAX: Tokens = Tokens::whole(2_000_000_000_000);

pub(crate) fn total(member: &str, amounts: impl Iterator<Item = Tokens>) -> Check {
    let sum: i128 = amounts.map(|amount| i128::from(amount.micro())).sum();
    if sum > i128::from(TOTAL_MAX.micro()) {
        return wrong(member, format!("come to more than {TOTAL_MAX} tokens together"));
    }
    Ok(())
}

fn named(member: String, name: &str) -> Check {
    if name.is_empty() { wrong(member, "is missing") } else { Ok(()) }
}

fn check_lot_id(member: String, id: &str) -> Check {
    if id.starts_with(RETURNED) {
        return wrong(member, "begins with `returned:`, as ids of tokens that come back do");
    }
    named(member, id)
}

fn repeated(id: &str, what: &str) -> String {
    format!("is `{id}` again, with other content: another {what} has this id")
}

fn spender(member: &str, app: Option<&String>, team: Option<&String>) -> Check {
    match (app, team) {
        (Some(app), None) => named(format!("{member}.app"), app),
        (None, Some(team)) => named(format!("{member}.team"), team),
        _ => wrong(member, "needs either `app` or `team`"),
    }
}

impl ScenarioEvent {
    fn check(&self, member: &str) -> Check {
        spender(member, self.app.as_ref(), self.team.as_ref())?;
        self.tokens.map_or(Ok(()), |own| amount(format!("{member}.tokens"), own, false))
    }
    fn check_replacement(&self, member: &str) -> Check {
        if !self.id.is_empty() {
            return wrong(format!("{member}.id"), "must be left out: the id of the event stays");
        }
        if self.recorded_at.is_some() {
            return wrong(format!("{member}.recorded_at"), "belongs to the correction itself");
        }
        self.check(member)
    }
    /// Whether it says the same, whenever it was recorded.
    fn is_same(&self, other: &Self) -> bool {
        Self { recorded_at: None, ..self.clone() } == Self { recorded_at: None, ..other.clone() }
    }
}

impl ScenarioCorrection {
    /// Id of the event it is about.
    pub(crate) fn event(&self) -> &str {
        self.voids.as_deref().or(self.replaces.as_deref()).unwrap_or_default()
    }
}

impl ScenarioHold {
    /// When it ends by itself.
    pub(crate) fn until(&self) -> Instant {
        self.from.plus(i64::from(self.ttl_s.unwrap_or(TTL_S)) * SECOND)
    }
}

impl ScenarioClose {
    /// When it was recorded.
    pub(crate) fn recorded_at(&self) -> Instant {
        self.recorded_at.unwrap_or(self.until)
    }
}

impl Question {
    fn check(&self, n: usize) -> Check {
        if self.from.is_some_and(|from| from > self.at) {
            return wrong(format!("ask[{n}].from"), "must not be later than `at`");
        }
        if self.expect.decision.is_some() && self.call.is_none() {
            return wrong(format!("ask[{n}].call"), "is missing: a decision is about a call");
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
