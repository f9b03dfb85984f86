//! `config check`, `config print`, and the log.

use super::{Done, Failed, say};
use crate::config::{Config, LogFormat};
use tracing_subscriber::EnvFilter;

/// The configuration was read already; what could be wrong has been said.
#[expect(clippy::unnecessary_wraps, reason = "commands have one shape")]
pub fn check(config: &Config) -> Done {
    say(&format!("the configuration can be used; it listens on {}", config.address));
    Ok(())
}

/// Prints it with secrets hidden.
pub fn print(config: &Config) -> Done {
    say(config.shown()?.trim_end());
    Ok(())
}

/// Starts the log on standard error; standard output belongs to what was asked for.
pub fn start_log(config: &Config) -> Done {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|e| Failed::input(format!("configuration: log `{}`: {e}", config.log)))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
