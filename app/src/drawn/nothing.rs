//! Why a report shows no figures.

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
pub fn no_figures(frame: &Frame, path: &'static str, view: &View) -> AnyView {
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
    let (from, to) = format::span(&frame.range);
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
