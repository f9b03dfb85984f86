//! The words of the pages, in the visitor's language.

use crate::i18n::Locale;
use leptos::prelude::use_context;

/// The language of this page: the one the root component put into context.
///
/// Ask while a component is built, not in an event handler, where there is no context.
#[must_use]
pub fn locale() -> Locale {
    use_context::<Locale>().unwrap_or_default()
}

/// A text by its key, with its arguments, as a string.
#[macro_export]
macro_rules! tr {
    ($($key:tt)*) => {
        ::leptos_i18n::td_string!($crate::text::locale(), $($key)*)
    };
}
