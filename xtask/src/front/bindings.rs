//! The JavaScript that loads the wasm, made by wasm-bindgen's own library: nothing to install, and
//! one lock file keeps its version equal to that of the crate.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::site;

/// What one run of the generator gives; JS and wasm of different runs do not fit together.
pub struct Bound {
    /// The module that the page imports.
    pub js: String,
    /// The module's own wasm.
    pub wasm: Vec<u8>,
    /// Modules that crates bring along, by their path below `snippets/`.
    pub snippets: BTreeMap<String, Vec<u8>>,
}

/// Makes the bindings, with `scratch` as a folder of this build's own.
pub fn generate(wasm: &Path, scratch: &Path, release: bool) -> Result<Bound> {
    if scratch.exists() {
        // Snippets of an earlier build would be taken for this one's.
        fs::remove_dir_all(scratch).context("cannot clear the folder of the bindings")?;
    }
    Bindgen::new()
        .input_path(wasm)
        .out_name("tokenscope")
        .web(true)?
        .typescript(false)
        // The page names the wasm, whose hashed name the script cannot know.
        .omit_default_module_path(true)
        .remove_name_section(release)
        .remove_producers_section(release)
        .generate(scratch)
        .context("wasm-bindgen failed")?;
    Ok(Bound {
        js: fs::read_to_string(scratch.join("tokenscope.js"))?,
        wasm: fs::read(scratch.join("tokenscope_bg.wasm"))?,
        snippets: site::files_below(&scratch.join("snippets"))?,
    })
}
