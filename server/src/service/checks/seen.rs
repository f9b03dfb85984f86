//! Checks without a hold: nothing is written for the answer, and one small read tells for all
//! that wait whether what is in memory is still so. Who comes while it runs waits for the next,
//! so no answer rests on something older than its question.

use super::super::book::Book;
use super::super::{Service, fault};
use super::ground::{Books, Found, Stand, WindowKey};
use super::judged::{Judged, judge};
use super::priced::Priced;
use super::window::{self, Window};
use crate::store::db::Tx;
use crate::store::hold::{self, TeamVersion, Versions};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokenscope::check::AskedCall;
use tokenscope::fault::Fault;
use tokenscope::id::{OrgId, TeamId};
use tokenscope::time::Instant;
use tokio::sync::oneshot;

/// Most checks of one group; more wait for the next.
const GROUP: usize = 1024;

/// A check that waits.
pub struct Ask {
    call: Arc<AskedCall>,
    reply: oneshot::Sender<Result<Seen, Fault>>,
}

/// A decision with the book it was made by.
pub struct Seen {
    /// The decision.
    pub judged: Judged,
    /// The book.
    pub book: Arc<Book>,
}

impl Service {
    /// Decides about a call that wants no hold.
    pub(super) async fn see(&self, org: OrgId, call: Arc<AskedCall>) -> Result<Seen, Fault> {
        let (reply, answer) = oneshot::channel();
        if self.parts.checks.asks.join(org, Ask { call, reply }) {
            let service = self.clone();
            tokio::spawn(async move {
                let open = service.parts.checks.asks.open(org);
                while let Some(group) = open.take(GROUP) {
                    together(&service, org, group).await;
                }
            });
        }
        answer.await.map_err(|_| Fault::Busy)?
    }
}

async fn together(service: &Service, org: OrgId, group: Vec<Ask>) {
    let calls: Vec<Arc<AskedCall>> = group.iter().map(|ask| Arc::clone(&ask.call)).collect();
    match judge_all(service, org, &calls).await {
        Ok(judged) => {
            for (ask, judged) in group.into_iter().zip(judged) {
                // Who hung up needs no answer.
                let _ = ask.reply.send(judged);
            }
        }
        Err(fault) => {
            for ask in group {
                let _ = ask.reply.send(Err(fault.clone()));
            }
        }
    }
}

type All = Vec<Result<Seen, Fault>>;

/// In memory where nothing has changed since, and else in a transaction that reads what has.
async fn judge_all(service: &Service, org: OrgId, calls: &[Arc<AskedCall>]) -> Result<All, Fault> {
    if let Some(book) = service.parts.books.get(org) {
        let teams = teams(&book, calls, service.clock().now());
        let versions = hold::glance(service.db(), org, teams).await.map_err(fault::of)?;
        let now = service.clock().now();
        let same = versions.revision == Some(book.revision);
        if let Some(all) = same.then(|| in_memory(service, &book, &versions, calls, now)).flatten()
        {
            return Ok(all);
        }
    }
    let mut tx = service.read().await?;
    let now = service.clock().now();
    let (book, versions) = versions(service, &mut tx, org, calls, now).await?;
    let mut sight = Sight { service, tx, book, versions, now, stands: BTreeMap::new() };
    let mut judged = Vec::with_capacity(calls.len());
    for call in calls {
        judged.push(sight.judge(call).await);
    }
    Ok(judged)
}

/// Judges all calls by what is remembered; none where something is missing or of another version.
fn in_memory(
    service: &Service,
    book: &Arc<Book>,
    versions: &Versions,
    calls: &[Arc<AskedCall>],
    now: Instant,
) -> Option<All> {
    let grounds = &service.parts.checks.grounds;
    let mut stands: BTreeMap<TeamId, Stand> = BTreeMap::new();
    let mut all = Vec::with_capacity(calls.len());
    for call in calls {
        let priced = match Priced::new(book, call, now) {
            Ok(priced) => priced,
            Err(fault) => {
                all.push(Err(fault));
                continue;
            }
        };
        if let Some(team) = priced.team
            && !stands.contains_key(&team)
        {
            let found = Found { team, version: *versions.teams.get(&team)? };
            stands.insert(team, grounds.present(book, found, now)?);
        }
        let stand = priced.team.and_then(|team| stands.get(&team));
        let window = match window_key(book, call, &priced, stand) {
            Some((of, key, books)) => grounds.window(of, books, &key)?,
            None => Window::default(),
        };
        let judged = judge(book, call, priced, stand, window, now);
        all.push(Ok(Seen { judged, book: Arc::clone(book) }));
    }
    Some(all)
}

/// What the calls of one group share.
struct Sight<'a> {
    service: &'a Service,
    tx: Tx,
    book: Arc<Book>,
    versions: BTreeMap<TeamId, TeamVersion>,
    now: Instant,
    stands: BTreeMap<TeamId, Stand>,
}

impl Sight<'_> {
    async fn judge(&mut self, call: &AskedCall) -> Result<Seen, Fault> {
        let priced = Priced::new(&self.book, call, self.now)?;
        if let Some(team) = priced.team {
            self.look_at(team).await?;
        }
        let stand = priced.team.and_then(|team| self.stands.get(&team));
        let window =
            window_of(self.service, &mut self.tx, &self.book, call, &priced, stand).await?;
        let judged = judge(&self.book, call, priced, stand, window, self.now);
        Ok(Seen { judged, book: Arc::clone(&self.book) })
    }
    async fn look_at(&mut self, team: TeamId) -> Result<(), Fault> {
        let version = self.versions.get(&team).copied();
        if let Some(version) = version
            && !self.stands.contains_key(&team)
        {
            let (found, grounds) = (Found { team, version }, &self.service.parts.checks.grounds);
            let stand = grounds.stand(&mut self.tx, &self.book, found, self.now).await?;
            self.stands.insert(team, stand);
        }
        Ok(())
    }
}

/// The book, and the versions of all teams that the calls would charge.
async fn versions(
    service: &Service,
    tx: &mut Tx,
    org: OrgId,
    calls: &[Arc<AskedCall>],
    now: Instant,
) -> Result<(Arc<Book>, BTreeMap<TeamId, TeamVersion>), Fault> {
    let known = service.parts.books.get(org);
    let teams = known.as_ref().map(|book| teams(book, calls, now)).unwrap_or_default();
    let seen = hold::versions(tx, org, teams).await.map_err(fault::of)?;
    if let Some(book) = known.filter(|book| Some(book.revision) == seen.revision) {
        return Ok((book, seen.teams));
    }
    let book = service.book(tx, org).await?;
    let teams = self::teams(&book, calls, now);
    let seen = hold::versions(tx, org, teams).await.map_err(fault::of)?;
    Ok((book, seen.teams))
}

/// The teams that calls would charge.
pub fn teams<'a>(
    book: &Book,
    calls: impl IntoIterator<Item = &'a Arc<AskedCall>>,
    now: Instant,
) -> BTreeSet<TeamId> {
    calls.into_iter().filter_map(|call| team_of(book, call, now)).collect()
}

/// The team that a call would charge.
pub fn team_of(book: &Book, call: &AskedCall, now: Instant) -> Option<TeamId> {
    book.apps.get(&book.app(&call.client_id)?)?.team_at(now)
}

/// Under which the window of a call for a daily product is remembered; none where it has none.
fn window_key<'a>(
    book: &Book,
    call: &AskedCall,
    priced: &Priced,
    stand: Option<&'a Stand>,
) -> Option<((OrgId, TeamId), WindowKey, &'a Arc<Books>)> {
    let (user, team) = (call.user.as_ref()?, priced.team.filter(|_| priced.is_daily())?);
    let key = (user.to_lowercase(), priced.api?, priced.variant);
    Some(((book.org, team), key, &stand?.books))
}

/// What there is to know of the window of a call for a daily product.
pub async fn window_of(
    service: &Service,
    tx: &mut Tx,
    book: &Book,
    call: &AskedCall,
    priced: &Priced,
    stand: Option<&Stand>,
) -> Result<Window, Fault> {
    let (Some((of, key, books)), Some(stand)) = (window_key(book, call, priced, stand), stand)
    else {
        return Ok(Window::default());
    };
    let grounds = &service.parts.checks.grounds;
    if let Some(window) = grounds.window(of, books, &key) {
        return Ok(window);
    }
    let window = window::look(tx, book, priced, &key.0, stand.at).await.map_err(fault::of)?;
    if window.lasting {
        grounds.remember(of, books, key, window);
    }
    Ok(window)
}
