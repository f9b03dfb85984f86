//! Decisions on their way into the database: those without a hold are written together, shortly
//! after they were told.

use crate::store::db::{Db, DbError};
use crate::store::decision::{self, NewDecision};
use std::collections::BTreeMap;
use std::time::Duration;
use tokenscope::id::OrgId;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

/// Most decisions that wait; a check beyond them waits for room.
const QUEUE: usize = 65_536;
/// Most decisions of one commit.
const COMMIT: usize = 4_096;
/// How long a decision waits for others.
const GATHER: Duration = Duration::from_millis(50);
/// How often a commit that lost against another is tried again.
const ATTEMPTS: u32 = 5;

enum Message {
    Keep(OrgId, NewDecision),
    /// Says when everything before it is written.
    Written(oneshot::Sender<()>),
}

/// Where decisions are put in.
pub struct Kept {
    queue: mpsc::Sender<Message>,
}

impl Kept {
    /// Begins to write.
    pub fn start(db: Db) -> Self {
        let (queue, receive) = mpsc::channel(QUEUE);
        tokio::spawn(run(db, receive));
        Self { queue }
    }
    /// Keeps a decision.
    pub async fn keep(&self, org: OrgId, decision: NewDecision) {
        // The task ends with the last sender.
        let _ = self.queue.send(Message::Keep(org, decision)).await;
    }
    /// Waits until everything that was put in before is written.
    pub async fn written(&self) {
        let (say, said) = oneshot::channel();
        if self.queue.send(Message::Written(say)).await.is_ok() {
            let _ = said.await;
        }
    }
}

async fn run(db: Db, mut queue: mpsc::Receiver<Message>) {
    let mut waiting: BTreeMap<OrgId, Vec<NewDecision>> = BTreeMap::new();
    while let Some(first) = queue.recv().await {
        let mut asked = Vec::new();
        let mut count = 0;
        let mut next = Some(first);
        let gather = sleep(GATHER);
        tokio::pin!(gather);
        while let Some(message) = next {
            match message {
                Message::Keep(org, decision) => {
                    waiting.entry(org).or_default().push(decision);
                    count += 1;
                }
                Message::Written(say) => asked.push(say),
            }
            // Who asks whether it is written does not want to wait for more.
            next = match asked.is_empty() && count < COMMIT {
                true => tokio::select! {
                    biased;
                    more = queue.recv() => more,
                    () = &mut gather => None,
                },
                false => None,
            };
        }
        for (org, decisions) in std::mem::take(&mut waiting) {
            write(&db, org, &decisions).await;
        }
        for say in asked {
            let _ = say.send(());
        }
    }
}

/// Writes decisions of one organization. What cannot be written is lost, and the log says so: a
/// decision explains an answer that was given, it changes no figure.
async fn write(db: &Db, org: OrgId, decisions: &[NewDecision]) {
    for attempt in 1..=ATTEMPTS {
        match once(db, org, decisions).await {
            Ok(()) => return,
            Err(DbError::Busy(_)) if attempt < ATTEMPTS => {
                sleep(GATHER * attempt).await;
            }
            Err(error) => {
                let count = decisions.len();
                tracing::error!(%error, %org, count, "decisions could not be kept");
                return;
            }
        }
    }
}

async fn once(db: &Db, org: OrgId, decisions: &[NewDecision]) -> Result<(), DbError> {
    let mut tx = db.write().await?;
    decision::add(&mut tx, org, decisions).await?;
    tx.commit().await
}
