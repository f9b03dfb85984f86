//! The capabilities of `tokenscope::service`, on the rules of the core and the store.

mod balance;
mod book;
mod books;
mod directory;
pub mod fault;
mod intake;
mod keys;
mod password;
mod reports;
mod setup;
mod throttle;
pub mod zone;

pub use directory::NewPerson;
pub use setup::{NewOrganization, program};

use crate::clock::Clock;
use crate::store::db::{Db, DbError, Tx};
use std::sync::Arc;
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
    throttle: throttle::Throttle,
    hashing: password::Hashing,
    writer: intake::Writer,
}

impl Service {
    /// Services on a database whose tables are current.
    #[must_use]
    pub fn new(db: Db, clock: Clock) -> Self {
        let parts = Parts {
            writer: intake::Writer::start(db.clone()),
            books: book::Cache::default(),
            throttle: throttle::Throttle::default(),
            hashing: password::Hashing::default(),
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
