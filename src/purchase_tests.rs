use super::*;
use crate::burn::{Step, TeamBooks, burn};
use crate::lot::{Class, PaysFor};
use crate::time::DAY;

fn input() -> PurchaseInput {
    PurchaseInput {
        team: "red".into(),
        kind: "flex".into(),
        amount: "1000".into(),
        effective: "2026-11-21".into(),
        expires: "2027-11-21".into(),
        ..PurchaseInput::default()
    }
}

fn wrong(input: &PurchaseInput) -> Vec<(String, Wrong)> {
    let Err(Fault::Invalid { fields }) = input.read() else { return Vec::new() };
    fields.into_iter().map(|f| (f.field, f.wrong.unwrap())).collect()
}

#[test]
fn everything_wrong_is_said_at_once() {
    let nothing = wrong(&PurchaseInput::default());
    let fields: Vec<&str> = nothing.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["team", "kind", "amount", "effective"]);
    let one = |input: PurchaseInput| {
        let mut found = wrong(&input);
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    };
    let said = |field: &str, wrong| (field.to_owned(), wrong);
    for amount in ["0", "-1", "1e3", "1,000", "0.0000001", "1000000001", "many"] {
        let typed = PurchaseInput { amount: amount.into(), ..input() };
        assert_eq!(one(typed), said("amount", Wrong::NotAmount), "{amount}");
    }
    for day in ["21.11.2026", "2026-02-30", "1969-12-31", "12026-01-01"] {
        let typed = PurchaseInput { effective: day.into(), ..input() };
        assert_eq!(one(typed), said("effective", Wrong::NotDate), "{day}");
    }
    let same_day = PurchaseInput { expires: "2026-11-21".into(), ..input() };
    assert_eq!(one(same_day), said("expires", Wrong::NotLater));
    let cost = PurchaseInput { unit_cost: "3".into(), ..input() };
    assert_eq!(one(cost.clone()), said("currency", Wrong::Missing));
    let cost = PurchaseInput { currency: "E1R".into(), ..cost };
    assert_eq!(one(cost), said("currency", Wrong::NotCurrency));
    let currency = PurchaseInput { currency: "EUR".into(), ..input() };
    assert_eq!(one(currency), said("unit_cost", Wrong::Missing));
    let long = PurchaseInput { reference: "x".repeat(129), ..input() };
    assert_eq!(one(long), said("reference", Wrong::TooLong(128)));
}

#[test]
fn what_is_left_out_is_none() {
    let typed = PurchaseInput {
        expires: String::new(),
        unit_cost: "2.5".into(),
        currency: "eur".into(),
        ..input()
    };
    let purchase = typed.read().unwrap();
    assert_eq!((purchase.expires, purchase.reference.clone()), (None, None));
    let cost = UnitCost { micro: 2_500_000, currency: "EUR".into() };
    assert_eq!(purchase.unit_cost, Some(cost));
    assert_eq!(
        PurchaseInput::from_fields(|name| {
            let fields = typed.fields();
            let found = fields.iter().find(|(field, _)| *field == name);
            found.map_or_else(String::new, |(_, value)| (*value).to_owned())
        }),
        typed
    );
}

#[test]
fn days_begin_in_the_zone_and_new_teams_come_first() {
    let tokyo = Zone::new("Asia/Tokyo".into(), 9 * 3600, vec![]);
    let typed = PurchaseInput { team: String::new(), new_team: "Blue Sky".into(), ..input() };
    let facts = typed.read().unwrap().facts("l", &tokyo);
    assert_eq!(facts[0], Fact::Team { slug: "blue-sky".into(), name: "Blue Sky".into() });
    let Fact::Lot { team, effective, expires, .. } = &facts[1] else { panic!("{facts:?}") };
    assert_eq!(team, "blue-sky");
    assert_eq!(effective.rfc3339(), "2026-11-20T15:00:00Z");
    assert_eq!(expires.unwrap().rfc3339(), "2027-11-20T15:00:00Z");
}

#[test]
fn a_year_later_is_a_day_of_the_calendar() {
    let date = |text| NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap();
    assert_eq!(year_later(date("2026-11-21")), date("2027-11-21"));
    assert_eq!(year_later(date("2028-02-29")), date("2029-03-01"));
}

fn at(day: i64) -> Instant {
    Instant::from_micros(day * DAY)
}

fn lot(id: &str, kind: LotKind, granted: i64, from: i64, to: Option<i64>) -> Lot {
    Lot {
        id: id.into(),
        kind,
        pays_for: kind.pays_for(),
        priority: kind.priority(),
        granted: Tokens::whole(granted),
        effective: at(from),
        expires: to.map(at),
        unit_cost: None,
        reference: None,
        channel: None,
    }
}

#[test]
fn a_consequence_is_the_difference_of_two_burn_downs() {
    let charge = |day, class, amount| Step::Charge { at: at(day), class, amount };
    let steps =
        [charge(1, Class::Api, Tokens::whole(30)), charge(2, Class::Product, Tokens::whole(25))];
    let state =
        |lots: Vec<Lot>| burn(&TeamBooks { lots, ..TeamBooks::default() }, &steps, at(5)).unwrap();
    let old = lot("old", LotKind::Flex, 10, 0, None);
    let credit = lot("new", LotKind::CloudCredit, 50, 4, Some(90));
    assert_eq!(credit.pays_for, PaysFor::Api);
    let (before, after) = (state(vec![old.clone()]), state(vec![old, credit]));
    let seen = consequence(&before, &after, "new");
    // 20 of the calls are older than the credit and are settled; it pays for no product.
    assert_eq!(seen.settled(), Tokens::whole(20));
    assert_eq!((seen.left.api, seen.left.product), (Tokens::ZERO, Tokens::whole(25)));
    assert_eq!(seen.balance, Change { before: Tokens::whole(-45), after: Tokens::whole(5) });
    assert_eq!(seen.available, Change { before: Tokens::ZERO, after: Tokens::whole(30) });
    assert_eq!((seen.access.0.code(), seen.access.1.code()), ("grace", "grace"));
    let order: Vec<_> = seen.order.iter().map(|o| (o.lot.id.as_str(), o.is_new)).collect();
    assert_eq!(order, [("new", true)]);
    let standing: Vec<_> = after.lots.iter().map(|l| Standing::of(l, at(5)).code()).collect();
    assert_eq!(standing, ["active", "used-up"]);
}
