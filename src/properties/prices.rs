//! The slow reading of "Rating" in accounting.md: from the events of a scenario to charges. Every
//! question is a search through all lines.

use crate::event::Status;
use crate::explain::PricedBy;
use crate::lot::Class;
use crate::payer::Payer;
use crate::rate::Rounding;
use crate::scenario::{Scenario, ScenarioEvent, ScenarioRate};
use crate::time::{DAY, Instant, SECOND};
use crate::tokens::Tokens;

/// Tokens due from a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    pub team: String,
    pub at: Instant,
    pub event: String,
    pub n: u32,
    pub class: Class,
    pub amount: Tokens,
    pub app: Option<String>,
    pub api: String,
    /// The line in force at its time.
    pub line: Option<PricedBy>,
}

/// The line that speaks at an instant: the newest `from` that has come; of one instant the line
/// recorded last. What says no time of recording was known from the beginning.
pub fn in_force<T>(
    lines: impl IntoIterator<Item = T>,
    from: impl Fn(&T) -> Instant,
    recorded: impl Fn(&T) -> Option<Instant>,
    at: Instant,
) -> Option<T> {
    let mut best: Option<T> = None;
    for line in lines {
        if from(&line) > at {
            continue;
        }
        let newer = |old: &T| (from(&line), recorded(&line)) >= (from(old), recorded(old));
        if best.as_ref().is_none_or(newer) {
            best = Some(line);
        }
    }
    best
}

/// The end of a team's trial: the newest recorded line counts.
pub fn trial_of(facts: &Scenario, team: &str) -> Option<Instant> {
    let first = facts.teams.get(team).and_then(|said| said.trial_until).map(|end| (None, end));
    let mut lines: Vec<(Option<Instant>, Instant)> = first.into_iter().collect();
    for line in facts.trials.iter().filter(|line| line.team == team) {
        lines.push((line.recorded_at, line.until));
    }
    lines.into_iter().max().map(|(_, until)| until)
}

fn rate_at<'a>(
    facts: &'a Scenario,
    api: &str,
    variant: Option<&str>,
    at: Instant,
) -> Option<&'a ScenarioRate> {
    let newest = |wanted: Option<&str>| {
        let lines = facts.rates.iter();
        let lines = lines.filter(|line| line.api == api && line.variant.as_deref() == wanted);
        in_force(lines, |line| line.from, |_| None, at)
    };
    match variant {
        Some(_) => newest(variant).or_else(|| newest(None)),
        None => newest(None),
    }
}

fn daily_at<'a>(
    facts: &'a Scenario,
    event: &ScenarioEvent,
    at: Instant,
) -> Option<&'a ScenarioRate> {
    let line = rate_at(facts, &event.api, event.variant.as_deref(), at);
    line.filter(|line| line.rounding == Rounding::UserDay)
}

/// The team that pays for an event, by the lines of the event's time.
fn payer_of(facts: &Scenario, event: &ScenarioEvent) -> Option<String> {
    let Some(app) = &event.app else { return event.team.clone() };
    let at = event.time;
    let payer = in_force(&facts.payers, |line| line.from, |line| line.recorded_at, at);
    match payer.map(|line| line.payer).unwrap_or_default() {
        Payer::AppTeam => {
            let lines = facts.apps.iter().filter(|line| line.client_id == *app);
            in_force(lines, |line| line.from, |line| line.recorded_at, at)?.team.clone()
        }
        Payer::OwnerPool => {
            let lines = facts.owners.iter().filter(|line| line.client_id == *app);
            let line = in_force(lines, |line| line.from, |line| line.recorded_at, at)?;
            Some(format!("~{}", line.owner.as_ref()?.to_lowercase()))
        }
    }
}

/// Each event once, as its last revision says; a void one not at all.
fn standing_events(facts: &Scenario) -> Vec<ScenarioEvent> {
    let mut standing: Vec<ScenarioEvent> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for first in &facts.events {
        if seen.contains(&first.id.as_str()) {
            continue;
        }
        seen.push(&first.id);
        let mut current = Some(first.clone());
        for revision in 0.. {
            let about = |id: &Option<String>| id.as_ref() == Some(&first.id);
            let next = facts.corrections.iter().find(|correction| {
                correction.revision == revision
                    && (about(&correction.voids) || about(&correction.replaces))
            });
            let Some(next) = next else { break };
            current = next.with.clone().map(|with| ScenarioEvent { id: first.id.clone(), ..with });
        }
        standing.extend(current);
    }
    standing
}

/// All charges of all teams, in the order of their times, their events' ids and their numbers.
pub fn charges(facts: &Scenario) -> Vec<Charge> {
    let mut charges = Vec::new();
    // Team and event of each session of a daily product.
    let mut sessions: Vec<(String, ScenarioEvent)> = Vec::new();
    for event in standing_events(facts) {
        let Some(team) = payer_of(facts, &event) else { continue };
        let line = rate_at(facts, &event.api, event.variant.as_deref(), event.time);
        if event.tokens.is_none() && line.is_some_and(|line| line.rounding == Rounding::UserDay) {
            sessions.push((team, event));
            continue;
        }
        let in_trial = trial_of(facts, &team).is_some_and(|until| event.time < until);
        let amount = if in_trial { Tokens::ZERO } else { price(&event, line) };
        charges.push(charge(&team, &event, line, event.time, 0, amount));
    }
    sessions.sort_by_key(|(_, event)| (event.time, event.id.clone()));
    while let Some((team, first)) = sessions.first().cloned() {
        let user = |event: &ScenarioEvent| event.user.as_ref().map(|name| name.to_lowercase());
        let key = |event: &ScenarioEvent| (user(event), event.api.clone(), event.variant.clone());
        let same = |(of, event): &(String, ScenarioEvent)| *of == team && key(event) == key(&first);
        let (of_key, others) = sessions.into_iter().partition(same);
        sessions = others;
        product_days(facts, of_key, &mut charges);
    }
    charges.sort_by_key(|charge| (charge.at, charge.event.clone(), charge.n));
    charges
}

fn charge(
    team: &str,
    event: &ScenarioEvent,
    line: Option<&ScenarioRate>,
    at: Instant,
    n: u32,
    amount: Tokens,
) -> Charge {
    let daily = line.is_some_and(|line| line.rounding == Rounding::UserDay);
    Charge {
        team: team.to_owned(),
        at,
        event: event.id.clone(),
        n,
        class: if daily { Class::Product } else { Class::Api },
        amount,
        app: event.app.clone(),
        api: event.api.clone(),
        line: line.map(|line| PricedBy {
            tokens: line.tokens,
            per: line.per,
            rounding: line.rounding,
            from: line.from,
        }),
    }
}

/// What an event costs by itself, outside a trial.
fn price(event: &ScenarioEvent, line: Option<&ScenarioRate>) -> Tokens {
    if let Some(own) = event.tokens {
        return own;
    }
    let Some(line) = line else { return Tokens::ZERO };
    if event.status == Status::Failed && !line.charge_failed {
        return Tokens::ZERO;
    }
    let quantity = event.quantity.map_or(1_000_000, |quantity| i128::from(quantity.micro()));
    let (tokens, block) = (i128::from(line.tokens.micro()), i128::from(line.per.micro()));
    let micro = match line.rounding {
        Rounding::Exact => {
            let (whole, rest) = (quantity * tokens / block, quantity * tokens % block);
            if rest * 2 >= block { whole + 1 } else { whole }
        }
        Rounding::Up if quantity % block == 0 => quantity / block * tokens,
        Rounding::Up => (quantity / block + 1) * tokens,
        Rounding::UserDay => unreachable!("a session has no price by itself"),
    };
    Tokens::from_micro(i64::try_from(micro).unwrap())
}

/// Lives through the sessions of one key, in the order of their starts.
fn product_days(
    facts: &Scenario,
    sessions: Vec<(String, ScenarioEvent)>,
    charges: &mut Vec<Charge>,
) {
    // Of each session that can open windows: whose it is, its end, its charges so far.
    let mut users: Vec<(String, ScenarioEvent, Instant, u32)> = Vec::new();
    for (team, event) in sessions {
        let length = event.quantity.map_or(300 * SECOND, |seconds| seconds.micro());
        let line = daily_at(facts, &event, event.time).unwrap();
        let counts = event.status == Status::Success || line.charge_failed;
        if length >= 300 * SECOND && counts {
            let end = event.time.plus(length);
            users.push((team, event, end, 0));
        }
    }
    let mut open = |user: &mut (String, ScenarioEvent, Instant, u32), at: Instant| {
        let (team, event, _, n) = user;
        let line = daily_at(facts, event, at);
        let in_trial = trial_of(facts, team).is_some_and(|until| at < until);
        let amount = line.filter(|_| !in_trial).map_or(Tokens::ZERO, |line| line.tokens);
        charges.push(charge(team, event, line, at, *n, amount));
        *n += 1;
        at.plus(DAY)
    };
    let mut window_end = Instant::MIN;
    for next in 0..users.len() {
        let start = users[next].1.time;
        if start < window_end {
            continue;
        }
        window_end = open(&mut users[next], start);
        // Each window's end, until nobody uses the product any more. Sessions of a chain that
        // stopped may outlast a later one.
        loop {
            let end = window_end;
            let runs =
                |user: &(String, ScenarioEvent, Instant, u32)| user.1.time < end && end < user.2;
            let Some(still) = users.iter().position(runs) else { break };
            if daily_at(facts, &users[still].1, end).is_none() {
                break;
            }
            window_end = open(&mut users[still], end);
        }
    }
}
