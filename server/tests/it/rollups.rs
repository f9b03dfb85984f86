//! Whether every stored sum is what the stored facts add up to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use tokenscope::id::OrgId;
use tokenscope::rate::SESSION_MIN;
use tokenscope::time::{Grain, Instant, Zone};
use tokenscope::tokens::MICRO;
use tokenscope_server::service::zone::zone;
use tokenscope_server::store::db::{Db, Record, Sql, Tx};
use tokenscope_server::{args, statements};

statements! {
    EVENTS = "SELECT digest, at, app_id, api_id, variant_id, user_id, quantity, own_tokens
        FROM usage_event WHERE org_id = $1";
    KEYS = "SELECT digest FROM event_key WHERE org_id = $1";
    JOURNAL = "SELECT team_id, at, digest, n, recorded_at, event_at, class, amount FROM charge
        WHERE org_id = $1 ORDER BY recorded_at";
    CHARGE_HOURS = "SELECT team_id, at, class, amount FROM charge_by_hour WHERE org_id = $1";
    CHARGE_DAYS = "SELECT team_id, at, class, amount FROM charge_by_day WHERE org_id = $1";
    HOURS = "SELECT at, app_id, api_id, variant_id, cast(0 AS bigint) AS user_id, events,
        quantity, quantity_micro, tokens FROM usage_by_hour WHERE org_id = $1";
    DAYS = "SELECT at, app_id, api_id, variant_id, user_id, events, quantity, quantity_micro,
        tokens FROM usage_by_day WHERE org_id = $1";
    MONTHS = "SELECT at, app_id, api_id, variant_id, user_id, events, quantity, quantity_micro,
        tokens FROM usage_by_month WHERE org_id = $1";
    RATES = "SELECT api_id, from_at, rounding FROM rate WHERE org_id = $1 AND variant_id = 0";
    NAMED_DAYS = "SELECT d.at, a.client_id, p.code, coalesce(v.code, '') AS variant,
        coalesce(u.external_id, '') AS external_id, d.events, d.quantity, d.quantity_micro,
        d.tokens FROM usage_by_day d JOIN app a ON a.org_id = d.org_id AND a.app_id = d.app_id
        JOIN api p ON p.org_id = d.org_id AND p.api_id = d.api_id
        LEFT JOIN variant v ON v.org_id = d.org_id AND v.variant_id = d.variant_id
        LEFT JOIN usage_user u ON u.org_id = d.org_id AND u.user_id = d.user_id
        WHERE d.org_id = $1 AND (d.events <> 0 OR d.tokens <> 0)";
    NAMED_CHARGES = "SELECT t.slug, c.at, e.external_id, c.n, c.class,
        cast(sum(c.amount) AS bigint) AS amount FROM charge c
        JOIN team t ON t.org_id = c.org_id AND t.team_id = c.team_id
        JOIN usage_event e ON e.org_id = c.org_id AND e.at = c.event_at AND e.digest = c.digest
        WHERE c.org_id = $1 GROUP BY t.slug, c.at, e.external_id, c.n, c.class
        HAVING sum(c.amount) <> 0";
}

type EventRow = (Vec<u8>, i64, i64, i64, i64, i64, Option<i64>, Option<i64>);
type ChargeRow = (i64, i64, Vec<u8>, i64, i64, i64, String, i64);
type UsageRow = (i64, i64, i64, i64, i64, i64, i64, i64, i64);

/// Team, start and class to micro-tokens.
type Charges = BTreeMap<(i64, i64, String), i64>;
/// API and start of a rate line to its rounding.
type Rates = BTreeMap<(i64, i64), String>;
/// Start, app, API, variant and user to events, quantity, its parts and micro-tokens.
type Usage = BTreeMap<(i64, i64, i64, i64, i64), [i64; 4]>;

/// Start, app, API, variant, user, events, whole units, parts of units, micro-tokens.
pub type DayRow = (i64, String, String, String, String, i64, i64, i64, i64);

/// What the rollups of an organization say, in names instead of numbers: days of usage, and what
/// is charged for each event.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    /// Start, app, API, variant, user, events, quantity, its parts, micro-tokens.
    pub days: BTreeSet<DayRow>,
    /// Team, time, event, n, class, micro-tokens.
    pub charges: BTreeSet<(String, i64, String, i64, String, i64)>,
}

impl Named {
    /// Reads them.
    pub async fn read(db: &Db, org: OrgId) -> Self {
        let mut tx = db.read().await.unwrap();
        Self {
            days: rows(&mut tx, NAMED_DAYS, org).await.into_iter().collect(),
            charges: rows(&mut tx, NAMED_CHARGES, org).await.into_iter().collect(),
        }
    }
}

/// The tokens of an organization by each way in which they are stored.
pub async fn totals(db: &Db, org: OrgId) -> BTreeMap<&'static str, i64> {
    let mut tx = db.read().await.unwrap();
    let journal: Vec<ChargeRow> = rows(&mut tx, JOURNAL, org).await;
    let mut totals = BTreeMap::from([("charge", journal.iter().map(|row| row.7).sum())]);
    for (name, sql) in [("charge_by_hour", CHARGE_HOURS), ("charge_by_day", CHARGE_DAYS)] {
        totals.insert(name, charges(&mut tx, sql, org).await.values().sum());
    }
    for (name, sql) in
        [("usage_by_hour", HOURS), ("usage_by_day", DAYS), ("usage_by_month", MONTHS)]
    {
        totals.insert(name, usage(&mut tx, sql, org).await.values().map(|sums| sums[3]).sum());
    }
    totals
}

/// Works every rollup out again from events and journal, and compares.
pub async fn check(db: &Db, org: OrgId, zone_name: &str) {
    let zone = zone(zone_name).unwrap();
    let mut tx = db.read().await.unwrap();
    let events: Vec<EventRow> = rows(&mut tx, EVENTS, org).await;
    let journal: Vec<ChargeRow> = rows(&mut tx, JOURNAL, org).await;
    let keys: BTreeSet<(Vec<u8>,)> = rows(&mut tx, KEYS, org).await.into_iter().collect();
    let digests: BTreeSet<(Vec<u8>,)> = events.iter().map(|event| (event.0.clone(),)).collect();
    assert_eq!(keys, digests, "keys and events differ");
    check_journal(&journal);
    for (grain, sql) in [(Grain::Hour, CHARGE_HOURS), (Grain::Day, CHARGE_DAYS)] {
        let stored = charges(&mut tx, sql, org).await;
        same(&stored, &charge_sums(&zone, grain, &journal), "charges", grain);
    }
    let rates: Vec<(i64, i64, String)> = rows(&mut tx, RATES, org).await;
    let rates = rates.into_iter().map(|(api, from, rounding)| ((api, from), rounding)).collect();
    for (grain, sql) in [(Grain::Hour, HOURS), (Grain::Day, DAYS), (Grain::Month, MONTHS)] {
        let due = usage_sums(&zone, grain, &events, &journal, &rates);
        same(&usage(&mut tx, sql, org).await, &due, "usage", grain);
    }
}

/// Shows only what differs.
fn same<K: Ord + Debug, V: PartialEq + Debug>(
    stored: &BTreeMap<K, V>,
    due: &BTreeMap<K, V>,
    what: &str,
    grain: Grain,
) {
    let keys: BTreeSet<&K> = stored.keys().chain(due.keys()).collect();
    let differing = keys.into_iter().filter(|key| stored.get(key) != due.get(key));
    let differing: Vec<_> = differing.map(|key| (key, stored.get(key), due.get(key))).collect();
    assert!(differing.is_empty(), "{what} by {grain:?}: (key, stored, due) {differing:#?}");
}

/// Of each charge at most one version counts, it is not negative, and versions follow each other.
fn check_journal(journal: &[ChargeRow]) {
    let mut now: BTreeMap<(i64, &[u8], i64), (i64, i64)> = BTreeMap::new();
    for (team, at, digest, n, _, _, _, amount) in journal {
        let (at_now, sum) = now.entry((*team, digest, *n)).or_default();
        assert!(*sum == 0 || at_now == at, "two versions of one charge at a time");
        *at_now = *at;
        *sum += amount;
        assert!(*sum >= 0, "more is taken back than was charged");
    }
}

fn start(zone: &Zone, grain: Grain, at: i64) -> i64 {
    let bucket = zone.bucket(grain, Instant::from_micros(at));
    assert!(bucket.contains(Instant::from_micros(at)));
    bucket.from.micros()
}

fn charge_sums(zone: &Zone, grain: Grain, journal: &[ChargeRow]) -> Charges {
    let mut sums = Charges::new();
    for (team, at, _, _, _, _, class, amount) in journal {
        *sums.entry((*team, start(zone, grain, *at), class.clone())).or_default() += amount;
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

fn usage_sums(
    zone: &Zone,
    grain: Grain,
    events: &[EventRow],
    journal: &[ChargeRow],
    rates: &Rates,
) -> Usage {
    let of_event: BTreeMap<&[u8], &EventRow> =
        events.iter().map(|event| (event.0.as_slice(), event)).collect();
    let key = |event: &EventRow, at: i64| {
        let user = if grain == Grain::Hour { 0 } else { event.5 };
        (start(zone, grain, at), event.2, event.3, event.4, user)
    };
    let mut sums = Usage::new();
    for event in events {
        let line = rates.range((event.3, i64::MIN)..=(event.3, event.1)).next_back();
        let is_product = line.is_some_and(|(_, rounding)| rounding == "user_day");
        let unsaid = if is_product && event.7.is_none() { SESSION_MIN } else { MICRO };
        let quantity = event.6.unwrap_or(unsaid);
        let sum = sums.entry(key(event, event.1)).or_default();
        sum[0] += 1;
        sum[1] += quantity / MICRO;
        sum[2] += quantity % MICRO;
    }
    for (_, at, digest, _, _, event_at, _, amount) in journal {
        let event = of_event[digest.as_slice()];
        assert_eq!(event.1, *event_at, "a charge has the wrong time of its event");
        sums.entry(key(event, *at)).or_default()[3] += amount;
    }
    sums.retain(|_, sum| *sum != [0; 4]);
    sums
}

async fn rows<T: Record>(tx: &mut Tx, sql: Sql, org: OrgId) -> Vec<T> {
    tx.rows(sql, args![org.0]).await.unwrap()
}

async fn charges(tx: &mut Tx, sql: Sql, org: OrgId) -> Charges {
    let stored: Vec<(i64, i64, String, i64)> = rows(tx, sql, org).await;
    let sums = stored.into_iter().map(|(team, at, class, sum)| ((team, at, class), sum));
    sums.filter(|(_, sum)| *sum != 0).collect()
}

async fn usage(tx: &mut Tx, sql: Sql, org: OrgId) -> Usage {
    let stored: Vec<UsageRow> = rows(tx, sql, org).await;
    let sums = stored
        .into_iter()
        .map(|row| ((row.0, row.1, row.2, row.3, row.4), [row.5, row.6, row.7, row.8]));
    sums.filter(|(_, sums)| *sums != [0; 4]).collect()
}
