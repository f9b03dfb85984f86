//! Time zones: from the zone database's rules to the core's table of changes.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokenscope::time::Zone;

/// The last year for which changes of the clock are worked out in advance.
const LAST_YEAR_SECONDS: i64 = 4_102_444_800; // 2100-01-01T00:00:00Z

/// The zone of an IANA name, e.g. `Europe/Berlin`; none for a name that is not there.
#[must_use]
pub fn zone(name: &str) -> Option<Zone> {
    let rules = TimeZone::get(name).ok()?;
    let start = Timestamp::from_second(-2_208_988_800).ok()?; // 1900-01-01T00:00:00Z
    let first_offset = rules.to_offset(start).seconds();
    let changes = rules
        .following(start)
        .take_while(|change| change.timestamp().as_second() < LAST_YEAR_SECONDS)
        .map(|change| (change.timestamp().as_microsecond(), change.offset().seconds()))
        .collect();
    Some(Zone::new(name.to_owned(), first_offset, changes))
}

/// The names of all zones that people live in, and UTC first.
#[must_use]
pub fn names() -> Vec<String> {
    let all = jiff::tz::db().available().map(|name| name.to_string());
    let lived_in = |name: &String| {
        let area = name.split_once('/').map(|(area, _)| area);
        area.is_some_and(|area| !matches!(area, "Etc" | "SystemV" | "posix" | "right" | "US"))
    };
    let mut names: Vec<String> = all.filter(lived_in).collect();
    names.sort_unstable();
    names.insert(0, "UTC".into());
    names
}

/// The name of a zone as the zone database writes it; none for a name that is not there.
#[must_use]
pub fn known_name(name: &str) -> Option<String> {
    let rules = TimeZone::get(name.trim()).ok()?;
    rules.iana_name().map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenscope::time::{Grain, HOUR, Instant};

    #[test]
    fn knows_the_changes_of_the_clock() {
        let berlin = zone("Europe/Berlin").unwrap();
        let at: Instant = "2026-10-25T12:00:00Z".parse().unwrap();
        assert_eq!(berlin.bucket(Grain::Day, at).micros(), 25 * HOUR);
        assert_eq!(berlin.offset_s("2026-07-01T00:00:00Z".parse().unwrap()), 7200);
        assert_eq!(zone("Asia/Tokyo").unwrap().offset_s(at), 9 * 3600);
        assert_eq!(zone("UTC").unwrap().offset_s(at), 0);
        assert!(zone("Europe/Atlantis").is_none());
        assert_eq!(known_name("europe/berlin ").as_deref(), Some("Europe/Berlin"));
        for bad in ["", "Europe", "Europe/Atlantis", "Etc/Unknown", "../etc/passwd", "EST5 EDT"] {
            assert_eq!(known_name(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_name_that_is_offered_is_a_zone() {
        let names = names();
        assert_eq!(names.first().map(String::as_str), Some("UTC"));
        assert!(names.iter().any(|name| name == "Asia/Tokyo"), "{names:?}");
        assert!(names.iter().all(|name| zone(name).is_some()), "{names:?}");
    }
}
