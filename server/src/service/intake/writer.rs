//! Who runs the transactions of batches. SQLite has one writer, so batches that wait share one
//! commit (one flush of the disk for all of them); PostgreSQL runs them side by side under the
//! locks of their teams.

use super::super::fault;
use super::Written;
use super::prepare::Prepared;
use super::write::{announce, write};
use crate::store::db::{Db, DbError};
use std::sync::Arc;
use tokenscope::fault::Fault;
use tokio::sync::{mpsc, oneshot};

/// Most events of one commit; more wait for the next.
const COMMIT_EVENTS: usize = 20_000;
/// Most batches that wait.
const QUEUE: usize = 256;
/// How often a transaction that lost against another is run again.
const ATTEMPTS: u32 = 4;

pub struct Job {
    batch: Arc<Prepared>,
    reply: oneshot::Sender<Result<Written, Fault>>,
}

/// The writer of a database.
pub enum Writer {
    /// A task that takes one batch after the other.
    Queue(mpsc::Sender<Job>),
    /// Each batch in a transaction of its own.
    Direct(Db),
}

impl Writer {
    /// The writer that suits the database.
    pub fn start(db: Db) -> Self {
        if !db.is_sqlite() {
            return Self::Direct(db);
        }
        let (send, receive) = mpsc::channel(QUEUE);
        tokio::spawn(run(db, receive));
        Self::Queue(send)
    }

    /// Writes a batch and waits until it is safe.
    pub async fn write(&self, batch: Prepared) -> Result<Written, Fault> {
        match self {
            Self::Direct(db) => alone(db, &batch).await.map_err(fault::of),
            Self::Queue(queue) => {
                let (reply, answer) = oneshot::channel();
                let job = Job { batch: Arc::new(batch), reply };
                let gone = |_| Fault::Busy;
                queue.send(job).await.map_err(|_| Fault::Busy)?;
                answer.await.map_err(gone)?
            }
        }
    }
}

async fn run(db: Db, mut queue: mpsc::Receiver<Job>) {
    while let Some(first) = queue.recv().await {
        let mut events = first.batch.events.len();
        let mut jobs = vec![first];
        while events < COMMIT_EVENTS
            && let Ok(next) = queue.try_recv()
        {
            events += next.batch.events.len();
            jobs.push(next);
        }
        match together(&db, &jobs).await {
            Ok(results) => {
                for (job, result) in jobs.into_iter().zip(results) {
                    // Whoever hung up finds the outcome by sending the batch again.
                    let _ = job.reply.send(Ok(result));
                }
            }
            // The whole wait for another process's lock is over: the next one would be as long.
            Err(DbError::Busy(error)) => {
                let answer = fault::of(DbError::Busy(error));
                for job in jobs {
                    let _ = job.reply.send(Err(answer.clone()));
                }
            }
            Err(error) if jobs.len() == 1 => {
                if let Some(job) = jobs.pop() {
                    let _ = job.reply.send(Err(fault::of(error)));
                }
            }
            // One bad batch must not fail its neighbours: each once more by itself.
            Err(_) => {
                for job in jobs {
                    let result = once(&db, &job.batch).await.map_err(fault::of);
                    let _ = job.reply.send(result);
                }
            }
        }
    }
}

async fn together(db: &Db, jobs: &[Job]) -> Result<Vec<Written>, DbError> {
    let mut tx = db.write().await?;
    let mut results = Vec::with_capacity(jobs.len());
    for job in jobs {
        results.push(write(&mut tx, &job.batch).await?);
    }
    let batches = jobs.iter().map(|job| job.batch.as_ref());
    announce(&mut tx, batches.zip(&results)).await?;
    tx.commit().await?;
    Ok(results)
}

async fn alone(db: &Db, batch: &Prepared) -> Result<Written, DbError> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match once(db, batch).await {
            Err(DbError::Busy(_)) if attempt < ATTEMPTS => {}
            result => return result,
        }
    }
}

async fn once(db: &Db, batch: &Prepared) -> Result<Written, DbError> {
    let mut tx = db.write().await?;
    let written = write(&mut tx, batch).await?;
    announce(&mut tx, [(batch, &written)]).await?;
    tx.commit().await?;
    Ok(written)
}
