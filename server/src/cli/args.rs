//! Commands and flags.

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use tokenscope::time::Instant;

/// Usage analytics and token accounting for prepaid API tokens.
#[derive(Debug, Parser)]
#[command(name = "tokenscope", version, about)]
pub struct Cli {
    /// What to do; `serve` when nothing is said.
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// Configuration file (default: tokenscope.toml, where it is there).
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Where to listen, e.g. 127.0.0.1:3000.
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(super) address: Option<SocketAddr>,
    /// `sqlite:FILE` or `postgres://USER@HOST/DATABASE`.
    #[arg(long, global = true, value_name = "URL")]
    pub(super) database_url: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve the pages and the interfaces.
    Serve(ServeArgs),
    /// Bring the tables to the newest shape.
    Migrate,
    /// Write the facts of scenario files into an organization.
    Load(LoadArgs),
    /// Answer the questions of scenario files from their facts, without a database.
    #[command(after_long_help = REPLAY_HELP)]
    Replay(ReplayArgs),
    /// Work out every balance, sum, rollup and hash chain again, and name what differs.
    #[command(after_long_help = VERIFY_HELP)]
    Verify,
    /// Write everything into a file, while the program goes on.
    #[command(after_long_help = BACKUP_HELP)]
    Backup(FileArgs),
    /// Restore a backup into an empty database, and verify it.
    #[command(after_long_help = RESTORE_HELP)]
    Restore(FileArgs),
    /// Make demo data in an empty database.
    Demo(DemoArgs),
    /// People who can sign in.
    #[command(subcommand)]
    User(UserCommand),
    /// API keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// The configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
}

impl Default for Command {
    fn default() -> Self {
        Self::Serve(ServeArgs::default())
    }
}

#[derive(Debug, Default, Args)]
pub(super) struct ServeArgs {
    /// Make demo data where the database is empty, and print its accounts.
    #[arg(long)]
    pub demo: bool,
    /// Throw the demo data away and make it anew.
    #[arg(long, requires = "demo")]
    pub fresh: bool,
    /// How many usage events the demo has.
    #[arg(long, value_name = "N", default_value_t = 100_000, requires = "demo",
        value_parser = clap::value_parser!(u64).range(2_000..=5_000_000))]
    pub demo_events: u64,
    /// How many days the demo goes back.
    #[arg(long, value_name = "N", default_value_t = 400, requires = "demo",
        value_parser = clap::value_parser!(u32).range(30..=3_650))]
    pub demo_days: u32,
}

/// What the flags alone do not say about `verify`.
const VERIFY_HELP: &str = "\
Reads one snapshot, while the program goes on, and changes nothing. Each difference is one line:
organization, table, which row, what is stored and what should be. The last lines tell the newest
entry and hash of each audit log: kept elsewhere, they show later that its end is still there.

What it cannot see: that the newest entries of an audit log are missing or that all of it was made
anew (keep the hash), and changed attributes of events.

Exit code:
  0  everything adds up
  1  something differs
  2  it could not be read";

/// What the flags alone do not say about `backup`.
const BACKUP_HELP: &str = "\
The backup is of one instant and does not stop anybody. It holds all organizations and people with
their passwords, so that the file can be read by its owner alone; without sessions and links to
choose a password. The file gets its name once it is whole; one that is there is not overwritten.
Any database takes it: SQLite, PostgreSQL.

Example:
  tokenscope backup /backups/tokenscope-$(date +%F).gz";

/// What the flags alone do not say about `restore`.
const RESTORE_HELP: &str = "\
The file is read to its end first; one that is damaged, cut off or made by another version of the
program is refused before anything is written. All of it is restored or nothing. Then everything is
worked out again as by `verify`.

Exit code:
  0  restored, and everything adds up
  1  restored, and something differs
  2  refused: nothing was written";

#[derive(Debug, Args)]
pub(super) struct FileArgs {
    /// The file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Chooses among all the demo data there could be.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How many days it goes back.
    #[arg(long, value_name = "N", default_value_t = 400,
        value_parser = clap::value_parser!(u32).range(30..=3_650))]
    pub days: u32,
    /// How many usage events.
    #[arg(long, value_name = "N", default_value_t = 100_000,
        value_parser = clap::value_parser!(u64).range(2_000..=5_000_000))]
    pub events: u64,
}

#[derive(Debug, Args)]
pub(super) struct LoadArgs {
    /// Scenario files (JSON).
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The organization; made where it is not there.
    #[arg(long, value_name = "SLUG")]
    pub org: String,
    /// Time zone of an organization that is made (default: UTC).
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// How old events sent with an API key may be in an organization that is made: days, or
    /// `none` for any age. Loaded files are not bound by it.
    #[arg(long, value_name = "DAYS", default_value = "400", value_parser = window)]
    pub accept_window: Window,
}

/// What the flags alone do not say about `replay`.
const REPLAY_HELP: &str = "\
Output: one JSON object a line and question: file, ask (the place of the question), team, at,
known_at where the question has it, answer (the members of `expect`), and expected only where it
differs. With --explain one indented object a question, whose answer is all there is to say; it is
not compared. Errors and a last line like `63 files, 252 questions, 0 differ` go to standard error.
All files are read and answered before the first answer is printed.

Exit code:
  0  every answer is the expected one
  1  an answer differs, or the answers cannot be written
  2  a file cannot be read or is no scenario: the error says file and member

The format of the files: src/scenarios/README.md. Times are RFC 3339 with a zone, like
2026-10-01T12:00:00Z. No configuration is read.

Examples:
  tokenscope replay src/scenarios/*.json
  tokenscope replay --explain one-lot.json
  tokenscope replay --explain --team red --at 2026-12-01T00:00:00Z books.json";

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// Scenario files (JSON).
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Print all there is to say about the team of each question: statement, charges with their
    /// rate and the lots that paid, usage by kind of lot, cut points.
    #[arg(long)]
    pub explain: bool,
    /// Explain this team instead of those of the questions.
    #[arg(long, value_name = "TEAM", requires_all = ["explain", "at"])]
    pub team: Option<String>,
    /// The instant that --team is explained at; what happens at it is seen.
    #[arg(long, value_name = "TIME", requires = "team")]
    pub at: Option<Instant>,
    /// Where the statement, the charges and the usage of --team begin (default: with the first
    /// fact).
    #[arg(long, value_name = "TIME", requires = "team")]
    pub from: Option<Instant>,
    /// Leave out the facts that were recorded later (default: none).
    #[arg(long, value_name = "TIME", requires = "team")]
    pub known_at: Option<Instant>,
}

/// How old events may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window(pub Option<i64>);

fn window(text: &str) -> Result<Window, String> {
    match text {
        "none" => Ok(Window(None)),
        days => match days.parse() {
            Ok(days) if (1..=36_500).contains(&days) => Ok(Window(Some(days))),
            _ => Err("give a number of days from 1 to 36500, or `none`".into()),
        },
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add somebody who can sign in.
    Create(UserArgs),
    /// Turn somebody's second factor off, for whoever lost the phone and the recovery codes.
    ResetTwoFactor {
        /// The e-mail the person signs in with.
        #[arg(long)]
        email: String,
    },
    /// Print a link with which somebody chooses a new password; good once, for 30 minutes.
    Reset {
        /// The e-mail of the account.
        #[arg(long)]
        email: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct UserArgs {
    /// The organization; where it is not there, it is made.
    #[arg(long, value_name = "SLUG")]
    pub org: String,
    /// Time zone of an organization that is made (default: UTC).
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// The e-mail to sign in with.
    #[arg(long)]
    pub email: String,
    /// What to call the person.
    #[arg(long)]
    pub name: String,
    /// developer, manager or admin.
    #[arg(long, default_value = "developer")]
    pub role: String,
    /// A role in a team, as SLUG:ROLE (member, manager, `secondary_admin`, `primary_admin`); may
    /// be repeated.
    #[arg(long = "team", value_name = "SLUG:ROLE")]
    pub teams: Vec<String>,
    /// Read the password from standard input (its first line); otherwise one is made and printed.
    #[arg(long)]
    pub password_stdin: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Make an API key and print it, this once.
    Create {
        /// The organization.
        #[arg(long, value_name = "SLUG")]
        org: String,
        /// What to call the key.
        #[arg(long)]
        name: String,
        /// What it may do: ingest, ingest-rated, check, read, admin; separated by commas.
        #[arg(long, value_delimiter = ',', required = true)]
        scopes: Vec<String>,
    },
    /// Take a key back.
    Revoke {
        /// The organization.
        #[arg(long, value_name = "SLUG")]
        org: String,
        /// The key, or its number (the third part).
        key: String,
    },
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum ConfigCommand {
    /// Say whether the configuration can be used.
    Check,
    /// Print it, with secrets hidden.
    Print,
}
