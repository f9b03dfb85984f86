//! Recording facts: each is checked against what is there, then written; all or none.

mod background;
mod lots;
mod named;
mod rerate;
mod rights;
mod rules;

pub use rerate::INLINE_EVENTS;

use super::book::Book;
use super::{Service, audit, commit, fault, idempotency};
use crate::store::db::Tx;
use crate::store::org::OrgLock;
use crate::store::{org, outbox};
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use tokenscope::audit::Actor;
use tokenscope::fact::{Fact, Once, Receipt, Recorded};
use tokenscope::fault::Fault;
use tokenscope::id::{ApiId, AppId, OrgId, SLUG_MAX, TeamId, check_slug};
use tokenscope::service::{Books, Caller};
use tokenscope::time::Instant;

/// Most facts of one call.
const FACTS_MAX: usize = 10_000;

#[async_trait]
impl Books for Service {
    async fn record_once(
        &self,
        caller: &Caller,
        facts: Vec<Fact>,
        once: Option<Once>,
    ) -> Result<Receipt, Fault> {
        rights::check_early(caller, &facts)?;
        if facts.len() > FACTS_MAX {
            let limit = format!("{FACTS_MAX} facts a call: send them in several");
            return Err(Fault::TooLarge { limit });
        }
        let now = self.clock().now();
        let mut tx = self.write().await?;
        let lock = org::lock(&mut tx, caller.org, now).await.map_err(fault::of)?;
        if let Some(once) = &once
            && let Some(known) = idempotency::answered(&mut tx, caller.org, once, now).await?
        {
            return Ok(Receipt { replayed: true, ..known });
        }
        let ids = facts.iter().filter_map(id_of).collect();
        let before = self.book(&mut tx, caller.org).await?;
        let mut recorder = Recorder::new(tx, lock, &before, now);
        let recorded = recorder.record_allowed(caller, facts.clone()).await?;
        let receipt = Receipt { recorded, ids, replayed: false };
        let most = self.parts.inline_events.load(Ordering::Relaxed);
        if !recorder.fits_one_transaction(&before, most).await? {
            // Nothing of it stays: the job records the facts when what they change is prepared.
            drop(recorder);
            return self.record_later(caller, facts, (receipt, once), now).await;
        }
        recorder.rerate(&before).await?;
        recorder.finish(Actor::of(caller), once.as_ref(), &receipt).await?;
        let Recorder { mut tx, lock, .. } = recorder;
        if recorded.new > 0 {
            lock.give_back(&mut tx).await.map_err(fault::of)?;
            outbox::add(&mut tx, caller.org, now).await.map_err(fault::of)?;
        }
        commit(tx).await?;
        Ok(receipt)
    }
}

/// The sender's id of a lot or transfer.
fn id_of(fact: &Fact) -> Option<String> {
    match fact {
        Fact::Lot { id, .. } | Fact::Transfer { id, .. } => Some(id.clone()),
        _ => None,
    }
}

/// Says which fact of a batch is wrong.
fn at_place(fault: Fault, n: usize) -> Fault {
    match fault {
        Fault::Invalid { mut fields } => {
            for field in &mut fields {
                field.field = format!("{n}.{}", field.field);
            }
            Fault::Invalid { fields }
        }
        Fault::Conflict { reason } => Fault::Conflict { reason: format!("fact {n}: {reason}") },
        other => other,
    }
}

impl Service {
    /// Lets jobs rate again what is more than so many events; for tests, which would need too many
    /// otherwise.
    pub fn rate_again_at_once(&self, most_events: i64) {
        self.parts.inline_events.store(most_events, Ordering::Relaxed);
    }
}

enum Outcome {
    New,
    Unchanged,
}

/// A recording in progress: the transaction, the organization's lock, and the book as it grows.
struct Recorder {
    tx: Tx,
    lock: OrgLock,
    book: Book,
    now: Instant,
    /// The usage whose price or payer the facts may change.
    touched: BTreeSet<Touched>,
    /// The facts that are new.
    new: Vec<Fact>,
}

/// What a rule speaks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Touched {
    /// Who pays for an app.
    App(AppId),
    /// Who pays for every app.
    AllApps,
    /// The price of an API from an instant on.
    Api(ApiId, Instant),
    /// The end of a team's trial.
    Trial(TeamId),
}

fn slug(field: &str, text: &str) -> Result<(), Fault> {
    check_slug(text).map_err(|e| Fault::field(field, format!("`{text}` {e}")))
}

fn name(field: &str, text: &str) -> Result<(), Fault> {
    let long = text.chars().count() > 2 * SLUG_MAX;
    if text.trim().is_empty() || long || text.chars().any(char::is_control) {
        let reason = "must have 1 to 128 characters without control characters";
        return Err(Fault::field(field, reason));
    }
    Ok(())
}

fn conflict(reason: impl Into<String>) -> Fault {
    Fault::Conflict { reason: reason.into() }
}

impl Recorder {
    fn new(tx: Tx, lock: OrgLock, book: &Book, now: Instant) -> Self {
        Self { tx, lock, book: book.clone(), now, touched: BTreeSet::new(), new: Vec::new() }
    }

    /// Records facts one after the other and says which one is wrong.
    async fn record_all(&mut self, facts: Vec<Fact>) -> Result<Recorded, Fault> {
        let mut recorded = Recorded::default();
        for (n, fact) in facts.into_iter().enumerate() {
            match self.record(fact.clone()).await.map_err(|fault| at_place(fault, n))? {
                Outcome::New => {
                    recorded.new += 1;
                    self.new.push(fact);
                }
                Outcome::Unchanged => recorded.unchanged += 1,
            }
        }
        Ok(recorded)
    }

    /// Writes down what was recorded, by whom, and the answer of a request that is done once.
    async fn finish(
        &mut self,
        actor: Actor,
        once: Option<&Once>,
        receipt: &Receipt,
    ) -> Result<(), Fault> {
        let (org, now) = (self.org(), self.now);
        let new = std::mem::take(&mut self.new);
        let entries = audit::of_facts(&mut self.tx, &self.book, &new).await.map_err(fault::of)?;
        audit::append(&mut self.tx, org, actor, now, entries).await.map_err(fault::of)?;
        match once {
            Some(once) => idempotency::keep(&mut self.tx, org, once, receipt, now).await,
            None => Ok(()),
        }
    }

    /// Adds what a rule names for the first time, without recording it.
    async fn name_parts(&mut self, rule: &Fact) -> Result<(), Fault> {
        match rule {
            Fact::Owner { owner: Some(owner), .. } => self.owner_with_pool(owner).await.map(drop),
            Fact::Rate { api, variant, .. } => {
                self.api_and_variant(api, variant.as_deref()).await.map(drop)
            }
            _ => Ok(()),
        }
    }

    fn org(&self) -> OrgId {
        self.book.org
    }

    async fn record(&mut self, fact: Fact) -> Result<Outcome, Fault> {
        match fact {
            Fact::Team { slug, name } => self.team(&slug, &name).await,
            Fact::Trial { team, until } => self.trial(&team, until).await,
            Fact::Policy { team, from, policy } => {
                let text = serde_json::to_string(&policy).map_err(|e| fault::internal(&e))?;
                self.policy(team.as_deref(), from, &text).await
            }
            Fact::App { client_id, name, owner } => self.app(&client_id, &name, owner).await,
            Fact::Assignment { client_id, team, from } => {
                self.assignment(&client_id, team.as_deref(), from).await
            }
            Fact::Api { code, name, unit } => self.api(&code, &name, &unit).await,
            rate @ Fact::Rate { .. } => self.rate(rate).await,
            lot @ Fact::Lot { .. } => self.lot(lot).await,
            Fact::Void { lot, at } => self.void(&lot, at).await,
            Fact::Transfer { id, lot, to, at, tokens } => {
                self.transfer((&id, &lot, &to), at, tokens).await
            }
            Fact::Unblock { team, at } => self.unblock(&team, at).await,
            Fact::Owner { client_id, owner, from } => {
                self.owner(&client_id, owner.as_deref(), from).await
            }
            Fact::Payer { payer, from } => self.payer(payer, from).await,
            Fact::Product { user, api, assigned, from } => {
                self.product((&user, &api), assigned, from).await
            }
            Fact::Close { until } => self.close(until).await,
        }
    }

    /// Where a fact about an instant counts, and the instant where that is another: closed books
    /// do not change.
    fn booked(&self, about: Instant) -> (i64, Option<i64>) {
        let at = about.max(self.book.open());
        (at.micros(), (at != about).then(|| about.micros()))
    }

    fn team_id(&self, field: &str, slug: &str) -> Result<TeamId, Fault> {
        let unknown = || Fault::field(field, format!("there is no team `{slug}`: record it first"));
        self.book.team(slug).ok_or_else(unknown)
    }

    async fn reload(&mut self) -> Result<(), Fault> {
        let book = super::book::load(&mut self.tx, self.book.org).await.map_err(fault::of)?;
        self.book = book.ok_or(Fault::NotFound { what: "this organization".into() })?;
        Ok(())
    }
}
