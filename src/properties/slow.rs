//! A second implementation: accounting.md read slowly. All happenings of all teams stand in one
//! list and are lived through one by one; every charge and every debt stays by itself, and the
//! next lot is found by looking at all of them. Closes are left out.

use super::prices::{Charge, charges, in_force, trial_of};
use crate::access::Unblock;
use crate::access::{Policy, PolicyLines};
use crate::burn::{MoveOut, Notice, Step, TeamBooks};
use crate::explain::{Cut, PaidBy};
use crate::lot::{Class, Lot, LotKind, PaysFor};
use crate::scenario::{Answer, Scenario, ScenarioMove, ScenarioPolicyLine};
use crate::statement::{Kind, Position};
use crate::time::{DAY, Instant};
use crate::tokens::Tokens;
use std::collections::BTreeMap;

/// What is due for one charge or one transfer shortfall, and what paid for it.
#[derive(Debug, Clone)]
pub struct Due {
    pub team: String,
    pub at: Instant,
    pub class: Class,
    pub amount: Tokens,
    /// None = a transfer shortfall.
    pub charge: Option<Charge>,
    pub lots: Vec<PaidBy>,
    pub owed: Tokens,
}

/// A lot with what became of it.
#[derive(Debug, Clone)]
pub struct SlowLot {
    pub team: String,
    pub lot: Lot,
    pub moved_in: bool,
    pub void: Option<Instant>,
    pub begun: bool,
    pub ended: bool,
    pub held: Tokens,
    pub burned: Tokens,
    pub settled: Tokens,
    pub expired: Tokens,
    pub voided: Tokens,
    pub moved_out: Tokens,
}

/// A line of a team's book: what it did to the usable tokens and to the debt.
#[derive(Debug, Clone)]
pub struct Entry {
    pub team: String,
    pub at: Instant,
    pub kind: Kind,
    pub lot: Option<String>,
    pub app: Option<String>,
    pub api: Option<String>,
    pub available: Tokens,
    pub debt: Tokens,
}

/// The clock of a team's debt.
#[derive(Debug, Clone, Copy, Default)]
struct Clock {
    since: Option<Instant>,
    /// A restriction that waits for an unblock: the end of the grace that was missed.
    waits: Option<Instant>,
}

/// What can happen.
#[derive(Debug, Clone)]
enum Happening {
    Expires { lot: String },
    IsVoided { lot: String },
    Moves { id: String, lot: String, amount: Tokens },
    Begins { lot: String },
    Unblocks { team: String },
    Charges(Charge),
}

impl Happening {
    /// The order of one instant.
    const fn rank(&self) -> u8 {
        match self {
            Self::Expires { .. } => 0,
            Self::IsVoided { .. } => 1,
            Self::Moves { .. } => 2,
            Self::Begins { .. } => 3,
            Self::Unblocks { .. } => 4,
            Self::Charges(_) => 5,
        }
    }
}

/// All teams at an instant.
#[derive(Debug, Clone)]
pub struct World<'a> {
    facts: &'a Scenario,
    pub at: Instant,
    pub lots: Vec<SlowLot>,
    /// In the order in which they came.
    pub dues: Vec<Due>,
    pub entries: Vec<Entry>,
    clocks: BTreeMap<String, Clock>,
}

/// The facts, made ready to be lived through.
pub struct Slow<'a> {
    facts: &'a Scenario,
    pub lots: Vec<SlowLot>,
    pub charges: Vec<Charge>,
    agenda: Vec<(Instant, Happening)>,
}

impl<'a> Slow<'a> {
    pub fn new(facts: &'a Scenario) -> Self {
        let lots = lots(facts);
        let charges = charges(facts);
        let mut agenda = Vec::new();
        for it in lots.iter().filter(|it| !it.is_cancelled()) {
            let lot = || it.lot.id.clone();
            agenda.push((it.lot.effective, Happening::Begins { lot: lot() }));
            agenda.extend(it.lot.expires.map(|end| (end, Happening::Expires { lot: lot() })));
            agenda.extend(it.void.map(|at| (at, Happening::IsVoided { lot: lot() })));
        }
        for moved in moves(facts, &lots) {
            let (id, lot) = (moved.id.clone(), moved.lot.clone());
            agenda.push((moved.at, Happening::Moves { id, lot, amount: moved.tokens }));
        }
        for unblock in &facts.unblocks {
            agenda.push((unblock.at, Happening::Unblocks { team: unblock.team.clone() }));
        }
        for charge in &charges {
            agenda.push((charge.at, Happening::Charges(charge.clone())));
        }
        // What is of one instant and kind stays as it was put in: lots in burn order, transfers
        // by id, charges by event and number.
        agenda.sort_by_key(|(at, happening)| (*at, happening.rank()));
        Self { facts, lots, charges, agenda }
    }

    /// Everything up to and with an instant.
    pub fn at(&self, at: Instant) -> World<'a> {
        let mut world = World {
            facts: self.facts,
            at,
            lots: self.lots.clone(),
            dues: Vec::new(),
            entries: Vec::new(),
            clocks: BTreeMap::new(),
        };
        for (when, happening) in self.agenda.iter().take_while(|(when, _)| *when <= at) {
            world.happens(*when, happening);
        }
        world
    }

    /// The facts of a team in the words of the engine, and its charges one by one.
    pub fn books(&self, team: &str) -> (TeamBooks, Vec<Step>) {
        let own = |it: &&SlowLot| it.team == team;
        let mut books = TeamBooks {
            lots: self.lots.iter().filter(own).map(|it| it.lot.clone()).collect(),
            trial_until: trial_of(self.facts, team),
            ..TeamBooks::default()
        };
        for it in self.lots.iter().filter(own) {
            books.voids.extend(it.void.map(|at| (it.lot.id.clone(), at)));
        }
        for moved in moves(self.facts, &self.lots) {
            if self.lots.iter().filter(own).any(|it| it.lot.id == moved.lot) {
                let (id, lot) = (moved.id.clone(), moved.lot.clone());
                books.moves.push(MoveOut { id, lot, at: moved.at, amount: moved.tokens });
            }
        }
        for unblock in self.facts.unblocks.iter().filter(|unblock| unblock.team == team) {
            books.unblocks.push(unblock.at);
        }
        for notice in self.facts.notices.iter().filter(|notice| notice.team == team) {
            books.notices.push(Notice { of: notice.of.unwrap_or(notice.at), at: notice.at });
        }
        books.policy = policies(self.facts, team);
        let of = self.charges.iter().filter(|charge| charge.team == team);
        let step = |c: &Charge| Step::Charge { at: c.at, class: c.class, amount: c.amount };
        (books, of.map(step).collect())
    }
}

/// Every entry once, by its id.
fn distinct<T>(list: &[T], id: impl Fn(&T) -> &String) -> Vec<&T> {
    let mut once: Vec<&T> = Vec::new();
    for it in list {
        if !once.iter().any(|known| id(known) == id(it)) {
            once.push(it);
        }
    }
    once
}

/// Transfers in the order in which they were asked for; one from a lot that is not known is none.
fn moves<'a>(facts: &'a Scenario, lots: &[SlowLot]) -> Vec<&'a ScenarioMove> {
    let mut moves = distinct(&facts.moves, |moved| &moved.id);
    moves.retain(|moved| lots.iter().any(|it| it.lot.id == moved.lot));
    moves.sort_by_key(|moved| (moved.at, &moved.id));
    moves
}

fn policies(facts: &Scenario, team: &str) -> PolicyLines {
    let mut lines: Vec<&ScenarioPolicyLine> = facts.policies.iter().collect();
    lines.sort_by_key(|line| line.recorded_at);
    let of = |team: Option<&str>| {
        let of = lines.iter().filter(|line| line.team.as_deref() == team);
        of.map(|line| (line.from, policy(Some(line)))).collect::<Vec<_>>()
    };
    let first = (Instant::MIN, organization(facts));
    PolicyLines {
        organization: std::iter::once(first).chain(of(None)).collect(),
        team: of(Some(team)),
    }
}

fn organization(facts: &Scenario) -> Policy {
    let (grace_days, unblock) = (facts.policy.grace_days, facts.policy.unblock);
    Policy { grace_days, unblock, ..Policy::default() }
}

fn policy(line: Option<&ScenarioPolicyLine>) -> Policy {
    let standard = Policy::default();
    let Some(line) = line else { return standard };
    Policy {
        grace_days: line.grace_days.unwrap_or(14),
        unblock: line.unblock.unwrap_or(Unblock::Automatic),
        ..standard
    }
}

/// All lots, those that transfers make too.
fn lots(facts: &Scenario) -> Vec<SlowLot> {
    let mut lots: Vec<SlowLot> = Vec::new();
    for given in distinct(&facts.lots, |lot| &lot.id) {
        let narrow = given.kind == LotKind::CloudCredit;
        let standard = if narrow { PaysFor::Api } else { PaysFor::All };
        let priority = match given.kind {
            LotKind::CloudCredit => 0,
            LotKind::Promo => 1,
            LotKind::Contract => 2,
            LotKind::Flex => 3,
            LotKind::Returned => unreachable!("nobody sends such a lot"),
        };
        let lot = Lot {
            id: given.id.clone(),
            kind: given.kind,
            pays_for: given.pays_for.unwrap_or(standard),
            priority: given.priority.unwrap_or(priority),
            granted: given.tokens,
            effective: given.effective,
            expires: given.expires,
            unit_cost: None,
            reference: None,
            channel: None,
        };
        lots.push(SlowLot::new(given.team.clone(), lot, false));
    }
    let mut moves = distinct(&facts.moves, |moved| &moved.id);
    moves.sort_by_key(|moved| (moved.at, &moved.id));
    // The first whose source is there, until there is none.
    let is_there =
        |lots: &[SlowLot], moved: &ScenarioMove| lots.iter().any(|it| it.lot.id == moved.lot);
    while let Some(place) = moves.iter().position(|moved| is_there(&lots, moved)) {
        let moved = moves.remove(place);
        let Some(source) = lots.iter().find(|it| it.lot.id == moved.lot) else { continue };
        let source = source.lot.clone();
        let effective = if source.effective > moved.at { source.effective } else { moved.at };
        let lot = Lot { id: moved.id.clone(), granted: moved.tokens, effective, ..source };
        lots.push(SlowLot::new(moved.to.clone(), lot, true));
    }
    for it in &mut lots {
        let inside = facts.lots.iter().find(|given| given.id == it.lot.id);
        let outside = facts.voids.iter().find(|void| void.lot == it.lot.id);
        it.void = inside.and_then(|given| given.voided).or(outside.map(|void| void.at));
        if it.is_cancelled() {
            (it.voided, it.held) = (it.held, Tokens::ZERO);
        }
    }
    lots.sort_by_key(SlowLot::place);
    lots
}

impl SlowLot {
    fn new(team: String, lot: Lot, moved_in: bool) -> Self {
        Self {
            team,
            held: lot.granted,
            lot,
            moved_in,
            void: None,
            begun: false,
            ended: false,
            burned: Tokens::ZERO,
            settled: Tokens::ZERO,
            expired: Tokens::ZERO,
            voided: Tokens::ZERO,
            moved_out: Tokens::ZERO,
        }
    }
    /// As if it had never been.
    fn is_cancelled(&self) -> bool {
        self.void.is_some_and(|at| at <= self.lot.effective)
    }
    pub fn is_usable(&self) -> bool {
        self.begun && !self.ended
    }
    fn pays_for(&self, class: Class) -> bool {
        match self.lot.pays_for {
            PaysFor::All => true,
            PaysFor::Api => class == Class::Api,
            PaysFor::Product => class == Class::Product,
        }
    }
    /// Smaller pays first.
    fn place(&self) -> impl Ord + use<> {
        let Lot { pays_for, priority, expires, granted, effective, id, .. } = self.lot.clone();
        let classes = if pays_for == PaysFor::All { 2 } else { 1 };
        let never = (1, Instant::MAX);
        (classes, priority, expires.map_or(never, |end| (0, end)), granted, effective, id)
    }
}

impl World<'_> {
    fn happens(&mut self, at: Instant, happening: &Happening) {
        match happening {
            Happening::Expires { lot } => self.ends(at, lot, Kind::Expired),
            Happening::IsVoided { lot } => self.ends(at, lot, Kind::Voided),
            Happening::Moves { id, lot, amount } => self.moves(at, id, lot, *amount),
            Happening::Begins { lot } => self.begins(at, lot),
            Happening::Unblocks { team } => {
                if self.debt(team).is_zero() {
                    self.clocks.entry(team.clone()).or_default().waits = None;
                }
            }
            Happening::Charges(charge) => {
                self.dues.push(Due {
                    team: charge.team.clone(),
                    at,
                    class: charge.class,
                    amount: charge.amount,
                    charge: Some(charge.clone()),
                    lots: Vec::new(),
                    owed: Tokens::ZERO,
                });
                self.pays_last(Kind::Consumed, None);
            }
        }
    }

    fn lot(&mut self, id: &str) -> &mut SlowLot {
        self.lots.iter_mut().find(|it| it.lot.id == id).unwrap()
    }

    fn note(&mut self, at: Instant, kind: Kind, lot: &str, available: Tokens, debt: Tokens) {
        let team = self.lot(lot).team.clone();
        let (lot, app, api) = (Some(lot.to_owned()), None, None);
        self.entries.push(Entry { team, at, kind, lot, app, api, available, debt });
    }

    fn ends(&mut self, at: Instant, id: &str, kind: Kind) {
        let it = self.lot(id);
        let (lost, was_usable) = (it.held, it.is_usable());
        it.held = Tokens::ZERO;
        it.ended = true;
        if kind == Kind::Voided {
            it.voided += lost;
        } else {
            it.expired += lost;
        }
        if was_usable {
            self.note(at, kind, id, -lost, Tokens::ZERO);
        }
    }

    fn moves(&mut self, at: Instant, id: &str, from: &str, amount: Tokens) {
        let it = self.lot(from);
        let (taken, was_usable, team) = (amount.min(it.held), it.is_usable(), it.team.clone());
        it.held -= taken;
        it.moved_out += taken;
        if was_usable {
            self.note(at, Kind::MovedOut, from, -taken, Tokens::ZERO);
        }
        if taken < amount {
            self.dues.push(Due {
                team,
                at,
                class: Class::Api,
                amount: amount - taken,
                charge: None,
                lots: Vec::new(),
                owed: Tokens::ZERO,
            });
            self.pays_last(Kind::Shortfall, Some(id.to_owned()));
        }
    }

    /// What is due last takes from one lot after the other; what is left is debt.
    fn pays_last(&mut self, kind: Kind, lot: Option<String>) {
        let mut due = self.dues.pop().unwrap();
        due.owed = due.amount;
        while !due.owed.is_zero() {
            let can = |it: &&mut SlowLot| {
                it.team == due.team
                    && it.is_usable()
                    && !it.held.is_zero()
                    && it.pays_for(due.class)
            };
            let Some(it) = self.lots.iter_mut().filter(can).min_by_key(|it| it.place()) else {
                break;
            };
            let tokens = due.owed.min(it.held);
            it.held -= tokens;
            it.burned += tokens;
            due.owed -= tokens;
            due.lots.push(PaidBy { lot: it.lot.id.clone(), tokens, settled: None });
        }
        let (api, app) = match &due.charge {
            Some(charge) => (Some(charge.api.clone()), charge.app.clone()),
            None => (None, None),
        };
        let (team, at, debt) = (due.team.clone(), due.at, due.owed);
        let available = debt - due.amount;
        let entry = Entry { team: team.clone(), at, kind, lot, app, api, available, debt };
        self.entries.push(entry);
        if !debt.is_zero() {
            self.clocks.entry(team).or_default().since.get_or_insert(at);
        }
        self.dues.push(due);
    }

    fn begins(&mut self, at: Instant, id: &str) {
        let it = self.lot(id);
        it.begun = true;
        if it.ended {
            return;
        }
        let (team, granted, moved, moved_in) =
            (it.team.clone(), it.lot.granted, it.moved_out, it.moved_in);
        let kind = if moved_in { Kind::MovedIn } else { Kind::Granted };
        self.note(at, kind, id, granted, Tokens::ZERO);
        self.note(at, Kind::MovedOut, id, -moved, Tokens::ZERO);
        let place = self.lots.iter().position(|it| it.lot.id == id).unwrap();
        let mut paid_some = false;
        for due in self.dues.iter_mut().filter(|due| due.team == team) {
            let it = &mut self.lots[place];
            let tokens = due.owed.min(it.held);
            if tokens.is_zero() || !it.pays_for(due.class) {
                continue;
            }
            it.held -= tokens;
            it.settled += tokens;
            due.owed -= tokens;
            paid_some = true;
            due.lots.push(PaidBy { lot: id.to_owned(), tokens, settled: Some(at) });
            self.entries.push(Entry {
                team: team.clone(),
                at,
                kind: Kind::Settled,
                lot: Some(id.to_owned()),
                app: None,
                api: None,
                available: -tokens,
                debt: -tokens,
            });
        }
        if paid_some && self.debt(&team).is_zero() {
            self.run_ends(at, &team);
        }
    }

    /// All debt of a team is paid.
    fn run_ends(&mut self, at: Instant, team: &str) {
        // A notice of this instant does not lie in the run: intervals are half-open.
        let until = self.grace_until(team, at.plus(-1)).unwrap();
        let manual = self.policy(team, at).unblock == Unblock::Manual;
        let clock = self.clocks.entry(team.to_owned()).or_default();
        let missed = clock.waits.is_some() || until <= at;
        *clock = Clock { since: None, waits: (manual && missed).then_some(until) };
    }

    /// The end of grace that counts while there is debt, by the notices up to an instant.
    fn grace_until(&self, team: &str, at: Instant) -> Option<Instant> {
        let clock = self.clocks.get(team).copied().unwrap_or_default();
        let since = clock.since?;
        if clock.waits.is_some() {
            return clock.waits;
        }
        let mut counts_from = since;
        for notice in self.facts.notices.iter().filter(|notice| notice.team == team) {
            let of = notice.of.unwrap_or(notice.at);
            if since <= of && of <= at.max(since) {
                counts_from = counts_from.max(notice.at);
            }
        }
        let days = i64::from(self.policy(team, since).grace_days);
        Some(counts_from.plus(days * DAY))
    }

    /// The team's own lines go before the organization's.
    fn policy(&self, team: &str, at: Instant) -> Policy {
        let newest = |of: Option<&str>| {
            let lines = self.facts.policies.iter().filter(|line| line.team.as_deref() == of);
            in_force(lines, |line| line.from, |line| line.recorded_at, at)
        };
        match newest(Some(team)).or_else(|| newest(None)) {
            Some(line) => policy(Some(line)),
            None => organization(self.facts),
        }
    }

    pub fn debt(&self, team: &str) -> Tokens {
        self.dues.iter().filter(|due| due.team == team).map(|due| due.owed).sum()
    }

    pub fn position(&self, team: &str) -> Position {
        let usable = self.lots.iter().filter(|it| it.team == team && it.is_usable());
        let (available, debt) = (usable.map(|it| it.held).sum(), self.debt(team));
        Position { available, debt, balance: available - debt }
    }

    /// The answer without explanations.
    pub fn answer(&self, team: &str) -> Answer {
        let position = self.position(team);
        let in_debt = !position.debt.is_zero();
        let own = || self.lots.iter().filter(|it| it.team == team);
        let begun = own().filter(|it| it.lot.effective <= self.at);
        let charges = self.dues.iter().filter(|due| due.team == team && due.charge.is_some());
        Answer {
            balance: Some(position.balance),
            debt: Some(position.debt),
            access: Some(self.access(team).to_owned()),
            consumed: Some(charges.map(|due| due.amount).sum()),
            expired: Some(own().map(|it| it.expired).sum()),
            lots: Some(begun.map(|it| (it.lot.id.clone(), it.held)).collect()),
            grace_until: self.grace_until(team, self.at).filter(|_| in_debt),
            ..Answer::default()
        }
    }

    fn access(&self, team: &str) -> &'static str {
        if trial_of(self.facts, team).is_some_and(|until| self.at < until) {
            return "trial";
        }
        let waits = self.clocks.get(team).is_some_and(|clock| clock.waits.is_some());
        match self.grace_until(team, self.at) {
            _ if waits => "restricted",
            None => "full",
            Some(until) if until <= self.at => "restricted",
            Some(_) => "grace",
        }
    }

    /// Where one lot stops to pay for the charges of a class and the next begins.
    pub fn cuts(&self, team: &str) -> Vec<Cut> {
        let mut cuts: Vec<Cut> = Vec::new();
        for class in Class::ALL {
            let mut after = Tokens::ZERO;
            let first = cuts.len();
            for due in self.dues.iter().filter(|due| due.team == team && due.class == class) {
                let owed = (!due.owed.is_zero()).then_some((None, due.owed, None));
                let paid = due.lots.iter().map(|p| (Some(p.lot.clone()), p.tokens, p.settled));
                for (lot, tokens, settled) in paid.chain(owed) {
                    let same = |cut: &&mut Cut| cut.lot == lot && cut.settled == settled;
                    match cuts[first..].last_mut().filter(same) {
                        Some(cut) => cut.tokens += tokens,
                        None => {
                            let at = due.at;
                            cuts.push(Cut { class, at, after, lot, tokens, settled });
                        }
                    }
                    after += tokens;
                }
            }
        }
        cuts
    }
}
