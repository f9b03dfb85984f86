//! A message that stands in a page.

use super::badge::Tone;
use super::icon::Icon;
use leptos::prelude::*;

/// A message with its mark: what it is about in a few words, and what follows from it.
pub fn notice(tone: Tone, title: impl Into<String>, text: AnyView) -> AnyView {
    let (class, icon) = match tone {
        Tone::Plain | Tone::Info => ("notice notice--mark", "info"),
        Tone::Good => ("notice notice--mark notice--success", "check"),
        Tone::Warn => ("notice notice--mark notice--warning", "warning"),
        Tone::Bad => ("notice notice--mark notice--danger", "warning"),
    };
    view! {
        <div class=class>
            <Icon name=icon/>
            <div><strong>{title.into()}</strong>{text}</div>
        </div>
    }
    .into_any()
}
