//! The capabilities of `tokenscope::service`, on the rules of the core and the store.

mod accounts;
mod audit;
pub mod backup;
mod balance;
mod book;
mod books;
mod catalogue;
mod checklist;
mod checks;
mod corrections;
mod demo;
mod directory;
pub mod fault;
mod idempotency;
mod intake;
mod jobs;
mod journal;
mod key_cache;
mod key_use;
mod keys;
mod ledger;
mod live;
mod mail;
mod notices;
mod oidc;
mod password;
mod passwords;
mod purchases;
mod reconsidered;
mod removal;
mod reports;
mod second_factor;
mod setup;
mod throttle;
pub mod totp;
pub mod verify;
pub mod zone;

pub use directory::NewPerson;
pub use mail::{Mailer, Outside};
pub use notices::Looked;
pub use setup::{NewOrganization, program};

use crate::clock::Clock;
use crate::store::db::{Db, DbError, Tx};
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::sync::{Arc, OnceLock};
use tokenscope::fault::Fault;

/// All services of one server process. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    parts: Arc<Parts>,
}

struct Parts {
    db: Db,
    clock: Clock,
    books: book::Cache,
    ledgers: ledger::Cache,
    stamps: live::Stamps,
    throttle: throttle::Throttle,
    hashing: password::Hashing,
    writer: intake::Writer,
    checks: checks::Checker,
    sign_on: OnceLock<oidc::Provider>,
    gate: setup::Gate,
    /// Whether demo data is being made.
    filling: AtomicBool,
    /// Most events that are rated again in the transaction of a rule.
    inline_events: AtomicI64,
    keys: key_cache::KeyCache,
    key_uses: key_use::KeyUses,
    outside: OnceLock<Outside>,
}

impl Service {
    /// Services on a database whose tables are current.
    #[must_use]
    pub fn new(db: Db, clock: Clock) -> Self {
        let parts = Parts {
            writer: intake::Writer::start(db.clone()),
            checks: checks::Checker::start(db.clone()),
            books: book::Cache::default(),
            ledgers: ledger::Cache::default(),
            stamps: live::Stamps::default(),
            throttle: throttle::Throttle::default(),
            hashing: password::Hashing::default(),
            sign_on: OnceLock::new(),
            gate: setup::Gate::new(),
            filling: AtomicBool::new(false),
            inline_events: AtomicI64::new(books::INLINE_EVENTS),
            keys: key_cache::KeyCache::default(),
            key_uses: key_use::KeyUses::default(),
            outside: OnceLock::new(),
            db,
            clock,
        };
        Self { parts: Arc::new(parts) }
    }
    /// The database, for health checks and sessions.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.parts.db
    }
    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.parts.clock
    }
    async fn read(&self) -> Result<Tx, Fault> {
        self.parts.db.read().await.map_err(fault::of)
    }
    async fn write(&self) -> Result<Tx, Fault> {
        self.parts.db.write().await.map_err(fault::of)
    }
}

async fn commit(tx: Tx) -> Result<(), Fault> {
    tx.commit().await.map_err(|e: DbError| fault::of(e))
}
