//! Random scenarios: few teams, apps and instants, so that ties and edges are frequent. All of
//! them pass [`Scenario::check`].

use crate::access::Unblock;
use crate::event::Status;
use crate::lot::{LotKind, PaysFor};
use crate::payer::Payer;
use crate::rate::Rounding;
use crate::scenario::{
    Scenario, ScenarioApp, ScenarioCorrection, ScenarioEvent, ScenarioLot, ScenarioMove,
    ScenarioNotice, ScenarioOwner, ScenarioPayer, ScenarioPolicy, ScenarioPolicyLine, ScenarioRate,
    ScenarioTrial, ScenarioUnblock, ScenarioVoid,
};
use crate::time::{DAY, HOUR, Instant};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use std::fmt;
use std::ops::Deref;

/// All teams; the last is the pool of the owner `Ana`.
pub const TEAMS: [&str; 3] = ["a", "b", "~ana"];

/// The first instant of all.
pub fn start() -> Instant {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// A fact to come. What it names by number is looked up where it is added.
#[derive(Debug, Clone)]
pub enum Given {
    Lot(ScenarioLot),
    /// The same again under another id: what only an id tells apart.
    Twin(usize),
    Event(ScenarioEvent),
    Move {
        lot: usize,
        to: String,
        at: Instant,
        tokens: &'static str,
    },
    Void {
        lot: usize,
        at: Option<Instant>,
    },
    Unblock(ScenarioUnblock),
    Correction {
        event: usize,
        with: Option<ScenarioEvent>,
    },
    Rate(ScenarioRate),
    App(ScenarioApp),
    Owner(ScenarioOwner),
    Payer(ScenarioPayer),
    Trial(ScenarioTrial),
    Policy(ScenarioPolicyLine),
    Notice(ScenarioNotice),
}

/// On a grid of half days or hours of one week, some a microsecond beside it.
pub fn instant() -> impl Strategy<Value = Instant> {
    let hours = prop_oneof![3 => (0..14_i64).prop_map(|n| n * 12), 1 => 0..168_i64];
    let beside = prop_oneof![8 => Just(0), 1 => Just(-1), 1 => Just(1)];
    (hours, beside).prop_map(|(hours, micros)| start().plus(hours * HOUR + micros))
}

fn team() -> impl Strategy<Value = String> {
    prop_oneof![4 => Just("a"), 3 => Just("b"), 1 => Just("~ana")].prop_map(str::to_owned)
}

fn app() -> impl Strategy<Value = String> {
    select(vec!["x", "y", "nobody's"]).prop_map(str::to_owned)
}

fn amount() -> impl Strategy<Value = &'static str> {
    select(vec!["0.000001", "1", "2", "3.5", "5", "5", "10", "24", "60"])
}

/// A stamp that nothing else has; see [`add`].
fn stamp() -> impl Strategy<Value = Option<Instant>> {
    weighted(0.8, (0..1000_i64).prop_map(|n| start().plus(n * 1000)))
}

/// A lot without its id.
pub fn lot() -> impl Strategy<Value = ScenarioLot> {
    let kind = select(vec![
        LotKind::CloudCredit,
        LotKind::Promo,
        LotKind::Contract,
        LotKind::Flex,
        LotKind::Flex,
    ]);
    let length = weighted(
        0.8,
        prop_oneof![
            1 => Just(1),
            2 => Just(6 * HOUR),
            3 => Just(DAY),
            3 => (1..8_i64).prop_map(|n| n * 12 * HOUR),
        ],
    );
    let pays_for = weighted(0.3, select(vec![PaysFor::Api, PaysFor::Product, PaysFor::All]));
    let voided = weighted(0.15, select(vec![0, 0, -1, 1, 12 * HOUR, DAY]));
    let priority = weighted(0.2, select(vec![-1_i16, 0, 3]));
    (team(), kind, amount(), instant(), length, pays_for, voided, priority).prop_map(
        |(team, kind, tokens, effective, length, pays_for, voided, priority)| ScenarioLot {
            id: String::new(),
            team,
            kind,
            tokens: tokens.parse().unwrap(),
            effective,
            expires: length.map(|length| effective.plus(length)),
            voided: voided.map(|after| effective.plus(after)),
            priority,
            pays_for,
            recorded_at: None,
        },
    )
}

/// What is used, and how much of it: `cad` has product days, `mixed` now and then.
fn used() -> impl Strategy<Value = (&'static str, Option<&'static str>)> {
    let calls = vec![None, Some("0"), Some("0.5"), Some("1"), Some("2"), Some("3")];
    let photos = vec![None, Some("0"), Some("1"), Some("50"), Some("51"), Some("100.000001")];
    let seconds = vec![
        None,
        None,
        Some("0"),
        Some("299.999999"),
        Some("300"),
        Some("3600"),
        Some("43200"),
        Some("86400"),
        Some("86400.000001"),
        Some("90000"),
        Some("129600"),
        Some("200000"),
        Some("300000"),
    ];
    prop_oneof![
        4 => select(calls.clone()).prop_map(|quantity| ("calls", quantity)),
        1 => select(photos).prop_map(|quantity| ("photos", quantity)),
        4 => select(seconds.clone()).prop_map(|quantity| ("cad", quantity)),
        2 => select(seconds).prop_map(|quantity| ("mixed", quantity)),
        1 => select(calls).prop_map(|quantity| ("free", quantity)),
    ]
}

/// An event without its id, as it stands in a replacement.
fn event() -> impl Strategy<Value = ScenarioEvent> {
    let spender = prop_oneof![
        1 => app().prop_map(|app| (Some(app), None)),
        1 => team().prop_map(|team| (None, Some(team))),
    ];
    let user = select(vec!["ana", "ana", "Ana", "ben"]);
    let variant = weighted(0.2, Just("v".to_owned()));
    let status = prop_oneof![6 => Just(Status::Success), 1 => Just(Status::Failed)];
    let own = weighted(0.1, select(vec!["0", "1", "2.5"]));
    (instant(), spender, user, used(), variant, status, own, any::<bool>()).prop_map(
        |(time, (app, team), user, (api, quantity), variant, status, own, named)| {
            let daily = ["cad", "mixed"].contains(&api);
            ScenarioEvent {
                id: String::new(),
                time,
                app,
                team,
                user: (daily || named).then(|| user.to_owned()),
                api: api.to_owned(),
                variant,
                quantity: quantity.map(|quantity| quantity.parse().unwrap()),
                status,
                tokens: own.map(|own| own.parse().unwrap()),
                recorded_at: None,
            }
        },
    )
}

fn rate() -> impl Strategy<Value = ScenarioRate> {
    use Rounding::{Exact, Up, UserDay};
    let priced = prop_oneof![
        2 => select(vec![Exact, Up]).prop_map(|how| ("calls", "1", how)),
        1 => select(vec![Exact, Up]).prop_map(|how| ("photos", "50", how)),
        2 => select(vec![UserDay, UserDay, Exact]).prop_map(|how| ("cad", "3600", how)),
        3 => select(vec![UserDay, UserDay, Exact, Up]).prop_map(|how| ("mixed", "3600", how)),
    ];
    let tokens = select(vec!["0", "1", "2", "0.333333", "3.5"]);
    let variant = weighted(0.3, Just("v".to_owned()));
    (priced, tokens, variant, any::<bool>(), instant()).prop_map(
        |((api, per, rounding), tokens, variant, charge_failed, from)| ScenarioRate {
            api: api.to_owned(),
            variant,
            tokens: tokens.parse().unwrap(),
            per: per.parse().unwrap(),
            rounding,
            charge_failed,
            from,
            recorded_at: None,
        },
    )
}

fn app_line() -> impl Strategy<Value = ScenarioApp> {
    (app(), weighted(0.8, team()), instant(), stamp()).prop_map(
        |(client_id, team, from, recorded_at)| ScenarioApp { client_id, team, from, recorded_at },
    )
}

fn owner_line() -> impl Strategy<Value = ScenarioOwner> {
    let owner = weighted(0.8, select(vec!["Ana", "ana", "Ben"]).prop_map(str::to_owned));
    (app(), owner, instant(), stamp()).prop_map(|(client_id, owner, from, recorded_at)| {
        ScenarioOwner { client_id, owner, from, recorded_at }
    })
}

fn payer_line() -> impl Strategy<Value = ScenarioPayer> {
    let payer = select(vec![Payer::AppTeam, Payer::OwnerPool]);
    (payer, instant(), stamp()).prop_map(|(payer, from, recorded_at)| ScenarioPayer {
        payer,
        from,
        recorded_at,
    })
}

fn policy() -> impl Strategy<Value = ScenarioPolicy> {
    let grace_days = select(vec![0_u16, 1, 1, 2, 3]);
    let unblock = select(vec![Unblock::Automatic, Unblock::Manual]);
    (grace_days, unblock).prop_map(|(grace_days, unblock)| ScenarioPolicy { grace_days, unblock })
}

fn policy_line() -> impl Strategy<Value = ScenarioPolicyLine> {
    (weighted(0.5, team()), instant(), policy(), any::<[bool; 2]>(), stamp()).prop_map(
        |(team, from, said, [days, how], recorded_at)| ScenarioPolicyLine {
            team,
            from,
            grace_days: days.then_some(said.grace_days),
            unblock: how.then_some(said.unblock),
            overdraft: None,
            trial_days: None,
            access_model: None,
            recorded_at,
        },
    )
}

fn notice() -> impl Strategy<Value = ScenarioNotice> {
    (team(), instant(), weighted(0.7, 0..96_i64)).prop_map(|(team, at, before)| {
        let of = before.map(|hours| at.plus(-hours * HOUR));
        ScenarioNotice { team, at, of }
    })
}

/// Any fact.
pub fn fact() -> impl Strategy<Value = Given> {
    let moved = (0..9_usize, team(), instant(), amount())
        .prop_map(|(lot, to, at, tokens)| Given::Move { lot, to, at, tokens });
    let void = (0..9_usize, weighted(0.7, instant()));
    let unblock = (team(), instant())
        .prop_map(|(team, at)| Given::Unblock(ScenarioUnblock { team, at, recorded_at: None }));
    let trial = (team(), instant(), stamp()).prop_map(|(team, until, recorded_at)| {
        Given::Trial(ScenarioTrial { team, until, recorded_at })
    });
    prop_oneof![
        12 => lot().prop_map(Given::Lot),
        2 => (0..9_usize).prop_map(Given::Twin),
        24 => event().prop_map(Given::Event),
        5 => moved,
        2 => void.prop_map(|(lot, at)| Given::Void { lot, at }),
        2 => unblock,
        4 => (0..20_usize, weighted(0.6, event()))
            .prop_map(|(event, with)| Given::Correction { event, with }),
        4 => rate().prop_map(Given::Rate),
        4 => app_line().prop_map(Given::App),
        1 => owner_line().prop_map(Given::Owner),
        1 => payer_line().prop_map(Given::Payer),
        1 => trial,
        2 => policy_line().prop_map(Given::Policy),
        2 => notice().prop_map(Given::Notice),
    ]
}

/// Sessions of one product by one user, rates that come and go, now and then a trial.
fn session_fact() -> impl Strategy<Value = Given> {
    let session = event().prop_map(|event| {
        let (api, app, team) = ("mixed".to_owned(), None, Some("a".to_owned()));
        let (user, variant) = (Some("ana".to_owned()), None);
        Given::Event(ScenarioEvent { api, app, team, user, variant, tokens: None, ..event })
    });
    let rate = rate().prop_map(|rate| {
        Given::Rate(ScenarioRate { api: "mixed".to_owned(), variant: None, ..rate })
    });
    let trial = (instant(), stamp()).prop_map(|(until, recorded_at)| {
        Given::Trial(ScenarioTrial { team: "a".to_owned(), until, recorded_at })
    });
    prop_oneof![8 => session, 4 => rate, 1 => trial]
}

/// Facts that are there from the beginning: two APIs with a price, two apps with a team.
pub fn beginning() -> impl Strategy<Value = Scenario> {
    policy().prop_map(|policy| {
        let rate = |api: &str, tokens: &str, per: &str, rounding| ScenarioRate {
            api: api.to_owned(),
            variant: None,
            tokens: tokens.parse().unwrap(),
            per: per.parse().unwrap(),
            rounding,
            charge_failed: false,
            from: start(),
            recorded_at: None,
        };
        let app = |client_id: &str, team: &str| ScenarioApp {
            client_id: client_id.to_owned(),
            team: Some(team.to_owned()),
            from: start().plus(-DAY),
            recorded_at: None,
        };
        let named = |team: &str| (team.to_owned(), Default::default());
        Scenario {
            name: "random".to_owned(),
            policy,
            teams: TEAMS.map(named).into(),
            rates: vec![
                rate("calls", "1", "1", Rounding::Exact),
                rate("cad", "2", "3600", Rounding::UserDay),
            ],
            apps: vec![app("x", "a"), app("y", "b")],
            ..Scenario::default()
        }
    })
}

/// A scenario that a failed test prints as a file for `tokenscope replay`.
#[derive(Clone)]
pub struct File(pub Scenario);

impl Deref for File {
    type Target = Scenario;
    fn deref(&self) -> &Scenario {
        &self.0
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut json = serde_json::to_value(&self.0).unwrap();
        without_empty(&mut json);
        write!(f, "{json:#}")
    }
}

/// Leaves out what says nothing.
fn without_empty(json: &mut Value) {
    match json {
        Value::Object(members) => {
            members.retain(|_, value| !value.is_null() && *value != Value::Array(Vec::new()));
            members.values_mut().for_each(without_empty);
        }
        Value::Array(entries) => entries.iter_mut().for_each(without_empty),
        _ => {}
    }
}

/// A scenario of up to so many facts more.
pub fn scenario(facts: usize) -> impl Strategy<Value = File> {
    (beginning(), vec(fact(), 0..facts)).prop_map(with_all)
}

/// A scenario of product days alone.
pub fn sessions() -> impl Strategy<Value = File> {
    (beginning(), vec(session_fact(), 0..14)).prop_map(with_all)
}

fn with_all((mut scenario, facts): (Scenario, Vec<Given>)) -> File {
    for fact in facts {
        add(&mut scenario, fact);
    }
    File(scenario)
}

/// Adds a fact, unless it cannot be: then the answer is false and nothing changes.
pub fn add(scenario: &mut Scenario, fact: Given) -> bool {
    let mut with = scenario.clone();
    put(&mut with, fact);
    let can_be = with.check().is_ok();
    if can_be {
        *scenario = with;
    }
    can_be
}

fn put(to: &mut Scenario, fact: Given) {
    let lines = to.apps.len() + to.owners.len() + to.payers.len() + to.policies.len();
    let n = i64::try_from(lines + to.trials.len()).unwrap();
    // No two lines are recorded at the same time: of such the format lets the last one count.
    let stamped = |stamp: Option<Instant>| Some(stamp.unwrap_or_else(start).plus(n));
    // Bytewise `10` comes before `9`.
    let id = |what: &str, n: usize| format!("{what}{}", n + 7);
    let lot_ids = to.lots.iter().map(|lot| &lot.id).chain(to.moves.iter().map(|m| &m.id));
    let lot_ids: Vec<String> = lot_ids.cloned().collect();
    let nth = |n: usize| lot_ids.get(n % lot_ids.len().max(1)).cloned().unwrap_or_default();
    match fact {
        Given::Lot(lot) => to.lots.push(ScenarioLot { id: id("l", to.lots.len()), ..lot }),
        Given::Twin(n) => {
            let twin = to.lots.get(n % to.lots.len().max(1)).cloned();
            to.lots.extend(twin.map(|lot| ScenarioLot { id: id("l", to.lots.len()), ..lot }));
        }
        Given::Event(event) => {
            to.events.push(ScenarioEvent { id: id("e", to.events.len()), ..event });
        }
        Given::Move { lot, to: team, at, tokens } => to.moves.push(ScenarioMove {
            id: id("k", to.moves.len()),
            lot: nth(lot),
            to: team,
            at,
            tokens: tokens.parse().unwrap(),
            recorded_at: None,
        }),
        Given::Void { lot, at } => {
            let lot = nth(lot);
            let own = to.lots.iter().find(|given| given.id == lot).map(|given| given.effective);
            let at = at.or(own).unwrap_or_else(start);
            to.voids.push(ScenarioVoid { lot, at, recorded_at: None });
        }
        Given::Unblock(unblock) => to.unblocks.push(unblock),
        Given::Correction { event, with } => {
            let n = event % to.events.len().max(1);
            let id = to.events.get(n).map(|event| event.id.clone());
            let about = to.corrections.iter().filter(|known| Some(known.event()) == id.as_deref());
            let revision = u32::try_from(about.count()).unwrap();
            let (voids, replaces) = if with.is_some() { (None, id) } else { (id, None) };
            let correction =
                ScenarioCorrection { voids, replaces, with, revision, recorded_at: None };
            to.corrections.push(correction);
        }
        Given::Rate(rate) => to.rates.push(rate),
        Given::App(line) => {
            let recorded_at = stamped(line.recorded_at);
            to.apps.push(ScenarioApp { recorded_at, ..line });
        }
        Given::Owner(line) => {
            let recorded_at = stamped(line.recorded_at);
            to.owners.push(ScenarioOwner { recorded_at, ..line });
        }
        Given::Payer(line) => {
            let recorded_at = stamped(line.recorded_at);
            to.payers.push(ScenarioPayer { recorded_at, ..line });
        }
        Given::Trial(line) => {
            let recorded_at = stamped(line.recorded_at);
            to.trials.push(ScenarioTrial { recorded_at, ..line });
        }
        Given::Policy(line) => {
            let recorded_at = stamped(line.recorded_at);
            to.policies.push(ScenarioPolicyLine { recorded_at, ..line });
        }
        Given::Notice(notice) => to.notices.push(notice),
    }
}

/// Every instant at which something can change, and the one before it.
pub fn edges(scenario: &Scenario) -> Vec<Instant> {
    let mut edges: Vec<Instant> = Vec::new();
    for lot in &scenario.lots {
        edges.push(lot.effective);
        edges.extend(lot.expires);
        edges.extend(lot.voided);
    }
    edges.extend(scenario.moves.iter().map(|moved| moved.at));
    edges.extend(scenario.voids.iter().map(|void| void.at));
    edges.extend(scenario.unblocks.iter().map(|unblock| unblock.at));
    edges.extend(scenario.trials.iter().map(|trial| trial.until));
    edges.extend(
        scenario.notices.iter().flat_map(|notice| [notice.at, notice.of.unwrap_or(notice.at)]),
    );
    for event in &scenario.events {
        edges.extend((0..4).map(|days| event.time.plus(days * DAY)));
    }
    let graces: Vec<Instant> =
        edges.iter().flat_map(|at| [1, 2].map(|days| at.plus(days * DAY))).collect();
    edges.extend(graces);
    edges.extend(edges.clone().iter().map(|at| at.plus(-1)));
    edges.sort_unstable();
    edges.dedup();
    edges.push(start().plus(30 * DAY));
    edges
}
