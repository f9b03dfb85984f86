//! The programs the checks need: looked for on PATH and where Debian puts them, all at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::install;
use crate::doctor::{self, Problem};
use crate::process;
use crate::workspace::Workspace;

const NODE_MAJOR: u32 = 20;
const CHROMIUM: &[&str] = &["chromium", "chromium-browser", "google-chrome"];
/// Debian keeps the server's programs off PATH, one folder per major version.
const DEBIAN_POSTGRES: &str = "/usr/lib/postgresql";

/// What was found.
pub struct Tools {
    /// The folder of `initdb` and `postgres`.
    pub postgres: Option<PathBuf>,
    /// The browser.
    pub chromium: Option<PathBuf>,
}

/// A missing tool, and the Debian packages that bring it.
struct Missing {
    what: &'static str,
    packages: &'static [&'static str],
}

/// Finds the tools of these steps, installs what is missing where that is wanted, and otherwise
/// names all of it.
pub fn prepare(ws: &Workspace, install: bool, steps: &[&str]) -> Result<Tools> {
    let browser = steps.contains(&"e2e") || steps.contains(&"lighthouse");
    let database = steps.contains(&"postgres");
    let missing = missing(browser, database);
    let fonts = browser && !japanese_fonts();
    if install || install::expected() {
        let optional: &[&str] = if fonts { &["fonts-noto-cjk"] } else { &[] };
        let packages = missing.iter().flat_map(|tool| tool.packages).chain(optional).copied();
        install::packages(&packages.collect::<Vec<_>>())?;
        install::rust_components(ws)?;
    }
    let mut problems = doctor::building(ws);
    problems.extend(still_missing(browser, database));
    problems.extend(rust_components(ws));
    doctor::complain(&problems)?;
    if browser && !japanese_fonts() {
        println!("optional: Japanese fonts are missing (Debian: fonts-noto-cjk); screenshots");
        println!("          of Japanese pages will show boxes");
    }
    doctor::add_wasm_target(ws)?;
    if browser {
        npm_packages(&ws.root.join("end2end"))?;
    }
    let tools = Tools { postgres: postgres_folder(), chromium: chromium() };
    tools.print(browser, database);
    Ok(tools)
}

impl Tools {
    fn print(&self, browser: bool, database: bool) {
        let database = database.then_some(("PostgreSQL", &self.postgres));
        let browser = browser.then_some(("Chromium", &self.chromium));
        for (name, found) in [database, browser].into_iter().flatten() {
            if let Some(path) = found {
                println!("{name}: {}", path.display());
            }
        }
    }
}

fn missing(browser: bool, database: bool) -> Vec<Missing> {
    let mut missing = Vec::new();
    if browser && node_major().is_none_or(|major| major < NODE_MAJOR) {
        missing.push(Missing { what: "Node.js 20 or newer", packages: &["nodejs"] });
    }
    if browser && process::which("npm").is_none() {
        missing.push(Missing { what: "npm", packages: &["npm"] });
    }
    if browser && chromium().is_none() {
        missing.push(Missing { what: "Chromium", packages: &["chromium"] });
    }
    if database && postgres_folder().is_none() {
        missing.push(Missing { what: "PostgreSQL's server", packages: &["postgresql"] });
    }
    missing
}

fn still_missing(browser: bool, database: bool) -> Vec<Problem> {
    let missing = missing(browser, database);
    let all: Vec<&str> = missing.iter().flat_map(|tool| tool.packages).copied().collect();
    let remedy =
        format!("cargo xtask test --install, or: sudo apt-get install -y {}", all.join(" "));
    missing
        .iter()
        .map(|tool| match (tool.what, node_major()) {
            ("Node.js 20 or newer", Some(major)) => Problem::new(
                format!("no {} (this is {major})", tool.what),
                "your system's package is too old; install one from https://nodejs.org",
            ),
            (what, _) => Problem::new(format!("no {what}"), remedy.clone()),
        })
        .collect()
}

fn rust_components(ws: &Workspace) -> Vec<Problem> {
    let absent = install::absent_components(ws);
    let remedy = |name: &str| format!("rustup component add {name}");
    absent.iter().map(|name| Problem::new(format!("no {name}"), remedy(name))).collect()
}

fn node_major() -> Option<u32> {
    major(&process::output(Command::new("node").arg("--version")).ok()?)
}

/// The first number of a version such as `v20.20.2`.
fn major(version: &str) -> Option<u32> {
    let digits = version.trim().trim_start_matches('v');
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn chromium() -> Option<PathBuf> {
    CHROMIUM.iter().find_map(|name| process::which(name))
}

/// The folder of PostgreSQL's programs.
pub fn postgres_folder() -> Option<PathBuf> {
    let whole = |folder: &Path| {
        ["initdb", "postgres"].iter().all(|name| process::executable(&folder.join(name)))
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(folder) = std::env::split_paths(&path).find(|folder| whole(folder)) {
        return Some(folder);
    }
    let versions = fs::read_dir(DEBIAN_POSTGRES).ok()?.flatten().map(|entry| entry.path());
    newest_first(versions.collect())
        .into_iter()
        .map(|version| version.join("bin"))
        .find(|folder| whole(folder))
}

/// By number: `9.6` is older than `15`, whatever their letters say.
fn newest_first(mut versions: Vec<PathBuf>) -> Vec<PathBuf> {
    let number = |path: &PathBuf| path.file_name().and_then(|name| major(&name.to_string_lossy()));
    versions.sort_by_key(|path| std::cmp::Reverse(number(path)));
    versions
}

fn japanese_fonts() -> bool {
    let mut list = Command::new("fc-list");
    match process::output(list.args([":lang=ja", "file"])) {
        Ok(fonts) => !fonts.trim().is_empty(),
        Err(_) => Path::new("/usr/share/fonts/opentype/noto").is_dir(),
    }
}

/// Installs what the browser tests import, unless exactly that is there.
fn npm_packages(folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let Ok(wanted) = fs::read(&lock) else {
        bail!("{} is missing; the browser tests cannot be installed", lock.display());
    };
    let stamp = folder.join("node_modules").join(".installed-from");
    let digest = format!("{:x}", Sha256::digest(&wanted));
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == digest) {
        return Ok(());
    }
    process::run(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(folder)
            // The browser is the system's own.
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
            .env("PUPPETEER_SKIP_DOWNLOAD", "1"),
    )?;
    fs::write(&stamp, digest).context("npm made no node_modules")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_first_number() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("9.6"), Some(9));
        assert_eq!(major("main"), None);
        assert_eq!(major(""), None);
    }

    #[test]
    fn the_newest_postgres_is_taken_by_number() {
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        let found = newest_first(paths(&["/x/9.6", "/x/15", "/x/other", "/x/17"]));
        assert_eq!(found, paths(&["/x/17", "/x/15", "/x/9.6", "/x/other"]));
    }
}
