//! Links from a figure to the same page with another view.

use crate::url_state;
use tokenscope::report::Range;
use tokenscope::time::Date;
use tokenscope::view::{Term, View};

/// A page and its view.
#[derive(Clone, Copy)]
pub struct Links<'a> {
    /// Its path.
    pub path: &'static str,
    /// What it shows.
    pub view: &'a View,
}

fn only(slug: &str) -> Vec<Term> {
    vec![Term { slug: slug.to_owned(), not: false }]
}

impl Links<'_> {
    fn with(&self, change: impl FnOnce(&mut View)) -> String {
        let mut view = self.view.clone();
        change(&mut view);
        url_state::url(self.path, &view)
    }
    /// With one API; other filters stay.
    pub fn api(&self, code: &str) -> String {
        self.with(|view| view.filters.api = only(code))
    }
    /// With one app; other filters stay.
    pub fn app(&self, client_id: &str) -> String {
        self.with(|view| view.filters.app = only(client_id))
    }
    /// With one team; other filters stay.
    pub fn team(&self, slug: &str) -> String {
        self.with(|view| view.filters.team = only(slug))
    }
    /// With these days. A column length that was wished for another range is wished no more.
    pub fn days(&self, from: Date, to: Date) -> String {
        self.with(|view| {
            view.range = Range::Days { from, to };
            view.grain = None;
        })
    }
    /// Without filters.
    pub fn unfiltered(&self) -> String {
        self.with(|view| view.filters = tokenscope::view::Filters::default())
    }
    /// The same as a file.
    pub fn file(&self, ending: &str) -> String {
        url_state::url(&format!("{}.{ending}", self.path), self.view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenscope::time::Grain;

    #[test]
    fn a_column_leads_to_its_days_and_a_file_to_the_same_view() {
        let view = View { grain: Some(Grain::Week), ..View::default() };
        let links = Links { path: "/overview", view: &view };
        let day = |text: &str| text.parse::<Date>().unwrap();
        let url = links.days(day("2026-10-05"), day("2026-10-11"));
        assert_eq!(url, "/overview?from=2026-10-05&to=2026-10-11");
        assert!(links.file("csv").starts_with("/overview.csv"));
    }
}
