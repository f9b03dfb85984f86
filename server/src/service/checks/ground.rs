//! What decisions rest on: per team its books now, its live holds and the open windows of its
//! users, in memory. A cache: nothing of it is used before its versions were compared with those
//! of the transaction that relies on it.

use super::super::book::Book;
use super::super::fault;
use super::now::{TeamNow, team_now};
use super::priced::Variant;
use super::window::Window;
use crate::store::db::Tx;
use crate::store::hold::{self, TeamVersion};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokenscope::access::PolicyLines;
use tokenscope::check::UsableLots;
use tokenscope::fault::Fault;
use tokenscope::hold::{Promises, Stock};
use tokenscope::id::{ApiId, OrgId, TeamId};
use tokenscope::lot::{Class, PaysFor};
use tokenscope::time::{Instant, SECOND};
use tokenscope::tokens::Tokens;

/// By how much clocks of one machine may seem to go back between two readings. Within it the
/// later reading counts; beyond it everything is read anew.
const WAVER: i64 = SECOND;
/// Most windows that are remembered of a team.
const WINDOWS: usize = 10_000;

/// The books of a team, of one revision of the organization's book and one version of its charges.
pub struct Books {
    revision: i64,
    recorded_at: i64,
    /// As they are now.
    pub now: TeamNow,
    /// The policies that speak for it.
    pub policy: PolicyLines,
    /// Its usable lots, added up.
    pub usable: UsableLots,
}

/// Everything about a team that a decision needs.
struct Ground {
    books: Arc<Books>,
    hold_revision: i64,
    promises: Promises,
    windows: HashMap<WindowKey, Window>,
    /// The newest instant for which it was used: what ended before is forgotten.
    at: Instant,
}

/// User, product and price class.
pub type WindowKey = (String, ApiId, Variant);

/// What a decision takes of a team's ground.
#[derive(Clone)]
pub struct Stand {
    /// The instant of the decision.
    pub at: Instant,
    /// The team's books.
    pub books: Arc<Books>,
    /// What is left for holds.
    pub stock: Stock,
    /// What live holds reserve.
    pub held: Tokens,
}

/// A hold that came or went.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// For what.
    pub class: Class,
    /// When the hold ends.
    pub until: Instant,
    /// How much.
    pub amount: Tokens,
    /// Whether it came.
    pub added: bool,
}

/// The grounds of the teams that were asked about.
#[derive(Default)]
pub struct Grounds {
    teams: Mutex<Teams>,
}

type Teams = HashMap<(OrgId, TeamId), Box<Ground>>;

/// A team as a transaction found it.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// The team.
    pub team: TeamId,
    /// The version of its charges and holds.
    pub version: TeamVersion,
}

impl Grounds {
    fn lock(&self) -> MutexGuard<'_, Teams> {
        self.teams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a team stands, as a transaction sees it that found this version of it.
    pub async fn stand(
        &self,
        tx: &mut Tx,
        book: &Book,
        found: Found,
        now: Instant,
    ) -> Result<Stand, Fault> {
        let Found { team, version } = found;
        if let Some(stand) = self.present(book, found, now) {
            return Ok(stand);
        }
        // Taken out while it is mended.
        let old = self.lock().remove(&(book.org, team));
        let old = old.filter(|ground| ground.at.since(now) <= WAVER);
        let now = old.as_ref().map_or(now, |ground| now.max(ground.at));
        let (books, old) = match old {
            Some(ground) if ground.books.are_of(book, version, now) => {
                (Arc::clone(&ground.books), Some(ground))
            }
            old => {
                let books = Books::read(tx, book, found, now).await?;
                (Arc::new(books), old.map(|ground| ground.without_windows()))
            }
        };
        let lots = &books.now.state.lots;
        let (promises, windows) = match old {
            Some(mut ground) if ground.hold_revision == version.hold_revision => {
                ground.promises.pass(now);
                ground.promises.renew(lots);
                (ground.promises, ground.windows)
            }
            old => {
                let live = hold::live(tx, book.org, team, now).await.map_err(fault::of)?;
                (Promises::new(lots, live), old.map(|ground| ground.windows).unwrap_or_default())
            }
        };
        let hold_revision = version.hold_revision;
        let ground = Ground { books, hold_revision, promises, windows, at: now };
        let stand = ground.stand();
        self.keep((book.org, team), ground);
        Ok(stand)
    }

    /// The same where the ground is of this version.
    pub fn present(&self, book: &Book, found: Found, now: Instant) -> Option<Stand> {
        let mut teams = self.lock();
        let ground = teams.get_mut(&(book.org, found.team))?;
        let later = now.max(ground.at);
        let same = later.since(now) <= WAVER
            && ground.books.are_of(book, found.version, later)
            && ground.hold_revision == found.version.hold_revision;
        same.then(|| {
            ground.at = later;
            ground.promises.pass(later);
            ground.stand()
        })
    }

    /// Puts a ground in, unless somebody put in a newer one.
    fn keep(&self, key: (OrgId, TeamId), ground: Ground) {
        let mut teams = self.lock();
        let newer = teams.get(&key).is_some_and(|there| there.is_newer_than(&ground));
        if !newer {
            teams.insert(key, Box::new(ground));
        }
    }

    /// What is remembered of a user's window, if the ground still has these books.
    pub fn window(
        &self,
        of: (OrgId, TeamId),
        books: &Arc<Books>,
        key: &WindowKey,
    ) -> Option<Window> {
        let teams = self.lock();
        let ground = teams.get(&of).filter(|ground| Arc::ptr_eq(&ground.books, books))?;
        ground.windows.get(key).copied()
    }

    /// Remembers a window, if the ground still has these books.
    pub fn remember(
        &self,
        of: (OrgId, TeamId),
        books: &Arc<Books>,
        key: WindowKey,
        window: Window,
    ) {
        let mut teams = self.lock();
        let ground = teams.get_mut(&of).filter(|ground| Arc::ptr_eq(&ground.books, books));
        if let Some(ground) = ground {
            if ground.windows.len() >= WINDOWS {
                ground.windows.clear();
            }
            ground.windows.insert(key, window);
        }
    }

    /// A transaction that found this version of a team's holds changed them and was committed.
    pub fn changed(&self, of: (OrgId, TeamId), found: TeamVersion, changes: &[Change]) {
        let mut teams = self.lock();
        let ground = teams.get_mut(&of);
        let Some(ground) = ground.filter(|g| g.hold_revision == found.hold_revision) else {
            return;
        };
        ground.hold_revision += 1;
        for Change { class, until, amount, added } in changes {
            match added {
                // One that ended meanwhile reserves nothing.
                true if *until <= ground.at => {}
                true => ground.promises.add(*class, *until, *amount),
                false => ground.promises.remove(*class, *until, *amount),
            }
        }
    }
}

impl Stand {
    /// A hold came or went that is not in the database yet.
    pub fn apply(&mut self, change: &Change) {
        let Change { class, until, amount, added } = *change;
        // One that is over reserves nothing any more.
        if until <= self.at {
            return;
        }
        let amount = if added { amount } else { -amount };
        self.stock.want(class, until, amount);
        self.held += amount;
    }
}

impl Ground {
    fn stand(&self) -> Stand {
        Stand {
            at: self.at,
            books: Arc::clone(&self.books),
            stock: self.promises.stock().clone(),
            held: self.promises.reserved(),
        }
    }
    fn without_windows(mut self: Box<Self>) -> Box<Self> {
        self.windows.clear();
        self
    }
    fn is_newer_than(&self, other: &Self) -> bool {
        let version =
            |ground: &Self| (ground.books.revision, ground.books.recorded_at, ground.hold_revision);
        let (a, b) = (version(self), version(other));
        a != b && a.0 >= b.0 && a.1 >= b.1 && a.2 >= b.2
    }
}

impl Books {
    async fn read(tx: &mut Tx, book: &Book, found: Found, at: Instant) -> Result<Self, Fault> {
        let now = team_now(tx, book, found.team, at).await?;
        let mut usable = UsableLots::default();
        for lot in now.state.lots.iter().filter(|lot| lot.usable && !lot.remaining.is_zero()) {
            usable.count += 1;
            let sum = match lot.lot.pays_for {
                PaysFor::Api => &mut usable.api,
                PaysFor::Product => &mut usable.product,
                PaysFor::All => &mut usable.all,
            };
            *sum += lot.remaining;
        }
        Ok(Self {
            revision: book.revision,
            recorded_at: found.version.recorded_at,
            policy: book.policy(found.team, None),
            usable,
            now,
        })
    }
    fn are_of(&self, book: &Book, version: TeamVersion, now: Instant) -> bool {
        (self.revision, self.recorded_at) == (book.revision, version.recorded_at)
            && self.now.state.at <= now
            && now < self.now.next_change
    }
}
