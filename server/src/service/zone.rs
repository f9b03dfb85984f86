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
    }
}
