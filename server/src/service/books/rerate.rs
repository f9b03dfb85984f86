//! Rules about the past: the usage they speak about is rated again, in the same transaction up to
//! a limit, and beyond it by a job.

use super::super::book::Book;
use super::super::fault;
use super::super::journal::{
    Counts, Journal, Keys, digest_of, keys_of, kind_changes, reckon, try_cost,
};
use super::background::touched;
use super::{Recorder, Touched, conflict};
use crate::store::db::{DbError, Tx};
use crate::store::job;
use crate::store::stored_event::{Selector, StoredEvent};
use std::collections::{BTreeMap, BTreeSet};
use tokenscope::fault::Fault;
use tokenscope::id::AppId;
use tokenscope::rate::SESSION_MAX;
use tokenscope::time::{DAY, Instant, Period};

/// Most events that are rated again in the transaction of the rule.
pub const INLINE_EVENTS: i64 = 10_000;

/// The usage that rules touch: as few events as may be, each group with the instant from which
/// on its charges may be others.
pub fn selectors(before: &Book, after: &Book, touched: &BTreeSet<Touched>) -> Vec<Selector> {
    let mut found = BTreeSet::new();
    for touch in touched {
        match *touch {
            Touched::App(app) => found.extend(moved(before, after, app)),
            Touched::AllApps => {
                found.extend(after.apps.keys().filter_map(|app| moved(before, after, *app)));
            }
            Touched::Api(api, from) => {
                let daily = before.card.is_ever_daily(api) || after.card.is_ever_daily(api);
                found.extend(priced((0, api.0), Period::new(from, Instant::MAX), daily));
            }
            Touched::Trial(team) => {
                let (was, is) = (before.trial(team), after.trial(team));
                let ends = [was.unwrap_or(Instant::MIN), is.unwrap_or(Instant::MIN)];
                let [from, to] = [ends[0].min(ends[1]), ends[0].max(ends[1])];
                for (id, app) in &after.apps {
                    if app.could_charge(team) {
                        found.extend(priced((id.0, 0), Period::new(from, to), true));
                    }
                }
            }
        }
    }
    found.into_iter().collect()
}

/// The usage of an app while another team pays for it than before.
fn moved(before: &Book, after: &Book, app: AppId) -> Option<Selector> {
    let (was, is) = (before.apps.get(&app)?, after.apps.get(&app)?);
    let Period { from, to } = was.teams.difference(&is.teams)?;
    let (from, to) = (from.micros(), to.micros());
    Some(Selector { app_id: app.0, api_id: 0, from, running: from, to, long: false })
}

/// The usage of an app or an API (0 for all) that is charged in a period: a session can be charged
/// long after it began.
fn priced((app_id, api_id): (i64, i64), period: Period, daily: bool) -> Vec<Selector> {
    let (running, to) = (period.from.micros(), period.to.micros());
    let day_before = if daily { running.saturating_sub(DAY) } else { running };
    let near = Selector { app_id, api_id, from: day_before, running, to, long: false };
    let from = running.saturating_sub(SESSION_MAX);
    let far = Selector { from, to: day_before, long: true, ..near };
    if daily { vec![near, far] } else { vec![near] }
}

/// Rates events again that some rules touch.
pub struct Rerating<'a> {
    /// The rules before.
    pub before: &'a Book,
    /// The rules now.
    pub after: &'a Book,
    /// The job that prepares it, 0 for none.
    pub job: i64,
}

impl Rerating<'_> {
    /// What these events were and are due, into a journal. `from` is the earliest instant from
    /// which charges may be others; `noted` are keys of which earlier revisions count too.
    pub async fn reckon(
        &self,
        tx: &mut Tx,
        journal: &mut Journal<'_>,
        (events, from, noted): (Vec<StoredEvent>, i64, Vec<Vec<u8>>),
    ) -> Result<(), Fault> {
        for event in &events {
            try_cost(self.after, event).map_err(|error| {
                let at = Instant::from_micros(event.at);
                conflict(format!(
                    "the event `{}` of `{}` at {at} could not be rated any more: its `{}` {error}",
                    event.external_id,
                    event.source,
                    error.member(),
                ))
            })?;
        }
        let books = (self.before, self.after);
        let others = kind_changes(books, &events, journal).map_err(fault::of)?;
        if others && self.job != 0 {
            // An event can be prepared more than once, its quantity must not count as often.
            return Err(conflict(
                "this would make an API a daily product, or none, for more usage of the past than \
                 can be rated again: choose a later time",
            ));
        }
        self.reckon_rated(tx, journal, (events, from, noted)).await.map_err(fault::of)
    }

    async fn reckon_rated(
        &self,
        tx: &mut Tx,
        journal: &mut Journal<'_>,
        (events, from, noted): (Vec<StoredEvent>, i64, Vec<Vec<u8>>),
    ) -> Result<(), DbError> {
        let touched = touched(tx, self.after.org, (events, noted)).await?;
        let mut keys = Keys::new();
        for touch in &touched {
            let revisions = || touch.now.iter().chain(&touch.before);
            keys_of(self.before, revisions(), from, &mut keys)?;
            keys_of(self.after, revisions(), from, &mut keys)?;
        }
        reckon(tx, self.after, journal, (touched, &keys, self.job)).await.map(drop)
    }
}

impl Recorder {
    /// Whether what the facts touch can be rated again at once.
    pub(super) async fn fits_one_transaction(
        &mut self,
        before: &Book,
        most: i64,
    ) -> Result<bool, Fault> {
        if self.touched.is_empty() {
            return Ok(true);
        }
        self.reload().await?;
        let org = self.org();
        let mut left = most;
        for selector in selectors(before, &self.book, &self.touched) {
            left -= selector
                .count(&mut self.tx, org, left.saturating_add(1))
                .await
                .map_err(fault::of)?;
            if left < 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Rates the usage again that the facts touch.
    pub(super) async fn rerate(&mut self, before: &Book) -> Result<(), Fault> {
        let org = self.org();
        let mut events: BTreeMap<Vec<u8>, StoredEvent> = BTreeMap::new();
        let mut from = i64::MAX;
        for selector in selectors(before, &self.book, &self.touched) {
            let place = (i64::MIN, Vec::new());
            let page = selector.page(&mut self.tx, org, place, i64::MAX).await;
            let page = page.map_err(fault::of)?;
            if !page.is_empty() {
                from = from.min(selector.running);
            }
            events.extend(page.into_iter().map(|event| (event.digest.clone(), event)));
        }
        if events.is_empty() {
            return Ok(());
        }
        let events: Vec<StoredEvent> = events.into_values().collect();
        note(&mut self.tx, &self.book, &events).await.map_err(fault::of)?;
        let mut journal = Journal::new(&self.book, self.now, Counts::Now);
        let rerating = Rerating { before, after: &self.book, job: 0 };
        let touched = (events, from, Vec::new());
        rerating.reckon(&mut self.tx, &mut journal, touched).await?;
        journal.write(&mut self.tx).await.map_err(fault::of)
    }
}

/// Tells jobs that prepare charges that events are rated otherwise now.
async fn note(tx: &mut Tx, book: &Book, events: &[StoredEvent]) -> Result<(), DbError> {
    if book.jobs.is_empty() {
        return Ok(());
    }
    let digests = events.iter().map(|e| digest_of(&e.digest));
    let digests = digests.collect::<Result<Vec<_>, _>>()?;
    job::note_events(tx, book.org, &book.jobs, &digests).await
}
