//! An instant as a page's URL names it.

use super::Seen;
use crate::time::{Instant, Zone};
use chrono::NaiveDateTime;
use std::str::FromStr;

/// An instant, or what the wall clock of the organization shows then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// An instant.
    At(Instant),
    /// A wall clock's date and time.
    Local(NaiveDateTime),
}

/// Neither RFC 3339 nor a date and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a date and time like 2026-10-31T12:00")]
pub struct NoMoment;

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        if let Ok(at) = text.parse::<Instant>() {
            return Ok(Self::At(at));
        }
        let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f"]
            .into_iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
            .ok_or(NoMoment)?;
        // Years that neither the calendar of the pages nor 64 bits of microseconds are made for.
        if !(1..=9999).contains(&chrono::Datelike::year(&local)) {
            return Err(NoMoment);
        }
        Ok(Self::Local(local))
    }
}

impl Moment {
    /// The instant in a zone.
    #[must_use]
    pub fn instant(self, zone: &Zone) -> Instant {
        match self {
            Self::At(at) => at,
            Self::Local(local) => zone.instant(local),
        }
    }
}

/// From where a page looks at the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moments {
    /// As of when; none = now.
    pub as_of: Option<Moment>,
    /// As known when; none = now.
    pub known_at: Option<Moment>,
}

impl Moments {
    /// The instants in a zone.
    #[must_use]
    pub fn seen(&self, zone: &Zone) -> Seen {
        let instant = |moment: Option<Moment>| moment.map(|moment| moment.instant(zone));
        Seen { as_of: instant(self.as_of), known_at: instant(self.known_at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_is_read_in_the_zone_and_an_instant_as_it_is() {
        let tokyo = Zone::new("Asia/Tokyo".into(), 9 * 3600, vec![]);
        let at = |text: &str| text.parse::<Moment>().map(|moment| moment.instant(&tokyo));
        let wanted: Instant = "2026-10-31T03:00:00Z".parse().unwrap();
        for text in ["2026-10-31T12:00", "2026-10-31T12:00:00", "2026-10-31T03:00:00Z"] {
            assert_eq!(at(text), Ok(wanted), "{text}");
        }
        for text in ["", "yesterday", "2026-10-31", "2026-13-01T00:00", "99999-01-01T00:00"] {
            assert_eq!(at(text), Err(NoMoment), "{text}");
        }
    }
}
