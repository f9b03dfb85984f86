//! What stands in place of figures: why there are none, and the way on.

use super::icon::Icon;
use crate::{routes, text, tr};
use leptos::prelude::*;
use tokenscope::fault::Needs;

/// A message in place of figures.
#[derive(Default)]
pub struct Empty {
    /// Its name in tests.
    pub name: &'static str,
    /// The symbol above it.
    pub icon: &'static str,
    /// Says it in short; none under a page heading that says it.
    pub title: Option<&'static str>,
    /// Says it in full.
    pub lines: Vec<String>,
    /// A command to copy.
    pub code: Option<&'static str>,
    /// The way on: URL and text.
    pub link: Option<(String, &'static str)>,
    /// Whether the link must load a new document.
    pub leaves: bool,
    /// Whether it came up by itself and has to be announced.
    pub alert: bool,
}

impl Empty {
    /// Draws it.
    pub fn view(self) -> AnyView {
        let lines: Vec<_> = self.lines.into_iter().map(|line| view! { <p>{line}</p> }).collect();
        let rel = self.leaves.then_some("external");
        view! {
            <section class="empty" role=self.alert.then_some("alert") data-testid=self.name>
                <Icon name=self.icon/>
                {self.title.map(|title| view! { <h2>{title}</h2> })}
                {lines}
                {self.code.map(|code| view! {
                    <pre class="code" tabindex="0"><code>{code}</code></pre>
                })}
                {self.link.map(|(href, text)| view! {
                    <p><a class="button" href=href rel=rel data-noscroll="">{text}</a></p>
                })}
            </section>
        }
        .into_any()
    }
}

/// The page exists, but not for this visitor.
pub fn denied(needs: Needs) -> Empty {
    let what_for = (needs == Needs::Manager).then(|| tr!(empty.denied_text).to_owned());
    let takes = tr!(empty.denied_needs, needs = text::needs(needs));
    Empty {
        name: "empty-denied",
        icon: "lock",
        title: Some(tr!(empty.denied_title)),
        lines: what_for.into_iter().chain([takes]).collect(),
        link: Some((routes::ME.to_owned(), tr!(empty.denied_link))),
        ..Empty::default()
    }
}
