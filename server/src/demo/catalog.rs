//! The APIs and products of the demo organization, with their rates.
//!
//! The rates without a mark are the published ones that `src/scenarios/rates-of-2022.json` holds;
//! the others are invented, and their names say so.

use tokenscope::fact::Fact;
use tokenscope::rate::Rounding;
use tokenscope::time::Instant;
use tokenscope::tokens::{Quantity, Tokens};

/// Code of Design Automation, metered in seconds of an engine.
pub(super) const DESIGN_AUTOMATION: &str = "design-automation";
/// Code of Model Derivative, metered in jobs.
pub(super) const MODEL_DERIVATIVE: &str = "model-derivative";
/// Code of Reality Capture, metered in photos.
pub(super) const REALITY_CAPTURE: &str = "reality-capture";
/// Code of a free API.
pub(super) const DATA_MANAGEMENT: &str = "data-management";
/// Code of a free API.
pub(super) const AUTHENTICATION: &str = "authentication";
/// Code of a free API.
pub(super) const WEBHOOKS: &str = "webhooks";
/// Code of a daily product.
pub(super) const AUTOCAD: &str = "autocad";
/// Code of a daily product whose rate is invented.
pub(super) const REVIT: &str = "revit";
/// Code of a daily product whose rate is invented.
pub(super) const FUSION: &str = "fusion";

// Colours are given in this order: the free ones last, so that the rated ones all differ.
const APIS: [(&str, &str, &str); 9] = [
    (DESIGN_AUTOMATION, "Design Automation", "second"),
    (MODEL_DERIVATIVE, "Model Derivative", "job"),
    (REALITY_CAPTURE, "Reality Capture", "photo"),
    (AUTOCAD, "AutoCAD", "second"),
    (REVIT, "Revit (demo rate)", "second"),
    (FUSION, "Fusion (demo rate)", "second"),
    (DATA_MANAGEMENT, "Data Management", "call"),
    (AUTHENTICATION, "Authentication", "call"),
    (WEBHOOKS, "Webhooks", "call"),
];

/// 2022-11-07T00:00:00Z: from then on the published rates are in force.
const PUBLISHED_MICROS: i64 = 1_667_779_200_000_000;

/// API, variant, tokens in millionths, block size and rounding.
type Line = (&'static str, Option<&'static str>, i64, i64, Rounding);

const RATES: [Line; 7] = [
    (MODEL_DERIVATIVE, Some("complex"), 500_000, 1, Rounding::Exact),
    (MODEL_DERIVATIVE, Some("simple"), 100_000, 1, Rounding::Exact),
    (DESIGN_AUTOMATION, None, 2_000_000, 3600, Rounding::Exact),
    (REALITY_CAPTURE, None, 1_000_000, 50, Rounding::Up),
    (AUTOCAD, None, 7_000_000, 1, Rounding::UserDay),
    (REVIT, None, 10_000_000, 1, Rounding::UserDay),
    (FUSION, None, 3_000_000, 1, Rounding::UserDay),
];

/// The APIs and products as facts.
pub(super) fn apis() -> impl Iterator<Item = Fact> {
    APIS.into_iter().map(|(code, name, unit)| Fact::Api {
        code: code.into(),
        name: name.into(),
        unit: unit.into(),
    })
}

/// The rate lines as facts, in force at `start` at the latest.
pub(super) fn rates(start: Instant) -> impl Iterator<Item = Fact> {
    let from = Instant::from_micros(PUBLISHED_MICROS).min(start);
    RATES.into_iter().map(move |(api, variant, micro, per, rounding)| Fact::Rate {
        api: api.into(),
        variant: variant.map(Into::into),
        tokens: Tokens::from_micro(micro),
        per: Quantity::whole(per),
        rounding,
        charge_failed: false,
        from,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenscope::scenario::Scenario;

    #[test]
    fn unmarked_rates_are_the_published_ones() {
        let text = include_str!("../../../src/scenarios/rates-of-2022.json");
        let published: Scenario = serde_json::from_str(text).unwrap();
        let published = published.facts();
        let marked = |code: &str| APIS.iter().any(|a| a.0 == code && a.1.ends_with("(demo rate)"));
        let mut found = 0;
        for fact in rates(Instant::MAX) {
            let Fact::Rate { api, .. } = &fact else { panic!("no rate: {fact:?}") };
            if !marked(api) {
                assert!(published.contains(&fact), "{fact:?}");
                found += 1;
            }
        }
        assert_eq!(found, 5);
    }
}
