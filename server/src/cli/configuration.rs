//! `config check`, `config print`, and the log.

use super::{Done, Failed, say};
use crate::config::{Config, LogFormat};
use crate::http::assets::Site;
use crate::store::db;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// The configuration was read already; here is what only its use would show.
pub fn check(config: &Config) -> Done {
    filter(config)?;
    Site::find(config.site.clone()).files().map_err(Failed::input)?;
    db::check_address(&config.database_url)?;
    say(&format!("the configuration can be used; it listens on {}", config.address));
    Ok(())
}

/// Prints it with secrets hidden.
pub fn print(config: &Config) -> Done {
    say(config.shown()?.trim_end());
    Ok(())
}

fn filter(config: &Config) -> Result<EnvFilter, Failed> {
    EnvFilter::try_new(&config.log)
        .map_err(|e| Failed::input(format!("configuration: log `{}`: {e}", config.log)))
}

/// Starts the log on standard error; standard output belongs to what was asked for.
pub fn start_log(config: &Config) -> Done {
    let filter = filter(config)?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
