//! A word about a state.

use leptos::prelude::*;

/// How something stands. The words say it; the colour repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Neither good nor bad.
    #[default]
    Plain,
    /// To know.
    Info,
    /// In order, done.
    Good,
    /// To look after.
    Warn,
    /// Broken, refused, destroyed.
    Bad,
}

impl Tone {
    /// Its name in the style sheet.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Info => "info",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// A badge.
pub fn badge(tone: Tone, words: impl Into<String>) -> AnyView {
    view! { <span class="badge" data-tone=tone.code()>{words.into()}</span> }.into_any()
}
