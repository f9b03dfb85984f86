//! Views of one thing, each at its own URL.

use leptos::prelude::*;

/// A tab.
pub struct Tab {
    /// Where it leads.
    pub href: String,
    /// Its words.
    pub text: String,
    /// How many there are behind it.
    pub count: Option<String>,
    /// Whether it is the one that is shown.
    pub current: bool,
}

/// Tabs as links; `label` says what they are views of.
pub fn tabs(label: impl Into<String>, tabs: Vec<Tab>) -> AnyView {
    let tabs: Vec<_> = tabs
        .into_iter()
        .map(|tab| {
            let current = tab.current.then_some("page");
            view! {
                <li>
                    <a class="tab" href=tab.href aria-current=current>
                        {tab.text}
                        {tab.count.map(|count| view! { <span>{count}</span> })}
                    </a>
                </li>
            }
        })
        .collect();
    view! { <nav class="tabs" aria-label=label.into()><ul>{tabs}</ul></nav> }.into_any()
}

/// Pages that belong together, by URL and words; `current` is the URL of the present one.
pub fn pages(label: &str, pages: &[(&str, &str)], current: &str) -> AnyView {
    let tab = |(href, text): &(&str, &str)| Tab {
        href: (*href).to_owned(),
        text: (*text).to_owned(),
        count: None,
        current: *href == current,
    };
    tabs(label, pages.iter().map(tab).collect())
}
