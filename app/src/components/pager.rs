//! The pages of a long list.

use crate::{format, tr};
use leptos::prelude::*;

/// Which part of a list is shown, and the way to the parts beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pager {
    /// Number of the first row that is shown, from 1.
    pub first: u64,
    /// Number of the last one.
    pub last: u64,
    /// How many there are in all.
    pub total: u64,
    /// URL of the part before.
    pub previous: Option<String>,
    /// URL of the part after.
    pub next: Option<String>,
}

impl Pager {
    /// Page number `page`, from 1, of a list in pages of `size`. `url` makes the address of a page.
    #[must_use]
    pub fn new(page: u64, size: u64, total: u64, url: impl Fn(u64) -> String) -> Self {
        let size = size.max(1);
        let page = page.clamp(1, total.div_ceil(size).max(1));
        let first = (page - 1) * size + 1;
        let last = total.min(page * size);
        Self {
            first: first.min(total),
            last,
            total,
            previous: (page > 1).then(|| url(page - 1)),
            next: (last < total).then(|| url(page + 1)),
        }
    }

    /// Draws it; nothing but the number where there is one page.
    pub fn view(self) -> AnyView {
        let number = |n: u64| format::count(i64::try_from(n).unwrap_or(i64::MAX));
        let (first, last, total) = (number(self.first), number(self.last), number(self.total));
        let text = match self.total {
            0 => tr!(form.none_of).to_owned(),
            _ => tr!(form.of, first = first, last = last, total = total),
        };
        let link = |href: Option<String>, text: &'static str, rel: &'static str| {
            href.map(|href| {
                view! { <a class="button button--small" href=href rel=rel>{text}</a> }
            })
        };
        view! {
            <nav class="pager" aria-label=tr!(form.pages)>
                <span>{text}</span>
                <span class="row">
                    {link(self.previous, tr!(form.previous), "prev")}
                    {link(self.next, tr!(form.next), "next")}
                </span>
            </nav>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(page: u64, total: u64) -> (u64, u64, Option<String>, Option<String>) {
        let Pager { first, last, previous, next, .. } =
            Pager::new(page, 25, total, |n| n.to_string());
        (first, last, previous, next)
    }

    #[test]
    fn pages_meet_without_a_gap() {
        let some = |n: u64| Some(n.to_string());
        assert_eq!(page(1, 240), (1, 25, None, some(2)));
        assert_eq!(page(2, 240), (26, 50, some(1), some(3)));
        assert_eq!(page(10, 240), (226, 240, some(9), None));
        assert_eq!(page(1, 25), (1, 25, None, None));
        assert_eq!(page(1, 0), (0, 0, None, None));
    }

    #[test]
    fn a_page_beyond_the_end_is_the_last_one() {
        assert_eq!(page(99, 30), page(2, 30));
        assert_eq!(page(0, 30), page(1, 30));
    }
}
