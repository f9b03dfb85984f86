//! Stored events against what they should cost now: what is charged and no longer due is taken
//! back, what is due and not charged is posted. The same for new sessions of daily products,
//! corrections, and rules about the past.

use super::super::book::Book;
use super::usage::dimensions;
use super::windows::{self, Keys, key_of};
use super::{Billed, Due, Journal, class, digest_of};
use crate::store::charge::{self, NetRow};
use crate::store::charge_return::{self, ReturnRow};
use crate::store::db::{DbError, Tx};
use crate::store::stored_event::StoredEvent;
use std::collections::BTreeMap;
use tokenscope::event::Status;
use tokenscope::id::{ApiId, AppId, OrgId, TeamId, VariantId};
use tokenscope::lot::Class;
use tokenscope::rate::{Rating, RatingError, Usage, rate};
use tokenscope::time::Instant;
use tokenscope::tokens::{Quantity, Tokens};

/// What an event costs under a book.
pub struct Cost {
    /// Who pays; none while its app has no team then.
    pub team: Option<TeamId>,
    /// Its price; none for a session, which is rated with the others of its key.
    pub single: Option<(Class, Tokens)>,
}

/// Rates a stored event by itself. One that cannot be rated under these rules is damage: rules
/// that would make it so were refused.
pub fn cost_of(book: &Book, event: &StoredEvent) -> Result<Cost, DbError> {
    try_cost(book, event).map_err(|error| {
        DbError::Damaged(format!("the event `{}` cannot be rated: {error}", event.external_id))
    })
}

/// The same, with the reason for an event that cannot be rated under these rules.
pub fn try_cost(book: &Book, event: &StoredEvent) -> Result<Cost, RatingError> {
    let at = Instant::from_micros(event.at);
    let team = book.apps.get(&AppId(event.app_id)).and_then(|app| app.team_at(at));
    let usage = Usage {
        time: at,
        api: ApiId(event.api_id),
        variant: (event.variant_id != 0).then_some(VariantId(event.variant_id)),
        quantity: event.quantity.map(Quantity::from_micro),
        status: if event.failed == 0 { Status::Success } else { Status::Failed },
        tokens: event.own_tokens.map(Tokens::from_micro),
        has_user: event.user_id != 0,
    };
    let rated = rate(&book.card, &usage, team.and_then(|team| book.trial(team)))?;
    let single = match rated.rating {
        Rating::Price(class, amount) => Some((class, amount)),
        Rating::Session => None,
    };
    Ok(Cost { team, single })
}

/// Whether an event is a session of a daily product under a book.
pub fn is_session(book: &Book, event: &StoredEvent) -> Result<bool, DbError> {
    Ok(cost_of(book, event)?.single.is_none())
}

/// A charge that is there.
#[derive(Debug, Clone)]
pub struct Alive {
    /// Its rows, added up.
    pub row: NetRow,
}

impl Alive {
    /// The charge's own time.
    pub fn own_at(&self) -> i64 {
        self.row.belongs_to.unwrap_or(self.row.at)
    }
    fn is(&self, due: &Due) -> Result<bool, DbError> {
        let row = &self.row;
        Ok((row.team_id, row.n, row.amount) == (due.team, due.n, due.amount)
            && self.own_at() == due.at
            && class(&row.class)? == due.class)
    }
}

/// What is charged now for the events that were looked at, and what came back before.
#[derive(Default)]
pub struct Stored {
    job: i64,
    seen: BTreeMap<[u8; 16], Vec<Alive>>,
    returned: BTreeMap<[u8; 16], Vec<(ReturnRow, NetRow)>>,
}

impl Stored {
    /// Nothing yet; what a job (0 for none) has prepared counts.
    pub fn of_job(job: i64) -> Self {
        Self { job, ..Self::default() }
    }

    /// Reads the charges of events that were not looked at yet.
    pub async fn load(
        &mut self,
        tx: &mut Tx,
        org: OrgId,
        mut digests: Vec<Vec<u8>>,
    ) -> Result<(), DbError> {
        digests.retain(|d| digest_of(d).is_ok_and(|d| !self.seen.contains_key(&d)));
        for digest in &digests {
            self.seen.entry(digest_of(digest)?).or_default();
        }
        let returns = charge_return::list(tx, org, digests.clone()).await?;
        for row in charge::net(tx, org, digests, self.job).await? {
            let digest = digest_of(&row.digest)?;
            let place = |r: &&ReturnRow| {
                (r.team_id, r.at, r.n) == (row.team_id, row.at, row.n) && r.digest == row.digest
            };
            let mut here = returns.iter().filter(place);
            match here.find(|r| r.taken_back_at.is_none()) {
                Some(back) => {
                    self.returned.entry(digest).or_default().push((back.clone(), row));
                }
                None => self.seen.entry(digest).or_default().push(Alive { row }),
            }
        }
        Ok(())
    }

    /// The charges of an event that are there.
    pub fn alive(&self, digest: &[u8; 16]) -> impl Iterator<Item = &Alive> {
        self.seen.get(digest).into_iter().flatten()
    }
}

/// An event to be reckoned again.
pub struct Touch {
    /// Digest of source and id.
    pub digest: [u8; 16],
    /// Name of the sender and his id.
    pub key: (String, String),
    /// As it is now; none = void.
    pub now: Option<StoredEvent>,
    /// Earlier revisions, where charges of them may be there.
    pub before: Vec<StoredEvent>,
}

impl Touch {
    /// An event that is as it was: a rule changed.
    pub fn of(event: StoredEvent) -> Result<Self, DbError> {
        let key = (event.source.clone(), event.external_id.clone());
        let digest = digest_of(&event.digest)?;
        Ok(Self { digest, key, now: Some(event), before: Vec::new() })
    }
}

/// The keys of daily products that events touch under a book, from `from` on at the latest.
pub fn keys_of<'e>(
    book: &Book,
    events: impl IntoIterator<Item = &'e StoredEvent>,
    from: i64,
    keys: &mut Keys,
) -> Result<(), DbError> {
    for event in events {
        if let Some(key) = key_of(book, event)? {
            let earliest = keys.entry(key).or_insert(i64::MAX);
            *earliest = (*earliest).min(event.at).min(from);
        }
    }
    Ok(())
}

/// Writes into the journal what is to change for touched events and for all sessions of touched
/// keys, and says what each of these events comes to. Call it under the organization's lock or the
/// teams', after events were written.
pub async fn reckon(
    tx: &mut Tx,
    book: &Book,
    journal: &mut Journal<'_>,
    (touched, keys, job): (Vec<Touch>, &Keys, i64),
) -> Result<BTreeMap<[u8; 16], Tokens>, DbError> {
    let mut stored = Stored::of_job(job);
    stored.load(tx, book.org, touched.iter().map(|t| t.digest.to_vec()).collect()).await?;
    let mut work: BTreeMap<[u8; 16], (Touch, Vec<Due>)> = BTreeMap::new();
    for touch in touched {
        let due = match &touch.now {
            Some(event) => single(book, event)?,
            None => Vec::new(),
        };
        work.insert(touch.digest, (touch, due));
    }
    if !keys.is_empty() {
        for (event, due) in windows::due(tx, book, keys, &mut stored).await? {
            let digest = digest_of(&event.digest)?;
            match work.get_mut(&digest) {
                Some((_, known)) => *known = due,
                None => drop(work.insert(digest, (Touch::of(event)?, due))),
            }
        }
    }
    let mut sums = BTreeMap::new();
    for (digest, (touch, due)) in work {
        let sum: Tokens = due.iter().map(|due| Tokens::from_micro(due.amount)).sum();
        sums.insert(digest, sum);
        settle(book, journal, &stored, &touch, due)?;
    }
    Ok(sums)
}

fn single(book: &Book, event: &StoredEvent) -> Result<Vec<Due>, DbError> {
    let cost = cost_of(book, event)?;
    let due = cost.team.zip(cost.single).map(|(team, (class, amount))| Due {
        team: team.0,
        n: 0,
        at: event.at,
        class,
        amount: amount.micro(),
    });
    Ok(due.into_iter().filter(|due| due.amount != 0).collect())
}

fn billed(event: &StoredEvent) -> Result<Billed, DbError> {
    Ok(Billed {
        digest: digest_of(&event.digest)?,
        revision: event.revision,
        at: event.at,
        dimensions: dimensions(event),
    })
}

/// One event: its charges become those that are due.
fn settle(
    book: &Book,
    journal: &mut Journal<'_>,
    stored: &Stored,
    touch: &Touch,
    mut due: Vec<Due>,
) -> Result<(), DbError> {
    due.retain(|due| due.amount != 0);
    let open = book.open().micros();
    let now = touch.now.as_ref().map(billed).transpose()?;
    let before = touch.before.iter().map(billed).collect::<Result<Vec<_>, _>>()?;
    let mut returned: Vec<&(ReturnRow, NetRow)> =
        stored.returned.get(&touch.digest).into_iter().flatten().collect();
    let mut given: BTreeMap<i64, usize> = BTreeMap::new();
    for (row, _) in &returned {
        *given.entry(row.n).or_default() += 1;
    }
    for alive in stored.alive(&touch.digest) {
        let row = &alive.row;
        let mut same = None;
        for (place, due) in due.iter().enumerate() {
            if alive.is(due)? {
                same = Some(place);
            }
        }
        let of_old = now.iter().chain(&before).find(|b| b.revision == row.revision);
        match (same.map(|place| due.remove(place)), &now) {
            (Some(due), Some(now)) if row.at >= open && row.revision != now.revision => {
                let old = of_old.ok_or_else(|| lost(touch))?;
                journal.reverse(old, row)?;
                journal.repost(now, &due, row)?;
            }
            (Some(_), _) => {}
            (None, _) if row.at >= open => {
                journal.reverse(of_old.ok_or_else(|| lost(touch))?, row)?;
            }
            (None, _) => {
                let again = given.entry(row.n).or_default();
                journal.give_back((&touch.key.0, &touch.key.1), row, *again);
                *again += 1;
            }
        }
    }
    let Some(now) = &now else { return Ok(()) };
    for due in due {
        // A charge that came back since the last close, and is due again: as if it had not.
        let mut found = None;
        for (place, (back, row)) in returned.iter().enumerate() {
            if back.effective_at == open && (Alive { row: row.clone() }).is(&due)? {
                found = Some(place);
            }
        }
        match found {
            Some(place) => journal.taken_back.push(returned.swap_remove(place).0.clone()),
            None => journal.post(now, &due)?,
        }
    }
    Ok(())
}

fn lost(touch: &Touch) -> DbError {
    DbError::Damaged(format!("a charge of a revision of `{}` that is not there", touch.key.1))
}

/// The events whose quantity counts otherwise under a book than under the one before: a session
/// that names none is 300 s long, any other use is one. Says whether there are any.
pub fn kind_changes(
    (before, now): (&Book, &Book),
    events: &[StoredEvent],
    journal: &mut Journal<'_>,
) -> Result<bool, DbError> {
    let mut any = false;
    for event in events.iter().filter(|event| event.quantity.is_none()) {
        let was = cost_of(before, event)?.single.is_none();
        let is = cost_of(now, event)?.single.is_none();
        let at = event.booked_at.unwrap_or(event.at);
        if was != is && at >= now.open().micros() {
            let more = super::resolved(None, is) - super::resolved(None, was);
            journal.usage.event(at, dimensions(event), more, 0)?;
            any = true;
        }
    }
    Ok(any)
}
