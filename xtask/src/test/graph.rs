//! What the browser part may not be made of: a runtime, a database or a large table that slips in
//! through somebody's default features costs every visitor its size.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Result, bail};

use crate::process;
use crate::workspace::{WASM, Workspace};

const FORBIDDEN: &[&str] =
    &["axum", "chrono-tz", "plotters", "regex", "sqlx", "sqlx-core", "tokio"];

/// Packages that name a forbidden one in a way nobody can switch off, and call it only from code
/// that the linker drops for the browser; the size gate would show if it came along.
const TOLERATED: &[(&str, &str)] = &[("regex", "leptos_config")];

/// Fails with the path by which a forbidden package came in.
pub fn check(ws: &Workspace) -> Result<()> {
    let mut listing = tree(ws);
    listing.args(["--prefix", "none", "--format", "{p}"]);
    println!("$ {}", process::describe(&listing));
    let packages = names(&process::output(&mut listing)?);
    let mut found = Vec::new();
    for name in FORBIDDEN.iter().filter(|name| packages.contains(**name)) {
        let mut parents = tree(ws);
        parents.args(["--prefix", "none", "--format", "{p}", "--depth", "1", "--invert", name]);
        let untold = untolerated(name, &names(&process::output(&mut parents)?));
        if untold.is_empty() {
            println!("{name} is there through what is known to be harmless");
            continue;
        }
        process::run(tree(ws).args(["--invert", name]))?;
        found.push(format!("{name} (through {})", untold.join(", ")));
    }
    if found.is_empty() {
        println!("{} packages, none of {}", packages.len(), FORBIDDEN.join(", "));
        return Ok(());
    }
    bail!("the browser part must not hold {}", found.join(", "))
}

fn tree(ws: &Workspace) -> Command {
    let mut command = ws.cargo();
    // Macros run in the compiler and may use what they like.
    command.args(["tree", "-p", "tokenscope-app", "--no-default-features", "--features"]);
    command.args(["hydrate", "--target", WASM, "--edges", "normal,no-proc-macro"]);
    command
}

fn names(listing: &str) -> BTreeSet<String> {
    listing.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Those that bring the package in and are not known to be harmless.
fn untolerated(name: &str, with_parents: &BTreeSet<String>) -> Vec<String> {
    let harmless = |parent: &str| TOLERATED.contains(&(name, parent));
    let parents = with_parents.iter().filter(|parent| *parent != name);
    parents.filter(|parent| !harmless(parent)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_read_by_its_first_words() {
        let listing = "tokenscope-app v0.1.0 (/x)\nleptos v0.8.23\n\nleptos v0.8.23 (*)\n";
        assert_eq!(names(listing).into_iter().collect::<Vec<_>>(), ["leptos", "tokenscope-app"]);
    }

    #[test]
    fn only_the_known_parent_is_tolerated() {
        let parents = |list: &str| names(&list.replace(' ', "\n"));
        assert!(untolerated("regex", &parents("regex leptos_config")).is_empty());
        assert_eq!(
            untolerated("regex", &parents("regex leptos_config env_logger")),
            ["env_logger"]
        );
        assert_eq!(untolerated("tokio", &parents("tokio leptos_config")), ["leptos_config"]);
    }
}
