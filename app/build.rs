//! Turns `locales/*.json` into the module `i18n`: keys and their arguments are checked while
//! compiling, so a page cannot name a text that is not there.

use leptos_i18n_build::options::CodegenOptions;
use leptos_i18n_build::{Config, ParseOptions, TranslationsInfos};
use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=Cargo.toml");
    let mut config = Config::new("en")?.add_locale("ja")?;
    config.options = ParseOptions::new().interpolate_display(true);
    let texts = TranslationsInfos::parse(config)?;
    texts.emit_diagnostics();
    texts.rerun_if_locales_changed();
    let quiet = "#![allow(missing_docs, clippy::all, clippy::expect_used, unused_qualifications)]"
        .parse()?;
    let options = CodegenOptions::new().top_level_attributes(Some(quiet));
    let folder = std::env::var_os("OUT_DIR").map(PathBuf::from).ok_or("OUT_DIR is not set")?;
    texts.generate_i18n_module_with_options(folder.join("i18n"), options)?;
    Ok(())
}
