//! What is printed reads back as the same.

use super::cases;
use super::given::{File, instant, scenario, start};
use crate::hold::HoldEnd;
use crate::lot::Class;
use crate::scenario::{Scenario, ScenarioClose, ScenarioHold, ScenarioHoldEnd, ScenarioProduct};
use crate::time::{Instant, SECOND};
use crate::tokens::{Quantity, Tokens};
use proptest::prelude::*;

#[test]
fn the_ends_of_time_read_back() {
    for (text, instant) in [
        ("0001-01-01T00:00:00Z", Instant::MIN),
        ("0001-01-01T00:00:00.000001Z", Instant::MIN.plus(1)),
        ("9999-12-31T23:59:59Z", Instant::MAX),
        ("9999-12-31T23:59:58.999999Z", Instant::MAX.plus(-1)),
        ("1969-12-31T23:59:59.999999Z", Instant::from_micros(-1)),
    ] {
        assert_eq!(instant.to_string(), text);
        assert_eq!(text.parse(), Ok(instant));
    }
}

/// Holds, closes and products, which the random facts do not have.
fn with_the_rest((File(mut facts), from, at, short): (File, Instant, Instant, bool)) -> File {
    let (how, end) = (HoldEnd::Released, from.plus(SECOND));
    facts.holds.push(ScenarioHold {
        key: "k".to_owned(),
        team: "a".to_owned(),
        class: Class::Product,
        tokens: Tokens::from_micro(1),
        from,
        ttl_s: short.then_some(5),
        ended: short.then_some(ScenarioHoldEnd { at: end, how }),
    });
    facts.closes.push(ScenarioClose { until: start(), recorded_at: short.then_some(at) });
    facts.products.push(ScenarioProduct {
        user: "ana".to_owned(),
        api: "cad".to_owned(),
        assigned: short,
        from,
        recorded_at: Some(at),
    });
    File(facts)
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn tokens_and_quantities_read_back(micro in any::<i64>(), of in 0..=Quantity::MAX.micro()) {
        prop_assume!(micro != i64::MIN);
        let (tokens, quantity) = (Tokens::from_micro(micro), Quantity::from_micro(of));
        prop_assert_eq!(tokens.to_string().parse(), Ok(tokens));
        prop_assert_eq!(quantity.to_string().parse(), Ok(quantity));
        let json = serde_json::to_string(&(tokens, quantity)).unwrap();
        let back: (Tokens, Quantity) = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(back, (tokens, quantity));
    }

    #[test]
    fn instants_read_back(
        micros in Instant::MIN.micros()..=Instant::MAX.micros(),
        fine in 0..7_u32,
    ) {
        // With all numbers of decimals, also none.
        let micros = micros / 10_i64.pow(fine) * 10_i64.pow(fine);
        let instant = Instant::from_micros(micros);
        prop_assert_eq!(instant.to_string().parse(), Ok(instant));
        let json = serde_json::to_string(&instant).unwrap();
        prop_assert_eq!(serde_json::from_str::<Instant>(&json).unwrap(), instant);
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn scenarios_read_back(
        facts in (scenario(50), instant(), instant(), any::<bool>()).prop_map(with_the_rest),
    ) {
        prop_assert_eq!(facts.check(), Ok(()));
        let json = serde_json::to_string(&facts.0).unwrap();
        let back: Scenario = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(format!("{:?}", facts.0), format!("{back:?}"));
        prop_assert_eq!(serde_json::to_string(&back).unwrap(), json);
    }
}
