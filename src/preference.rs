//! How somebody wants to see the pages: language, time zone, colours.

use serde::{Deserialize, Serialize};

/// A language of the pages and mails.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Language {
    /// Every language there is.
    pub const ALL: [Self; 2] = [Self::En, Self::Ja];
    /// The tag of RFC 5646 that is stored, and stands in `<html lang>`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ja => "ja",
        }
    }
    /// The language of that tag.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }
    /// The language that an `Accept-Language` header (RFC 9110, 12.5.4) likes best of those there
    /// are; English when it likes none of them. `*` and everything unreadable count for nothing.
    #[must_use]
    pub fn accepted(header: &str) -> Self {
        let wishes = header.split(',').take(32).filter_map(|range| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let primary = tag.trim().split('-').next()?.to_ascii_lowercase();
            let thousandths = thousandths(weight.trim().strip_prefix("q=")?)?;
            Some((Self::from_code(&primary)?, thousandths)).filter(|(_, weight)| *weight > 0)
        });
        // Of equal wishes the first one counts.
        let best = wishes.reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map(|(language, _)| language).unwrap_or_default()
    }
}

/// A quality value like `0.8`, in thousandths.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.len() > 3 || !rest.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let rest: u32 = format!("{rest:0<3}").parse().ok()?;
    match whole {
        "0" => Some(rest),
        "1" if rest == 0 => Some(1000),
        _ => None,
    }
}

/// The colours of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Every theme there is.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];
    /// The name that is stored, and stands in `<html data-theme>`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
    /// The theme of that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.code() == code)
    }
}

/// What somebody chose for himself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Preferences {
    /// The language; none = as the browser asks.
    pub language: Option<Language>,
    /// The IANA zone in which single instants are written for him; none = the organization's.
    /// Buckets and ranges stay in the organization's zone for everybody.
    pub zone: Option<String>,
    /// The colours.
    pub theme: Theme,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_liked_language_is_chosen() {
        for (header, wanted) in [
            ("", Language::En),
            ("ja", Language::Ja),
            ("ja-JP,ja;q=0.9,en;q=0.8", Language::Ja),
            ("en-US,en;q=0.9,ja;q=0.8", Language::En),
            ("fr-FR,fr;q=0.9,ja;q=0.5", Language::Ja),
            ("de, en;q=0.7, JA;q=0.9", Language::Ja),
            ("ja;q=0, en;q=0.1", Language::En),
            ("ja;q=0", Language::En),
            ("*", Language::En),
            ("ja;q=nan,en;q=2,;;,", Language::En),
        ] {
            assert_eq!(Language::accepted(header), wanted, "{header}");
        }
    }

    #[test]
    fn codes_read_back() {
        for language in Language::ALL {
            assert_eq!(Language::from_code(language.code()), Some(language));
        }
        for theme in Theme::ALL {
            assert_eq!(Theme::from_code(theme.code()), Some(theme));
        }
        assert_eq!(Theme::from_code("sepia"), None);
    }
}
