//! wasm-opt from npm. Debian's is too old: it writes a wasm that fails in the browser while the
//! page, made by the server, still looks right.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::process;
use crate::workspace::Workspace;

const VERSION: &str = "132.0.0";

const FLAGS: &[&str] = &[
    "-Oz",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// An installed wasm-opt.
pub struct Optimizer {
    node: PathBuf,
    script: PathBuf,
}

/// The optimizer, installed now if npm is there. Without it the site works and is larger, so its
/// absence is said and is no failure.
pub fn find(ws: &Workspace) -> Option<Optimizer> {
    let found = install(ws);
    if let Err(why) = &found {
        println!("SKIPPED: wasm-opt ({why:#}). The site works, but its wasm is larger.");
        println!("         With Node.js and npm on PATH the next build makes it smaller.");
    }
    found.ok()
}

fn install(ws: &Workspace) -> Result<Optimizer> {
    let node = process::which("node").context("there is no node on PATH")?;
    let package = ws.tools().join("node_modules").join("binaryen");
    let optimizer = Optimizer { node, script: package.join("bin").join("wasm-opt") };
    if installed_version(&package).as_deref() == Some(VERSION) && optimizer.script.is_file() {
        return Ok(optimizer);
    }
    let npm = process::which("npm").context("there is no npm on PATH")?;
    fs::create_dir_all(ws.tools())?;
    // Without a package.json of its own, npm would look for one in the folders above.
    fs::write(ws.tools().join("package.json"), "{ \"private\": true }\n")?;
    process::run(
        Command::new(npm)
            .args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"])
            .args(["--fetch-retries", "1", &format!("binaryen@{VERSION}")])
            .current_dir(ws.tools()),
    )?;
    if !optimizer.script.is_file() {
        bail!("npm installed binaryen {VERSION}, but not {}", optimizer.script.display());
    }
    Ok(optimizer)
}

fn installed_version(package: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Package {
        version: String,
    }
    let text = fs::read(package.join("package.json")).ok()?;
    Some(serde_json::from_slice::<Package>(&text).ok()?.version)
}

impl Optimizer {
    /// Makes the wasm smaller.
    pub fn shrink(&self, scratch: &Path, wasm: &[u8]) -> Result<Vec<u8>> {
        let input = scratch.join("tokenscope_bg.wasm");
        let output = scratch.join("optimized.wasm");
        process::run(
            Command::new(&self.node)
                .arg(&self.script)
                .args(FLAGS)
                .arg(&input)
                .arg("-o")
                .arg(&output),
        )?;
        let small = fs::read(&output).context("wasm-opt wrote nothing")?;
        println!("wasm-opt: {} -> {} bytes", wasm.len(), small.len());
        Ok(small)
    }
}
