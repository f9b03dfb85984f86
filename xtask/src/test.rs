//! `test`: every check there is, in the order of what they cost.

mod graph;
mod install;
pub mod postgres;
pub mod tools;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::args::TestOptions;
use crate::front::size::FirstLoad;
use crate::front::{self, Profile};
use crate::process;
use crate::steps::Steps;
use crate::workspace::{WASM, Workspace};
use postgres::Cluster;
use tools::Tools;

/// The variable by which tests find the throw-away PostgreSQL.
const POSTGRES_VARIABLE: &str = "TOKENSCOPE_TEST_POSTGRES";

/// Native builds of tests name this feature: without it the app is neither server nor browser.
/// xtask is left out of them, since its dependencies would be compiled once more with others'
/// features.
const NATIVE: &[&str] = &["--workspace", "--exclude", "xtask", "--features", "tokenscope-app/ssr"];

/// The browser part alone. The release profile even for clippy: the macros and build scripts are
/// then the very ones that the release build needs afterwards.
const BROWSER: &[&str] = &[
    "-p",
    "tokenscope-app",
    "--lib",
    "--no-default-features",
    "--features",
    "hydrate",
    "--target",
    WASM,
    "--profile",
    "wasm-release",
];

/// A check with its name on the command line and in the output, and what must go before it.
struct Step {
    name: &'static str,
    title: &'static str,
    needs: &'static [&'static str],
    perform: fn(&mut Bench) -> Result<()>,
}

const fn step(
    name: &'static str,
    title: &'static str,
    needs: &'static [&'static str],
    perform: fn(&mut Bench) -> Result<()>,
) -> Step {
    Step { name, title, needs, perform }
}

const STEPS: &[Step] = &[
    step("format", "Format", &[], format),
    step("clippy", "Clippy, native", &[], clippy),
    step("clippy-wasm", "Clippy, browser", &[], clippy_wasm),
    step("core", "The core alone", &[], core),
    step("graph", "What the browser part is made of", &[], graph),
    step("postgres", "Throw-away PostgreSQL", &[], start_postgres),
    step("tests", "Unit and integration tests", &["postgres"], tests),
    step("front-wasm", "Browser part, release", &[], front_wasm),
    step("front", "Site folder", &["front-wasm"], front_site),
    step("size", "Size of the first load", &["front"], size),
    step("e2e", "Playwright", &["postgres", "front"], playwright),
    step("lighthouse", "Lighthouse, the median of five runs", &["front"], measure),
];

/// Steps that only who names them gets: they measure this machine as well as the program, and take
/// minutes. What they hold that does not depend on the machine, another step holds too.
const ON_DEMAND: &[&str] = &["lighthouse"];

/// What the steps share; dropping it stops the database.
struct Bench<'a> {
    ws: &'a Workspace,
    tools: Tools,
    postgres: Option<Cluster>,
    wasm: Option<PathBuf>,
    site: Option<PathBuf>,
}

/// Measures the pages with Lighthouse.
pub fn lighthouse(ws: &Workspace) -> Result<()> {
    test(ws, &TestOptions { only: vec!["lighthouse".to_owned()], ..TestOptions::default() })
}

/// Runs the checks, all of them unless the options name some.
pub fn test(ws: &Workspace, options: &TestOptions) -> Result<()> {
    process::guard()?;
    let chosen = choose(&options.only)?;
    let mut steps = Steps::new(chosen.len() + 1);
    let names: Vec<&str> = chosen.iter().map(|step| step.name).collect();
    let tools = steps.run("Tools", || tools::prepare(ws, options.install, &names))?;
    let mut bench = Bench { ws, tools, postgres: None, wasm: None, site: None };
    let result =
        chosen.iter().try_for_each(|step| steps.run(step.title, || (step.perform)(&mut bench)));
    // Stopped before the summary, so that nothing is printed after the last line.
    drop(bench);
    println!();
    steps.summary();
    if chosen.len() < by_default().count() {
        println!("\nATTENTION: only {} ran; the other checks did NOT.", names.join(", "));
    } else if result.is_ok() {
        println!("\nAll checks passed.");
    }
    result
}

fn by_default() -> impl Iterator<Item = &'static Step> {
    STEPS.iter().filter(|step| !ON_DEMAND.contains(&step.name))
}

/// The named steps and what they need, in their fixed order.
fn choose(only: &[String]) -> Result<Vec<&'static Step>> {
    if only.is_empty() {
        return Ok(by_default().collect());
    }
    let mut wanted: Vec<&str> = Vec::new();
    let mut open: Vec<&str> = only.iter().map(String::as_str).collect();
    while let Some(name) = open.pop() {
        let Some(step) = STEPS.iter().find(|step| step.name == name) else {
            let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
            bail!("there is no step '{name}'; there are {}", names.join(", "));
        };
        wanted.push(step.name);
        open.extend(step.needs);
    }
    Ok(STEPS.iter().filter(|step| wanted.contains(&step.name)).collect())
}

fn format(bench: &mut Bench) -> Result<()> {
    process::run(bench.ws.cargo().args(["fmt", "--all", "--check"]))
        .context("`cargo xtask fmt` puts it right")
}

fn clippy(bench: &mut Bench) -> Result<()> {
    let deny = ["--", "-D", "warnings"];
    process::run(bench.ws.cargo().arg("clippy").args(NATIVE).arg("--all-targets").args(deny))?;
    process::run(bench.ws.cargo().args(["clippy", "-p", "xtask", "--all-targets"]).args(deny))
}

fn clippy_wasm(bench: &mut Bench) -> Result<()> {
    process::run(bench.ws.cargo().arg("clippy").args(BROWSER).args(["--", "-D", "warnings"]))
}

/// Alone, because a build of the whole workspace lends it the features that others ask for, and
/// hides a clock or a runtime that has crept in.
fn core(bench: &mut Bench) -> Result<()> {
    process::run(bench.ws.cargo().args(["check", "-p", "tokenscope"]))?;
    let wasm = ["--target", WASM, "--profile", "wasm-release"];
    process::run(bench.ws.cargo().args(["check", "-p", "tokenscope"]).args(wasm))
}

fn graph(bench: &mut Bench) -> Result<()> {
    graph::check(bench.ws)
}

fn start_postgres(bench: &mut Bench) -> Result<()> {
    let folder = bench.tools.postgres.as_deref().context("no PostgreSQL was looked for")?;
    let cluster = Cluster::start(folder)?;
    println!("{}", cluster.url());
    bench.postgres = Some(cluster);
    Ok(())
}

fn postgres_url(bench: &Bench) -> Result<String> {
    Ok(bench.postgres.as_ref().context("PostgreSQL does not run")?.url())
}

fn tests(bench: &mut Bench) -> Result<()> {
    let url = postgres_url(bench)?;
    process::run(bench.ws.cargo().arg("test").args(NATIVE).env(POSTGRES_VARIABLE, url))?;
    process::run(bench.ws.cargo().args(["test", "-p", "xtask"]))
}

fn front_wasm(bench: &mut Bench) -> Result<()> {
    bench.wasm = Some(front::compile(bench.ws, Profile::Release)?);
    Ok(())
}

fn front_site(bench: &mut Bench) -> Result<()> {
    let wasm = bench.wasm.as_deref().context("the browser part was not compiled")?;
    bench.site = Some(front::assemble(bench.ws, Profile::Release, wasm)?);
    Ok(())
}

fn size(bench: &mut Bench) -> Result<()> {
    let load = FirstLoad::measure(bench.site.as_deref().context("there is no site folder")?)?;
    load.print();
    load.gate()
}

fn playwright(bench: &mut Bench) -> Result<()> {
    let url = postgres_url(bench)?;
    let mut tests = browser_tests(bench)?;
    process::run(tests.env(POSTGRES_VARIABLE, url))
}

/// On the server of the tests, which is slower than the one that people run, with the front end
/// that they get.
fn measure(bench: &mut Bench) -> Result<()> {
    let mut tests = browser_tests(bench)?;
    // Nothing beside it, which would count as slowness of the page.
    tests.args(["lighthouse.spec.ts", "--workers=1"]);
    process::run(tests.env("LIGHTHOUSE_RUNS", "5"))
}

/// Builds the server, and the command that runs the browser's tests on it.
fn browser_tests(bench: &Bench) -> Result<Command> {
    let site = bench.site.as_deref().context("there is no site folder")?;
    let chromium = bench.tools.chromium.as_deref().context("no Chromium was looked for")?;
    // With the tests as well, although only the program is wanted: that is what the tests have
    // built already, while the program alone would have other features and be built once more.
    process::run(bench.ws.cargo().arg("build").args(NATIVE).args(["--bins", "--tests"]))?;
    let mut tests = Command::new("npx");
    tests
        .args(["--no-install", "playwright", "test"])
        .current_dir(bench.ws.root.join("end2end"))
        .env("TOKENSCOPE_BIN", bench.ws.server("debug"))
        .env("TOKENSCOPE_SITE", site)
        .env("CHROMIUM", chromium);
    Ok(tests)
}

#[cfg(test)]
mod unit {
    use super::*;

    fn chosen(only: &[&str]) -> Result<Vec<&'static str>> {
        let only: Vec<String> = only.iter().map(|name| (*name).to_owned()).collect();
        Ok(choose(&only)?.into_iter().map(|step| step.name).collect())
    }

    #[test]
    fn a_chosen_step_brings_what_it_needs_in_order() {
        assert_eq!(chosen(&["e2e"]).unwrap(), ["postgres", "front-wasm", "front", "e2e"]);
        assert_eq!(chosen(&["graph", "format"]).unwrap(), ["format", "graph"]);
        assert_eq!(chosen(&["lighthouse"]).unwrap(), ["front-wasm", "front", "lighthouse"]);
        assert_eq!(chosen(&[]).unwrap().len(), STEPS.len() - ON_DEMAND.len());
        assert!(!chosen(&[]).unwrap().contains(&"lighthouse"));
    }

    #[test]
    fn an_unknown_step_names_those_there_are() {
        assert!(chosen(&["e3e"]).unwrap_err().to_string().contains("clippy-wasm"));
    }
}
