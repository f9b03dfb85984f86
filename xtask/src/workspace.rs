//! Where things are, and how cargo is called.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

/// The target of the browser part.
pub const WASM: &str = "wasm32-unknown-unknown";

/// The checkout this program belongs to.
pub struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub root: PathBuf,
    /// The target folder, wherever the caller's configuration puts it.
    pub target: PathBuf,
    cargo: OsString,
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

impl Workspace {
    /// Asks cargo, which alone knows about `CARGO_TARGET_DIR` and configuration files together.
    pub fn find() -> Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let output = Command::new(&cargo)
            .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"])
            .arg(&manifest)
            .output()
            .context("cannot start cargo")?;
        let Metadata { workspace_root: root, target_directory: target } =
            serde_json::from_slice(&output.stdout).with_context(|| {
                let said = String::from_utf8_lossy(&output.stderr);
                format!("`cargo metadata` gave no answer: {}", said.trim())
            })?;
        Ok(Self { root, target, cargo })
    }

    /// A cargo command in the root of the workspace.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(&self.cargo);
        command.current_dir(&self.root);
        command
    }

    /// The built server.
    pub fn server(&self, profile_folder: &str) -> PathBuf {
        let name = format!("tokenscope{}", std::env::consts::EXE_SUFFIX);
        self.target.join(profile_folder).join(name)
    }

    /// The folder of the site for one profile; separate ones, as each build removes what is old.
    pub fn site(&self, profile_folder: &str) -> PathBuf {
        self.target.join("site").join(profile_folder)
    }

    /// Tools from npm that only this driver uses.
    pub fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }
}

/// An environment variable as text; this driver's only way to read one.
pub fn variable(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok()
}
