//! Rebuilds the server when the front end that is embedded into it has changed.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../migrations");
    println!("cargo:rerun-if-env-changed=TOKENSCOPE_SITE");
    if let Some(site) = option_env("TOKENSCOPE_SITE") {
        println!("cargo:rerun-if-changed={site}/manifest.json");
    }
}

fn option_env(name: &str) -> Option<String> {
    std::env::var_os(name).and_then(|value| value.into_string().ok())
}
