//! Rules about more usage than one transaction should rate again: a job prepares the charges in
//! small transactions beside the live figures, and records the rules when it switches, in one.
//!
//! What is prepared carries the number of the job and counts for nobody before. Events that come
//! or change meanwhile are noted for the job by whoever writes them (`Book::jobs`), and prepared
//! again before the switch. Preparing an event again is always right: it starts from what counts
//! and what the job prepared.

use super::super::book::{self, Book};
use super::super::journal::{Counts, Journal, Touch, digest_of};
use super::super::{Service, commit, fault};
use super::rerate::{Rerating, selectors};
use super::{Recorder, conflict};
use crate::store::charge::SumDeltas;
use crate::store::db::{DbError, Tx};
use crate::store::job::JobRow;
use crate::store::rollup::{self, Bucket};
use crate::store::stored_event::{self, Selector, StoredEvent};
use crate::store::{charge, job, org, outbox};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use tokenscope::audit::Actor;
use tokenscope::fact::{Fact, Once, Receipt};
use tokenscope::fault::Fault;
use tokenscope::id::OrgId;
use tokenscope::service::Caller;
use tokenscope::time::{Grain, Instant, SECOND};

/// What these jobs are called.
pub const KIND: &str = "rerate";
/// Events prepared in one transaction: few enough that others hardly wait.
const CHUNK: i64 = 500;
/// Events left over that the switch itself prepares.
const LEFT_OVER: i64 = 200;
/// How long a job is taken for at a time.
const CLAIM: i64 = 30 * SECOND;
/// Most events that are counted for the progress.
const COUNTED: i64 = 1_000_000_000;

/// What a job is to do.
#[derive(Serialize, Deserialize)]
struct Content {
    facts: Vec<Fact>,
    /// Who asked for it: a number, so that nobody stands here by name.
    actor: Actor,
}

/// How far a job is.
#[derive(Default, Serialize, Deserialize)]
struct Position {
    /// The group of events it is at.
    selector: usize,
    /// The last event of it that is prepared: its time and digest.
    at: Option<i64>,
    digest: Vec<u8>,
    /// Transactions so far: tells rows of one charge apart.
    round: i64,
}

/// The rules before and after, and the usage that they touch.
struct Plan {
    before: Book,
    after: Book,
    selectors: Vec<Selector>,
}

/// Whether a fact changes what usage costs or who pays.
const fn is_rule(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Trial { .. }
            | Fact::Assignment { .. }
            | Fact::Rate { .. }
            | Fact::Owner { .. }
            | Fact::Payer { .. }
    )
}

impl Service {
    /// Makes the job for facts that touch too much usage. What they name is recorded at once, so
    /// that its numbers are known.
    pub(super) async fn record_later(
        &self,
        caller: &Caller,
        facts: Vec<Fact>,
        (receipt, once): (Receipt, Option<Once>),
        now: Instant,
    ) -> Result<Receipt, Fault> {
        let plan = self.plan(caller.org, facts.clone(), now).await?;
        let open = plan.before.open();
        if plan.selectors.iter().any(|selector| selector.running < open.micros()) {
            return Err(conflict(format!(
                "this would rate too much usage of closed books again: choose a time from {open} on"
            )));
        }
        let mut total = 0;
        let mut tx = self.read().await?;
        for selector in &plan.selectors {
            total += selector.count(&mut tx, caller.org, COUNTED).await.map_err(fault::of)?;
        }
        drop(tx);
        let (rules, others): (Vec<Fact>, Vec<Fact>) = facts.into_iter().partition(is_rule);
        let new = u64::try_from(rules.len()).unwrap_or(u64::MAX);
        let mut tx = self.write().await?;
        let lock = org::lock(&mut tx, caller.org, now).await.map_err(fault::of)?;
        let before = self.book(&mut tx, caller.org).await?;
        let mut recorder = Recorder::new(tx, lock, &before, now);
        let mut recorded = recorder.record_all(others).await?;
        for rule in &rules {
            recorder.name_parts(rule).await?;
        }
        let actor = Actor::of(caller);
        let content = Content { facts: rules, actor };
        let content = serde_json::to_string(&content).map_err(|e| fault::internal(&e))?;
        let number = recorder.lock.number();
        recorded.new += new;
        recorded.job = Some(number);
        let receipt = Receipt { recorded, ..receipt };
        recorder.finish(actor, once.as_ref(), &receipt).await?;
        let Recorder { mut tx, lock, .. } = recorder;
        job::add(&mut tx, caller.org, (number, KIND), (&content, total), now.micros())
            .await
            .map_err(fault::of)?;
        lock.give_back(&mut tx).await.map_err(fault::of)?;
        outbox::add(&mut tx, caller.org, now).await.map_err(fault::of)?;
        commit(tx).await?;
        Ok(receipt)
    }

    /// What the facts would change: they are recorded in a transaction that leaves nothing.
    async fn plan(&self, org: OrgId, facts: Vec<Fact>, now: Instant) -> Result<Plan, Fault> {
        let mut tx = self.write().await?;
        let lock = org::lock(&mut tx, org, now).await.map_err(fault::of)?;
        let before = book::load(&mut tx, org).await.map_err(fault::of)?;
        let before = before.ok_or(Fault::NotFound { what: "this organization".into() })?;
        let mut recorder = Recorder::new(tx, lock, &before, now);
        recorder.record_all(facts).await?;
        recorder.reload().await?;
        let selectors = selectors(&before, &recorder.book, &recorder.touched);
        Ok(Plan { before, after: recorder.book, selectors })
    }

    /// Works at all jobs that nobody works at, until there is none left, and says how many ended.
    ///
    /// # Errors
    /// [`Fault`] when the database fails; a job that cannot be done ends as failed.
    pub async fn work_jobs(&self) -> Result<u64, Fault> {
        let mut ended = 0;
        loop {
            let now = self.clock().now().micros();
            let mut tx = self.read().await?;
            let free = job::free(&mut tx, now).await.map_err(fault::of)?;
            drop(tx);
            // One after the other in each organization: a later one builds upon an earlier one.
            let first: BTreeMap<i64, i64> = free.into_iter().rev().collect();
            if first.is_empty() {
                return Ok(ended);
            }
            for (org, number) in first {
                ended += u64::from(self.work_job(OrgId(org), number).await?);
            }
        }
    }

    /// Works at a job to its end; false when somebody else does.
    async fn work_job(&self, org: OrgId, number: i64) -> Result<bool, Fault> {
        let now = self.clock().now();
        let mut tx = self.write().await?;
        let earlier = job::open(&mut tx, org).await.map_err(fault::of)?;
        let until = (now.micros(), now.plus(CLAIM).micros());
        if earlier.first() != Some(&number)
            || !job::claim(&mut tx, org, number, until).await.map_err(fault::of)?
        {
            return Ok(false);
        }
        let row = job::get(&mut tx, org, number).await.map_err(fault::of)?;
        commit(tx).await?;
        let row = row.ok_or(Fault::NotFound { what: format!("the job {number}") })?;
        match self.rerate_in_background(org, &row).await {
            Ok(()) => Ok(true),
            Err(Fault::Conflict { reason }) => self.give_up(org, number, &reason).await,
            Err(Fault::Invalid { fields }) => {
                let reason = fields.iter().map(|f| format!("`{}` {}", f.field, f.reason));
                let reason: Vec<String> = reason.collect();
                self.give_up(org, number, &reason.join("; ")).await
            }
            Err(other) => Err(other),
        }
    }

    async fn give_up(&self, org: OrgId, number: i64, reason: &str) -> Result<bool, Fault> {
        let now = self.clock().now();
        let mut tx = self.write().await?;
        let lock = org::lock(&mut tx, org, now).await.map_err(fault::of)?;
        job::fail(&mut tx, org, number, (reason, now.micros())).await.map_err(fault::of)?;
        lock.give_back(&mut tx).await.map_err(fault::of)?;
        commit(tx).await?;
        Ok(true)
    }

    async fn rerate_in_background(&self, org: OrgId, row: &JobRow) -> Result<(), Fault> {
        let content: Content =
            serde_json::from_str(&row.content).map_err(|e| fault::internal(&e))?;
        let mut position: Position = match row.position.as_str() {
            "" => Position::default(),
            text => serde_json::from_str(text).map_err(|e| fault::internal(&e))?,
        };
        let plan = self.plan(org, content.facts.clone(), self.clock().now()).await?;
        let mut done = row.done;
        while let Some(selector) = plan.selectors.get(position.selector) {
            let place = (position.at.unwrap_or(i64::MIN), position.digest.clone());
            let mut tx = self.read().await?;
            let events = selector.page(&mut tx, org, place, CHUNK).await.map_err(fault::of)?;
            match events.last() {
                Some(last) => {
                    (position.at, position.digest) = (Some(last.at), last.digest.clone());
                }
                None => (position.selector, position.at) = (position.selector + 1, None),
            }
            done += i64::try_from(events.len()).unwrap_or(0);
            let touched = (events, selector.running, Vec::new());
            self.prepare(tx, (&plan, row.job_id), touched, (&mut position, done)).await?;
        }
        while self.left_over(org, row.job_id).await? > LEFT_OVER {
            let mut tx = self.read().await?;
            let digests = job::events(&mut tx, org, row.job_id, CHUNK).await.map_err(fault::of)?;
            let current = stored_event::by_key(&mut tx, org, digests.clone()).await;
            let touched = (current.map_err(fault::of)?, i64::MAX, digests);
            self.prepare(tx, (&plan, row.job_id), touched, (&mut position, done)).await?;
        }
        self.switch(org, row.job_id, content, &mut position).await
    }

    async fn left_over(&self, org: OrgId, number: i64) -> Result<i64, Fault> {
        let mut tx = self.read().await?;
        job::events_count(&mut tx, org, number, LEFT_OVER + 1).await.map_err(fault::of)
    }

    /// Prepares some events: worked out on a snapshot, written in a short transaction.
    async fn prepare(
        &self,
        mut tx: Tx,
        (plan, number): (&Plan, i64),
        (events, from, noted): (Vec<StoredEvent>, i64, Vec<Vec<u8>>),
        (position, done): (&mut Position, i64),
    ) -> Result<(), Fault> {
        let started = tokio::time::Instant::now();
        let Plan { before, after, .. } = plan;
        position.round += 1;
        let round = Instant::from_micros(position.round);
        let mut journal = Journal::new(after, round, Counts::WithJob(number));
        let rerating = Rerating { before, after, job: number };
        rerating.reckon(&mut tx, &mut journal, (events, from, noted.clone())).await?;
        drop(tx);
        let org = after.org;
        let mut tx = self.write().await?;
        journal.write(&mut tx).await.map_err(fault::of)?;
        if !noted.is_empty() {
            job::events_done(&mut tx, org, number, noted).await.map_err(fault::of)?;
        }
        let text = serde_json::to_string(position).map_err(|e| fault::internal(&e))?;
        let until = self.clock().now().plus(CLAIM).micros();
        let mine = job::progress(&mut tx, org, number, (&text, done), until).await;
        if !mine.map_err(fault::of)? {
            return Err(Fault::Busy);
        }
        commit(tx).await?;
        // As long again for everybody else.
        tokio::time::sleep(started.elapsed()).await;
        Ok(())
    }

    /// Records the rules, prepares what is left, and lets all that is prepared count.
    async fn switch(
        &self,
        org: OrgId,
        number: i64,
        Content { facts, actor }: Content,
        position: &mut Position,
    ) -> Result<(), Fault> {
        let now = self.clock().now();
        let mut tx = self.write().await?;
        let lock = org::lock(&mut tx, org, now).await.map_err(fault::of)?;
        let before = self.book(&mut tx, org).await?;
        let mut recorder = Recorder::new(tx, lock, &before, now);
        recorder.record_all(facts).await?;
        recorder.reload().await?;
        recorder.finish(actor, None, &Receipt::default()).await?;
        let Recorder { mut tx, mut lock, book: after, .. } = recorder;
        let left = job::events(&mut tx, org, number, i64::MAX).await.map_err(fault::of)?;
        let current = stored_event::by_key(&mut tx, org, left.clone()).await.map_err(fault::of)?;
        let round = Instant::from_micros(position.round + 1);
        let mut journal = Journal::new(&after, round, Counts::WithJob(number));
        let rerating = Rerating { before: &before, after: &after, job: number };
        rerating.reckon(&mut tx, &mut journal, (current, i64::MAX, left.clone())).await?;
        journal.write(&mut tx).await.map_err(fault::of)?;
        job::events_done(&mut tx, org, number, left).await.map_err(fault::of)?;
        let at = lock.recorded_at();
        let at = count_prepared(&mut tx, &after, number, at).await.map_err(fault::of)?;
        job::switch(&mut tx, org, number, at).await.map_err(fault::of)?;
        lock.give_back(&mut tx).await.map_err(fault::of)?;
        outbox::add(&mut tx, org, now).await.map_err(fault::of)?;
        commit(tx).await
    }
}

/// Adds what a job prepared to the sums and rollups, and says from when on it counts.
async fn count_prepared(tx: &mut Tx, book: &Book, number: i64, now: i64) -> Result<i64, DbError> {
    let org = book.org;
    let by_hour = job::sums(tx, org, number).await?;
    let teams: BTreeSet<i64> = by_hour.keys().map(|(team, ..)| *team).collect();
    let locked = charge::lock_teams(tx, org, teams.into_iter().collect()).await?;
    let at = locked.values().map(|last| last + 1).fold(now, i64::max);
    let mut by_day = SumDeltas::new();
    for ((team, hour, class), amount) in &by_hour {
        let day = book.zone.bucket(Grain::Day, Instant::from_micros(*hour)).from.micros();
        let sum = by_day.entry((*team, day, *class)).or_default();
        *sum = sum.checked_add(*amount).ok_or(DbError::Overflow)?;
    }
    charge::add_sums(tx, org, &by_hour, &by_day).await?;
    for team in locked.keys() {
        charge::set_recorded(tx, org, *team, at).await?;
    }
    for bucket in [Bucket::Hour, Bucket::Day, Bucket::Month] {
        let deltas = job::usage(tx, org, number, bucket).await?;
        rollup::add(tx, org, bucket, &deltas).await?;
    }
    Ok(at)
}

/// The events of some keys to be reckoned again, those that are void now too.
pub(super) async fn touched(
    tx: &mut Tx,
    org: OrgId,
    (events, noted): (Vec<StoredEvent>, Vec<Vec<u8>>),
) -> Result<Vec<Touch>, DbError> {
    let mut touched: BTreeMap<[u8; 16], Touch> = BTreeMap::new();
    for event in events {
        let touch = Touch::of(event)?;
        touched.insert(touch.digest, touch);
    }
    if !noted.is_empty() {
        for past in stored_event::past_events(tx, org, noted).await? {
            let digest = digest_of(&past.digest)?;
            let key = (past.source.clone(), past.external_id.clone());
            let new = || Touch { digest, key, now: None, before: Vec::new() };
            touched.entry(digest).or_insert_with(new).before.push(past);
        }
    }
    Ok(touched.into_values().collect())
}
