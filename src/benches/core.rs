//! How fast the core is: `cargo xtask bench` runs this and compares the figures with their targets
//! and with limits of the same run, which do the least that any solution must do.

#![allow(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to measure")]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;
use tokenscope::burn::{MoveOut, Step, TeamBooks, burn, burn_down};
use tokenscope::event::Status;
use tokenscope::forecast::{Holding, Past, outlook};
use tokenscope::id::ApiId;
use tokenscope::lot::{Class, Lot, LotKind, PaysFor, PerClass};
use tokenscope::rate::{RateCard, RateLine, Rounding, Session, chain};
use tokenscope::replay::Replay;
use tokenscope::scenario::{Scenario, ScenarioEvent, ScenarioLot, ScenarioRate};
use tokenscope::time::{DAY, HOUR, Instant, Period, SECOND, Zone};
use tokenscope::tokens::{MICRO, Quantity, Tokens};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    burn_down_of_a_million_charges(&mut criterion);
    a_hundred_thousand_lots(&mut criterion);
    balance_from_sums(&mut criterion);
    whole_scenarios(&mut criterion);
    other_rules(&mut criterion);
    criterion.final_summary();
}

/// A repeatable source of chance (splitmix64).
struct Random(u64);

impl Random {
    /// A number from `from` up to and without `to`.
    fn between(&mut self, from: i64, to: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let below = (z ^ (z >> 31)) % (to - from).unsigned_abs();
        from + i64::try_from(below).unwrap()
    }
    /// Three calls to one daily product.
    fn class(&mut self) -> Class {
        if self.between(0, 4) == 0 { Class::Product } else { Class::Api }
    }
    fn amount(&mut self, most: i64) -> Tokens {
        Tokens::from_micro(self.between(1, most * MICRO))
    }
}

fn start() -> Instant {
    // 2026-01-01T00:00:00Z
    Instant::from_micros(1_767_225_600 * SECOND)
}

fn lot(n: i64, tokens: Tokens, effective: Instant, days: Option<i64>) -> Lot {
    let pays_for = [PaysFor::Api, PaysFor::Product, PaysFor::All, PaysFor::All];
    Lot {
        id: format!("lot-{n}"),
        kind: [LotKind::CloudCredit, LotKind::Promo, LotKind::Contract, LotKind::Flex]
            [usize::try_from(n % 4).unwrap()],
        pays_for: pays_for[usize::try_from(n % 4).unwrap()],
        priority: i16::try_from(n % 3).unwrap(),
        granted: tokens,
        effective,
        expires: days.map(|days| effective.plus(days * DAY)),
        unit_cost: None,
        reference: None,
        channel: None,
    }
}

/// Charges of a year, evenly, none of them more than so many tokens.
fn charges(random: &mut Random, count: i64, most: i64) -> Vec<Step> {
    let apart = 365 * DAY / count;
    let charge = |n| {
        let (class, amount) = (random.class(), random.amount(most));
        Step::Charge { at: start().plus(n * apart), class, amount }
    };
    (0..count).map(charge).collect()
}

/// The least work on charges: one look at each.
fn add_up(steps: &[Step]) -> PerClass {
    let mut sums = PerClass::default();
    for step in steps {
        match step {
            Step::Charge { class, amount, .. } => *sums.get_mut(*class) += *amount,
            Step::Sum { amounts, .. } => sums.add(*amounts),
        }
    }
    sums
}

fn slow<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(20).measurement_time(Duration::from_secs(5));
    group
}

fn burn_down_of_a_million_charges(criterion: &mut Criterion) {
    const CHARGES: i64 = 1_000_000;
    let mut random = Random(1);
    let steps = charges(&mut random, CHARGES, 20);
    let lots = (0..1_000).map(|n| {
        let effective = start().plus(random.between(-30, 330) * DAY);
        let days = (n % 5 != 0).then(|| random.between(20, 200));
        lot(n, Tokens::whole(8_000), effective, days)
    });
    let books = TeamBooks { lots: lots.collect(), ..TeamBooks::default() };
    let end = start().plus(366 * DAY);
    let state = burn(&books, &steps, end).unwrap();
    let burned = |pays_for| {
        let of = state.lots.iter().filter(|lot| lot.lot.pays_for == pays_for);
        of.map(|lot| lot.burned).sum::<Tokens>()
    };
    let each = [PaysFor::Api, PaysFor::Product, PaysFor::All].map(burned);
    assert!(each.into_iter().all(|sum| sum > Tokens::whole(300_000)), "{each:?}");
    let settled: Tokens = state.lots.iter().map(|lot| lot.settled).sum();
    assert!(!state.expired().is_zero() && !settled.is_zero(), "too easy");
    let mut group = slow(criterion, "million-charges");
    group.throughput(Throughput::Elements(CHARGES.unsigned_abs()));
    group.bench_function("limit", |b| b.iter(|| add_up(black_box(&steps))));
    group.bench_function("burn", |b| b.iter(|| burn(&books, black_box(&steps), end).unwrap()));
    group.bench_function("burn-down", |b| {
        b.iter(|| burn_down(&books, black_box(&steps), None, end).unwrap());
    });
    group.finish();
}

/// One team that got a hundred thousand small lots, some of them while it was in debt; of every
/// fiftieth a part moved on, every seventieth was voided.
fn a_hundred_thousand_lots(criterion: &mut Criterion) {
    const LOTS: i64 = 100_000;
    let mut random = Random(2);
    let lots: Vec<Lot> = (0..LOTS)
        .map(|n| {
            let effective = start().plus(random.between(0, 365 * 24) * HOUR);
            let days = (n % 6 != 0).then(|| random.between(1, 300));
            lot(n, random.amount(20), effective, days)
        })
        .collect();
    let moves = lots.iter().step_by(50).map(|lot| MoveOut {
        id: format!("to-{}", lot.id),
        lot: lot.id.clone(),
        at: lot.effective.plus(12 * HOUR),
        amount: Tokens::whole(5),
    });
    let voids =
        lots.iter().skip(7).step_by(70).map(|lot| (lot.id.clone(), lot.effective.plus(HOUR)));
    let (moves, voids) = (moves.collect(), voids.collect());
    let books = TeamBooks { lots, moves, voids, ..TeamBooks::default() };
    let steps = charges(&mut random, 10_000, 150);
    let end = start().plus(366 * DAY);
    let state = burn(&books, &steps, end).unwrap();
    assert!(state.lots.iter().any(|lot| !lot.settled.is_zero()), "no lot settles debt");
    assert!(!state.shortfall.is_zero() && !state.expired().is_zero(), "too easy");
    let mut group = slow(criterion, "lots");
    group.bench_function("limit", |b| {
        b.iter(|| {
            let mut order: Vec<&Lot> = black_box(&books.lots).iter().collect();
            order.sort_unstable_by_key(|lot| lot.burn_key());
            order
        });
    });
    group.bench_function("burn", |b| b.iter(|| burn(black_box(&books), &steps, end).unwrap()));
    group.finish();
}

/// Two years of day sums; the day on which a lot expires at noon and the last one are hours.
fn balance_from_sums(criterion: &mut Criterion) {
    let mut random = Random(3);
    let now = start().plus(730 * DAY + 15 * HOUR);
    let hours_of = |day: i64| day == 400 || day == 730;
    let mut steps = Vec::new();
    for day in 0..=730 {
        let from = start().plus(day * DAY);
        let (count, length) = if hours_of(day) { (24, HOUR) } else { (1, DAY) };
        for n in 0..count {
            let period = Period::new(from.plus(n * length), from.plus((n + 1) * length));
            if period.to > now {
                break;
            }
            let each = 96 / count;
            let amounts = PerClass { api: random.amount(each), product: random.amount(each) };
            steps.push(Step::Sum { period, amounts });
        }
    }
    let lots = (0..24).map(|n| {
        let days = if n == 3 { None } else { Some(365) };
        let effective = if n == 3 { start() } else { start().plus((n * 30 - 60) * DAY) };
        lot(n, Tokens::whole(if n == 3 { 90_000 } else { 3_000 }), effective, days)
    });
    let mut lots: Vec<Lot> = lots.collect();
    lots[5].expires = Some(start().plus(400 * DAY + 12 * HOUR));
    let books = TeamBooks { lots, ..TeamBooks::default() };
    let state = burn(&books, &steps, now).unwrap();
    assert_eq!(state.charged, add_up(&steps));
    let mut group = criterion.benchmark_group("sums");
    group.bench_function("limit", |b| b.iter(|| add_up(black_box(&steps))));
    group.bench_function("burn", |b| b.iter(|| burn(&books, black_box(&steps), now).unwrap()));
    group.finish();
}

fn vectors() -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scenarios");
    let paths = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|end| end == "json"));
    paths.map(|path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()).collect()
}

/// A hundred thousand calls of a few apps in a year, and what pays for them.
fn busy_team() -> Scenario {
    let mut random = Random(4);
    let event = |n: i64| ScenarioEvent {
        id: format!("e{n}"),
        time: start().plus(n * 300 * SECOND),
        app: None,
        team: Some("red".into()),
        user: None,
        api: format!("api-{}", random.between(0, 8)),
        variant: None,
        quantity: Some(Quantity::from_micro(random.between(1, 10 * MICRO))),
        status: Status::Success,
        tokens: None,
        recorded_at: None,
    };
    let rate = |n: i64| ScenarioRate {
        api: format!("api-{n}"),
        variant: None,
        tokens: Tokens::from_micro(n * MICRO / 3),
        per: Quantity::ONE,
        rounding: Rounding::Exact,
        charge_failed: false,
        from: start(),
        recorded_at: None,
    };
    let lot = |n: i64| ScenarioLot {
        id: format!("l{n}"),
        team: "red".into(),
        kind: LotKind::Flex,
        tokens: Tokens::whole(20_000),
        effective: start().plus(n * 10 * DAY),
        expires: Some(start().plus((n * 10 + 120) * DAY)),
        voided: None,
        priority: None,
        pays_for: None,
        recorded_at: None,
    };
    Scenario {
        name: "busy".into(),
        rates: (0..8).map(rate).collect(),
        lots: (0..36).map(lot).collect(),
        events: (0..100_000).map(event).collect(),
        ..Scenario::default()
    }
}

fn whole_scenarios(criterion: &mut Criterion) {
    let files = vectors();
    let asked = files.iter().map(|file| file.ask.len() as u64).sum();
    let mut group = slow(criterion, "replay");
    group.throughput(Throughput::Elements(asked));
    group.bench_function("vectors", |b| {
        b.iter(|| {
            for file in black_box(&files) {
                let replay = Replay::new(file).unwrap();
                for question in &file.ask {
                    black_box(replay.answer(question).unwrap());
                }
            }
        });
    });
    let busy = busy_team();
    group.throughput(Throughput::Elements(busy.events.len() as u64));
    group.bench_function("events", |b| b.iter(|| Replay::new(black_box(&busy)).unwrap()));
    let replay = Replay::new(&busy).unwrap();
    let end = start().plus(365 * DAY);
    group.bench_function("state", |b| b.iter(|| replay.state("red", black_box(end)).unwrap()));
    group.bench_function("explain", |b| {
        b.iter(|| replay.explain("red", None, black_box(end)).unwrap());
    });
    group.finish();
}

fn other_rules(criterion: &mut Criterion) {
    let mut random = Random(5);
    let mut card = RateCard::default();
    let line = RateLine {
        tokens: Tokens::whole(7),
        per: Quantity::ONE,
        rounding: Rounding::UserDay,
        charge_failed: false,
        from: start(),
    };
    card.add(ApiId(1), None, line).unwrap();
    let mut sessions: Vec<Session> = (0..10_000)
        .map(|n| Session {
            time: start().plus(random.between(0, 365 * DAY)),
            source: "s".into(),
            id: n.to_string(),
            quantity: Some(Quantity::from_micro(random.between(0, 30 * HOUR))),
            status: Status::Success,
        })
        .collect();
    sessions.sort();
    let mut group = criterion.benchmark_group("rules");
    group.throughput(Throughput::Elements(10_000));
    group.bench_function("chain", |b| {
        b.iter(|| chain(&card, ApiId(1), None, None, black_box(&sessions)));
    });
    group.finish();

    let zone = Zone::utc();
    let now = start().plus(400 * DAY + 9 * HOUR);
    let day = |n: i64| {
        let amounts = PerClass { api: random.amount(300), product: random.amount(100) };
        (zone.date(start().plus(n * DAY)), amounts)
    };
    let days: BTreeMap<_, _> = (0..400).map(day).collect();
    let past = Past::new(days, zone.date(now));
    let holding = |n: i64| Holding {
        pays_for: if n % 3 == 0 { PaysFor::Api } else { PaysFor::All },
        remaining: Tokens::whole(6_000),
        effective: now.plus((n - 12) * 20 * DAY),
        expires: (n % 4 != 0).then(|| now.plus((n * 20 + 30) * DAY)),
    };
    let holdings: Vec<Holding> = (0..24).map(holding).collect();
    let mut group = criterion.benchmark_group("forecast");
    group.bench_function("outlook", |b| {
        b.iter(|| outlook(&zone, now, black_box(&past), &holdings, PerClass::default()));
    });
    group.finish();
}
