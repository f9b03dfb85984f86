//! Texts and attributes that follow something, as two types. Every closure in a view is compiled
//! with all that keeps it up to date; a signal of a known type is so only once.

use leptos::prelude::*;

/// A text that follows what it reads.
pub fn text(read: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    Signal::derive(read)
}

/// An attribute that is there or not.
pub fn maybe(read: impl Fn() -> Option<String> + Send + Sync + 'static) -> Signal<Option<String>> {
    Signal::derive(read)
}

/// An attribute without a value that is there or not.
pub fn flag(read: impl Fn() -> bool + Send + Sync + 'static) -> Signal<Option<String>> {
    Signal::derive(move || read().then(String::new))
}
