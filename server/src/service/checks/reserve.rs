//! Checks with a hold, and releases: written in groups, each in one transaction under the locks
//! of the teams whose tokens it reserves. Live holds together never promise a token twice.

use super::super::book::Book;
use super::super::{Service, fault};
use super::batch::{Batch, Outcome};
use crate::store::db::DbError;
use std::sync::Arc;
use tokenscope::check::{AskedCall, CheckAnswer, HoldListing};
use tokenscope::fault::Fault;
use tokenscope::id::{LongId, OrgId, TeamId};
use tokio::sync::oneshot;

/// Most holds of one commit; more wait for the next.
const GROUP: usize = 1024;
/// How often a transaction that lost against another is run again.
const ATTEMPTS: u32 = 4;

/// Holds that are written together. SQLite has one writer; on PostgreSQL teams do not wait for
/// each other. Which team it is, the transaction finds out itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lane {
    org: OrgId,
    team: Option<TeamId>,
}

/// Something about holds that waits to be written.
#[derive(Debug, Clone)]
pub enum Wish {
    /// A check with a hold.
    Reserve(Arc<AskedCall>),
    /// A hold is given back.
    Release(LongId),
}

/// A wish and who waits for it.
pub struct Job {
    wish: Wish,
    reply: oneshot::Sender<Result<Outcome, Fault>>,
}

impl Service {
    /// Decides about a call that wants a hold, and grants it.
    pub(super) async fn reserve(&self, org: OrgId, call: AskedCall) -> Result<CheckAnswer, Fault> {
        let now = self.clock().now();
        let book = self.parts.books.get(org);
        let team = book.and_then(|book| super::seen::team_of(&book, &call, now));
        match self.in_line(org, team, Wish::Reserve(Arc::new(call))).await? {
            Outcome::Checked(answer) => Ok(*answer),
            Outcome::Released(_) => Err(fault::internal(&"a check was taken for a release")),
        }
    }

    /// Gives a hold back.
    pub(super) async fn give_back(&self, org: OrgId, hold: LongId) -> Result<HoldListing, Fault> {
        match self.in_line(org, None, Wish::Release(hold)).await? {
            Outcome::Released(listing) => Ok(listing),
            Outcome::Checked(_) => Err(fault::internal(&"a release was taken for a check")),
        }
    }

    async fn in_line(
        &self,
        org: OrgId,
        team: Option<TeamId>,
        wish: Wish,
    ) -> Result<Outcome, Fault> {
        let team = team.filter(|_| !self.db().is_sqlite());
        let (lane, (reply, answer)) = (Lane { org, team }, oneshot::channel());
        if self.parts.checks.holds.join(lane, Job { wish, reply }) {
            let service = self.clone();
            tokio::spawn(async move {
                let open = service.parts.checks.holds.open(lane);
                while let Some(jobs) = open.take(GROUP) {
                    write(&service, org, jobs).await;
                }
            });
        }
        answer.await.map_err(|_| Fault::Busy)?
    }
}

async fn write(service: &Service, org: OrgId, jobs: Vec<Job>) {
    let wishes: Vec<Wish> = jobs.iter().map(|job| job.wish.clone()).collect();
    let answers = match together(service, org, &wishes).await {
        Ok(outcomes) => outcomes,
        // The whole wait for another's lock is over: the next one would be as long.
        Err(Fault::Busy) => wishes.iter().map(|_| Err(Fault::Busy)).collect(),
        Err(fault) if wishes.len() == 1 => vec![Err(fault)],
        // One bad wish must not fail its neighbours: each once more by itself.
        Err(_) => {
            let mut answers = Vec::with_capacity(wishes.len());
            for wish in wishes {
                let alone = together(service, org, &[wish]).await;
                answers.push(alone.and_then(|mut all| all.pop().unwrap_or(Err(Fault::Busy))));
            }
            answers
        }
    };
    for (job, answer) in jobs.into_iter().zip(answers) {
        // Whoever hung up finds the hold by sending its key again.
        let _ = job.reply.send(answer);
    }
}

/// All wishes in one transaction, tried again where it lost against another.
async fn together(
    service: &Service,
    org: OrgId,
    wishes: &[Wish],
) -> Result<Vec<Result<Outcome, Fault>>, Fault> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let lost = match Batch::run(service, org, wishes).await {
            Ok(outcomes) => return Ok(outcomes),
            Err(Lost::For(fault)) => return Err(fault),
            Err(Lost::ToAnother(error)) => error,
        };
        let sqlite = service.db().is_sqlite();
        if attempt == ATTEMPTS || (sqlite && matches!(lost, DbError::Busy(_))) {
            return Err(fault::of(lost));
        }
    }
}

/// Why a transaction came to nothing.
pub enum Lost {
    /// Another was faster: a lock, or a key that was taken meanwhile.
    ToAnother(DbError),
    /// Something that would be so again.
    For(Fault),
}

impl From<DbError> for Lost {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Busy(_) | DbError::Unique(_) => Self::ToAnother(error),
            other => Self::For(fault::of(other)),
        }
    }
}

impl From<Fault> for Lost {
    fn from(fault: Fault) -> Self {
        Self::For(fault)
    }
}

/// The book that a transaction relies on; on PostgreSQL it stays as it is until its end.
pub async fn locked_book(
    service: &Service,
    tx: &mut crate::store::db::Tx,
    org: OrgId,
) -> Result<Arc<Book>, Lost> {
    let revision = crate::store::org::revision(tx, org).await?;
    if let Some(book) = service.parts.books.get(org).filter(|book| book.revision == revision) {
        return Ok(book);
    }
    Ok(service.book(tx, org).await?)
}
