//! Query strings of lists: unknown names and bad values are refused by name.

use std::collections::BTreeMap;
use tokenscope::fault::Fault;
use tokenscope::report::Seen;
use tokenscope::time::Instant;

/// Most items of a page.
const LIMIT_MAX: u16 = 1000;
/// Items of a page when nothing is said.
const LIMIT: u16 = 100;

/// The members of a query string.
pub struct Query {
    members: BTreeMap<String, String>,
}

impl Query {
    /// Reads a query string that may only have these members, each at most once.
    ///
    /// # Errors
    /// [`Fault::Invalid`] with every member that is wrong.
    pub fn read(text: Option<&str>, known: &[&str]) -> Result<Self, Fault> {
        let mut members = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(text.unwrap_or_default().as_bytes()) {
            if !known.contains(&name.as_ref()) {
                let reason = format!("is not known here; known are: {}", known.join(", "));
                return Err(Fault::field(name, reason));
            }
            if members.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                return Err(Fault::field(name, "stands there twice"));
            }
        }
        Ok(Self { members })
    }
    /// A text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).map(String::as_str)
    }
    /// A time.
    ///
    /// # Errors
    /// [`Fault::Malformed`] when it is none.
    pub fn time(&self, name: &str) -> Result<Option<Instant>, Fault> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let wrong = |e| Fault::Malformed { reason: format!("`{name}`: `{text}` {e}") };
        text.parse().map(Some).map_err(wrong)
    }
    /// From where the books are looked at: `as_of` and `known_at`.
    ///
    /// # Errors
    /// As [`Self::time`].
    pub fn seen(&self) -> Result<Seen, Fault> {
        Ok(Seen { as_of: self.time("as_of")?, known_at: self.time("known_at")? })
    }
    /// A text that must be there.
    ///
    /// # Errors
    /// [`Fault::Invalid`] when it is not.
    pub fn needed(&self, name: &str) -> Result<&str, Fault> {
        self.text(name).ok_or_else(|| Fault::field(name, "is missing"))
    }
    /// How many items a page has, 1 to 1000, 100 when nothing is said.
    ///
    /// # Errors
    /// [`Fault::Invalid`] for anything else.
    pub fn limit(&self) -> Result<u16, Fault> {
        let Some(text) = self.text("limit") else {
            return Ok(LIMIT);
        };
        let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
        let wrong = || Fault::field("limit", format!("must be a number from 1 to {LIMIT_MAX}"));
        limit.ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_double_and_bad_members_are_named() {
        assert!(Query::read(Some("tea=1"), &["team"]).is_err());
        assert!(Query::read(Some("team=1&team=2"), &["team"]).is_err());
        let query = Query::read(Some("limit=0&as_of=now"), &["limit", "as_of"]).unwrap();
        assert!(query.limit().is_err());
        assert!(query.time("as_of").is_err());
        assert_eq!(Query::read(None, &[]).unwrap().limit().unwrap(), 100);
    }
}
