//! Buckets of every zone there is: each instant lies in its bucket, and buckets follow each other,
//! also where clocks change around midnight or a date is left out.

use tokenscope::time::{Grain, Instant, SECOND};
use tokenscope_server::service::zone::zone;

/// The changes that are looked at; after them the rules repeat.
const YEARS: (&str, &str) = ("2005-01-01T00:00:00Z", "2037-12-31T00:00:00Z");

/// The instants around each change of a zone's clock, within the years.
fn instants(name: &str) -> Vec<Instant> {
    let zone = jiff::tz::TimeZone::get(name).unwrap();
    let (from, to) = (YEARS.0.parse().unwrap(), YEARS.1.parse().unwrap());
    let changes = zone.following(from).map(|change| change.timestamp());
    let changes = changes.take_while(|change| *change < to);
    let around = |change: jiff::Timestamp| {
        let at = Instant::from_micros(change.as_microsecond());
        [-3600, -1800, -61, 0, 59, 1800, 3599, 3600, 7200].map(|s| at.plus(s * SECOND - 1))
    };
    changes.flat_map(around).collect()
}

fn mistakes(name: &str) -> Vec<String> {
    let rules = zone(name).unwrap();
    let mut found = Vec::new();
    for at in instants(name).into_iter().flat_map(|at| [at, at.plus(1)]) {
        for grain in [Grain::Hour, Grain::Day, Grain::Week, Grain::Month] {
            let bucket = rules.bucket(grain, at);
            let last = bucket.to.plus(-1);
            if !bucket.contains(at) {
                found.push(format!("{name}: {at} does not lie in its {grain:?} {bucket:?}"));
            } else if rules.bucket(grain, bucket.from) != bucket
                || rules.bucket(grain, last) != bucket
            {
                found.push(format!("{name}: the ends of the {grain:?} {bucket:?} lie elsewhere"));
            }
        }
    }
    found
}

#[test]
fn every_instant_lies_in_its_bucket_in_every_zone() {
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    assert!(names.len() > 400, "only {} zones", names.len());
    let found: Vec<String> = names.iter().flat_map(|name| mistakes(name)).collect();
    assert!(
        found.is_empty(),
        "{} mistakes, such as {:#?}",
        found.len(),
        &found[..found.len().min(8)]
    );
}
