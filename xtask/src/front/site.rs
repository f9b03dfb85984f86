//! Hashed names, compressed neighbours and the manifest that the server reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use sha2::{Digest, Sha256};

const COMPRESSIBLE: &[&str] =
    &["js", "wasm", "css", "svg", "html", "txt", "json", "xml", "ico", "ttf", "webmanifest"];

/// What the server needs to know of the site.
#[derive(Debug, Serialize)]
pub struct Manifest {
    /// Changes whenever any file of the site does.
    pub build: String,
    /// The script that loads the wasm.
    pub js: String,
    /// The wasm, which the page hands to the script.
    pub wasm: String,
    /// The style sheet.
    pub css: String,
    /// The files of `public/`: name there, address here.
    pub public: BTreeMap<String, String>,
}

/// The files of a site while it is put together, by their path in its folder.
#[derive(Default)]
pub struct Site {
    files: BTreeMap<String, Vec<u8>>,
}

impl Site {
    /// Adds a file and gives its address.
    pub fn add(&mut self, name: &str, content: &[u8]) -> String {
        let path = format!("assets/{}", hashed_name(name, content));
        let address = format!("/{path}");
        self.files.insert(path, content.to_owned());
        address
    }

    /// Adds a script with the modules it imports. Those lie in a folder with a hash for a name, so
    /// that a browser may keep them for ever, and the script's own hash covers that name.
    pub fn add_script(
        &mut self,
        name: &str,
        script: &str,
        snippets: &BTreeMap<String, Vec<u8>>,
    ) -> String {
        if snippets.is_empty() {
            return self.add(name, script.as_bytes());
        }
        let mut hash = Sha256::new();
        for (path, content) in snippets {
            hash.update(format!("{path} {}\n", content.len()));
            hash.update(content);
        }
        let folder = format!("snippets/{}", short(&hash.finalize()));
        for (path, content) in snippets {
            self.files.insert(format!("assets/{folder}/{path}"), content.clone());
        }
        self.add(name, script.replace("./snippets/", &format!("./{folder}/")).as_bytes())
    }

    /// Writes the site: new files, then the manifest, and only then are old files removed, so that
    /// a server that still has the old manifest finds what it names for as long as possible.
    pub fn write(
        mut self,
        folder: &Path,
        small: bool,
        manifest: impl FnOnce(String) -> Manifest,
    ) -> Result<Manifest> {
        let names: Vec<&str> = self.files.keys().map(String::as_str).collect();
        let manifest = manifest(short(&Sha256::digest(names.join("\n"))));
        self.compress(small)?;
        for (path, content) in &self.files {
            // A hashed name says what is inside; writing it again would only touch its date.
            let path = folder.join(path);
            if !path.is_file() {
                store(&path, content)?;
            }
        }
        let mut text = serde_json::to_vec(&manifest)?;
        text.push(b'\n');
        let path = folder.join("manifest.json");
        if fs::read(&path).ok().as_deref() != Some(&text) {
            store(&path, &text)?;
        }
        let keep: BTreeSet<String> = self.files.into_keys().collect();
        for path in files_below(&folder.join("assets"))?.into_keys() {
            let path = format!("assets/{path}");
            if !keep.contains(&path) {
                fs::remove_file(folder.join(path))?;
            }
        }
        Ok(manifest)
    }

    fn compress(&mut self, small: bool) -> Result<()> {
        let mut compressed = BTreeMap::new();
        for (path, content) in &self.files {
            if !compressible(path) {
                continue;
            }
            compressed.insert(format!("{path}.br"), brotli(content, if small { 11 } else { 4 })?);
            compressed.insert(format!("{path}.gz"), gzip(content, if small { 9 } else { 1 })?);
        }
        self.files.append(&mut compressed);
        Ok(())
    }
}

/// Whether a site folder was written to its end.
pub fn complete(folder: &Path) -> bool {
    folder.join("manifest.json").is_file()
}

/// Whether a type is worth compressing; fonts and pictures are compressed already.
pub fn compressible(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| COMPRESSIBLE.contains(&extension))
}

/// All files below a folder with their paths in it; none when there is no such folder.
pub fn files_below(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    if folder.is_dir() {
        gather(folder, "", &mut files)
            .with_context(|| format!("cannot read {}", folder.display()))?;
    }
    Ok(files)
}

fn gather(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            // Left by editors and file managers, never part of a site.
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.path().is_dir() {
            gather(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}

/// `icons.svg` becomes `icons.<hash>.svg`.
fn hashed_name(name: &str, content: &[u8]) -> String {
    let hash = short(&Sha256::digest(content));
    let (folder, file) = name.rsplit_once('/').map_or(("", name), |(folder, file)| (folder, file));
    let file = match file.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}.{hash}.{extension}"),
        None => format!("{file}.{hash}"),
    };
    if folder.is_empty() { file } else { format!("{folder}/{file}") }
}

/// A digest in hexadecimal.
pub fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn short(digest: &[u8]) -> String {
    hex(&digest[..6])
}

fn store(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        // Under another name first: a name with a hash must never hold half of its content.
        let partial = path.with_extension("partial");
        fs::write(&partial, content)?;
        fs::rename(&partial, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

fn brotli(content: &[u8], quality: u32) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    brotli::CompressorReader::new(content, 1 << 16, quality, 22).read_to_end(&mut compressed)?;
    Ok(compressed)
}

fn gzip(content: &[u8], level: u32) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_carries_twelve_digits_of_its_content() {
        // sha256("") begins with e3b0c44298fc.
        assert_eq!(hashed_name("icons.svg", b""), "icons.e3b0c44298fc.svg");
        assert_eq!(hashed_name("a.b/font.min.woff2", b""), "a.b/font.min.e3b0c44298fc.woff2");
        assert_eq!(hashed_name("LICENSE", b""), "LICENSE.e3b0c44298fc");
    }

    #[test]
    fn a_script_changes_its_name_with_its_snippets() {
        let script = "import { now } from './snippets/clock/inline0.js';";
        let snippet = |text: &str| {
            BTreeMap::from([("clock/inline0.js".to_owned(), text.as_bytes().to_owned())])
        };
        let mut site = Site::default();
        let one = site.add_script("t.js", script, &snippet("1"));
        let two = site.add_script("t.js", script, &snippet("2"));
        assert_ne!(one, two);
        let text = String::from_utf8(site.files[&one[1..]].clone()).unwrap();
        let imported = text.split('\'').nth(1).unwrap().replacen("./", "assets/", 1);
        assert_eq!(site.files[&imported], b"1");
    }

    #[test]
    fn a_site_is_written_once_and_old_files_go() {
        let folder = std::env::temp_dir().join(format!("xtask-site-{}", std::process::id()));
        let write = |content: &str| {
            let mut site = Site::default();
            let css = site.add("main.css", content.as_bytes());
            let none = String::new;
            site.write(&folder, true, |build| Manifest {
                build,
                js: none(),
                wasm: none(),
                css,
                public: BTreeMap::new(),
            })
            .unwrap()
        };
        let one = write("a { margin: 0 }");
        let dated = |name: &str| fs::metadata(folder.join(name)).unwrap().modified().unwrap();
        let before = (dated("manifest.json"), dated(&one.css[1..]));
        assert_eq!(write("a { margin: 0 }").build, one.build);
        assert_eq!((dated("manifest.json"), dated(&one.css[1..])), before);
        let two = write("a { margin: 1px }");
        assert_ne!(two.build, one.build);
        let names: Vec<String> = files_below(&folder).unwrap().into_keys().collect();
        let css = &two.css[1..];
        let expected = [css, &format!("{css}.br"), &format!("{css}.gz"), "manifest.json"];
        assert_eq!(names, expected);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn only_what_shrinks_is_compressed() {
        assert!(compressible("assets/icons.0123.svg"));
        assert!(!compressible("assets/font.woff2"));
        assert!(!compressible("assets/LICENSE"));
    }
}
