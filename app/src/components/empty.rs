//! Why there is nothing to show, and what to do about it.

use super::icon::Icon;
use crate::{format, routes, tr, url_state};
use leptos::either::EitherOf3;
use leptos::prelude::*;
use std::sync::Arc;
use tokenscope::report::{Content, Frame, Preset, Range, View};

/// Sends the first event. `$TOKENSCOPE_URL` and `$TOKENSCOPE_KEY` are the reader's to fill in.
const FIRST_EVENT: &str = r#"curl -X POST "$TOKENSCOPE_URL/api/v1/events" \
  -H "Authorization: Bearer $TOKENSCOPE_KEY" \
  -H "Content-Type: application/json" \
  -d '{"source": "first-steps", "id": "1", "client_id": "my-app", "api": "my-api"}'"#;

/// The two empty states of a report; nothing when there are figures.
#[component]
pub fn NoFigures(
    content: Content,
    frame: Arc<Frame>,
    path: &'static str,
    view: View,
) -> impl IntoView {
    match content {
        Content::Figures => EitherOf3::A(()),
        Content::NothingIngested => EitherOf3::B(view! {
            <section class="empty" data-testid="empty-ingested">
                <Icon name="empty"/>
                <h2>{tr!(empty.ingested_title)}</h2>
                <p>{tr!(empty.ingested_text)}</p>
                <pre class="code" tabindex="0"><code>{FIRST_EVENT}</code></pre>
            </section>
        }),
        Content::NothingInRange => {
            let (from, to) = format::span(&frame.range);
            let wider = View { range: Range::Preset(Preset::All), ..view };
            EitherOf3::C(view! {
                <section class="empty" data-testid="empty-range">
                    <Icon name="empty"/>
                    <h2>{tr!(empty.range_title)}</h2>
                    <p>{tr!(empty.range_text, from, to)}</p>
                    <p>
                        <a class="button" href=url_state::url(path, &wider) data-noscroll="">
                            {tr!(empty.range_link)}
                        </a>
                    </p>
                </section>
            })
        }
    }
}

/// The page exists, but not for this visitor.
#[component]
pub fn Denied(needs: String) -> impl IntoView {
    view! {
        <section class="empty" data-testid="empty-denied">
            <Icon name="lock"/>
            <h2>{tr!(empty.denied_title)}</h2>
            <p>{tr!(empty.denied_text)}</p>
            <p class="hint">{tr!(empty.denied_needs, needs)}</p>
            <p><a class="button" href=routes::ME>{tr!(empty.denied_link)}</a></p>
        </section>
    }
}
