//! The front end's files: embedded into the program, or in a folder while developing. Their names
//! hold a hash of their content, so browsers keep them for ever.

use super::router::App;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tokenscope_app::context::Assets;

#[cfg(feature = "embed")]
#[derive(rust_embed::RustEmbed)]
#[folder = "$TOKENSCOPE_SITE"]
struct Embedded;

/// Where the files are.
#[derive(Debug, Clone)]
pub enum Site {
    /// In the program itself.
    #[cfg(feature = "embed")]
    Embedded,
    /// In a folder.
    Folder(PathBuf),
    /// Nowhere: pages come without style and script.
    Absent,
}

#[derive(Debug, Default, Deserialize)]
struct Manifest {
    build: String,
    js: String,
    wasm: String,
    css: String,
    public: BTreeMap<String, String>,
}

/// The URLs of the files, as the manifest of the build names them.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// What pages link to.
    pub assets: Assets,
    /// URL of `robots.txt`.
    robots: String,
}

impl Site {
    /// The embedded site, else the folder, else nothing.
    #[must_use]
    pub fn find(folder: Option<PathBuf>) -> Self {
        if let Some(folder) = folder {
            return Self::Folder(folder);
        }
        #[cfg(feature = "embed")]
        return Self::Embedded;
        #[cfg(not(feature = "embed"))]
        Self::Absent
    }

    /// Reads the manifest.
    ///
    /// # Errors
    /// One line that names the file and what is wrong with it.
    pub fn files(&self) -> Result<Files, String> {
        if matches!(self, Self::Absent) {
            return Ok(Files::default());
        }
        let missing = || match self {
            Self::Folder(folder) => format!(
                "there is no front end in {}: build it with `cargo xtask front`",
                folder.display()
            ),
            _ => "the embedded front end has no manifest".into(),
        };
        let text = self.read("manifest.json").ok_or_else(missing)?;
        let manifest: Manifest = serde_json::from_slice(&text)
            .map_err(|e| format!("the front end's manifest.json is damaged: {e}"))?;
        let public = |name: &str| manifest.public.get(name).cloned().unwrap_or_default();
        let robots = public("robots.txt");
        let assets = Assets {
            icons: public("icons.svg"),
            favicon: public("favicon.svg"),
            js: manifest.js,
            wasm: manifest.wasm,
            css: manifest.css,
            build: manifest.build,
        };
        Ok(Files { assets, robots })
    }

    /// A file of the site; `name` is relative and has no `..`.
    fn read(&self, name: &str) -> Option<Cow<'static, [u8]>> {
        let plain = name.split('/').all(|part| !part.is_empty() && !part.starts_with('.'));
        if !plain || name.contains('\\') || name.contains('\0') {
            return None;
        }
        match self {
            #[cfg(feature = "embed")]
            Self::Embedded => Embedded::get(name).map(|file| file.data),
            Self::Folder(folder) => std::fs::read(folder.join(name)).ok().map(Cow::Owned),
            Self::Absent => None,
        }
    }
}

/// Serves `/assets/…`.
pub async fn asset(
    State(app): State<App>,
    Path(path): Path<String>,
    request: HeaderMap,
) -> Response {
    // Compressed neighbours are chosen by header, they have no URL of their own.
    if path.ends_with(".br") || path.ends_with(".gz") {
        return StatusCode::NOT_FOUND.into_response();
    }
    found(&app, &format!("assets/{path}"), &request, "public, max-age=31536000, immutable")
}

/// Serves `/robots.txt`.
pub async fn robots(State(app): State<App>, request: HeaderMap) -> Response {
    let name = app.files.robots.trim_start_matches('/').to_owned();
    found(&app, &name, &request, "public, max-age=3600")
}

fn found(app: &App, name: &str, request: &HeaderMap, cache: &'static str) -> Response {
    let accepts = |coding: &str| {
        let header = request.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok());
        let codings = header.unwrap_or_default().split(',');
        let mut named = codings.filter_map(|c| {
            let (name, weight) = c.split_once(';').unwrap_or((c, ""));
            (name.trim() == coding).then_some(weight.trim())
        });
        named.any(|weight| !matches!(weight, "q=0" | "q=0.0"))
    };
    let choices = [("br", ".br"), ("gzip", ".gz"), ("", "")];
    for (coding, ending) in choices {
        if !coding.is_empty() && !accepts(coding) {
            continue;
        }
        let Some(content) = app.site.read(&format!("{name}{ending}")) else {
            continue;
        };
        let mut response = Body::from(content.into_owned()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if !coding.is_empty() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        return response;
    }
    StatusCode::NOT_FOUND.into_response()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_inside_the_folder_are_read() {
        let site = Site::Folder(PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        assert!(site.read("src/main.rs").is_some());
        for bad in ["../Cargo.toml", "src/../Cargo.toml", "/etc/passwd", "", "src//main.rs"] {
            assert!(site.read(bad).is_none(), "{bad}");
        }
    }
}
