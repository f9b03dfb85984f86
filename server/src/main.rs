//! The binary `tokenscope`.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    tokenscope_server::cli::run(tokenscope_server::cli::Cli::parse())
}
