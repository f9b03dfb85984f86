//! Taking usage events: checks and rating first, then one transaction for the whole batch
//! (architecture.md, decision 5).

mod prepare;
mod write;
mod writer;

pub use writer::Writer;

use super::Service;
use super::checks::HoldEnding;
use async_trait::async_trait;
pub use prepare::{Prepared, Ready, digest, prepare};
use tokenscope::event::{EventResult, Submitted};
use tokenscope::fault::{Fault, Needs};
use tokenscope::permission::Scope;
use tokenscope::service::{Caller, Intake};

/// How often a batch is made ready again because the rates or names changed meanwhile: once for
/// each of the other senders that may bring new names at the same time.
const ATTEMPTS: u32 = 32;

/// What the transaction made of a prepared batch.
pub enum Written {
    /// The results, in the order sent.
    Results(Vec<EventResult>),
    /// The organization's book has changed since the batch was made ready.
    Stale,
}

#[async_trait]
impl Intake for Service {
    async fn accept(
        &self,
        caller: &Caller,
        events: Vec<Submitted>,
    ) -> Result<Vec<EventResult>, Fault> {
        self.accept_with(caller, events, None).await
    }
}

impl Service {
    /// The same for events that end a hold, in the same transaction.
    pub(super) async fn accept_with(
        &self,
        caller: &Caller,
        events: Vec<Submitted>,
        ending: Option<HoldEnding>,
    ) -> Result<Vec<EventResult>, Fault> {
        if !caller.has_scope(Scope::Ingest) {
            return Err(Fault::Forbidden { needs: Needs::Scope(Scope::Ingest) });
        }
        for _ in 0..ATTEMPTS {
            let batch: Prepared = prepare(self, caller, &events).await?;
            let batch = Prepared { ending: ending.clone(), ..batch };
            if let Written::Results(results) = self.parts.writer.write(batch).await? {
                return Ok(results);
            }
        }
        Err(Fault::Busy)
    }
}
