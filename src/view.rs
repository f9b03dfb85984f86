//! What an analytics page asks: the state that its URL holds.

use crate::report::{Metric, Range};
use crate::time::Grain;
use serde::{Deserialize, Serialize};

/// What a range is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Compare {
    /// The period before, of the same length.
    #[default]
    Previous,
    /// The same days a year before.
    YearBefore,
}

impl Compare {
    /// Its name in URLs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Previous => "prev",
            Self::YearBefore => "yoy",
        }
    }
    /// The comparison of that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Previous, Self::YearBefore].into_iter().find(|c| c.code() == code)
    }
}

/// One wish of a filter: only this, or everything but this.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Term {
    /// Slug, code or client id.
    pub slug: String,
    /// Whether it is left out (`!slug` in URLs).
    pub not: bool,
}

/// Which usage counts. Within one dimension wishes add up, across dimensions all must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Filters {
    /// By the API's code.
    pub api: Vec<Term>,
    /// By the app's client id.
    pub app: Vec<Term>,
    /// By the slug of the team that pays at the event's time.
    pub team: Vec<Term>,
}

impl Filters {
    /// Whether nothing is filtered.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.api.is_empty() && self.app.is_empty() && self.team.is_empty()
    }
    /// Whether a slug passes the wishes of its dimension.
    #[must_use]
    pub fn passes(terms: &[Term], slug: &str) -> bool {
        let wanted = terms.iter().all(|t| t.not) || terms.iter().any(|t| !t.not && t.slug == slug);
        wanted && !terms.iter().any(|t| t.not && t.slug == slug)
    }
}

/// What a page asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    /// Which days.
    pub range: Range,
    /// With what they are compared.
    pub compare: Compare,
    /// The length of a column; none = by the range.
    pub grain: Option<Grain>,
    /// What is counted.
    pub metric: Metric,
    /// Which usage counts.
    pub filters: Filters,
    /// Codes of the APIs that the chart dims; figures count them all the same.
    pub hide: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(text: &str) -> Term {
        let slug = text.trim_start_matches('!');
        Term { slug: slug.into(), not: slug != text }
    }

    #[test]
    fn wishes_add_up_and_exceptions_hold() {
        let passes = |terms: &[&str], slug: &str| {
            let terms: Vec<Term> = terms.iter().map(|text| term(text)).collect();
            Filters::passes(&terms, slug)
        };
        assert!(passes(&[], "a"));
        assert!(passes(&["a", "b"], "b"));
        assert!(!passes(&["a", "b"], "c"));
        assert!(passes(&["!a"], "b"));
        assert!(!passes(&["!a"], "a"));
        assert!(!passes(&["a", "!a"], "a"));
    }
}
