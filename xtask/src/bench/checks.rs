//! How fast a server answers checks: a release build on each database, 64 connections that stay
//! open, and the answer to `/healthz` on the same run as the limit.

use std::fs;
use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::print_table;
use crate::process::{self, Group};
use crate::test::postgres::Cluster;
use crate::test::tools::postgres_folder;
use crate::workspace::Workspace;

const CONNECTIONS: &str = "64";
const SECONDS: &str = "10";
const START_LIMIT: Duration = Duration::from_secs(30);

/// A team with a balance that no bench uses up, its app and the price of a call.
const BOOKS: &str = r#"{
  "name": "bench",
  "apps": [{"client_id": "gateway", "team": "red", "from": "2026-01-01T00:00:00Z"}],
  "rates": [{"api": "llm", "variant": null, "tokens": "0.5", "per": "1000", "rounding": "exact",
             "from": "2026-01-01T00:00:00Z"}],
  "lots": [{"id": "a", "team": "red", "kind": "flex", "tokens": "1000000",
            "effective": "2026-01-01T00:00:00Z"},
           {"id": "b", "team": "red", "kind": "cloud_credit", "tokens": "500",
            "effective": "2026-01-01T00:00:00Z", "expires": "2090-01-01T00:00:00Z"}]
}"#;
const CALL: &str = r#"{"client_id":"gateway","api":"llm","quantity":"1500"}"#;
const HOLD: &str =
    r#"{"client_id":"gateway","api":"llm","quantity":"1500","hold":{"key":"{n}","ttl_s":60}}"#;

/// What is asked, and what would be fast enough on which database: answers in a second, and
/// milliseconds in which all but one of a hundred came.
struct Asked {
    what: &'static str,
    method: &'static str,
    path: &'static str,
    body: &'static str,
    sqlite: Option<(f64, f64)>,
    postgres: Option<(f64, f64)>,
}

const ASKED: [Asked; 3] = [
    Asked {
        what: "limit: /healthz",
        method: "GET",
        path: "/healthz",
        body: "",
        sqlite: None,
        postgres: None,
    },
    Asked {
        what: "/check",
        method: "POST",
        path: "/api/v1/check",
        body: CALL,
        sqlite: Some((15_000.0, 5.0)),
        postgres: Some((5_000.0, 8.0)),
    },
    Asked {
        what: "/check with a hold",
        method: "POST",
        path: "/api/v1/check",
        body: HOLD,
        sqlite: Some((3_000.0, 25.0)),
        postgres: Some((3_000.0, 25.0)),
    },
];

/// What the generator of load says.
#[derive(Deserialize)]
struct Load {
    rate: f64,
    p50_us: f64,
    p99_us: f64,
}

/// Builds, serves and asks, on both databases; PostgreSQL only where it is installed.
pub fn bench(ws: &Workspace) -> Result<()> {
    let mut build = ws.cargo();
    build.args(["build", "--release", "-p", "tokenscope-server", "--bin", "tokenscope"]);
    process::run(build.args(["--example", "load"]))?;
    let folder = std::env::temp_dir().join(format!("tokenscope-checks-{}", std::process::id()));
    fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let rows = on_all(ws, &folder);
    fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    println!();
    print_table(&HEAD, &rows?);
    Ok(())
}

const HEAD: [&str; 7] = ["what", "answers/s", "p50", "p99", "of limit", "target", "met"];

fn on_all(ws: &Workspace, folder: &Path) -> Result<Vec<[String; 7]>> {
    let sqlite = format!("sqlite:{}", folder.join("bench.db").display());
    let mut rows = on_one(ws, folder, "SQLite", &sqlite, |asked| asked.sqlite)?;
    match postgres_folder() {
        Some(programs) => {
            let cluster = Cluster::start_synced(&programs)?;
            rows.extend(on_one(ws, folder, "PostgreSQL", &cluster.url(), |asked| asked.postgres)?);
        }
        None => println!("PostgreSQL is not installed, so nothing is measured on it."),
    }
    Ok(rows)
}

fn on_one(
    ws: &Workspace,
    folder: &Path,
    name: &str,
    url: &str,
    target: fn(&Asked) -> Option<(f64, f64)>,
) -> Result<Vec<[String; 7]>> {
    let server = Server::start(ws, folder, url)?;
    let mut limit = None;
    let mut rows = Vec::new();
    for asked in &ASKED {
        let load = server.ask(asked)?;
        let limit = *limit.get_or_insert(load.rate);
        rows.push(row(name, asked, &load, limit, target(asked)));
    }
    Ok(rows)
}

fn row(
    name: &str,
    asked: &Asked,
    load: &Load,
    limit: f64,
    target: Option<(f64, f64)>,
) -> [String; 7] {
    let met = target.map(|(rate, p99)| match load.rate >= rate && load.p99_us < p99 * 1e3 {
        true => "yes",
        false => "NO",
    });
    [
        format!("{name}, {}", asked.what),
        format!("{:.0}", load.rate),
        format!("{:.1} ms", load.p50_us / 1e3),
        format!("{:.1} ms", load.p99_us / 1e3),
        format!("{:.2}", load.rate / limit),
        target.map(|(rate, p99)| format!("{rate:.0}, {p99} ms")).unwrap_or_default(),
        met.unwrap_or_default().to_owned(),
    ]
}

/// A server with the books of the bench.
struct Server {
    load: PathBuf,
    address: SocketAddr,
    key: String,
    _program: Group,
}

impl Server {
    fn start(ws: &Workspace, folder: &Path, url: &str) -> Result<Self> {
        let program = || {
            let mut program = Command::new(ws.server("release"));
            // Nobody's configuration file, and nobody else's database.
            program.current_dir(folder).env("DATABASE_URL", url).env("TOKENSCOPE_LOG", "warn");
            program
        };
        let books = folder.join("books.json");
        fs::write(&books, BOOKS)?;
        process::run(program().arg("load").arg(&books).args(["--org", "bench"]))?;
        let scopes = ["--scopes", "check,ingest"];
        let key = ["key", "create", "--org", "bench", "--name", "bench"];
        let said = process::output(program().args(key).args(scopes))?;
        let key = said.split_whitespace().find(|word| word.starts_with("tsk_"));
        let key = key.context("no key was printed")?.to_owned();
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut serve = program();
        serve.args(["serve", "--address", &address.to_string()]);
        let mut program = Group::spawn(&mut serve)?;
        wait(&mut program, address)?;
        let load = ws.target.join("release/examples").join("load");
        Ok(Self { load, address, key, _program: program })
    }

    fn ask(&self, asked: &Asked) -> Result<Load> {
        let mut load = Command::new(&self.load);
        load.args([&self.address.to_string(), &self.key, CONNECTIONS, SECONDS]);
        load.args([asked.method, asked.path, asked.body]);
        println!("asking {} for {SECONDS} s", asked.path);
        let said = process::output(&mut load)?;
        serde_json::from_str(&said).with_context(|| format!("cannot understand `{said}`"))
    }
}

fn wait(program: &mut Group, address: SocketAddr) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < START_LIMIT && !process::interrupted() {
        if let Some(status) = program.ended()? {
            bail!("the server ended at once with {status}");
        }
        if answers(address).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    bail!("the server did not answer within {} s", START_LIMIT.as_secs())
}

fn answers(address: SocketAddr) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    std::io::Write::write_all(&mut stream, b"GET /readyz HTTP/1.0\r\n\r\n")?;
    stream.read_exact(&mut [0; 12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_whether_both_targets_are_met() {
        let target = Some((15_000.0, 5.0));
        for (rate, p99_us, met) in
            [(15_000.0, 4_999.0, "yes"), (14_999.0, 10.0, "NO"), (20_000.0, 5_000.0, "NO")]
        {
            let load = Load { rate, p50_us: 1_250.0, p99_us };
            let row = row("SQLite", &ASKED[1], &load, 30_000.0, target);
            assert_eq!((row[0].as_str(), row[2].as_str()), ("SQLite, /check", "1.2 ms"));
            assert_eq!((row[5].as_str(), row[6].as_str()), ("15000, 5 ms", met));
        }
    }
}
