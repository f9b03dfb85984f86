//! What a first load costs.

use std::path::Path;

use anyhow::{Result, ensure};

use super::site;

/// The limit for a first load in all, in bytes as they travel.
const LIMIT_BYTES: usize = 300_000;

/// Everything in the site folder that a first load fetches, by name.
pub struct FirstLoad {
    files: Vec<(String, usize)>,
}

impl FirstLoad {
    /// Measures the brotli form of each file, or the file where it is not compressed.
    pub fn measure(folder: &Path) -> Result<Self> {
        let all = site::files_below(&folder.join("assets"))?;
        let originals = all.iter().filter(|(name, _)| !is_compressed(name));
        let files = originals
            .map(|(name, content)| {
                let compressed = all.get(&format!("{name}.br"));
                (name.clone(), compressed.unwrap_or(content).len())
            })
            .collect();
        Ok(Self { files })
    }

    /// The sum in bytes.
    pub fn bytes(&self) -> usize {
        self.files.iter().map(|(_, bytes)| bytes).sum()
    }

    /// Prints the table.
    pub fn print(&self) {
        for (name, bytes) in &self.files {
            println!("  {bytes:>9}  {name}");
        }
        println!("  {:>9}  first load, brotli (limit {LIMIT_BYTES})", self.bytes());
    }

    /// Fails when the limit is passed.
    pub fn gate(&self) -> Result<()> {
        ensure!(!self.files.is_empty(), "the site folder holds no assets");
        ensure!(
            self.bytes() <= LIMIT_BYTES,
            "a first load takes {} bytes, the limit is {LIMIT_BYTES}; was wasm-opt skipped?",
            self.bytes()
        );
        Ok(())
    }
}

fn is_compressed(name: &str) -> bool {
    name.ends_with(".br") || name.ends_with(".gz")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(sizes: &[usize]) -> FirstLoad {
        FirstLoad { files: sizes.iter().map(|bytes| (String::new(), *bytes)).collect() }
    }

    #[test]
    fn the_limit_itself_is_allowed() {
        assert!(load(&[100_000, 200_000]).gate().is_ok());
        assert!(load(&[100_000, 200_001]).gate().is_err());
    }

    #[test]
    fn an_empty_site_does_not_pass() {
        assert!(load(&[]).gate().is_err());
    }
}
