//! Why a report shows no figures.

use super::links::Links;
use crate::components::empty::Empty;
use crate::{format, tr, url_state};
use leptos::prelude::*;
use tokenscope::report::{Content, Frame, Preset, Range};
use tokenscope::view::View;

/// Sends the first event. `$TOKENSCOPE_URL` and `$TOKENSCOPE_KEY` are the reader's to fill in.
const FIRST_EVENT: &str = r#"curl -X POST "$TOKENSCOPE_URL/api/v1/events" \
  -H "Authorization: Bearer $TOKENSCOPE_KEY" \
  -H "Content-Type: application/json" \
  -d '{"source": "first-steps", "id": "1", "client_id": "my-app", "api": "my-api"}'"#;

/// Why a report shows no figures.
pub fn no_figures(frame: &Frame, links: Links) -> AnyView {
    if frame.content == Content::NothingIngested {
        return Empty {
            name: "empty-ingested",
            icon: "empty",
            title: Some(tr!(empty.ingested_title)),
            lines: vec![tr!(empty.ingested_text).to_owned()],
            code: Some(FIRST_EVENT),
            ..Empty::default()
        }
        .view();
    }
    if frame.content == Content::NothingOwn {
        return Empty {
            name: "empty-own",
            icon: "empty",
            title: Some(tr!(empty.own_title)),
            lines: vec![tr!(empty.own_text).to_owned()],
            ..Empty::default()
        }
        .view();
    }
    let Links { path, view } = links;
    let (from, to) = format::span(&frame.range);
    if !view.filters.is_empty() {
        return Empty {
            name: "empty-filtered",
            icon: "empty",
            title: Some(tr!(empty.filtered_title)),
            lines: vec![tr!(empty.filtered_text, from, to)],
            link: Some((links.unfiltered(), tr!(empty.filtered_link))),
            ..Empty::default()
        }
        .view();
    }
    let wider = View { range: Range::Preset(Preset::All), ..view.clone() };
    Empty {
        name: "empty-range",
        icon: "empty",
        title: Some(tr!(empty.range_title)),
        lines: vec![tr!(empty.range_text, from, to)],
        link: Some((url_state::url(path, &wider), tr!(empty.range_link))),
        ..Empty::default()
    }
    .view()
}
