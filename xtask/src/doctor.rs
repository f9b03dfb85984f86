//! Looks at the machine before anything is compiled, and names everything that is missing at once:
//! nobody should wait five minutes for the first complaint and five more for the second.

use std::net::{TcpListener, ToSocketAddrs};
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::process;
use crate::workspace::{self, WASM, Workspace};

/// Something that is missing, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub what: String,
    /// What a person can do.
    pub remedy: String,
}

impl Problem {
    /// Both halves in one.
    pub fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: remedy.into() }
    }
}

/// Checks what a build needs, and the port when an address is given; then adds the wasm target.
pub fn check(ws: &Workspace, address: Option<&str>) -> Result<()> {
    let mut problems = building(ws);
    problems.extend(address.and_then(|address| port_free(address).err()));
    complain(&problems)?;
    add_wasm_target(ws)
}

/// What a build needs from this machine.
pub fn building(ws: &Workspace) -> Vec<Problem> {
    [wasm_target(ws), c_compiler(), disk(ws)].into_iter().flatten().collect()
}

/// Fails when there is a problem, after printing all of them.
pub fn complain(problems: &[Problem]) -> Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    for problem in problems {
        eprintln!("  problem: {}\n   remedy: {}", problem.what, problem.remedy);
    }
    match problems.len() {
        1 => bail!("one thing is in the way; nothing was compiled"),
        several => bail!("{several} things are in the way; nothing was compiled"),
    }
}

/// Adds the wasm target through rustup when it is not there. Explicitly, because rustup's automatic
/// installation may be switched off.
pub fn add_wasm_target(ws: &Workspace) -> Result<()> {
    if wasm_target_installed(ws) {
        return Ok(());
    }
    println!("The target {WASM} is not installed yet; adding it.");
    process::run(Command::new("rustup").args(["target", "add", WASM]).current_dir(&ws.root))
}

fn wasm_target(ws: &Workspace) -> Option<Problem> {
    if wasm_target_installed(ws) || process::which("rustup").is_some() {
        return None;
    }
    Some(Problem::new(
        format!("no Rust target {WASM}, and no rustup, which could add it"),
        format!(
            "install Rust from https://rustup.rs, or your system's package of the standard \
             library for {WASM} (Debian: libstd-rust-dev-wasm32)"
        ),
    ))
}

fn wasm_target_installed(ws: &Workspace) -> bool {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", WASM]).current_dir(&ws.root);
    process::output(&mut rustc).is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

fn c_compiler() -> Option<Problem> {
    let chosen = workspace::variable("CC").and_then(|cc| {
        let name = cc.split_whitespace().next()?.to_owned();
        let found = process::executable(Path::new(&name)) || process::which(&name).is_some();
        found.then_some(name)
    });
    if chosen.is_some() || ["cc", "gcc", "clang"].iter().any(|cc| process::which(cc).is_some()) {
        return None;
    }
    Some(Problem::new(
        "no C compiler (cc, gcc or clang); SQLite is compiled in",
        "Debian: sudo apt-get install -y gcc libc6-dev; Fedora: sudo dnf install gcc; \
         macOS: xcode-select --install; or set CC",
    ))
}

fn disk(ws: &Workspace) -> Option<Problem> {
    // Without a server built before, its dependencies still have to be compiled.
    let fresh = !ws.server("release").exists();
    let needed_gb = if fresh { 6 } else { 2 };
    let folder = ws.target.ancestors().find(|folder| folder.is_dir())?;
    let mut df = Command::new("df");
    df.arg("-Pk").arg(folder).env("LC_ALL", "C");
    // Where there is no `df`, a full disk is found out by the compiler.
    let free_kb = free_kilobytes(&process::output(&mut df).ok()?)?;
    if free_kb >= needed_gb * 1_000_000 {
        return None;
    }
    Some(Problem::new(
        format!(
            "little disk space: {} has {} MB free, the build needs {needed_gb} GB",
            folder.display(),
            free_kb / 1000
        ),
        "free some space, or let CARGO_TARGET_DIR name a folder on another disk",
    ))
}

/// The free space from `df -Pk`, whose format POSIX fixes.
fn free_kilobytes(df: &str) -> Option<u64> {
    let fields: Vec<&str> = df.lines().last()?.split_whitespace().collect();
    // Counted from the capacity's percent sign, since a device's name may hold spaces.
    let percent = fields.iter().rposition(|field| field.ends_with('%'))?;
    fields.get(percent.checked_sub(1)?)?.parse().ok()
}

fn port_free(address: &str) -> Result<(), Problem> {
    let choose = "choose another one: TOKENSCOPE_ADDRESS=127.0.0.1:3001 cargo xtask run";
    let wrong = |why: String| Problem::new(format!("the address {address}: {why}"), choose);
    let addresses = address
        .to_socket_addrs()
        .map_err(|error| wrong(format!("not a HOST:PORT that can be looked up ({error})")))?
        .collect::<Vec<_>>();
    match TcpListener::bind(addresses.as_slice()) {
        Ok(_) => Ok(()),
        Err(error) => Err(wrong(format!("cannot listen there ({error})"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn df_is_read_from_its_last_line() {
        let said = "Filesystem 1024-blocks Used Available Capacity Mounted on\n\
                    /dev/my disk 263174212 13631488 82837504 15% /var/my data\n";
        assert_eq!(free_kilobytes(said), Some(82_837_504));
        assert_eq!(free_kilobytes("nothing of the kind"), None);
        assert_eq!(free_kilobytes(""), None);
    }

    #[test]
    fn a_used_port_is_named_with_the_way_out() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let problem = port_free(&address).unwrap_err();
        assert!(problem.what.contains(&address), "{problem:?}");
        assert!(problem.remedy.contains("TOKENSCOPE_ADDRESS"), "{problem:?}");
        drop(taken);
        assert_eq!(port_free(&address), Ok(()));
    }

    #[test]
    fn an_address_without_a_port_is_refused() {
        assert!(port_free("localhost").is_err());
    }
}
