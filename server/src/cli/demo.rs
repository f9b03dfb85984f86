//! Demo data: made once in an empty database. Its secrets are kept beside the database in a file
//! that only its owner can read.

use super::args::DemoArgs;
use super::load::send;
use super::{Done, Failed, OpenFailed, open, say, try_open};
use crate::clock;
use crate::config::Config;
use crate::demo::{DemoPlan, DemoSpec, plan};
use crate::service::{NewOrganization, NewPerson, Service, program, zone};
use crate::store::db;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use tokenscope::id::OrgId;
use tokenscope::permission::{OrgRole, Scope};
use tokenscope::service::{Books, Keys};

/// The slug of the demo's organization.
const SLUG: &str = "demo";
/// How old events may be, in days.
const ACCEPT_WINDOW_DAYS: i64 = 400;

/// What the demo's accounts are opened with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Secrets {
    /// E-mail of the admin.
    pub user: String,
    /// The password of every demo account.
    pub password: String,
    /// An API key with the scopes ingest, check, read.
    pub ingest_key: String,
}

/// Where the secrets are kept: beside the SQLite file, or in the current folder.
fn secrets_file(config: &Config) -> PathBuf {
    match sqlite_file(config) {
        Some(file) => {
            let mut name = file.into_os_string();
            name.push(".demo.json");
            name.into()
        }
        None => PathBuf::from("tokenscope.demo.json"),
    }
}

fn sqlite_file(config: &Config) -> Option<PathBuf> {
    db::sqlite_file(&config.database_url)
}

/// Who works on the demo's database, until it is dropped: whoever makes it is alone, those who
/// serve it are together, so that nobody makes it anew under a running server.
pub(super) struct Hold {
    file: File,
    alone: bool,
}

impl Hold {
    /// Alone where nobody else is there; otherwise with those who serve, after whoever makes it.
    fn take(config: &Config) -> Result<Self, Failed> {
        let file = File::create(secrets_file(config).with_extension("lock"))?;
        let alone = file.try_lock().is_ok();
        if !alone {
            file.lock_shared()?;
        }
        Ok(Self { file, alone })
    }
    fn must_be_alone(&self) -> Done {
        if self.alone {
            return Ok(());
        }
        Err(Failed::new("another process serves this demo: stop it before the demo is made anew"))
    }
    /// Lets others serve it too.
    fn share(self) -> Result<Self, Failed> {
        self.file.unlock()?;
        self.file.lock_shared()?;
        Ok(Self { alone: false, ..self })
    }
}

/// The services on demo data that is there or is made now.
pub(super) async fn prepare(
    config: &Config,
    spec: &DemoSpec,
    fresh: bool,
) -> Result<(Service, Secrets, Hold), Failed> {
    let hold = Hold::take(config)?;
    if fresh {
        hold.must_be_alone()?;
    }
    let mut service = match try_open(config).await {
        // Made by another version, so it cannot be looked into; but the secrets lie beside demo
        // data only. Any other error may pass, and is no reason to delete anything.
        Err(OpenFailed::OtherVersion(_)) if fresh && secrets_file(config).exists() => {
            remove(config)?;
            open(config).await?
        }
        opened => opened?,
    };
    let mut is_demo = service.organization(SLUG).await?.is_some();
    let count = service.organizations().await?;
    if count > i64::from(is_demo) || (is_demo && !service.is_demo(SLUG).await?) {
        return Err(Failed::new(
            "this database holds real data: serve it without --demo, or name another one with \
             DATABASE_URL for the demo",
        ));
    }
    let file = secrets_file(config);
    // The secrets are written last: without them the demo was never finished.
    let unfinished = is_demo && !file.exists();
    if is_demo && (fresh || unfinished) {
        if unfinished && !fresh {
            say("the demo data was not finished: making it anew");
        }
        hold.must_be_alone()?;
        service.db().close().await;
        remove(config)?;
        service = open(config).await?;
        is_demo = false;
    }
    if is_demo {
        let text = std::fs::read_to_string(&file).map_err(|e| {
            Failed::new(format!(
                "the demo's secrets in {} cannot be read ({e}): start with --fresh to make all \
                 of it anew",
                file.display()
            ))
        })?;
        let secrets = serde_json::from_str(&text).map_err(|e| {
            Failed::new(format!("{} is damaged ({e}): start with --fresh", file.display()))
        })?;
        return Ok((service, secrets, hold.share()?));
    }
    let secrets = make(&service, spec).await?;
    keep(&file, &secrets)?;
    Ok((service, secrets, hold.share()?))
}

/// Deletes a SQLite file and what belongs to it.
fn remove(config: &Config) -> Done {
    let Some(file) = sqlite_file(config) else {
        return Err(Failed::new(
            "--fresh deletes SQLite files only: drop and create the PostgreSQL database yourself",
        ));
    };
    // The secrets first: without them the demo counts as unfinished, whatever happens next.
    for ending in [".demo.json", "", "-wal", "-shm"] {
        let mut name = file.clone().into_os_string();
        name.push(ending);
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

fn keep(file: &PathBuf, secrets: &Secrets) -> Done {
    let text = serde_json::to_string_pretty(secrets).map_err(|e| Failed::new(e.to_string()))?;
    // A new file, so that its permissions are ours and not those of an older one.
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let options = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    options?.write_all(text.as_bytes())?;
    Ok(())
}

/// Makes the organization with all its facts and events.
async fn make(service: &Service, spec: &DemoSpec) -> Result<Secrets, Failed> {
    say("making demo data (this happens once)");
    let now = service.clock().now();
    let guess = zone::zone("UTC").ok_or_else(|| Failed::new("there is no time zone UTC"))?;
    let named = plan(&DemoSpec { days: 30, events: 2_000, ..*spec }, now, &guess).organization;
    let unknown = || Failed::new(format!("there is no time zone {}", named.zone));
    let zone = zone::zone(&named.zone).ok_or_else(unknown)?;
    let DemoPlan { organization, people, facts, events } = plan(spec, now, &zone);
    let new = NewOrganization {
        slug: SLUG.into(),
        name: organization.name,
        token_name: organization.token_name,
        zone: organization.zone,
        accept_window_days: Some(ACCEPT_WINDOW_DAYS),
        demo: true,
    };
    let org = service.create_organization(&new).await?;
    service.record(&program(org), facts).await?;
    let secrets = accounts(service, org, people).await?;
    let bar = ProgressBar::new(u64::try_from(events.len()).unwrap_or(0));
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
        bar.set_style(style);
    }
    bar.set_message("usage events");
    let taken = send(service, org, events, |n| bar.inc(n)).await?;
    bar.finish_and_clear();
    taken.refuse_if_any("demo data")?;
    say(&format!("demo data is there: {} usage events", taken.accepted));
    Ok(secrets)
}

async fn accounts(
    service: &Service,
    org: OrgId,
    people: Vec<crate::demo::DemoPerson>,
) -> Result<Secrets, Failed> {
    let password = clock::random_secret()[..20].to_owned();
    let admin = people.iter().find(|person| person.org_role == OrgRole::Admin);
    let user = admin.map(|person| person.email.clone()).unwrap_or_default();
    let person = |person: crate::demo::DemoPerson| NewPerson {
        email: person.email,
        name: person.name,
        password: password.clone(),
        role: person.org_role,
        teams: person.teams,
    };
    let emails = people.iter().map(|person| person.email.clone()).collect();
    service.add_people(org, people.into_iter().map(person).collect()).await?;
    service.mark_demo_people(org, emails).await?;
    let scopes = [Scope::Ingest, Scope::Check, Scope::Read].into();
    let ingest_key = service.create(&program(org), "demo", scopes).await?;
    Ok(Secrets { user, password, ingest_key })
}

/// `demo`: makes demo data and prints its accounts.
pub async fn make_only(service: &Service, config: &Config, args: &DemoArgs) -> Done {
    if service.organizations().await? > 0 {
        return Err(Failed::new("demo data is made in an empty database only"));
    }
    let spec = DemoSpec { seed: args.seed, days: args.days, events: args.events };
    let secrets = make(service, &spec).await?;
    keep(&secrets_file(config), &secrets)?;
    say(&format!("user: {}", secrets.user));
    say(&format!("password: {}", secrets.password));
    say(&format!("ingest key: {}", secrets.ingest_key));
    Ok(())
}
