//! Identifiers: small numbers per organization inside, slugs and the sender's ids outside.
//!
//! Numbers are given under the organization's row lock (architecture.md, decision 4); 16-byte ids
//! in every dimension cost three times the space and half the insert rate.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl From<$name> for i64 {
            fn from(id: $name) -> i64 {
                id.0
            }
        }
    };
}

number!(/// An organization: the tenant.
    OrgId);
number!(/// A team within its organization: owns lots, is charged.
    TeamId);
number!(/// An app within its organization: a client id that spends.
    AppId);
number!(/// A metered API or product within its organization.
    ApiId);
number!(/// A price class of an API, numbered within the organization.
    VariantId);
number!(/// Who used something: an e-mail or external id of an event, within its organization.
    UserId);
number!(/// A sender of events, within its organization.
    SourceId);
number!(/// A person who can sign in; belongs to no organization by itself.
    PersonId);

/// 16 bytes that begin with a time (a UUID of version 7), for what is too frequent for small
/// numbers: decisions and holds. Outside in the usual form with hyphens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LongId(pub [u8; 16]);

/// A text is no such id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an id like 0190163d-8694-739b-aea5-966c26f8ad91")]
pub struct NotLongId;

impl fmt::Display for LongId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, byte) in self.0.iter().enumerate() {
            if matches!(n, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}
impl FromStr for LongId {
    type Err = NotLongId;
    fn from_str(text: &str) -> Result<Self, NotLongId> {
        let hyphens = [8, 13, 18, 23].iter().all(|n| text.as_bytes().get(*n) == Some(&b'-'));
        let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
        if !hyphens || text.len() != 36 || digits.len() != 32 {
            return Err(NotLongId);
        }
        let number = u128::from_str_radix(&digits, 16).map_err(|_| NotLongId)?;
        Ok(Self(number.to_be_bytes()))
    }
}
impl Serialize for LongId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for LongId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Why a text cannot be a slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SlugError {
    /// Empty.
    #[error("is empty")]
    Empty,
    /// Longer than [`SLUG_MAX`].
    #[error("is longer than 64 characters")]
    Long,
    /// Something else than letters, digits, `-`, `_` and `.`.
    #[error("may hold only letters, digits, '-', '_' and '.', and starts with a letter or digit")]
    Characters,
}

/// The longest slug, client id or code.
pub const SLUG_MAX: usize = 64;

/// Checks a name that stands in URLs, filters and events: team slugs, client ids, API codes.
///
/// # Errors
/// [`SlugError`] with the reason.
pub fn check_slug(text: &str) -> Result<(), SlugError> {
    if text.is_empty() {
        return Err(SlugError::Empty);
    }
    if text.len() > SLUG_MAX {
        return Err(SlugError::Long);
    }
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if !text.as_bytes()[0].is_ascii_alphanumeric() || !text.bytes().all(inner) {
        return Err(SlugError::Characters);
    }
    Ok(())
}

/// A slug made from a name: its letters and digits in lower case, everything else as hyphens.
/// `otherwise` where nothing of the name is left, e.g. of a Japanese one.
#[must_use]
pub fn slug_of(name: &str, otherwise: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => slug.push(c),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug.truncate(SLUG_MAX);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { otherwise.to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_url_safe() {
        assert_eq!(check_slug("design-automation"), Ok(()));
        assert_eq!(check_slug("A.b_9"), Ok(()));
        assert_eq!(check_slug(""), Err(SlugError::Empty));
        assert_eq!(check_slug("-a"), Err(SlugError::Characters));
        assert_eq!(check_slug("a b"), Err(SlugError::Characters));
        assert_eq!(check_slug(&"x".repeat(65)), Err(SlugError::Long));
    }

    #[test]
    fn long_ids_are_read_as_they_are_written() {
        let id = LongId(*b"\x01\x90\x16=\x86\x94s\x9b\xae\xa5\x96l&\xf8\xad\x91");
        let text = "0190163d-8694-739b-aea5-966c26f8ad91";
        assert_eq!((id.to_string().as_str(), text.parse()), (text, Ok(id)));
        for wrong in ["", "7", &text.replace('-', ""), &text.replace('0', "g"), "-"] {
            assert_eq!(wrong.parse::<LongId>(), Err(NotLongId), "{wrong}");
        }
    }

    #[test]
    fn names_become_slugs() {
        for (name, slug) in [
            ("Field Capture", "field-capture"),
            ("  R&D / 2026 ", "r-d-2026"),
            ("-a-", "a"),
            ("研究", "team"),
            ("", "team"),
        ] {
            assert_eq!(slug_of(name, "team"), slug, "{name}");
        }
        assert_eq!(check_slug(&slug_of(&"word ".repeat(40), "team")), Ok(()));
    }
}
