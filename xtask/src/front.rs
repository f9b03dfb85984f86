//! The site folder: everything a browser loads, under names that change with the content.

mod bindings;
mod css;
mod optimize;
mod site;
pub mod size;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::process;
use crate::workspace::{WASM, Workspace};
use optimize::Optimizer;
use site::{Manifest, Site};

/// Debug is for `dev`; everything else serves what users get.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build, large, with names in its stack traces.
    Debug,
    /// Small.
    Release,
}

impl Profile {
    fn cargo_name(self) -> &'static str {
        match self {
            Self::Debug => "dev",
            Self::Release => "wasm-release",
        }
    }

    fn cargo_folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "wasm-release",
        }
    }

    /// The name of the site's folder.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }
}

/// Everything that makes the site, so that a change of the recipe makes it anew as well.
const RECIPE: &[&str] = &[
    include_str!("front.rs"),
    include_str!("front/bindings.rs"),
    include_str!("front/css.rs"),
    include_str!("front/optimize.rs"),
    include_str!("front/site.rs"),
];

/// Compiles the browser part; cargo knows by itself when there is nothing to do.
pub fn compile(ws: &Workspace, profile: Profile) -> Result<PathBuf> {
    process::run(ws.cargo().args(["build", "-p", "tokenscope-app", "--lib"]).args([
        "--no-default-features",
        "--features",
        "hydrate",
        "--target",
        WASM,
        "--profile",
        profile.cargo_name(),
    ]))?;
    Ok(ws.target.join(WASM).join(profile.cargo_folder()).join("tokenscope_app.wasm"))
}

/// Makes the site folder from the compiled browser part, the style sheets and the public files.
/// Unchanged inputs leave every file alone, so that the server is not compiled again for nothing.
pub fn assemble(ws: &Workspace, profile: Profile, wasm: &Path) -> Result<PathBuf> {
    let folder = ws.site(profile.folder());
    let optimizer = match profile {
        Profile::Debug => None,
        Profile::Release => optimize::find(ws),
    };
    let inputs = Inputs::read(ws, wasm)?;
    let stamp = inputs.stamp(optimizer.is_some());
    let stamp_file = ws.site(&format!("{}.stamp", profile.folder()));
    let before = fs::read_to_string(&stamp_file).unwrap_or_default();
    if before == stamp && site::complete(&folder) {
        println!("unchanged: {}", folder.display());
        return Ok(folder);
    }
    let manifest = inputs.build(ws, profile, optimizer.as_ref(), &folder)?;
    fs::write(&stamp_file, stamp).context("cannot write the stamp of the site")?;
    println!("build {} in {}", manifest.build, folder.display());
    Ok(folder)
}

struct Inputs {
    wasm: PathBuf,
    wasm_bytes: Vec<u8>,
    css: String,
    public: BTreeMap<String, Vec<u8>>,
}

impl Inputs {
    fn read(ws: &Workspace, wasm: &Path) -> Result<Self> {
        Ok(Self {
            wasm: wasm.to_owned(),
            wasm_bytes: fs::read(wasm).with_context(|| format!("no {}", wasm.display()))?,
            css: css::gather(&ws.root.join("style").join("main.css"))?,
            public: site::files_below(&ws.root.join("public"))?,
        })
    }

    fn stamp(&self, optimized: bool) -> String {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            // The length keeps two neighbours from trading bytes.
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        part(&[u8::from(optimized)]);
        RECIPE.iter().for_each(|source| part(source.as_bytes()));
        part(&self.wasm_bytes);
        part(self.css.as_bytes());
        for (name, bytes) in &self.public {
            part(name.as_bytes());
            part(bytes);
        }
        site::hex(&hash.finalize())
    }

    fn build(
        &self,
        ws: &Workspace,
        profile: Profile,
        optimizer: Option<&Optimizer>,
        folder: &Path,
    ) -> Result<Manifest> {
        let release = profile == Profile::Release;
        let scratch = ws.site(&format!("{}.bindings", profile.folder()));
        let mut bound = bindings::generate(&self.wasm, &scratch, release)?;
        if let Some(optimizer) = optimizer {
            bound.wasm = optimizer.shrink(&scratch, &bound.wasm)?;
        }
        let mut site = Site::default();
        let public: BTreeMap<String, String> =
            self.public.iter().map(|(name, bytes)| (name.clone(), site.add(name, bytes))).collect();
        let sheet = css::point_to_hashed(&self.css, &public);
        let sheet = if release { css::strip(&sheet) } else { sheet };
        let css = site.add("main.css", sheet.as_bytes());
        let wasm = site.add("tokenscope.wasm", &bound.wasm);
        let js = site.add_script("tokenscope.js", &bound.js, &bound.snippets);
        site.write(folder, release, |build| Manifest { build, js, wasm, css, public })
    }
}
