//! The command line.

mod args;
mod backup;
mod configuration;
mod demo;
mod keys;
mod load;
mod people;
mod replay;
mod scenario_file;
mod serve;
mod verify;

pub use args::Cli;
use args::{Command, ConfigCommand};

use crate::clock::Clock;
use crate::config::{Config, Overrides};
use crate::service::Service;
use crate::service::backup::BackupError;
use crate::store::db::{Db, sqlite_file, without_password};
use crate::store::migrate::{Layout, MigrateError, is_current, migrate};
use std::io::{self, Write};
use std::process::ExitCode;
use tokenscope::fault::Fault;
use tokenscope::id::OrgId;

/// A command that failed: one clear text, and the exit code (1 failed, 2 wrong input).
#[derive(Debug)]
pub struct Failed {
    text: String,
    code: u8,
}

impl Failed {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), code: 1 }
    }
    fn input(text: impl Into<String>) -> Self {
        Self { text: text.into(), code: 2 }
    }
}

macro_rules! failed_from {
    ($($error:ty),+ $(,)?) => {
        $(impl From<$error> for Failed {
            fn from(error: $error) -> Self { Self::new(error.to_string()) }
        })+
    };
}
failed_from!(
    Fault,
    io::Error,
    crate::config::ConfigError,
    crate::store::db::OpenError,
    MigrateError,
);

type Done = Result<(), Failed>;

/// Writes a line to standard output. A reader that has gone away is no error.
fn say(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Runs a command.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    match start(cli) {
        Ok(code) => code,
        Err(failed) => {
            let _ = writeln!(io::stderr().lock(), "tokenscope: {}", failed.text);
            ExitCode::from(failed.code)
        }
    }
}

fn start(cli: Cli) -> Result<ExitCode, Failed> {
    // Before the configuration, which may not be there.
    if let Some(Command::Replay(args)) = &cli.command {
        return replay::replay(args);
    }
    configured(cli)
}

fn configured(cli: Cli) -> Result<ExitCode, Failed> {
    let overrides = Overrides { address: cli.address, database_url: cli.database_url };
    let config = Config::read(cli.config.as_deref(), &overrides)?;
    let command = cli.command.unwrap_or_default();
    if let Command::Config(command) = command {
        let done = match command {
            ConfigCommand::Check => configuration::check(&config),
            ConfigCommand::Print => configuration::print(&config),
        };
        return done.map(|()| ExitCode::SUCCESS);
    }
    configuration::start_log(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(command_on_database(config, command))
}

async fn command_on_database(config: Config, command: Command) -> Result<ExitCode, Failed> {
    let command = match command {
        Command::Serve(args) => {
            return serve::serve(config, args).await.map(|()| ExitCode::SUCCESS);
        }
        command @ (Command::Verify | Command::Backup(_) | Command::Restore(_)) => {
            return on_what_is_there(&config, command).await;
        }
        other => other,
    };
    let service = open(&config).await?;
    let done = match command {
        Command::Migrate => {
            say("the database has the newest tables");
            Ok(())
        }
        Command::Load(args) => load::load(&service, args).await,
        Command::Demo(args) => demo::make_only(&service, &config, &args).await,
        Command::User(command) => people::user(&service, &config, command).await,
        Command::Key(command) => keys::key(&service, command).await,
        Command::Serve(_)
        | Command::Config(_)
        | Command::Replay(_)
        | Command::Verify
        | Command::Backup(_)
        | Command::Restore(_) => Ok(()),
    };
    service.db().close().await;
    done.map(|()| ExitCode::SUCCESS)
}

/// Commands about the database as a whole.
async fn on_what_is_there(config: &Config, command: Command) -> Result<ExitCode, Failed> {
    if let Command::Restore(args) = &command {
        backup::check_file(&args.file)?;
        let service = open_empty(config).await?;
        let done = backup::restore(&service, &args.file).await;
        service.db().close().await;
        return done;
    }
    let unreadable = |failed: Failed| Failed { code: 2, ..failed };
    let service = open_as_it_is(config).await.map_err(unreadable)?;
    let done = match command {
        Command::Backup(args) => backup::back_up(&service, &args.file).await,
        _ => verify::verify(&service).await,
    };
    service.db().close().await;
    done
}

/// Opens a database to be restored into. One with something in it is refused before its tables are
/// touched.
async fn open_empty(config: &Config) -> Result<Service, Failed> {
    let db = Db::open(&config.database_url).await?;
    let occupied = crate::service::backup::is_occupied(&db).await;
    db.close().await;
    if occupied {
        return Err(Failed::input(BackupError::NotEmpty.to_string()));
    }
    open(config).await
}

/// Opens a database that is there and changes nothing in it.
async fn open_as_it_is(config: &Config) -> Result<Service, Failed> {
    let address = &config.database_url;
    if sqlite_file(address).is_some_and(|file| !file.exists()) {
        return Err(Failed::input(format!("{address}: there is no such file (DATABASE_URL)")));
    }
    let db = Db::open(address).await?;
    match is_current(&db).await {
        Ok(true) => Ok(Service::new(db, Clock::system())),
        Ok(false) => Err(Failed::input(
            "the database has the tables of another version of the program: use that version, or \
             bring the tables to the newest shape with `tokenscope migrate`",
        )),
        Err(error) => {
            let address = without_password(address);
            Err(Failed::input(format!("{address}: is no database of Tokenscope: {error}")))
        }
    }
}

/// Why the database cannot be worked on.
enum OpenFailed {
    /// Its tables were made by another version of the program.
    OtherVersion(Failed),
    /// Anything else.
    Other(Failed),
}

impl From<OpenFailed> for Failed {
    fn from(failed: OpenFailed) -> Self {
        match failed {
            OpenFailed::OtherVersion(failed) | OpenFailed::Other(failed) => failed,
        }
    }
}

/// Opens the database, brings its tables to the newest shape and starts the services on it.
async fn try_open(config: &Config) -> Result<Service, OpenFailed> {
    let db = Db::open(&config.database_url).await.map_err(|e| OpenFailed::Other(e.into()))?;
    let clock = Clock::system();
    match migrate(&db, Layout::Plain, &clock).await {
        Ok(_) => Ok(Service::new(db, clock)),
        Err(error @ MigrateError::Changed(_)) => Err(OpenFailed::OtherVersion(error.into())),
        Err(error) => Err(OpenFailed::Other(error.into())),
    }
}

/// The same, for commands that need not know why it failed.
async fn open(config: &Config) -> Result<Service, Failed> {
    Ok(try_open(config).await?)
}

/// The organization of a slug.
async fn organization(service: &Service, slug: &str) -> Result<OrgId, Failed> {
    let missing = || Failed::input(format!("there is no organization `{slug}`"));
    service.organization(slug).await?.ok_or_else(missing)
}
