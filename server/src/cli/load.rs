//! `load`: writes the facts of scenario files into an organization, through the same services as
//! everything else. A file that was loaded before changes nothing.

use super::args::LoadArgs;
use super::{Done, Failed, say, scenario_file};
use crate::service::{NewOrganization, Service, program};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tokenscope::correction::{CORRECTIONS_MAX, Correction, Corrections};
use tokenscope::event::{EventResult, NewEvent};
use tokenscope::id::OrgId;
use tokenscope::scenario::Scenario;
use tokenscope::service::{Books, Correcting, Intake};

/// Events of one call.
pub(super) const BATCH: usize = 10_000;

/// Loads files, each after the other.
pub async fn load(service: &Service, args: LoadArgs) -> Done {
    // All files are read before the first is written.
    let mut scenarios = Vec::new();
    for file in &args.files {
        scenarios.push((file, read(file)?));
    }
    let zone = args.zone.as_deref();
    let (org, made) = find_or_create(service, &args.org, zone, args.accept_window.0).await?;
    let loaded = write(service, org, scenarios).await;
    if made && loaded.is_err() {
        service.forget_if_empty(org).await?;
    }
    loaded
}

async fn write(service: &Service, org: OrgId, scenarios: Vec<(&PathBuf, Scenario)>) -> Done {
    for (file, scenario) in scenarios {
        let facts = service.record(&program(org), scenario.facts()).await;
        let facts = facts.map_err(|e| Failed::new(format!("{}: {e}", file.display())))?;
        let events =
            scenario.new_events().map_err(|e| Failed::input(format!("{}: {e}", file.display())))?;
        // Rules about much usage count once their job is done, which no server may be there for.
        service.work_jobs().await?;
        let mut taken = send(service, org, events, |_| ()).await?;
        correct(service, org, (file, &scenario), &mut taken).await?;
        say(&format!(
            "{}: {} facts recorded, {} were there; {} events and corrections accepted, {} \
             duplicates",
            file.display(),
            facts.new,
            facts.unchanged,
            taken.accepted,
            taken.duplicates
        ));
        taken.refuse_if_any(&file.display().to_string())?;
    }
    Ok(())
}

/// Corrects the events that the file corrects.
async fn correct(
    service: &Service,
    org: OrgId,
    (file, scenario): (&Path, &Scenario),
    taken: &mut Taken,
) -> Done {
    let corrections = scenario
        .new_corrections()
        .map_err(|e| Failed::input(format!("{}: {e}", file.display())))?;
    // Of one event each revision is a request of its own: the next builds upon it.
    let mut by_revision: BTreeMap<u32, Vec<Correction>> = BTreeMap::new();
    for correction in corrections {
        by_revision.entry(correction.revision).or_default().push(correction);
    }
    for corrections in by_revision.into_values() {
        for some in corrections.chunks(CORRECTIONS_MAX) {
            let ids: Vec<String> = some.iter().map(|correction| correction.id.clone()).collect();
            let items = some.iter().cloned().map(Ok).collect();
            let asked = Corrections { items, basis: None };
            let corrected = service.correct(&program(org), asked).await?;
            taken.count(&ids, corrected.results);
        }
    }
    Ok(())
}

/// The organization of a slug, made where it is not there, and whether it was made.
pub(super) async fn find_or_create(
    service: &Service,
    slug: &str,
    zone: Option<&str>,
    accept_window_days: Option<i64>,
) -> Result<(OrgId, bool), Failed> {
    if let Some(org) = service.organization(slug).await? {
        let known = service.zone_of(org).await?;
        if let Some(other) = zone.filter(|zone| *zone != known) {
            return Err(Failed::input(format!(
                "--zone {other}: the organization `{slug}` is there already, in the time zone \
                 {known}"
            )));
        }
        return Ok((org, false));
    }
    let zone = zone.unwrap_or("UTC");
    let new = NewOrganization {
        slug: slug.to_owned(),
        name: slug.to_owned(),
        token_name: "token".into(),
        zone: zone.to_owned(),
        accept_window_days,
        demo: false,
    };
    let org = service.create_organization(&new).await?;
    say(&format!("made the organization `{slug}` in the time zone {zone}"));
    Ok((org, true))
}

/// A file that can be loaded.
fn read(file: &Path) -> Result<Scenario, Failed> {
    let scenario = scenario_file::read(file)?;
    if let Some(member) = scenario.unloadable() {
        return Err(Failed::input(format!(
            "{}: `{member}` cannot be loaded into an organization yet; `tokenscope replay` answers \
             questions about such a file",
            file.display()
        )));
    }
    Ok(scenario)
}

/// What became of events.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub accepted: u64,
    pub duplicates: u64,
    refused: Vec<String>,
}

impl Taken {
    fn count(&mut self, ids: &[String], results: Vec<EventResult>) {
        for (id, result) in ids.iter().zip(results) {
            match result {
                EventResult::Accepted { .. } => self.accepted += 1,
                EventResult::Duplicate => self.duplicates += 1,
                EventResult::Conflict => {
                    self.refused.push(format!("{id}: something else is there under this id"));
                }
                EventResult::Rejected { field, reason } => {
                    self.refused.push(format!("{id}: {field} {reason}"));
                }
            }
        }
    }
    /// Fails when an event was refused, naming the first few.
    pub fn refuse_if_any(&self, file: &str) -> Done {
        if self.refused.is_empty() {
            return Ok(());
        }
        let first: Vec<&str> = self.refused.iter().take(5).map(String::as_str).collect();
        let count = self.refused.len();
        Err(Failed::input(format!("{file}: {count} events were refused: {}", first.join("; "))))
    }
}

/// Sends events in batches and reports how many are done.
pub(super) async fn send(
    service: &Service,
    org: OrgId,
    events: Vec<NewEvent>,
    done: impl Fn(u64),
) -> Result<Taken, Failed> {
    let mut taken = Taken::default();
    let mut rest = events.into_iter();
    loop {
        let batch: Vec<NewEvent> = rest.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return Ok(taken);
        }
        let ids: Vec<String> = batch.iter().map(|event| event.id.clone()).collect();
        let results = service.accept(&program(org), batch.into_iter().map(Ok).collect()).await?;
        taken.count(&ids, results);
        done(u64::try_from(ids.len()).unwrap_or(0));
    }
}
