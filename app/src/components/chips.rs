//! The filters of a view in words, each one a link that takes it away.

use super::controls::At;
use super::shown::Shown;
use crate::{tr, url_state};
use leptos::prelude::*;
use tokenscope::view::{Filters, Term, View};

/// A dimension of filters: its word, and where its wishes are.
type Dimension = (&'static str, fn(&mut Filters) -> &mut Vec<Term>);

/// One chip a filter, and a link that takes all away.
#[component]
pub fn Chips(at: At, shown: Shown) -> impl IntoView {
    let At { path, view, .. } = at;
    let any = Memo::new(move |_| view.with(|view| !view.filters.is_empty()));
    let chips = move || {
        let view = view.get();
        let without = |filters| url_state::url(path, &View { filters, ..view.clone() });
        let dimensions: [Dimension; 3] = [
            (tr!(filter.api), |filters| &mut filters.api),
            (tr!(filter.app), |filters| &mut filters.app),
            (tr!(filter.team), |filters| &mut filters.team),
        ];
        let mut chips = Vec::new();
        for (place, (kind, terms)) in dimensions.into_iter().enumerate() {
            for (number, term) in terms(&mut view.filters.clone()).iter().enumerate() {
                let mut left = view.filters.clone();
                terms(&mut left).remove(number);
                let name = if place == 0 { api(shown, &term.slug) } else { term.slug.clone() };
                let text = words(kind, name, term.not);
                let label = tr!(filter.remove, filter = text.clone());
                chips.push(chip("chip", without(left), Some(label), text));
            }
        }
        if chips.len() > 1 {
            let all = without(Filters::default());
            chips.push(chip("chip chip--all", all, None, tr!(filter.clear).to_owned()));
        }
        chips
    };
    let list = move || {
        any.get().then(|| {
            view! {
                <nav class="chips" aria-label=tr!(filter.label) data-testid="filters">
                    <ul>{chips}</ul>
                </nav>
            }
        })
    };
    view! { {list} }
}

fn words(kind: &'static str, name: String, not: bool) -> String {
    if not { tr!(filter.not, kind, name) } else { tr!(filter.only, kind, name) }
}

fn chip(class: &'static str, href: String, label: Option<String>, text: String) -> impl IntoView {
    view! {
        <li><a class=class href=href aria-label=label data-noscroll="">{text}</a></li>
    }
}

/// The name of an API, as far as the chart knows it.
fn api(shown: Shown, slug: &str) -> String {
    let known = shown.chart(|chart| {
        let named = chart.layers.iter().find(|layer| layer.slug.as_deref() == Some(slug));
        named.map(|layer| layer.name.clone())
    });
    known.unwrap_or_else(|| slug.to_owned())
}
