//! Installing what is missing: on machines that are made for a build and thrown away, or when a
//! person says so.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::{self, Workspace};

const LISTS: &str = "/var/lib/apt/lists";

/// Read by Debian's `postgresql` while it is installed.
const NO_CLUSTER: &str = "/etc/postgresql-common/createcluster.d/no-main-cluster.conf";

/// Whether to install without being asked: as root, in continuous integration or in a container.
pub fn expected() -> bool {
    let ci = workspace::variable("CI").is_some_and(|value| !matches!(value.as_str(), "" | "false"));
    let container = ["/.dockerenv", "/run/.containerenv"].iter().any(|mark| exists(mark));
    // An init system leaves one of these; a container's first process is the work itself.
    let init = exists("/run/systemd/system") || exists("/run/openrc") || exists("/run/runit");
    root() && (ci || container || (cfg!(target_os = "linux") && !init))
}

fn exists(path: &str) -> bool {
    Path::new(path).exists()
}

/// Whether this is the superuser.
pub fn root() -> bool {
    process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Installs Debian packages; nothing happens when there are none to install.
pub fn packages(names: &[&str]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    if process::which("apt-get").is_none() {
        println!("no apt-get here, so nothing is installed: {}", names.join(" "));
        return Ok(());
    }
    if names.contains(&"postgresql") {
        forbid_cluster()?;
    }
    if !lists_present() {
        process::run(&mut as_root("apt-get", &["update"]))?;
        return process::run(&mut install_command(names));
    }
    if process::run(&mut install_command(names)).is_err() && !process::interrupted() {
        println!("The package lists may be old; reading them again.");
        process::run(&mut as_root("apt-get", &["update"]))?;
        process::run(&mut install_command(names))?;
    }
    Ok(())
}

/// Without this, Debian would make a cluster of its own and start it at every boot.
fn forbid_cluster() -> Result<()> {
    let script = "mkdir -p \"$(dirname \"$1\")\" && echo 'create_main_cluster = false' > \"$1\"";
    process::run(&mut as_root("sh", &["-c", script, "sh", NO_CLUSTER]))
}

fn install_command(names: &[&str]) -> Command {
    let fixed = ["install", "-y", "--no-install-recommends"];
    let mut command = as_root("apt-get", &[&fixed, names].concat());
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn lists_present() -> bool {
    let entries = fs::read_dir(LISTS).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().contains("_Packages"))
}

fn as_root(program: &str, args: &[&str]) -> Command {
    let mut command = match root() {
        true => Command::new(program),
        false => Command::new("sudo"),
    };
    if !root() {
        // `sudo` gives its command a clean environment.
        command.args(["DEBIAN_FRONTEND=noninteractive", program]);
    }
    command.args(args);
    command
}

/// The parts of the Rust tool chain that are not there.
pub fn absent_components(ws: &Workspace) -> Vec<&'static str> {
    let absent = |name: &str| process::output(ws.cargo().args([name, "--version"])).is_err();
    [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(command, _)| absent(command))
        .map(|(_, component)| component)
        .collect()
}

/// Adds them through rustup.
pub fn rust_components(ws: &Workspace) -> Result<()> {
    let absent = absent_components(ws);
    if absent.is_empty() {
        return Ok(());
    }
    if process::which("rustup").is_none() {
        bail!("{} missing, and there is no rustup to add it", absent.join(" and "));
    }
    process::run(
        Command::new("rustup").args(["component", "add"]).args(absent).current_dir(&ws.root),
    )
    .context("rustup could not add the components")
}
