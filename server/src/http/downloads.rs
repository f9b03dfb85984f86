//! The view of a page as a file: the same path with an ending, the same query, the same rights.

mod rows;
mod series;

pub use rows::{csv, harmless};

use super::form::Signed;
use super::pages::reading;
use super::problem::Problem;
use super::router::App;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use tokenscope::fault::Fault;
use tokenscope::report::{Frame, UsageSeries};
use tokenscope::service::{Caller, Reports};
use tokenscope::view::View;
use tokenscope_app::drawn::download;
use tokenscope_app::routes::{ME, OVERVIEW};
use tokenscope_app::url_state;

/// The kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Csv,
    Svg,
    Json,
}

impl Kind {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Csv, "csv", "text/csv; charset=utf-8"),
        (Self::Svg, "svg", "image/svg+xml"),
        (Self::Json, "json", "application/json"),
    ];
}

/// Every path with a file.
pub fn paths() -> impl Iterator<Item = String> {
    let of = |page: &'static str| Kind::ALL.map(|(_, ending, _)| format!("{page}.{ending}"));
    [OVERVIEW, ME].into_iter().flat_map(of)
}

/// Whether there is a file at a path.
#[must_use]
pub fn is_file(path: &str) -> bool {
    wanted(path).is_some()
}

/// The page and the kind of file that a path asks for.
fn wanted(path: &str) -> Option<(&'static str, Kind)> {
    let (page, ending) = path.rsplit_once('.')?;
    let page = [OVERVIEW, ME].into_iter().find(|known| *known == page)?;
    let kind = Kind::ALL.iter().find(|(_, known, _)| *known == ending)?;
    Some((page, kind.0))
}

/// What a page shows as a chart.
async fn usage(
    app: &App,
    caller: &Caller,
    page: &str,
    view: &View,
) -> Result<(Frame, UsageSeries), Fault> {
    if page == OVERVIEW {
        return app.service.overview(caller, view).await.map(|report| (report.frame, report.usage));
    }
    app.service.me(caller, view).await.map(|report| (report.frame, report.usage))
}

/// Answers with a file.
pub async fn file(
    State(app): State<App>,
    Signed(caller): Signed,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let Some((page, kind)) = wanted(uri.path()) else {
        return Problem(Fault::NotFound { what: uri.path().to_owned() }).into_response();
    };
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let pairs: Vec<_> = query.collect();
    let (view, _) = url_state::parse(pairs.iter().map(|(key, value)| (&**key, &**value)));
    let (frame, usage) = match usage(&app, &caller, page, &view).await {
        Ok(answer) => answer,
        Err(fault) => return Problem(fault).into_response(),
    };
    let content = match kind {
        Kind::Csv => csv(&frame, &usage),
        Kind::Json => series::json(&frame, &usage, &view),
        Kind::Svg => {
            let language = reading(Some(&caller), &headers).language;
            Ok(download::svg(language, page, &view, &frame, &usage))
        }
    };
    content
        .map_or_else(|fault| Problem(fault).into_response(), |text| sent(page, kind, &frame, text))
}

/// The file under a name that says of what and when it is.
fn sent(page: &str, kind: Kind, frame: &Frame, content: String) -> Response {
    let known = Kind::ALL.iter().find(|(known, _, _)| *known == kind);
    let (ending, media) = known.map_or(("", "text/plain"), |(_, ending, media)| (ending, media));
    let (page, range) = (page.trim_start_matches('/'), &frame.range);
    let name = format!("attachment; filename=\"{page}_{}_{}.{ending}\"", range.first, range.last);
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_page_and_kind() {
        assert_eq!(wanted("/overview.csv"), Some((OVERVIEW, Kind::Csv)));
        assert_eq!(wanted("/me.json"), Some((ME, Kind::Json)));
        for path in ["/overview", "/overview.png", "/login.csv", "/me.csv.csv", "."] {
            assert_eq!(wanted(path), None, "{path}");
        }
        assert_eq!(paths().count(), 6);
        assert!(paths().all(|path| is_file(&path)));
    }
}
