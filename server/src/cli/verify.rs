//! `verify`: works everything out again and names what differs.

use super::{Failed, say};
use crate::service::Service;
use crate::service::verify::Report;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// How often a line about the progress is written.
const EVERY: Duration = Duration::from_secs(2);

/// A line about the progress now and then: one that is overwritten on a terminal.
pub(super) struct Ticker {
    last: Mutex<Instant>,
    terminal: bool,
}

impl Ticker {
    pub fn new() -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { last: Mutex::new(Instant::now()), terminal }
    }
    pub fn tell(&self, line: impl FnOnce() -> String) {
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if last.elapsed() < EVERY {
            return;
        }
        *last = Instant::now();
        let mut err = std::io::stderr().lock();
        let line = line();
        let _ = if self.terminal { write!(err, "\r\x1b[K{line}") } else { writeln!(err, "{line}") };
    }
    pub fn clear(&self) {
        if self.terminal {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}

/// Verifies and says what differs: exit code 0 for nothing, 1 for something.
pub async fn verify(service: &Service) -> Result<ExitCode, Failed> {
    let report = report(service).await?;
    Ok(if report.count == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The same, with the report.
pub(super) async fn report(service: &Service) -> Result<Report, Failed> {
    let ticker = Ticker::new();
    let tell = |org: &str, what: &str, rows: u64| {
        ticker.tell(|| format!("verify {org}: {rows} {what}"));
    };
    let report = service.verify(&tell).await;
    ticker.clear();
    let report = report.map_err(|fault| Failed::input(format!("cannot verify: {fault}")))?;
    for difference in &report.differences {
        say(&difference.to_string());
    }
    let told = u64::try_from(report.differences.len()).unwrap_or(u64::MAX);
    if report.count > told {
        say(&format!("and {} more", report.count - told));
    }
    for head in &report.heads {
        let (organization, entry, hash) = (&head.organization, head.entry, &head.hash);
        say(&format!("{organization}: audit log ends with entry {entry}, hash {hash}"));
    }
    say(&summary(&report));
    Ok(report)
}

fn summary(report: &Report) -> String {
    let Report { organizations, events, charges, sums, teams, .. } = report;
    let found = match report.count {
        0 => "everything adds up".to_owned(),
        1 => "1 difference".to_owned(),
        count => format!("{count} differences"),
    };
    format!(
        "{organizations} organizations, {teams} teams, {events} events, {charges} rows of charges, \
         {sums} sums: {found}"
    )
}
