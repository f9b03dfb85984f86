//! When things happen: working hours and days of the organization's zone, a slow growth, bumps
//! around releases, and some noise.

use super::random::Random;
use chrono::{Datelike, Timelike, Weekday};
use tokenscope::time::{DAY, HOUR, Instant, SECOND, Zone};

/// Activity by hour of the day: nights are quiet, lunch is a dip.
const BY_HOUR: [u64; 24] =
    [2, 1, 1, 1, 2, 3, 6, 18, 45, 82, 100, 94, 58, 76, 96, 100, 84, 58, 30, 16, 10, 8, 5, 3];
/// Activity on a Saturday or Sunday, in percent of a weekday.
const WEEKEND: u64 = 15;
/// A release every so many days, the last one so many days ago, felt for so many days.
const RELEASES: (i64, i64, i64) = (84, 24, 7);
/// Activity around a release, in percent.
const RELEASE: u64 = 155;
/// The last events, so many seconds before the end: something has always just happened.
const LAST_SECONDS: [i64; 4] = [581, 334, 147, 42];

/// So many instants from `start` up to `now`, without it, in the order of time.
pub(super) fn instants(
    random: &mut Random,
    zone: &Zone,
    (start, now): (Instant, Instant),
    count: u64,
) -> Vec<Instant> {
    let slots = slots(random, zone, start, now);
    let total = slots.last().map_or(0, |slot| slot.sum);
    let last = LAST_SECONDS.map(|seconds| now.plus(-seconds * SECOND));
    let spread = count.saturating_sub(4);
    let mut instants = Vec::new();
    for n in 0..spread {
        // One instant in each of `spread` parts of equal activity: sorted, and exactly as many.
        let part = u128::from(total) * 1_000_000 / u128::from(spread);
        let place =
            (part * u128::from(n) + part * u128::from(random.below(1000)) / 1000) / 1_000_000;
        instants.extend(slot_at(&slots, place).map(|at| at.min(last[0])));
    }
    let missing = usize::try_from(count - spread).unwrap_or(4);
    instants.extend(last.iter().skip(4 - missing));
    instants
}

/// An hour and the activity up to its end.
struct Slot {
    from: Instant,
    weight: u64,
    sum: u64,
}

fn slots(random: &mut Random, zone: &Zone, start: Instant, now: Instant) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::new();
    let hours = now.since(start) / HOUR;
    let (mut sum, mut noise, mut day) = (0, 100, None);
    for hour in 0..hours {
        let from = start.plus(hour * HOUR);
        let local = zone.local(from);
        if day.replace(local.date()) != Some(local.date()) {
            noise = 80 + random.below(41);
        }
        let weekend = matches!(local.weekday(), Weekday::Sat | Weekday::Sun);
        let growth = 1000 + 500 * hour.unsigned_abs() / hours.unsigned_abs().max(1);
        let by_hour = BY_HOUR[usize::try_from(local.hour()).unwrap_or(0) % 24];
        let week = if weekend { WEEKEND } else { 100 };
        let weight = by_hour * week * growth * noise * release(now.since(from) / DAY);
        sum += weight;
        slots.push(Slot { from, weight, sum });
    }
    slots
}

const fn release(days_ago: i64) -> u64 {
    let (every, last, lasts) = RELEASES;
    // The bump begins with the release and is over `lasts` days later.
    if (days_ago - last + lasts).rem_euclid(every) < lasts { RELEASE } else { 100 }
}

fn slot_at(slots: &[Slot], place: u128) -> Option<Instant> {
    let slot = slots.get(slots.partition_point(|slot| u128::from(slot.sum) <= place))?;
    let inside = place + u128::from(slot.weight) - u128::from(slot.sum);
    let micros = u128::from(HOUR.unsigned_abs()) * inside / u128::from(slot.weight.max(1));
    Some(slot.from.plus(i64::try_from(micros).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekends_and_nights_are_quiet() {
        let now: Instant = "2026-11-21T02:30:00Z".parse().unwrap();
        let start = now.plus(-364 * DAY);
        let zone = Zone::utc();
        let found = instants(&mut Random::new(3), &zone, (start, now), 50_000);
        assert_eq!(found.len(), 50_000);
        assert!(found.is_sorted());
        assert!(found[0] >= start && *found.last().unwrap() < now);
        let count = |wanted: &dyn Fn(chrono::NaiveDateTime) -> bool| {
            found.iter().filter(|at| wanted(zone.local(**at))).count()
        };
        let weekend = count(&|t| matches!(t.weekday(), Weekday::Sat | Weekday::Sun));
        // 2 of 7 days at 15 %: 2 x 15 of 530.
        assert!((2_000..4_000).contains(&weekend), "{weekend}");
        assert!(count(&|t| t.hour() < 6) < 1_500);
        let half = start.plus(182 * DAY);
        let late = found.iter().filter(|at| **at >= half).count();
        assert!(late > 26_000, "no growth: {late}");
    }
}
