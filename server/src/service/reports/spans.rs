//! Which stored sums make up a period: the largest buckets that fit, finer ones at its edges, and
//! single events and charges where it begins or ends inside the finest.

use tokenscope::time::{Grain, Period, Zone};

/// What is read for a part of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Sums of whole buckets.
    Buckets(Grain),
    /// Events and charges one by one.
    Single,
}

/// A part of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) source: Source,
    pub(super) period: Period,
}

/// Cuts a period into pieces that tile it, of buckets no longer than `coarsest`; weeks are kept as
/// days. Per user there are no hours.
pub(super) fn pieces(zone: &Zone, period: Period, coarsest: Grain, with_hours: bool) -> Vec<Piece> {
    let kept = [Grain::Month, Grain::Day, Grain::Hour];
    let grains: Vec<Grain> = kept
        .into_iter()
        .filter(|grain| *grain <= coarsest && (with_hours || *grain != Grain::Hour))
        .collect();
    let mut pieces = Vec::new();
    cut(zone, period, &grains, &mut pieces);
    pieces
}

fn cut(zone: &Zone, period: Period, grains: &[Grain], pieces: &mut Vec<Piece>) {
    if period.is_empty() {
        return;
    }
    let Some((grain, finer)) = grains.split_first() else {
        pieces.push(Piece { source: Source::Single, period });
        return;
    };
    let first = zone.bucket(*grain, period.from);
    let from = if first.from == period.from { period.from } else { first.to };
    let to = zone.bucket(*grain, period.to).from;
    if from >= to {
        return cut(zone, period, finer, pieces);
    }
    cut(zone, Period::new(period.from, from), finer, pieces);
    let inner = Period::new(from, to);
    pieces.push(Piece { source: Source::Buckets(*grain), period: inner });
    cut(zone, Period::new(to, period.to), finer, pieces);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::zone::zone;
    use tokenscope::time::Instant;

    fn cuts(from: &str, to: &str, coarsest: Grain, with_hours: bool) -> Vec<String> {
        let zone = zone("Europe/Berlin").unwrap();
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let period = Period::new(at(from), at(to));
        let found = pieces(&zone, period, coarsest, with_hours);
        assert!(found.windows(2).all(|pair| pair[0].period.to == pair[1].period.from));
        assert_eq!(found.first().map(|piece| piece.period.from), Some(period.from));
        assert_eq!(found.last().map(|piece| piece.period.to), Some(period.to));
        let name = |piece: &Piece| match piece.source {
            Source::Buckets(grain) => format!("{grain:?}"),
            Source::Single => "Single".to_owned(),
        };
        found.iter().map(name).collect()
    }

    #[test]
    fn the_largest_buckets_that_fit_stand_between_finer_ones() {
        let (from, to) = ("2026-01-14T22:30:00Z", "2026-04-02T10:15:00Z");
        let all = ["Single", "Day", "Month", "Day", "Hour", "Single"];
        assert_eq!(cuts(from, to, Grain::Month, true), all);
        assert_eq!(
            cuts(from, to, Grain::Month, false),
            ["Single", "Day", "Month", "Day", "Single"]
        );
        assert_eq!(cuts(from, to, Grain::Week, true), ["Single", "Day", "Hour", "Single"]);
        assert_eq!(cuts(from, to, Grain::Hour, true), ["Single", "Hour", "Single"]);
    }

    #[test]
    fn what_fits_exactly_is_one_piece() {
        // Two months of Berlin, with the night of the changed clock between.
        let (from, to) = ("2026-02-28T23:00:00Z", "2026-04-30T22:00:00Z");
        assert_eq!(cuts(from, to, Grain::Month, true), ["Month"]);
        assert_eq!(cuts(from, to, Grain::Day, true), ["Day"]);
    }

    #[test]
    fn a_moment_is_single() {
        let (from, to) = ("2026-02-28T12:10:00Z", "2026-02-28T12:50:00Z");
        assert_eq!(cuts(from, to, Grain::Month, true), ["Single"]);
    }
}
