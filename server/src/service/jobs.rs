//! Jobs: their list, and the worker that goes on with them.

use super::{Service, fault};
use crate::store::db::DbError;
use crate::store::job::{self, JobRow};
use async_trait::async_trait;
use std::time::Duration;
use tokenscope::fault::{Fault, Needs};
use tokenscope::job::{JobListing, JobState};
use tokenscope::permission::{Action, Scope};
use tokenscope::service::{Caller, Jobs};
use tokenscope::time::Instant;

/// How often the worker looks for jobs.
const LOOK_EVERY: Duration = Duration::from_millis(500);

#[async_trait]
impl Jobs for Service {
    async fn jobs(&self, caller: &Caller) -> Result<Vec<JobListing>, Fault> {
        may_see(caller)?;
        let mut tx = self.read().await?;
        let rows = job::list(&mut tx, caller.org).await.map_err(fault::of)?;
        rows.into_iter().map(listing).collect::<Result<_, _>>().map_err(fault::of)
    }

    async fn job(&self, caller: &Caller, number: i64) -> Result<JobListing, Fault> {
        may_see(caller)?;
        let mut tx = self.read().await?;
        let row = job::get(&mut tx, caller.org, number).await.map_err(fault::of)?;
        let row = row.ok_or_else(|| Fault::NotFound { what: format!("the job {number}") })?;
        listing(row).map_err(fault::of)
    }
}

fn may_see(caller: &Caller) -> Result<(), Fault> {
    match caller.roles.everywhere(Action::Administer) && caller.has_scope(Scope::Admin) {
        true => Ok(()),
        false => Err(Fault::Forbidden { needs: Needs::Admin }),
    }
}

fn listing(row: JobRow) -> Result<JobListing, DbError> {
    let damaged = || DbError::Damaged(format!("the state {} of a job", row.state));
    Ok(JobListing {
        job: row.job_id,
        state: JobState::from_code(&row.state).ok_or_else(damaged)?,
        kind: row.kind,
        done: row.done.min(row.total),
        total: row.total,
        created_at: Instant::from_micros(row.created_at),
        finished_at: row.finished_at.map(Instant::from_micros),
        failure: row.failure,
    })
}

impl Service {
    /// Goes on with jobs for as long as the program runs.
    pub async fn keep_working(self) {
        loop {
            if let Err(fault) = self.work_jobs().await {
                tracing::warn!(%fault, "a job stopped; it is taken up again");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
