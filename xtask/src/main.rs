//! The build and test driver: `cargo xtask help`.
//!
//! Code map: `args` reads the command line, `workspace` knows where things are and how cargo is
//! called, `process` starts and stops programs, `steps` shows progress, `doctor` looks before
//! anything is compiled, `front` makes the site folder, `run` (with `dist`) and `dev` serve it,
//! `test` checks everything and measures the pages, `bench` measures the core and the checks.

mod args;
mod bench;
mod dev;
mod doctor;
mod front;
mod process;
mod run;
mod steps;
mod test;
mod workspace;

use std::process::ExitCode;

use args::Task;
use workspace::Workspace;

const HELP: &str = "\
cargo xtask <command>

  run [--fresh] [--address HOST:PORT] [...]
            check this machine, build everything in release mode, serve the demo;
            --fresh makes a new demo database, further arguments go to the server
  dist      make one self-contained binary: <target>/dist/tokenscope
  dev [...] debug build, served; rebuilds and reloads when a source file changes
  test [--install] [--only STEP[,STEP]]
            every check; --install also installs the tools that are missing (Debian)
  lighthouse
            measure the pages: five runs of Lighthouse for each, on phone and desktop
  bench     how fast the core and the server's checks are, beside targets and limits of
            the same run
  front     make the front end alone: <target>/site/release
  fmt       format the sources
  help      this text

Environment: TOKENSCOPE_ADDRESS (default 127.0.0.1:3000) and DATABASE_URL (default
sqlite:tokenscope.db) are honoured by run and dev, CARGO_TARGET_DIR by every command.";

fn main() -> ExitCode {
    let task = match args::parse(std::env::args().skip(1)) {
        Ok(task) => task,
        Err(problem) => {
            eprintln!("error: {problem}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match perform(task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if process::interrupted() => {
            eprintln!("\nInterrupted; everything that was started has been stopped.");
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> anyhow::Result<()> {
    if matches!(task, Task::Help) {
        println!("{HELP}");
        return Ok(());
    }
    let ws = Workspace::find()?;
    match task {
        Task::Help => Ok(()),
        Task::Run { server_args } => run::run(&ws, &server_args),
        Task::Dist => run::dist(&ws),
        Task::Dev { server_args } => dev::dev(&ws, &server_args),
        Task::Test(options) => test::test(&ws, &options),
        Task::Lighthouse => test::lighthouse(&ws),
        Task::Bench => bench::bench(&ws),
        Task::Front => run::front_only(&ws),
        Task::Fmt => process::run(ws.cargo().args(["fmt", "--all"])),
    }
}
