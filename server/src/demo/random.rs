//! A small seeded generator (splitmix64): the same seed gives the same demo data on every
//! machine and in every version of the dependencies.

/// The generator. Not for secrets.
pub(super) struct Random {
    state: u64,
}

impl Random {
    /// A generator of its own sequence.
    pub(super) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }
    /// The next 64 bits.
    pub(super) const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// A number from 0 to `end`, without it; 0 where `end` is 0.
    pub(super) const fn below(&mut self, end: u64) -> u64 {
        match self.bits().checked_rem(end) {
            Some(number) => number,
            None => 0,
        }
    }
    /// A number from `first` to `last`, both included.
    pub(super) fn between(&mut self, first: i64, last: i64) -> i64 {
        let span = last.abs_diff(first).saturating_add(1);
        first.saturating_add_unsigned(self.below(span))
    }
    /// True in so many of 1000 cases.
    pub(super) const fn per_mille(&mut self, chance: u64) -> bool {
        self.below(1000) < chance
    }
    /// One of the choices; none only where there are none.
    pub(super) fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        let length = u64::try_from(choices.len()).unwrap_or(u64::MAX);
        choices.get(usize::try_from(self.below(length)).unwrap_or(0))
    }
    /// One of the choices, each as often as its weight says.
    pub(super) fn weigh<'a, T>(
        &mut self,
        choices: &'a [T],
        weight: fn(&T) -> u64,
    ) -> Option<&'a T> {
        let mut left = self.below(choices.iter().map(weight).sum());
        for choice in choices {
            match left.checked_sub(weight(choice)) {
                Some(rest) => left = rest,
                None => return Some(choice),
            }
        }
        choices.last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        let mut random = Random::new(1_234_567);
        let first = [random.bits(), random.bits()];
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn weights_decide_how_often() {
        let mut random = Random::new(1);
        let choices = [("rare", 1), ("never", 0), ("often", 9)];
        let picked = (0..10_000).filter_map(|_| random.weigh(&choices, |c| c.1));
        let often = picked.inspect(|c| assert_ne!(c.0, "never")).filter(|c| c.0 == "often").count();
        assert!((8_800..9_200).contains(&often), "{often}");
        assert!((0..1000).all(|_| (3..=5).contains(&random.between(3, 5))));
    }
}
