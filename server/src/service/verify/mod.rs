//! Works out everything that is stored beside the facts once more, and names what differs.
//!
//! All is read in one snapshot, page by page: memory grows with the buckets of a month, with the
//! sessions of one user, with the lots of one team, never with the number of events.
//!
//! - `usage`: month by month, events with their keys, prices of single events, sums of teams and
//!   usage rollups.
//! - `rating`: what the charges of an event should be, and whether they are.
//! - `sessions`: daily products, user by user.
//! - `balances`: each team burned down charge by charge, beside the answer from sums.
//! - `chain`: the audit log, and the facts that it tells of.
//!
//! What it cannot see: that the newest entries of the audit log are missing, or that all of the
//! log was made anew; for that its last hash has to be kept elsewhere, and is therefore told. An
//! attribute of an event that was changed is no figure of anybody.

mod balances;
mod chain;
mod rating;
mod sessions;
mod usage;

use super::book::{self, Book};
use super::{Service, fault};
use crate::store::db::{DbError, Tx};
use crate::store::{books, verify};
use rating::Rater;
use std::collections::BTreeSet;
use tokenscope::fault::Fault;
use tokenscope::id::OrgId;
use tokenscope::time::Instant;

/// Rows of one page.
const PAGE: i64 = 2_000;
/// Differences that are told one by one; more are counted.
const TOLD: usize = 200;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Slug of the organization.
    pub organization: String,
    /// The table.
    pub table: &'static str,
    /// Which row of it.
    pub key: String,
    /// What is stored.
    pub stored: String,
    /// What should be.
    pub expected: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { organization, table, key, stored, expected } = self;
        write!(f, "{organization}: {table} {key}: stored {stored}, expected {expected}")
    }
}

/// The end of an organization's audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Slug of the organization.
    pub organization: String,
    /// Number of the newest entry.
    pub entry: i64,
    /// Its hash, in hexadecimal.
    pub hash: String,
}

/// What was looked at, and what differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Organizations.
    pub organizations: u64,
    /// Events.
    pub events: u64,
    /// Rows of the journal.
    pub charges: u64,
    /// Sums and rollup rows.
    pub sums: u64,
    /// Teams.
    pub teams: u64,
    /// The ends of the audit logs, to be kept elsewhere.
    pub heads: Vec<Head>,
    /// What differs; the first few hundred.
    pub differences: Vec<Difference>,
    /// How many there are of them.
    pub count: u64,
}

/// Told now and then how far it is: organization, what is being looked at, rows of it.
pub type Progress<'a> = &'a (dyn Fn(&str, &str, u64) + Sync);

/// The work on one organization.
struct Verifier<'a> {
    tx: &'a mut Tx,
    book: Book,
    slug: String,
    rater: Rater,
    report: &'a mut Report,
    progress: Progress<'a>,
}

impl Verifier<'_> {
    fn org(&self) -> OrgId {
        self.book.org
    }
    fn differs(
        &mut self,
        table: &'static str,
        key: impl Into<String>,
        stored: impl std::fmt::Display,
        expected: impl std::fmt::Display,
    ) {
        self.report.count += 1;
        if self.report.differences.len() < TOLD {
            self.report.differences.push(Difference {
                organization: self.slug.clone(),
                table,
                key: key.into(),
                stored: stored.to_string(),
                expected: expected.to_string(),
            });
        }
    }
    fn tell(&self, what: &str, rows: u64) {
        (self.progress)(&self.slug, what, rows);
    }
    fn team(&self, team: i64) -> String {
        let known = self.book.teams.get(&tokenscope::id::TeamId(team));
        known.map_or_else(|| format!("#{team}"), |team| team.slug.clone())
    }
    async fn everything(&mut self, now: Instant) -> Result<(), DbError> {
        self.chain().await?;
        self.usage().await?;
        self.keys().await?;
        self.sessions().await?;
        self.balances(now).await?;
        self.transfers().await?;
        self.holds().await
    }

    /// Holds end within their life.
    async fn holds(&mut self) -> Result<(), DbError> {
        let mut after = String::new();
        loop {
            let page = verify::holds(self.tx, self.org(), &after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(&last.hold_key);
            for hold in page {
                let life = hold.from_at <= hold.until_at;
                let end = match (hold.ended_at, hold.ended_how.is_some()) {
                    (None, false) => true,
                    (Some(end), true) => (hold.from_at..=hold.until_at).contains(&end),
                    _ => false,
                };
                if !life || !end {
                    let ended = hold.ended_at.map_or("never".into(), at);
                    let stored = format!("ended {ended} ({:?})", hold.ended_how);
                    let life = format!("within {} .. {}", at(hold.from_at), at(hold.until_at));
                    self.differs("hold", hold.hold_key, stored, life);
                }
            }
        }
    }

    /// A transfer and the lot that it made are one.
    async fn transfers(&mut self) -> Result<(), DbError> {
        let mut after = String::new();
        loop {
            let page = verify::transfers(self.tx, self.org(), &after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(&last.0);
            for (lot, amount, from, granted, source) in page {
                if amount != granted {
                    self.differs("lot_transfer", &lot, tokens(amount), tokens(granted));
                }
                if from != source {
                    let (from, source) = (self.team(from), self.team(source));
                    self.differs("lot_transfer", lot, from, source);
                }
            }
        }
    }
}

/// An amount for people.
fn tokens(micro: i64) -> String {
    tokenscope::tokens::Tokens::from_micro(micro).to_string()
}

/// An instant for people.
fn at(micros: i64) -> String {
    Instant::from_micros(micros).rfc3339()
}

/// A digest for people.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Service {
    /// Works out all balances, sums, rollups and hash chains of all organizations again.
    ///
    /// # Errors
    /// [`Fault`] when the database cannot be read; what is damaged stands in the report.
    pub async fn verify(&self, progress: Progress<'_>) -> Result<Report, Fault> {
        let now = self.clock().now();
        let mut report = Report::default();
        let mut tx = self.read().await?;
        for (number, slug) in verify::organizations(&mut tx).await.map_err(fault::of)? {
            report.organizations += 1;
            let done = organization(&mut tx, &mut report, (number, &slug), now, progress).await;
            match done {
                Ok(()) => {}
                Err(DbError::Damaged(what)) => {
                    report.count += 1;
                    report.differences.push(Difference {
                        organization: slug,
                        table: "database",
                        key: String::new(),
                        stored: what,
                        expected: "what the program can read".into(),
                    });
                }
                Err(error) => return Err(fault::of(error)),
            }
        }
        Ok(report)
    }
}

async fn organization(
    tx: &mut Tx,
    report: &mut Report,
    (number, slug): (i64, &str),
    now: Instant,
    progress: Progress<'_>,
) -> Result<(), DbError> {
    let org = OrgId(number);
    let missing = || DbError::Damaged("an organization without a row".into());
    let book = book::load(tx, org).await?.ok_or_else(missing)?;
    let closes = books::rules(tx, org).await?.closes;
    let opens: BTreeSet<i64> = closes.into_iter().map(|(_, until)| until).collect();
    let rater = Rater::new(opens);
    let slug = slug.to_owned();
    Verifier { tx, book, slug, rater, report, progress }.everything(now).await
}
