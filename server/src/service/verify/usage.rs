//! Month by month: events with their keys and prices, the sums of teams, the usage rollups.

use super::rating::{Price, name_of, price};
use super::{PAGE, Verifier, at, hex, tokens};
use crate::store::db::DbError;
use crate::store::rollup::{Bucket, Dimensions, Sums};
use crate::store::stored_event::StoredEvent;
use crate::store::verify::{self, ChargeSums, KeyedEvent, Place, journal_start};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use tokenscope::id::ApiId;
use tokenscope::rate::SESSION_MIN;
use tokenscope::time::{Grain, Instant, Period, Zone};
use tokenscope::tokens::MICRO;

/// A row of a rollup that should be there.
#[derive(Default, Clone, Copy)]
struct Cell {
    sums: Sums,
    /// Events of closed books without a quantity: whether they counted as a session or as one
    /// use depends on the rules of that time.
    either: i64,
}

type Cells = BTreeMap<(i64, Dimensions), Cell>;

/// The rollups of one month.
#[derive(Default)]
struct Month {
    cells: [Cells; 3],
}

const BUCKETS: [(Bucket, Grain, &str); 3] = [
    (Bucket::Hour, Grain::Hour, "usage_by_hour"),
    (Bucket::Day, Grain::Day, "usage_by_day"),
    (Bucket::Month, Grain::Month, "usage_by_month"),
];

impl Month {
    fn add(&mut self, zone: &Zone, at: i64, key: Dimensions, cell: Cell) -> Result<(), DbError> {
        for (cells, (bucket, grain, _)) in self.cells.iter_mut().zip(BUCKETS) {
            let start = zone.bucket(grain, Instant::from_micros(at)).from.micros();
            let key = match bucket {
                Bucket::Hour => Dimensions { user_id: 0, ..key },
                Bucket::Day | Bucket::Month => key,
            };
            let known = cells.entry((start, key)).or_default();
            known.sums.add(cell.sums)?;
            known.either += cell.either;
        }
        Ok(())
    }
}

/// Months that something was booked in ahead, by their start.
type Ahead = BTreeMap<i64, Month>;

const fn dimensions(event: &StoredEvent) -> Dimensions {
    let &StoredEvent { app_id, api_id, variant_id, user_id, .. } = event;
    Dimensions { app_id, api_id, variant_id, user_id }
}

impl Verifier<'_> {
    /// Goes through all months in which anything is stored.
    pub(super) async fn usage(&mut self) -> Result<(), DbError> {
        let teams: Vec<i64> = self.book.teams.keys().map(|team| team.0).collect();
        let mut ahead = self.kept().await?;
        let mut from = i64::MIN;
        loop {
            let stored = verify::next(self.tx, self.org(), &teams, from).await?;
            let Some(first) = stored.into_iter().chain(ahead.keys().next().copied()).min() else {
                return Ok(());
            };
            let month = self.book.zone.bucket(Grain::Month, Instant::from_micros(first));
            let mut due = ahead.remove(&month.from.micros()).unwrap_or_default();
            self.events(month, &mut due, &mut ahead).await?;
            for team in &teams {
                self.journal(*team, month, &mut due).await?;
            }
            self.rollups(month, due).await?;
            from = month.to.micros();
            // The last month there is has no end behind it.
            if month.to == Instant::MAX {
                return Ok(());
            }
        }
    }

    /// Revisions that were corrected and still count in closed books.
    async fn kept(&mut self) -> Result<Ahead, DbError> {
        let (mut ahead, mut after) = (Ahead::new(), (Vec::new(), i64::MIN));
        loop {
            let page = verify::kept(self.tx, self.org(), after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(ahead) };
            after = (last.digest.clone(), last.revision);
            for event in page {
                self.count(&event, None, &mut ahead)?;
            }
        }
    }

    /// Counts an event where it is booked: in this month or in one ahead.
    fn count(
        &self,
        event: &StoredEvent,
        now: Option<(Period, &mut Month)>,
        ahead: &mut Ahead,
    ) -> Result<(), DbError> {
        let booked = event.booked_at.unwrap_or(event.at);
        let is_session = matches!(price(&self.book, event), Price::Session(_));
        let otherwise = if is_session { SESSION_MIN } else { MICRO };
        let quantity = event.quantity.unwrap_or(otherwise);
        let unsure = event.quantity.is_none()
            && booked < self.book.open().micros()
            && self.book.card.is_ever_daily(ApiId(event.api_id));
        let cell = Cell {
            sums: Sums {
                events: 1,
                quantity: quantity / MICRO,
                quantity_micro: quantity % MICRO,
                tokens: 0,
            },
            either: i64::from(unsure),
        };
        let zone = &self.book.zone;
        let instant = Instant::from_micros(booked);
        match now {
            Some((month, due)) if month.contains(instant) => {
                due.add(zone, booked, dimensions(event), cell)
            }
            _ => {
                let start = zone.bucket(Grain::Month, instant).from.micros();
                let month = ahead.entry(start).or_default();
                month.add(zone, booked, dimensions(event), cell)
            }
        }
    }

    async fn events(
        &mut self,
        month: Period,
        due: &mut Month,
        ahead: &mut Ahead,
    ) -> Result<(), DbError> {
        let mut after: Place = (month.from.micros(), Vec::new());
        loop {
            let to = month.to.micros();
            let page = verify::events(self.tx, self.org(), after, to, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = (last.event.at, last.event.digest.clone());
            self.report.events += u64::try_from(page.len()).unwrap_or(0);
            self.tell("events", self.report.events);
            for keyed in &page {
                self.count(&keyed.event, Some((month, due)), ahead)?;
                self.key(keyed);
            }
            self.prices(page).await?;
        }
    }

    /// An event stands under the digest of its source and id, and its key finds it.
    fn key(&mut self, keyed: &KeyedEvent) {
        let event = &keyed.event;
        let mut hasher = Sha256::new();
        hasher.update(event.source.len().to_be_bytes());
        hasher.update(&event.source);
        hasher.update(&event.external_id);
        let digest = hasher.finalize();
        if digest[..16] != event.digest[..] {
            let (stored, expected) = (hex(&event.digest), hex(&digest[..16]));
            self.differs("usage_event", name_of(event), stored, expected);
        }
        if keyed.key_at != Some(event.at) {
            let stored = keyed.key_at.map_or("no such key".into(), at);
            self.differs("event_key", name_of(event), stored, at(event.at));
        }
    }

    async fn prices(&mut self, page: Vec<KeyedEvent>) -> Result<(), DbError> {
        let digests = page.iter().map(|keyed| keyed.event.digest.clone()).collect();
        let mut posted = self.posted(digests).await?;
        for KeyedEvent { event, .. } in page {
            let due = match price(&self.book, &event) {
                Price::Session(_) => continue,
                Price::Single(due) => due,
                Price::Never(reason) => {
                    self.differs("usage_event", name_of(&event), reason, "what can be rated");
                    continue;
                }
            };
            let found = posted.remove(&event.digest).unwrap_or_default();
            self.compare(&name_of(&event), found, due.into_iter().collect());
        }
        Ok(())
    }

    /// The journal of a team in a month, and its sums.
    async fn journal(&mut self, team: i64, month: Period, due: &mut Month) -> Result<(), DbError> {
        let (org, span) = (self.org(), (month.from.micros(), month.to.micros()));
        let mut sums = [ChargeSums::new(), ChargeSums::new()];
        let mut after = journal_start(span.0);
        loop {
            let page = verify::charges(self.tx, org, team, after, span.1, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = (last.at, last.digest.clone(), last.n, last.recorded_at);
            self.report.charges += u64::try_from(page.len()).unwrap_or(0);
            self.tell("charges", self.report.charges);
            for row in page {
                for (sums, grain) in sums.iter_mut().zip([Grain::Hour, Grain::Day]) {
                    let start = self.book.zone.bucket(grain, Instant::from_micros(row.at)).from;
                    let sum = sums.entry((start.micros(), row.class.clone())).or_default();
                    *sum = sum.checked_add(row.amount).ok_or(DbError::Overflow)?;
                }
                let Some(key) = row.dimensions() else {
                    let key = format!("{} n {}", hex(&row.digest), row.n);
                    self.differs("charge", key, tokens(row.amount), "a charge of an event");
                    continue;
                };
                let charged = Sums { tokens: row.amount, ..Sums::default() };
                due.add(&self.book.zone, row.at, key, Cell { sums: charged, either: 0 })?;
            }
        }
        let stored = verify::charge_sums(self.tx, org, team, span).await?;
        let tables = ["charge_by_hour", "charge_by_day"];
        for ((stored, due), table) in stored.iter().zip(&sums).zip(tables) {
            self.sums(table, team, stored, due);
        }
        Ok(())
    }

    fn sums(&mut self, table: &'static str, team: i64, stored: &ChargeSums, due: &ChargeSums) {
        let keys: BTreeSet<&(i64, String)> = stored.keys().chain(due.keys()).collect();
        for key in keys {
            self.report.sums += 1;
            let of = |sums: &ChargeSums| sums.get(key).copied().unwrap_or(0);
            if of(stored) != of(due) {
                let place = format!("of team {} {} {}", self.team(team), at(key.0), key.1);
                self.differs(table, place, tokens(of(stored)), tokens(of(due)));
            }
        }
    }

    async fn rollups(&mut self, month: Period, due: Month) -> Result<(), DbError> {
        let span = (month.from.micros(), month.to.micros());
        for (due, (bucket, _, table)) in due.cells.into_iter().zip(BUCKETS) {
            let stored = verify::usage(self.tx, self.org(), bucket, span).await?;
            let keys: BTreeSet<&(i64, Dimensions)> = stored.keys().chain(due.keys()).collect();
            for key in keys {
                self.report.sums += 1;
                let is = stored.get(key).copied().unwrap_or_default();
                let should = due.get(key).copied().unwrap_or_default();
                if !fits(is, should) {
                    let place = self.cell(key);
                    self.differs(table, place, shown(is), shown(should.sums));
                }
            }
        }
        Ok(())
    }

    fn cell(&self, (start, key): &(i64, Dimensions)) -> String {
        let app = self.book.apps.get(&tokenscope::id::AppId(key.app_id));
        let api = self.book.apis.get(&ApiId(key.api_id));
        let app = app.map_or_else(|| format!("#{}", key.app_id), |app| app.client_id.clone());
        let api = api.map_or_else(|| format!("#{}", key.api_id), |api| api.code.clone());
        let (variant, user) = (key.variant_id, key.user_id);
        format!("{} app {app} api {api} variant #{variant} user #{user}", at(*start))
    }

    /// Every key finds its event, or the event is void and costs nothing.
    pub(super) async fn keys(&mut self) -> Result<(), DbError> {
        let (mut after, mut seen) = (Vec::new(), 0);
        loop {
            let page = verify::keys(self.tx, self.org(), after, PAGE).await?;
            let Some((last, ..)) = page.last() else { return Ok(()) };
            after = last.clone();
            seen += u64::try_from(page.len()).unwrap_or(0);
            self.tell("keys", seen);
            let mut void = Vec::new();
            for (digest, time, revision) in page {
                match (time, revision) {
                    (Some(_), Some(_)) => {}
                    (None, _) => void.push(digest),
                    (Some(time), None) => {
                        self.differs("event_key", hex(&digest), at(time), "an event at this time");
                    }
                }
            }
            let mut posted = self.posted(void.clone()).await?;
            for digest in void {
                let found = posted.remove(&digest).unwrap_or_default();
                self.compare(&format!("of the void event {}", hex(&digest)), found, Vec::new());
            }
        }
    }
}

/// Whether a stored row is as it should be.
fn fits(stored: Sums, due: Cell) -> bool {
    let quantity = |sums: Sums| {
        i128::from(sums.quantity) * i128::from(MICRO) + i128::from(sums.quantity_micro)
    };
    let difference = (quantity(stored) - quantity(due.sums)).abs();
    let step = i128::from(SESSION_MIN - MICRO);
    let allowed = difference % step == 0 && difference <= step * i128::from(due.either);
    let plain = (stored.events, stored.tokens) == (due.sums.events, due.sums.tokens);
    plain && (difference == 0 || allowed)
}

fn shown(sums: Sums) -> String {
    let Sums { events, quantity, quantity_micro, tokens: micro } = sums;
    let whole = quantity + quantity_micro / MICRO;
    let part = quantity_micro % MICRO;
    format!("{events} events, quantity {whole} and {part} millionths, {} tokens", tokens(micro))
}
