//! `dev`: builds, serves, and does both again whenever a source file changes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::Result;

use crate::front::{self, Profile};
use crate::process::Group;
use crate::workspace::{self, Workspace};
use crate::{args, doctor, process};

const WATCHED: &[&str] = &["Cargo.toml", "app", "migrations", "public", "server", "src", "style"];
/// A look at a few hundred files takes a millisecond, which no watcher's dependencies are worth.
const PAUSE: Duration = Duration::from_millis(300);

/// Serves until it is interrupted.
pub fn dev(ws: &Workspace, server_args: &[String]) -> Result<()> {
    let address = args::address(server_args, workspace::variable("TOKENSCOPE_ADDRESS"));
    process::guard()?;
    doctor::check(ws, Some(&address))?;
    let mut session = Session { ws, args: server_args.to_vec(), served: None };
    while !process::interrupted() {
        let built_from = snapshot(ws);
        match build(ws) {
            Ok(built) => session.serve(built)?,
            Err(error) if !process::interrupted() => eprintln!("\nnot built: {error:#}"),
            Err(_) => {}
        }
        session.watch(&built_from)?;
    }
    println!("\nStopped.");
    Ok(())
}

/// What a running server was made of; another value asks for another start.
#[derive(PartialEq)]
struct Built {
    site: PathBuf,
    manifest: Vec<u8>,
    server: SystemTime,
}

fn build(ws: &Workspace) -> Result<Built> {
    let wasm = front::compile(ws, Profile::Debug)?;
    let site = front::assemble(ws, Profile::Debug, &wasm)?;
    process::run(ws.cargo().args(["build", "-p", "tokenscope-server"]))?;
    let manifest = fs::read(site.join("manifest.json"))?;
    let server = ws.server("debug").metadata()?.modified()?;
    Ok(Built { site, manifest, server })
}

struct Session<'a> {
    ws: &'a Workspace,
    args: Vec<String>,
    served: Option<(Built, Group)>,
}

impl Session<'_> {
    /// Starts the server, or starts it anew when something it is made of has changed.
    fn serve(&mut self, built: Built) -> Result<()> {
        if let Some((before, server)) = &mut self.served
            && *before == built
            && server.ended()?.is_none()
        {
            println!("nothing that is served has changed");
            return Ok(());
        }
        self.served = None;
        let mut command = Command::new(self.ws.server("debug"));
        command
            .args(["serve", "--demo"])
            .args(&self.args)
            .env("TOKENSCOPE_SITE", &built.site)
            .env("TOKENSCOPE_DEV_RELOAD", "1");
        println!("$ {}", process::describe(&command));
        self.served = Some((built, Group::spawn(&mut command)?));
        // Asked for once; at every restart it would throw away what the developer has just made.
        self.args.retain(|arg| arg != "--fresh");
        Ok(())
    }

    /// Comes back when a watched file has changed and the changes have come to rest.
    fn watch(&mut self, built_from: &Snapshot) -> Result<()> {
        let mut told = false;
        let mut last = snapshot(self.ws);
        while !process::interrupted() {
            std::thread::sleep(PAUSE);
            let now = snapshot(self.ws);
            if now == last && now != *built_from {
                println!("\nchanged: {}", changed(built_from, &now));
                return Ok(());
            }
            last = now;
            if let Some((_, server)) = &mut self.served
                && let Some(status) = server.ended()?
                && !told
            {
                told = true;
                println!("the server has ended ({status}); the next change starts it again");
            }
        }
        Ok(())
    }
}

type Snapshot = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

fn snapshot(ws: &Workspace) -> Snapshot {
    let mut files = Snapshot::new();
    for name in WATCHED {
        visit(&ws.root.join(name), &mut files);
    }
    files
}

/// A file that vanishes while it is looked at is simply not there.
fn visit(path: &Path, files: &mut Snapshot) {
    let Ok(metadata) = path.metadata() else {
        return;
    };
    if metadata.is_file() {
        files.insert(path.to_owned(), (metadata.len(), metadata.modified().ok()));
        return;
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden {
            visit(&entry.path(), files);
        }
    }
}

fn changed(before: &Snapshot, now: &Snapshot) -> String {
    let differs = |path: &&PathBuf| before.get(*path) != now.get(*path);
    let first = now.keys().find(differs).or_else(|| before.keys().find(differs));
    first.map(|path| path.display().to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_and_a_removed_file_are_changes() {
        let file = |name: &str| (PathBuf::from(name), (1, None));
        let one = Snapshot::from([file("a")]);
        let two = Snapshot::from([file("a"), file("b")]);
        assert_eq!(changed(&one, &two), "b");
        assert_eq!(changed(&two, &one), "b");
    }
}
