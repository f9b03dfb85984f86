//! Makes a batch ready: each item is checked, its names become numbers, and it is rated.

use super::super::book::{Book, direct_client_id};
use super::super::checks::HoldEnding;
use super::super::{Service, commit, fault};
use crate::store::event::EventRow;
use crate::store::{names, org};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokenscope::event::{EventResult, NewEvent, Spender, Status, Submitted};
use tokenscope::fault::{Fault, FieldFault};
use tokenscope::id::TeamId;
use tokenscope::lot::Class;
use tokenscope::permission::Scope;
use tokenscope::rate::{Rating, Usage, rate};
use tokenscope::service::Caller;
use tokenscope::time::{DAY, Instant, SECOND};
use tokenscope::tokens::Tokens;

/// How far ahead of the server's clock an event may be.
const AHEAD: i64 = 5 * 60 * SECOND;

/// A batch that is ready to be written.
pub struct Prepared {
    /// The book it was rated with.
    pub book: Arc<Book>,
    /// When it arrived.
    pub now: Instant,
    /// What is known of each item already, in the order sent.
    pub results: Vec<Option<EventResult>>,
    /// The events that may be written, each key once.
    pub events: Vec<Ready>,
    /// Items whose key stands earlier in the batch.
    pub repeats: Vec<Repeat>,
    /// The hold that ends with it.
    pub ending: Option<HoldEnding>,
}

/// An item whose key stands earlier in the batch: what it is depends on whose content is stored.
pub struct Repeat {
    /// Its place in the batch.
    pub place: usize,
    /// Digest of source and id.
    pub digest: [u8; 16],
    /// Fingerprint of what was sent.
    pub fingerprint: i64,
}

/// An event that may be written.
pub struct Ready {
    /// Its place in the batch.
    pub place: usize,
    /// The row.
    pub row: EventRow,
    /// Who pays; none while the app is unassigned.
    pub team: Option<TeamId>,
    /// What it costs.
    pub rating: Cost,
}

/// What an event costs by itself.
pub enum Cost {
    /// So much.
    Price(Class, Tokens),
    /// A session of a daily product: rated with the others of its key.
    Session,
}

/// Checks, resolves and rates a batch.
pub async fn prepare(
    service: &Service,
    caller: &Caller,
    events: &[Submitted],
) -> Result<Prepared, Fault> {
    let now = service.clock().now();
    let (book, users) = resolve(service, caller, events).await?;
    let mut batch = Prepared {
        book,
        now,
        results: Vec::with_capacity(events.len()),
        events: Vec::with_capacity(events.len()),
        repeats: Vec::new(),
        ending: None,
    };
    let mut seen: BTreeSet<[u8; 16]> = BTreeSet::new();
    for (place, event) in events.iter().enumerate() {
        let ready = event
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|event| ready(&batch, caller, &users, place, event));
        let result = match ready {
            Err(fault) => Some(EventResult::from(fault)),
            Ok(ready) if seen.insert(ready.row.digest) => {
                batch.events.push(ready);
                None
            }
            Ok(ready) => {
                let EventRow { digest, fingerprint, .. } = ready.row;
                batch.repeats.push(Repeat { place, digest, fingerprint });
                None
            }
        };
        batch.results.push(result);
    }
    Ok(batch)
}

type Users = HashMap<String, i64>;

/// The book with every name of the batch in it, and the numbers of its users.
async fn resolve(
    service: &Service,
    caller: &Caller,
    events: &[Submitted],
) -> Result<(Arc<Book>, Users), Fault> {
    let mut tx = service.read().await?;
    let book = service.book(&mut tx, caller.org).await?;
    let wanted: BTreeSet<String> =
        events.iter().flatten().filter_map(|e| e.user.as_ref()).map(|u| u.to_lowercase()).collect();
    let known = names::users(&mut tx, caller.org, wanted.iter().cloned().collect()).await;
    let users: Users = known.map_err(fault::of)?.into_iter().collect();
    drop(tx);
    let missing_user = wanted.iter().any(|user| !users.contains_key(user));
    if !missing_user && events.iter().flatten().all(|event| is_known(&book, event)) {
        return Ok((book, users));
    }
    add_missing(service, caller, events, wanted).await
}

fn is_known(book: &Book, event: &NewEvent) -> bool {
    let Some(api) = book.api(&event.api) else {
        return false;
    };
    let variant = event.variant.as_ref().is_none_or(|v| book.variant(api, v).is_some());
    let app = match &event.spender {
        Spender::ClientId(client) => book.app(client).is_some(),
        // An unknown team is refused, so there is nothing to add for it.
        Spender::Team(team) => {
            book.team(team).is_none() || book.app(&direct_client_id(team)).is_some()
        }
    };
    variant && app && book.source(&event.source).is_some()
}

/// Adds what the batch names for the first time, in a transaction of its own: a name without an
/// event does no harm, and the batch itself then needs no lock on the organization.
async fn add_missing(
    service: &Service,
    caller: &Caller,
    events: &[Submitted],
    wanted: BTreeSet<String>,
) -> Result<(Arc<Book>, Users), Fault> {
    let (org_id, now) = (caller.org, service.clock().now());
    let mut tx = service.write().await?;
    let mut lock = org::lock(&mut tx, org_id, now).await.map_err(fault::of)?;
    let book = service.book(&mut tx, org_id).await?;
    let mut added = Added::default();
    for event in events.iter().flatten() {
        added.add(&mut tx, &mut lock, &book, event, now).await.map_err(fault::of)?;
    }
    let known = names::users(&mut tx, org_id, wanted.iter().cloned().collect()).await;
    let mut users: Users = known.map_err(fault::of)?.into_iter().collect();
    let new: Vec<String> = wanted.into_iter().filter(|u| !users.contains_key(u)).collect();
    let numbers = names::add_users(&mut tx, org_id, &mut lock, new.clone(), now).await;
    users.extend(new.into_iter().zip(numbers.map_err(fault::of)?));
    if added == Added::default() {
        // Users stand in no book, so that what others have ready stays good.
        lock.give_back_numbers(&mut tx).await.map_err(fault::of)?;
    } else {
        lock.give_back(&mut tx).await.map_err(fault::of)?;
    }
    commit(tx).await?;
    // Not before the commit: if that failed, the book in memory would hold names under numbers
    // that another server gives to others.
    let book = service.book(&mut service.read().await?, org_id).await?;
    Ok((book, users))
}

/// What a batch added, so that it is added once.
#[derive(Default, PartialEq, Eq)]
struct Added {
    apis: HashMap<String, i64>,
    variants: BTreeSet<(i64, String)>,
    clients: BTreeSet<String>,
    sources: BTreeSet<String>,
}

impl Added {
    async fn add(
        &mut self,
        tx: &mut crate::store::db::Tx,
        lock: &mut org::OrgLock,
        book: &Book,
        event: &NewEvent,
        now: Instant,
    ) -> Result<(), crate::store::db::DbError> {
        let org = book.org;
        let known = book.api(&event.api).map(|api| api.0);
        let api = match known.or_else(|| self.apis.get(&event.api).copied()) {
            Some(api) => api,
            None => {
                let (number, code) = (lock.number(), event.api.as_str());
                names::add_api(tx, org, number, (code, code, "unit"), false, now).await?;
                self.apis.insert(event.api.clone(), number);
                number
            }
        };
        if let Some(code) = &event.variant
            && book.variant(tokenscope::id::ApiId(api), code).is_none()
            && self.variants.insert((api, code.clone()))
        {
            names::add_variant(tx, org, lock.number(), api, code).await?;
        }
        if book.source(&event.source).is_none() && self.sources.insert(event.source.clone()) {
            names::add_source(tx, org, lock.number(), &event.source).await?;
        }
        let (client_id, direct_team) = match &event.spender {
            Spender::ClientId(client) => (client.clone(), None),
            Spender::Team(team) => match book.team(team) {
                Some(number) => (direct_client_id(team), Some(number)),
                None => return Ok(()),
            },
        };
        if book.app(&client_id).is_none() && self.clients.insert(client_id.clone()) {
            let name = direct_team.and_then(|t| book.teams.get(&t)).map(|t| t.name.as_str());
            let app = names::NewApp {
                client_id: &client_id,
                name: name.unwrap_or(&client_id),
                owner: None,
                direct_team: direct_team.map(|t| t.0),
                registered: direct_team.is_some(),
            };
            names::add_app(tx, org, lock.number(), app, now).await?;
        }
        Ok(())
    }
}

fn ready(
    batch: &Prepared,
    caller: &Caller,
    users: &Users,
    place: usize,
    event: &NewEvent,
) -> Result<Ready, FieldFault> {
    let (book, now) = (&batch.book, batch.now);
    if event.tokens.is_some() && !caller.has_scope(Scope::IngestRated) {
        let reason = "needs a key with the scope `ingest-rated`: leave it out to be rated here";
        return Err(FieldFault::new("tokens", reason));
    }
    let at = event.time.unwrap_or(now);
    // Imports and the program itself are not bound to the accept window, keys are.
    let window = book.accept_window_days.filter(|_| caller.scopes.is_some());
    check_time(window, now, at)?;
    let unknown = |field: &str| FieldFault::new(field, "is not known and could not be added");
    let (client_id, field) = match &event.spender {
        Spender::ClientId(client) => (client.clone(), "client_id"),
        Spender::Team(team) if book.team(team).is_none() => {
            let reason = format!("there is no team `{team}`: make it, or name an app");
            return Err(FieldFault::new("team", reason));
        }
        Spender::Team(team) => (direct_client_id(team), "team"),
    };
    let app = book.app(&client_id).ok_or_else(|| unknown(field))?;
    let api = book.api(&event.api).ok_or_else(|| unknown("api"))?;
    let variant = match &event.variant {
        Some(code) => Some(book.variant(api, code).ok_or_else(|| unknown("variant"))?),
        None => None,
    };
    let user = event.user.as_ref().and_then(|user| users.get(&user.to_lowercase())).copied();
    let team = book.apps.get(&app).and_then(|app| app.team_at(at));
    let usage = Usage {
        time: at,
        api,
        variant,
        quantity: event.quantity,
        status: event.status,
        tokens: event.tokens,
        has_user: user.is_some(),
    };
    let trial = team.and_then(|team| book.trial(team));
    let rated =
        rate(&book.card, &usage, trial).map_err(|e| FieldFault::new(e.member(), e.to_string()))?;
    let rating = match rated.rating {
        Rating::Price(class, amount) => Cost::Price(class, amount),
        Rating::Session => Cost::Session,
    };
    let row = EventRow {
        at: at.micros(),
        digest: digest(&event.source, &event.id),
        fingerprint: fingerprint(event),
        source_id: book.source(&event.source).ok_or_else(|| unknown("source"))?.0,
        external_id: event.id.clone(),
        app_id: app.0,
        user_id: user.unwrap_or(0),
        api_id: api.0,
        variant_id: variant.map_or(0, |v| v.0),
        quantity: event.quantity.map(|q| q.micro()),
        failed: event.status == Status::Failed,
        own_tokens: event.tokens.map(Tokens::micro),
        attributes: attributes(event),
        received_at: now.micros(),
        revision: 0,
        booked_at: Some(book.booked(at.micros())).filter(|booked| *booked != at.micros()),
    };
    Ok(Ready { place, row, team, rating })
}

fn check_time(window: Option<i64>, now: Instant, at: Instant) -> Result<(), FieldFault> {
    if at > now.plus(AHEAD) {
        let reason = format!(
            "is more than 5 minutes ahead of this server's clock ({now}): check the sender's clock"
        );
        return Err(FieldFault::new("time", reason));
    }
    let Some(days) = window else { return Ok(()) };
    if at < now.plus(-days.saturating_mul(DAY)) {
        let reason = format!(
            "is older than the {days} days this organization accepts: use an import, or ask an \
             admin to widen the window"
        );
        return Err(FieldFault::new("time", reason));
    }
    Ok(())
}

/// 16 bytes that stand for the key of an event.
pub fn digest(source: &str, id: &str) -> [u8; 16] {
    let mut hasher = Sha256::new();
    hasher.update(source.len().to_be_bytes());
    hasher.update(source);
    hasher.update(id);
    let mut digest = [0; 16];
    digest.copy_from_slice(&hasher.finalize()[..16]);
    digest
}

fn attributes(event: &NewEvent) -> Option<String> {
    if event.attributes.is_empty() {
        return None;
    }
    serde_json::to_string(&event.attributes).ok()
}

/// 8 bytes that stand for what was sent, in normal form; a time left out is not part of it, so
/// that a repeat without a time is the same event.
fn fingerprint(event: &NewEvent) -> i64 {
    let mut hasher = Sha256::new();
    let mut part = |text: Option<String>| match text {
        Some(text) => {
            hasher.update(text.len().to_be_bytes());
            hasher.update(text);
        }
        None => hasher.update([0xff; 9]),
    };
    let (kind, spender) = match &event.spender {
        Spender::ClientId(client) => ("client", client),
        Spender::Team(team) => ("team", team),
    };
    part(Some(kind.into()));
    part(Some(spender.clone()));
    part(event.time.map(|t| t.micros().to_string()));
    part(event.user.as_ref().map(|u| u.to_lowercase()));
    part(Some(event.api.clone()));
    part(event.variant.clone());
    part(event.quantity.map(|q| q.micro().to_string()));
    part(Some(u8::from(event.status == Status::Failed).to_string()));
    part(event.tokens.map(|t| t.micro().to_string()));
    part(attributes(event));
    let mut eight = [0; 8];
    eight.copy_from_slice(&hasher.finalize()[..8]);
    i64::from_be_bytes(eight)
}
