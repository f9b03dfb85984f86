//! `bench`: the speed of the core and of checks beside their targets and beside what the machine
//! could do.
//!
//! The targets are printed and never asserted: they say something about a quiet machine alone.

mod checks;

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process;
use crate::workspace::Workspace;

/// How a figure is told.
#[derive(Clone, Copy)]
enum Shown {
    /// The time of one run.
    Time,
    /// Things in a second, of so many in one run.
    Rate(f64, &'static str),
}

/// A figure that is measured: a bench, and the bench of the same run that is its limit.
struct Figure {
    what: &'static str,
    bench: &'static str,
    limit: Option<&'static str>,
    shown: Shown,
    /// The longest run that meets the target, in nanoseconds.
    target: Option<f64>,
}

const MILLION: f64 = 1e6;

const fn timed(
    what: &'static str,
    bench: &'static str,
    limit: Option<&'static str>,
    target: Option<f64>,
) -> Figure {
    Figure { what, bench, limit, shown: Shown::Time, target }
}

const FIGURES: &[Figure] = &[
    Figure {
        what: "burn-down, 1 000 000 charges over 1 000 lots",
        bench: "million-charges/burn",
        limit: Some("million-charges/limit"),
        shown: Shown::Rate(MILLION, "charges"),
        target: Some(1e9 / 5.0),
    },
    Figure {
        what: "the same with what paid for what",
        bench: "million-charges/burn-down",
        limit: Some("million-charges/limit"),
        shown: Shown::Rate(MILLION, "charges"),
        target: None,
    },
    timed(
        "100 000 lots of one team (limit: sorting them)",
        "lots/burn",
        Some("lots/limit"),
        Some(100.0 * MILLION),
    ),
    timed("balance of two years of sums, 24 lots", "sums/burn", Some("sums/limit"), Some(50_000.0)),
    timed("all scenario files, replayed and asked", "replay/vectors", None, None),
    Figure {
        what: "replay, 100 000 events made ready",
        bench: "replay/events",
        limit: None,
        shown: Shown::Rate(100_000.0, "events"),
        target: None,
    },
    timed("state of a team with 100 000 charges", "replay/state", None, None),
    timed("explanation of the same", "replay/explain", Some("replay/state"), None),
    Figure {
        what: "product days of one user, 10 000 sessions",
        bench: "rules/chain",
        limit: None,
        shown: Shown::Rate(10_000.0, "sessions"),
        target: None,
    },
    timed("forecast from 400 days, 24 lots", "forecast/outlook", None, None),
];

/// Runs the benches in release mode and prints the table.
pub fn bench(ws: &Workspace) -> Result<()> {
    process::guard()?;
    let results = ws.target.join("criterion");
    let mut run = ws.cargo();
    run.args(["bench", "-p", "tokenscope", "--bench", "core"]).env("CRITERION_HOME", &results);
    process::run(&mut run)?;
    let rows = FIGURES.iter().map(|figure| row(figure, &results)).collect::<Result<Vec<_>>>()?;
    println!();
    print_table(&HEAD, &rows);
    println!(
        "\nMedians of this run. The limit is the least work that there is, measured beside it;"
    );
    println!("of the explanation it is the state alone.\n");
    checks::bench(ws)
}

#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
}

/// The median time of one run in nanoseconds.
fn median(results: &Path, bench: &str) -> Result<f64> {
    let file = results.join(bench).join("new/estimates.json");
    let text = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let estimates: Estimates = serde_json::from_slice(&text)
        .with_context(|| format!("cannot understand {}", file.display()))?;
    Ok(estimates.median.point_estimate)
}

/// What the columns are called.
const HEAD: [&str; 6] = ["what", "figure", "limit", "ratio", "target", "met"];

fn row(figure: &Figure, results: &Path) -> Result<[String; 6]> {
    let took = median(results, figure.bench)?;
    let limit = figure.limit.map(|bench| median(results, bench)).transpose()?;
    let met = figure.target.map(|target| if took <= target { "yes" } else { "NO" });
    Ok([
        figure.what.to_owned(),
        shown(figure.shown, took),
        limit.map(|limit| shown(figure.shown, limit)).unwrap_or_default(),
        limit.map(|limit| format!("{:.1}", took / limit)).unwrap_or_default(),
        figure.target.map(|target| shown(figure.shown, target)).unwrap_or_default(),
        met.unwrap_or_default().to_owned(),
    ])
}

fn shown(how: Shown, nanos: f64) -> String {
    match how {
        Shown::Rate(count, what) => format!("{:.1} M {what}/s", count * 1e3 / nanos),
        Shown::Time if nanos < 1e3 => format!("{nanos:.0} ns"),
        Shown::Time if nanos < 1e6 => format!("{:.1} us", nanos / 1e3),
        Shown::Time => format!("{:.1} ms", nanos / 1e6),
    }
}

fn print_table<const N: usize>(head: &[&str; N], rows: &[[String; N]]) {
    let head = head.map(str::to_owned);
    let all: Vec<&[String; N]> = std::iter::once(&head).chain(rows).collect();
    let width = |column: usize| all.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..head.len()).map(|column| width(column).unwrap_or(0)).collect();
    for row in all {
        let mut line = format!("  {:<1$}", row[0], widths[0]);
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            line += &format!("  {cell:>width$}");
        }
        println!("{}", line.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_reads_as_people_say_it() {
        assert_eq!(shown(Shown::Rate(MILLION, "charges"), 1e9 / 5.0), "5.0 M charges/s");
        assert_eq!(shown(Shown::Time, 950.0), "950 ns");
        assert_eq!(shown(Shown::Time, 49_950.0), "50.0 us");
        assert_eq!(shown(Shown::Time, 100.0 * MILLION), "100.0 ms");
    }

    #[test]
    fn a_row_compares_with_limit_and_target() {
        let folder = std::env::temp_dir().join(format!("tokenscope-bench-{}", std::process::id()));
        for (bench, nanos) in [("lots/burn", "2e8"), ("lots/limit", "1e8")] {
            let place = folder.join(bench).join("new");
            std::fs::create_dir_all(&place).unwrap();
            let text = format!("{{\"median\": {{\"point_estimate\": {nanos}}}, \"mean\": {{}}}}");
            std::fs::write(place.join("estimates.json"), text).unwrap();
        }
        let figure = FIGURES.iter().find(|figure| figure.bench == "lots/burn").unwrap();
        let row = row(figure, &folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(row[1..], ["200.0 ms", "100.0 ms", "2.0", "100.0 ms", "NO"]);
    }

    #[test]
    fn a_bench_that_did_not_run_is_named() {
        let missing = median(Path::new("/nowhere"), "sums/burn").unwrap_err().to_string();
        assert!(missing.contains("sums/burn"), "{missing}");
    }
}
