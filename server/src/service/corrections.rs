//! Corrections: events are voided or replaced under their keys, and everything that follows from
//! them follows again, in one transaction. The earlier revisions stay.

use super::balance::team_state;
use super::book::Book;
use super::intake::{Prepared, Ready, prepare};
use super::journal::{Counts, Journal, Keys, Touch, keys_of, reckon, resolved};
use super::journal::{digest_of, dimensions, is_session};
use super::{Service, audit, commit, fault, reconsidered};
use crate::store::db::{DbError, Tx};
use crate::store::rollup::Bucket;
use crate::store::stored_event::{self, PastRow, StoredEvent, Superseded};
use crate::store::{event, job, org, outbox};
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use tokenscope::audit::Actor;
use tokenscope::burn::TeamState;
use tokenscope::correction::{
    BucketChange, CORRECTIONS_MAX, Changed, Changes, Corrected, Correction, Corrections, TeamChange,
};
use tokenscope::event::{EventResult, Submitted};
use tokenscope::fault::{Fault, FieldFault, Needs};
use tokenscope::id::{ApiId, AppId, TeamId};
use tokenscope::permission::{Action, Scope};
use tokenscope::service::{Caller, Correcting};
use tokenscope::time::Instant;
use tokenscope::tokens::{MICRO, Quantity, Tokens};

/// How often corrections are made ready again because rates or names changed meanwhile.
const ATTEMPTS: u32 = 8;

#[async_trait]
impl Correcting for Service {
    async fn preview(&self, caller: &Caller, asked: Corrections) -> Result<Corrected, Fault> {
        self.corrected(caller, &asked, false).await
    }
    async fn correct(&self, caller: &Caller, asked: Corrections) -> Result<Corrected, Fault> {
        self.corrected(caller, &asked, true).await
    }
}

impl Service {
    async fn corrected(
        &self,
        caller: &Caller,
        asked: &Corrections,
        lasts: bool,
    ) -> Result<Corrected, Fault> {
        if !caller.roles.everywhere(Action::Administer) || !caller.has_scope(Scope::Admin) {
            return Err(Fault::Forbidden { needs: Needs::Admin });
        }
        if asked.items.len() > CORRECTIONS_MAX {
            let limit = format!("{CORRECTIONS_MAX} corrections a request: send them in several");
            return Err(Fault::TooLarge { limit });
        }
        // Whoever may correct events may say what they cost elsewhere, and is bound to no window.
        let free = Caller { scopes: None, ..caller.clone() };
        let replacements: Vec<Submitted> = asked.items.iter().map(replacement).collect();
        for _ in 0..ATTEMPTS {
            let batch = prepare(self, &free, &replacements).await?;
            let mut tx = self.write().await?;
            let lock = org::lock(&mut tx, caller.org, batch.now).await.map_err(fault::of)?;
            if self.book(&mut tx, caller.org).await?.revision != batch.book.revision {
                continue;
            }
            let mut work = Work { tx, lock, batch: &batch };
            let corrected = work.all(&asked.items).await?;
            if !lasts {
                return Ok(corrected);
            }
            if asked.basis.as_ref().is_some_and(|basis| *basis != corrected.basis) {
                let reason = "what these corrections change is no longer what the basis stands \
                              for: look at a new preview";
                return Err(Fault::Conflict { reason: reason.into() });
            }
            let Work { mut tx, lock, .. } = work;
            let taken = audit::of_corrections(&asked.items, &corrected.results);
            let actor = Actor::of(caller);
            audit::append(&mut tx, caller.org, actor, batch.now, taken).await.map_err(fault::of)?;
            lock.give_back_numbers(&mut tx).await.map_err(fault::of)?;
            outbox::add(&mut tx, caller.org, batch.now).await.map_err(fault::of)?;
            commit(tx).await?;
            return Ok(corrected);
        }
        Err(Fault::Busy)
    }
}

/// What stands in the place of an event; a void has nothing to be made ready.
fn replacement(item: &tokenscope::correction::SubmittedCorrection) -> Submitted {
    match item {
        Ok(Correction { replacement: Some(event), .. }) => Ok(event.clone()),
        Ok(_) => Err(FieldFault::new("", "")),
        Err(fault) => Err(fault.clone()),
    }
}

struct Work<'a> {
    tx: Tx,
    lock: org::OrgLock,
    batch: &'a Prepared,
}

/// A correction that takes.
struct Taken<'a> {
    place: usize,
    old: Option<StoredEvent>,
    /// What the correction is of, where the event was void: its last revision.
    past: Option<StoredEvent>,
    revision: i64,
    new: Option<&'a Ready>,
}

impl<'a> Work<'a> {
    async fn all(
        &mut self,
        items: &[tokenscope::correction::SubmittedCorrection],
    ) -> Result<Corrected, Fault> {
        let mut results: Vec<Option<EventResult>> = vec![None; items.len()];
        let taken = self.choose(items, &mut results).await.map_err(fault::of)?;
        let recorded_at = self.lock.recorded_at();
        let book: &'a Book = &self.batch.book;
        let mut journal = Journal::new(book, self.batch.now, Counts::Now);
        self.replace(&taken, recorded_at, &mut journal).await.map_err(fault::of)?;
        let charges = self.reckon(&taken, &mut journal).await.map_err(fault::of)?;
        let teams = journal.teams();
        let buckets = buckets(book, &journal);
        let before = self.states(&teams).await?;
        let decisions = reconsidered::recent(&mut self.tx, book, &teams).await?;
        let decided = reconsidered::made_again(&mut self.tx, book, &decisions).await?;
        journal.write(&mut self.tx).await.map_err(fault::of)?;
        let after = self.states(&teams).await?;
        let now_decided = reconsidered::made_again(&mut self.tx, book, &decisions).await?;
        let changes = Changes {
            teams: before.iter().zip(&after).map(|(b, a)| team_change(book, b, a)).collect(),
            buckets,
            decisions: reconsidered::changes(&decisions, &decided, &now_decided),
        };
        for taken in &taken {
            let of_event = taken.new.map(|ready| ready.row.digest);
            let charge = of_event.and_then(|digest| charges.get(&digest).copied());
            results[taken.place] = Some(EventResult::Accepted { charge });
        }
        let results = results.into_iter().collect::<Option<Vec<_>>>();
        let results = results.ok_or_else(|| fault::internal(&"a correction has no result"))?;
        let basis = basis(&results, &changes)?;
        Ok(Corrected { results, changes, basis })
    }

    /// Which corrections take; all others get their results.
    async fn choose(
        &mut self,
        items: &[tokenscope::correction::SubmittedCorrection],
        results: &mut [Option<EventResult>],
    ) -> Result<Vec<Taken<'a>>, DbError> {
        let (org, batch) = (self.batch.book.org, self.batch);
        let key = |c: &Correction| super::intake::digest(&c.source, &c.id);
        let digests: BTreeSet<[u8; 16]> = items.iter().flatten().map(key).collect();
        let digests: Vec<Vec<u8>> = digests.into_iter().map(|d| d.to_vec()).collect();
        let current = stored_event::by_key(&mut self.tx, org, digests.clone()).await?;
        let current: BTreeMap<Vec<u8>, StoredEvent> =
            current.into_iter().map(|event| (event.digest.clone(), event)).collect();
        let mut past: BTreeMap<Vec<u8>, Vec<PastRow>> = BTreeMap::new();
        for row in stored_event::past(&mut self.tx, org, digests.clone()).await? {
            past.entry(row.0.clone()).or_default().push(row);
        }
        let earlier = stored_event::past_events(&mut self.tx, org, digests).await?;
        // In the order of their revisions: of each event the last stays.
        let earlier: BTreeMap<Vec<u8>, StoredEvent> =
            earlier.into_iter().map(|event| (event.digest.clone(), event)).collect();
        let ready: BTreeMap<usize, &'a Ready> =
            batch.events.iter().map(|ready| (ready.place, ready)).collect();
        let mut seen = BTreeSet::new();
        let mut taken = Vec::new();
        for (place, item) in items.iter().enumerate() {
            let correction = match item {
                Ok(correction) => correction,
                Err(fault) => {
                    results[place] = Some(fault.clone().into());
                    continue;
                }
            };
            let new = ready.get(&place).copied();
            if correction.replacement.is_some() && new.is_none() {
                // It was refused when it was made ready, or stands there twice.
                let refused = batch.results.get(place).cloned().flatten();
                results[place] = Some(refused.unwrap_or_else(twice));
                continue;
            }
            let digest = key(correction);
            if !seen.insert(digest) {
                results[place] = Some(twice());
                continue;
            }
            let old = current.get(digest.as_slice());
            let last = earlier.get(digest.as_slice());
            let past = past.get(digest.as_slice()).map(Vec::as_slice).unwrap_or_default();
            match judge(correction, new, old, past) {
                Some(result) => results[place] = Some(result),
                None => taken.push(Taken {
                    place,
                    old: old.cloned(),
                    past: last.filter(|_| old.is_none()).cloned(),
                    revision: i64::from(correction.revision),
                    new,
                }),
            }
        }
        Ok(taken)
    }

    /// Puts the new revisions in the place of the old ones, which are kept.
    async fn replace(
        &mut self,
        taken: &[Taken<'_>],
        recorded_at: i64,
        journal: &mut Journal<'_>,
    ) -> Result<(), DbError> {
        let book = &self.batch.book;
        let open = book.open().micros();
        let booked = |event: &StoredEvent| event.booked_at.unwrap_or(event.at);
        let mut kept = Vec::new();
        for one in taken {
            if let Some(old) = &one.old {
                let quantity = resolved(old.quantity, is_session(book, old)?);
                if booked(old) >= open {
                    journal.usage.event(booked(old), dimensions(old), -quantity, -1)?;
                }
                let at = one.new.map(|new| new.row.at);
                stored_event::supersede(&mut self.tx, book.org, old, at).await?;
            } else if let (Some(past), Some(new)) = (&one.past, one.new) {
                let at = Some(new.row.at);
                stored_event::supersede(&mut self.tx, book.org, past, at).await?;
            }
            let event = one.old.as_ref().or(one.past.as_ref()).cloned();
            let event = event.map(|event| StoredEvent { revision: one.revision, ..event });
            kept.extend(event.map(|event| (event, one)));
        }
        let superseded = |(event, one): &(StoredEvent, &Taken<'_>)| Superseded {
            event: event.clone(),
            replacement: one.new.map(|new| new.row.fingerprint),
            kept: one.old.is_some() && booked(event) < open,
            recorded_at,
        };
        let rows: Vec<Superseded> = kept.iter().map(superseded).collect();
        stored_event::keep(&mut self.tx, book.org, &rows).await?;
        let mut news = Vec::new();
        for one in taken {
            let Some(new) = one.new else { continue };
            let row = event::EventRow { revision: one.revision + 1, ..new.row.clone() };
            let stored = as_stored(&row);
            let quantity = resolved(row.quantity, is_session(book, &stored)?);
            journal.usage.event(booked(&stored), dimensions(&stored), quantity, 1)?;
            news.push(row);
        }
        event::add(&mut self.tx, book.org, &news.iter().collect::<Vec<_>>()).await
    }

    /// Charges follow; says what each event costs now.
    async fn reckon(
        &mut self,
        taken: &[Taken<'_>],
        journal: &mut Journal<'_>,
    ) -> Result<BTreeMap<[u8; 16], Tokens>, DbError> {
        let book = &self.batch.book;
        let mut digests = Vec::new();
        for one in taken {
            let of_old = one.old.as_ref().or(one.past.as_ref()).map(|e| digest_of(&e.digest));
            digests.extend(of_old.transpose()?);
        }
        job::note_events(&mut self.tx, book.org, &book.jobs, &digests).await?;
        let keys = digests.iter().map(|d| d.to_vec()).collect();
        let current = stored_event::by_key(&mut self.tx, book.org, keys).await?;
        let current: BTreeMap<Vec<u8>, StoredEvent> =
            current.into_iter().map(|event| (event.digest.clone(), event)).collect();
        let mut product_keys = Keys::new();
        keys_of(
            book,
            taken.iter().filter_map(|one| one.old.as_ref()),
            i64::MAX,
            &mut product_keys,
        )?;
        keys_of(book, current.values(), i64::MAX, &mut product_keys)?;
        let mut touched = Vec::new();
        for one in taken {
            let Some(event) = one.old.as_ref().or(one.past.as_ref()) else { continue };
            touched.push(Touch {
                digest: digest_of(&event.digest)?,
                key: (event.source.clone(), event.external_id.clone()),
                now: current.get(&event.digest).cloned(),
                before: one.old.iter().cloned().collect(),
            });
        }
        reckon(&mut self.tx, book, journal, (touched, &product_keys, 0)).await
    }

    async fn states(&mut self, teams: &BTreeSet<i64>) -> Result<Vec<(TeamId, TeamState)>, Fault> {
        let mut states = Vec::with_capacity(teams.len());
        for team in teams {
            let (book, team) = (&self.batch.book, TeamId(*team));
            states.push((team, team_state(&mut self.tx, book, team, self.batch.now).await?));
        }
        Ok(states)
    }
}

fn twice() -> EventResult {
    FieldFault::new("id", "is corrected twice in this request: send one after the other").into()
}

/// Why a correction does not take; none when it does.
fn judge(
    correction: &Correction,
    new: Option<&Ready>,
    old: Option<&StoredEvent>,
    past: &[PastRow],
) -> Option<EventResult> {
    let newest = i64::try_from(past.len()).unwrap_or(i64::MAX);
    if old.is_none() && past.is_empty() {
        let Correction { source, id, .. } = correction;
        let reason = format!("there is no event `{id}` of `{source}`");
        return Some(FieldFault::new("id", reason).into());
    }
    let asked = i64::from(correction.revision);
    if asked == newest {
        return None;
    }
    let Some((_, _, replacement)) = past.iter().find(|row| row.1 == asked) else {
        let reason = format!("is {asked}, but the newest revision is {newest}");
        return Some(FieldFault::new("revision", reason).into());
    };
    let same = *replacement == new.map(|new| new.row.fingerprint);
    Some(if same { EventResult::Duplicate } else { EventResult::Conflict })
}

fn as_stored(row: &event::EventRow) -> StoredEvent {
    StoredEvent {
        digest: row.digest.to_vec(),
        revision: row.revision,
        at: row.at,
        booked_at: row.booked_at,
        source: String::new(),
        source_id: row.source_id,
        external_id: row.external_id.clone(),
        app_id: row.app_id,
        user_id: row.user_id,
        api_id: row.api_id,
        variant_id: row.variant_id,
        quantity: row.quantity,
        failed: i64::from(row.failed),
        own_tokens: row.own_tokens,
        attributes: row.attributes.clone(),
        received_at: row.received_at,
    }
}

fn team_change(
    book: &Book,
    (team, before): &(TeamId, TeamState),
    (_, after): &(TeamId, TeamState),
) -> TeamChange {
    let access = |state: &TeamState| state.access.code().to_owned();
    let in_debt = |state: &TeamState| !state.debt.total().is_zero();
    let grace = |state: &TeamState| state.clock.grace_until().filter(|_| in_debt(state));
    TeamChange {
        team: book.teams.get(team).map(|team| team.slug.clone()).unwrap_or_default(),
        balance: Changed { before: before.balance(), after: after.balance() },
        debt: Changed { before: before.debt.total(), after: after.debt.total() },
        access: Changed { before: access(before), after: access(after) },
        grace_until: Changed { before: grace(before), after: grace(after) },
    }
}

/// What a journal adds to the days of each app and API.
fn buckets(book: &Book, journal: &Journal<'_>) -> Vec<BucketChange> {
    let mut sums: BTreeMap<(i64, i64, i64), (i64, i64, i64)> = BTreeMap::new();
    for ((day, key), delta) in journal.usage.of(Bucket::Day) {
        let sum = sums.entry((*day, key.app_id, key.api_id)).or_default();
        sum.0 += delta.events;
        sum.1 += delta.quantity * MICRO + delta.quantity_micro;
        sum.2 += delta.tokens;
    }
    let change = |((day, app, api), (events, quantity, tokens))| BucketChange {
        day: Instant::from_micros(day),
        app: book.apps.get(&AppId(app)).map(|app| app.client_id.clone()).unwrap_or_default(),
        api: book.apis.get(&ApiId(api)).map(|api| api.code.clone()).unwrap_or_default(),
        events,
        quantity: Quantity::from_micro(quantity),
        tokens: Tokens::from_micro(tokens),
    };
    sums.retain(|_, sum| *sum != (0, 0, 0));
    sums.into_iter().map(change).collect()
}

/// Stands for what corrections change: everything that the preview shows.
fn basis(results: &[EventResult], changes: &Changes) -> Result<String, Fault> {
    let shown = serde_json::to_vec(&(results, changes)).map_err(|e| fault::internal(&e))?;
    let hash = Sha256::digest(&shown);
    Ok(hash[..16].iter().map(|byte| format!("{byte:02x}")).collect())
}
