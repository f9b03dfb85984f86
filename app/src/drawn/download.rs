//! The view as files: links to them, and the drawing as a file of its own.

use super::links::Links;
use super::{Paper, chart};
use crate::charts::standalone::{Sheet, sheet};
use crate::components::figure::metric_title;
use crate::{format, routes, tr};
use leptos::prelude::*;
use tokenscope::preference::Language;
use tokenscope::report::{Frame, UsageSeries};
use tokenscope::view::View;

/// The kinds of files, by their endings.
pub const ENDINGS: [&str; 3] = ["csv", "svg", "json"];

/// Links to the files of a view.
pub(super) fn links(links: Links) -> AnyView {
    let files = ENDINGS.map(|ending| {
        let href = links.file(ending);
        view! {
            <li><a href=href download="" rel="external">{ending.to_uppercase()}</a></li>
        }
    });
    view! {
        <div class="downloads" data-testid="downloads">
            <span id="downloads-label">{tr!(overview.download)}</span>
            <ul aria-labelledby="downloads-label">{Vec::from(files)}</ul>
        </div>
    }
    .into_any()
}

/// The chart of a page as an SVG file in somebody's language.
#[must_use]
pub fn svg(
    language: Language,
    path: &'static str,
    view: &View,
    frame: &Frame,
    usage: &UsageSeries,
) -> String {
    Paper::in_language(language).with(|| {
        let chart = chart::chart_view(usage, frame, Links { path, view });
        let (from, to) = format::span(&frame.range);
        let days = tr!(range.between, from = from, to = to);
        let zone = tr!(range.zone, zone = frame.zone.name.clone());
        let title = if path == routes::ME { tr!(me.usage) } else { tr!(overview.usage) };
        let subtitle =
            [frame.organization.as_str(), metric_title(usage.metric), &days, &zone].join(" · ");
        sheet(&Sheet {
            language: language.code(),
            title,
            subtitle: &subtitle,
            in_progress: chart.in_progress.then_some(tr!(chart.in_progress)),
            chart: &chart,
        })
    })
}
