//! Property tests of the whole core, against a second, slow reading of the rules.
//!
//! - [`prices`], [`slow`]: the slow reading, written from accounting.md and the description of the
//!   scenario format: events to charges, and everything that happens lived through one by one.
//! - [`given`]: random facts, on few instants, so that ties and edges are frequent.
//! - [`agree`]: the engine answers and explains as the slow reading does.
//! - [`machine`]: one fact after the other; the books add up after each.
//! - [`order`]: order, repetition, stretches of time, what comes later, another lot.
//! - [`edges`]: half-open edges, one by one.
//! - [`sums`]: sums of hours and days against single charges.
//! - [`closes`]: closed books and what was known.
//! - [`holds`], [`outlook`], [`trips`]: holds, forecasts, printing and reading.
//!
//! A failed test prints the smallest facts it found as a scenario file. `PROPTEST_CASES=25600`
//! asks for a hundred times as many cases as usual.
//!
//! # How to see that these tests turn red
//!
//! Copy the crate, make one of the changes, run `cargo test properties`:
//!
//! | change | what fails |
//! |---|---|
//! | no settlement in `start` (burn.rs) | [`agree`], [`edges`], [`machine`], [`order`], [`sums`] |
//! | no id in the burn order (`burn_key` in lot.rs) | [`order`]: the order of a team's books |
//! | charges of one instant by falling id (replay.rs) | [`agree`] |
//! | all lots pay for everything (`covers` in lot.rs) | [`agree`], [`machine`], [`holds`] |
//! | every session opens a window (`chain` in rate.rs) | [`agree`], [`edges`], [`machine`] |
//! | a trial by the session's time (`chain` in rate.rs) | [`agree`] |
//! | expiry a microsecond later (burn/plan.rs) | [`agree`], [`edges`], [`machine`] |

mod agree;
mod closes;
mod edges;
mod given;
mod holds;
mod machine;
mod order;
mod outlook;
mod prices;
mod slow;
mod sums;
mod trips;

use proptest::test_runner::Config;

/// So many cases, and in proportion more where `PROPTEST_CASES` says more than the standard 256.
fn cases(usual: u32) -> Config {
    let standard = Config::default();
    let cases = (usual * standard.cases).div_ceil(256);
    let max_global_rejects = standard.max_global_rejects + cases;
    Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        max_global_rejects,
        ..standard
    }
}
