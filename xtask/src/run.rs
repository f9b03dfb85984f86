//! `run`, `dist` and `front`: release builds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::front::size::FirstLoad;
use crate::front::{self, Profile};
use crate::steps::Steps;
use crate::workspace::{self, Workspace};
use crate::{args, doctor, process};

/// Builds everything and becomes the server with the demo.
pub fn run(ws: &Workspace, server_args: &[String]) -> Result<()> {
    let address = args::address(server_args, workspace::variable("TOKENSCOPE_ADDRESS"));
    let mut steps = Steps::new(5);
    steps.run("Looking at this machine", || doctor::check(ws, Some(&address)))?;
    let site = build_front(ws, &mut steps)?;
    steps.run("Compiling the server", || build_server(ws, &site))?;
    steps.announce("Serving the demo; Ctrl-C ends it");
    become_server(Command::new(ws.server("release")).args(["serve", "--demo"]).args(server_args))
}

/// Makes the one file that a person can copy to another machine.
pub fn dist(ws: &Workspace) -> Result<()> {
    let mut steps = Steps::new(5);
    steps.run("Looking at this machine", || doctor::check(ws, None))?;
    let site = build_front(ws, &mut steps)?;
    steps.run("Compiling the server", || build_server(ws, &site))?;
    let binary = steps.run("Copying", || {
        let built = ws.server("release");
        let binary = ws.target.join("dist").join(built.file_name().unwrap_or_default());
        fs::create_dir_all(ws.target.join("dist"))?;
        fs::copy(&built, &binary).with_context(|| format!("cannot copy {}", built.display()))?;
        Ok(binary)
    })?;
    FirstLoad::measure(&site)?.print();
    println!("  {:>9}  {}", binary.metadata()?.len(), binary.display());
    Ok(())
}

/// Makes the site folder and shows its size.
pub fn front_only(ws: &Workspace) -> Result<()> {
    let mut steps = Steps::new(3);
    steps.run("Looking at this machine", || doctor::check(ws, None))?;
    let site = build_front(ws, &mut steps)?;
    FirstLoad::measure(&site)?.print();
    Ok(())
}

/// The two steps of the release front end.
pub fn build_front(ws: &Workspace, steps: &mut Steps) -> Result<PathBuf> {
    let wasm = steps.run("Compiling the browser part", || front::compile(ws, Profile::Release))?;
    let title = "Bindings, optimization, compression";
    steps.run(title, || front::assemble(ws, Profile::Release, &wasm))
}

fn build_server(ws: &Workspace, site: &Path) -> Result<()> {
    process::run(
        ws.cargo()
            .args(["build", "--release", "-p", "tokenscope-server", "--features", "embed"])
            .env("TOKENSCOPE_SITE", site),
    )
}

/// Replaces this process, so that the server is the one that Ctrl-C and SIGTERM reach.
#[cfg(unix)]
fn become_server(server: &mut Command) -> Result<()> {
    println!("$ {}", process::describe(server));
    let failure = std::os::unix::process::CommandExt::exec(server);
    Err(failure).with_context(|| format!("cannot start `{}`", process::describe(server)))
}

#[cfg(not(unix))]
fn become_server(server: &mut Command) -> Result<()> {
    process::run(server)
}
