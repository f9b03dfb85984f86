//! Random scenarios with many ties, late sessions, short lots and rates that change: what the
//! order of arrival could disturb.

use std::collections::BTreeMap;
use tokenscope::access::Unblock;
use tokenscope::event::Status;
use tokenscope::lot::{LotKind, PaysFor};
use tokenscope::rate::Rounding;
use tokenscope::scenario::{
    Scenario, ScenarioApp, ScenarioEvent, ScenarioLot, ScenarioMove, ScenarioPolicy, ScenarioRate,
    ScenarioTeam, ScenarioUnblock,
};
use tokenscope::time::{DAY, HOUR, Instant};
use tokenscope::tokens::{MICRO, Quantity, Tokens};

/// The teams of random scenarios.
pub const TEAMS: &[&str] = &["red", "green", "blue"];

/// A repeatable source of chance (splitmix64).
pub struct Random(u64);

impl Random {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
    /// A number from `from` up to and without `to`.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below((to - from).unsigned_abs())).unwrap()
    }
    /// True once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
    /// One of the choices.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }
    /// Brings a list into any order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for n in (1..list.len()).rev() {
            list.swap(n, usize::try_from(self.below(n as u64 + 1)).unwrap());
        }
    }
    /// Whole hours around the end of summer time in New York, so that many coincide.
    pub fn instant(&mut self) -> Instant {
        let hours = self.between(0, 8 * 24);
        start().plus(hours * HOUR + if self.one_in(8) { self.between(0, HOUR) } else { 0 })
    }
}

/// The first instant of random scenarios.
pub fn start() -> Instant {
    "2026-10-28T00:00:00Z".parse().unwrap()
}

/// A random scenario.
pub fn scenario(random: &mut Random) -> Scenario {
    let lots = lots(random);
    let unblock = if random.one_in(2) { Unblock::Manual } else { Unblock::Automatic };
    let trial_until = random.one_in(2).then(|| random.instant());
    let unblocks = (0..random.below(3))
        .map(|_| (random.pick(TEAMS).into(), random.instant()))
        .map(|(team, at)| ScenarioUnblock { team, at, recorded_at: None });
    Scenario {
        name: "random".into(),
        unblocks: unblocks.collect(),
        policy: ScenarioPolicy { grace_days: u16::try_from(random.below(4)).unwrap(), unblock },
        teams: TEAMS
            .iter()
            .map(|team| {
                let trial_until = trial_until.filter(|_| *team == "blue");
                ((*team).to_owned(), ScenarioTeam { trial_until })
            })
            .collect(),
        rates: rates(random),
        apps: apps(random),
        moves: moves(random, &lots),
        lots,
        events: (0..60).map(|n| event(random, n)).collect(),
        ..Scenario::default()
    }
}

fn apps(random: &mut Random) -> Vec<ScenarioApp> {
    let mut lines = BTreeMap::new();
    for client_id in ["a0", "a1", "a2"] {
        lines.insert((client_id, Instant::MIN), Some(random.pick(TEAMS)));
        for _ in 0..random.below(3) {
            let team = (!random.one_in(4)).then(|| random.pick(TEAMS));
            lines.insert((client_id, random.instant()), team);
        }
    }
    let line = |((client_id, from), team): ((&str, Instant), Option<&str>)| ScenarioApp {
        client_id: client_id.into(),
        team: team.map(Into::into),
        from,
        recorded_at: None,
    };
    lines.into_iter().map(line).collect()
}

fn rates(random: &mut Random) -> Vec<ScenarioRate> {
    let mut lines = BTreeMap::new();
    for (api, variant, per, rounding) in [
        ("calls", None, 3, Rounding::Exact),
        ("photos", None, 50, Rounding::Up),
        ("photos", Some("hd"), 10, Rounding::Up),
        ("cad", None, 1, Rounding::UserDay),
        ("bim", None, 1, Rounding::UserDay),
    ] {
        for change in 0..1 + random.below(2) {
            // From the start, or for products sometimes from later on.
            let late = change > 0 || (api == "bim" && random.one_in(2));
            let from = if late { random.instant() } else { Instant::MIN };
            let line = ScenarioRate {
                api: api.into(),
                variant: variant.map(Into::into),
                tokens: Tokens::from_micro(random.between(1, 9) * MICRO / 2),
                per: Quantity::whole(per),
                rounding,
                charge_failed: random.one_in(4),
                from,
                recorded_at: None,
            };
            lines.insert((api, variant, from), line);
        }
    }
    lines.into_values().collect()
}

/// Random lots.
pub fn lots(random: &mut Random) -> Vec<ScenarioLot> {
    let lot = |n: u64| {
        let effective = random.instant().plus(-2 * DAY);
        let ends = !random.one_in(4);
        let voided = random.one_in(5).then(|| effective.plus(random.between(0, 96) * HOUR));
        ScenarioLot {
            id: format!("l{n}"),
            team: random.pick(TEAMS).into(),
            kind: random.pick(&[LotKind::CloudCredit, LotKind::Contract, LotKind::Flex]),
            tokens: Tokens::from_micro(random.between(1, 90) * MICRO / 2),
            effective,
            expires: ends.then(|| effective.plus(random.between(1, 120) * HOUR)),
            voided,
            priority: random.one_in(3).then(|| i16::try_from(random.below(4)).unwrap()),
            pays_for: random
                .one_in(2)
                .then(|| random.pick(&[PaysFor::Api, PaysFor::Product, PaysFor::All])),
            recorded_at: None,
        }
    };
    (0..6).map(lot).collect()
}

fn moves(random: &mut Random, lots: &[ScenarioLot]) -> Vec<ScenarioMove> {
    let mut moves = Vec::new();
    for (n, lot) in lots.iter().filter(|lot| lot.voided.is_none()).enumerate() {
        let at = lot.effective.plus(random.between(-12, 48) * HOUR);
        let to = random.pick(TEAMS);
        let in_time = lot.expires.is_none_or(|end| at < end);
        if to != lot.team && in_time && random.one_in(2) {
            let most = lot.tokens.micro();
            let tokens = Tokens::from_micro(random.between(1, most + 1));
            moves.push(ScenarioMove {
                id: format!("m{n}"),
                lot: lot.id.clone(),
                to: to.into(),
                at,
                tokens,
                recorded_at: None,
            });
        }
    }
    moves
}

/// A random event.
pub fn event(random: &mut Random, n: usize) -> ScenarioEvent {
    let (api, variant) = random.pick(&[
        ("calls", None),
        ("photos", None),
        ("photos", Some("hd")),
        ("cad", None),
        ("bim", None),
        ("bim", None),
        ("free", Some("of charge")),
    ]);
    let is_product = api == "cad" || api == "bim";
    let direct = random.one_in(6);
    // Sessions of up to three days, in micro-seconds as micro-units of seconds.
    let most = if is_product { 3 * DAY } else { 120 * MICRO };
    let quantity = (!random.one_in(3)).then(|| Quantity::from_micro(random.between(0, most)));
    let failed = random.one_in(6);
    ScenarioEvent {
        // Ids whose order is not that of the times.
        id: format!("{}{n}", random.pick(&["x", "a", "M", "é"])),
        time: random.instant(),
        app: (!direct).then(|| random.pick(&["a0", "a1", "a2", "stranger"]).into()),
        team: direct.then(|| random.pick(TEAMS).into()),
        user: (is_product || random.one_in(2)).then(|| random.pick(&["Ann", "ann", "bob"]).into()),
        api: api.into(),
        variant: variant.map(Into::into),
        quantity,
        status: if failed { Status::Failed } else { Status::Success },
        tokens: random.one_in(8).then(|| Tokens::from_micro(random.between(0, 9 * MICRO))),
        recorded_at: None,
    }
}
