//! Round numbers for the axis.

use tokenscope::tokens::MICRO;

/// Ticks from zero to at least `max`, in steps of 1, 2 or 5 times a power of ten.
///
/// `whole` keeps the steps at whole units, for what comes in whole numbers only. There are two
/// to five ticks, and the last one is the top of the chart.
#[must_use]
pub fn ticks(max: i64, whole: bool) -> Vec<i64> {
    let step = step(max.max(1), if whole { MICRO } else { 1 });
    let steps = max.max(1).div_ceil_to(step);
    (0..=steps).map(|i| step.saturating_mul(i)).collect()
}

/// The smallest round step that needs at most four intervals.
fn step(max: i64, least: i64) -> i64 {
    let mut power = least;
    loop {
        for factor in [1, 2, 5] {
            let step = power.saturating_mul(factor);
            if max.div_ceil_to(step) <= 4 || step == i64::MAX {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

trait DivCeilTo {
    fn div_ceil_to(self, step: i64) -> i64;
}
impl DivCeilTo for i64 {
    // `i64::div_ceil` is not stable; values here are positive.
    fn div_ceil_to(self, step: i64) -> i64 {
        self / step + i64::from(self % step != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_cover_the_maximum() {
        let whole: Vec<i64> = ticks(7_300 * MICRO, false).iter().map(|t| t / MICRO).collect();
        assert_eq!(whole, [0, 2000, 4000, 6000, 8000]);
        assert_eq!(ticks(300_000, false), [0, 100_000, 200_000, 300_000]);
    }

    #[test]
    fn whole_units_are_not_divided() {
        assert_eq!(ticks(MICRO, true), [0, MICRO]);
        assert_eq!(ticks(0, true), [0, MICRO]);
        assert_eq!(ticks(3 * MICRO, true), [0, MICRO, 2 * MICRO, 3 * MICRO]);
    }

    #[test]
    fn every_maximum_is_covered_with_few_ticks() {
        for exponent in 0..18 {
            for factor in 1..100 {
                let max = 10_i64.pow(exponent).saturating_mul(factor);
                let ticks = ticks(max, false);
                assert!((2..=5).contains(&ticks.len()), "{max}: {ticks:?}");
                assert!(ticks[ticks.len() - 1] >= max, "{max}");
                assert_eq!(ticks[0], 0);
            }
        }
        assert_eq!(ticks(i64::MAX, false).last(), Some(&i64::MAX));
    }
}
