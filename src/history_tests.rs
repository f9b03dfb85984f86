use super::*;
use crate::burn::{MoveOut, TeamBooks, burn, burn_down};
use crate::lot::{Lot, LotKind, PaysFor};
use crate::time::{DAY, Period};

fn day(n: i64) -> Instant {
    Instant::from_micros(n * DAY)
}

fn lot(id: &str, granted: i64, from: i64, to: Option<i64>) -> Lot {
    Lot {
        id: id.into(),
        kind: LotKind::Flex,
        pays_for: PaysFor::All,
        priority: 3,
        granted: Tokens::whole(granted),
        effective: day(from),
        expires: to.map(day),
        unit_cost: None,
        reference: None,
        channel: None,
    }
}

fn charge(n: i64, amount: i64) -> Step {
    Step::Charge { at: day(n), class: Class::Api, amount: Tokens::whole(amount) }
}

/// 100 until day 10, 50 from day 20 on; 80 used on day 5, 30 on day 15 while there is nothing.
fn books() -> (TeamBooks, Vec<Step>) {
    let books = TeamBooks {
        lots: vec![lot("a", 100, 0, Some(10)), lot("b", 50, 20, None)],
        ..TeamBooks::default()
    };
    (books, vec![charge(5, 80), charge(15, 30)])
}

fn shown(points: &[Point]) -> Vec<(i64, i64, i64)> {
    let whole = |tokens: Tokens| tokens.micro() / Tokens::whole(1).micro();
    points.iter().map(|p| (p.at.micros() / DAY, whole(p.balance), whole(p.debt))).collect()
}

#[test]
fn a_line_has_a_step_for_everything_that_happens_at_once() {
    let (books, steps) = books();
    let down = burn_down(&books, &steps, None, day(25)).unwrap();
    let points = line(&down, &steps, day(-1)).unwrap();
    let wanted = [
        (-1, 0, 0),
        (0, 0, 0),
        (0, 100, 0),
        (5, 20, 0),
        (10, 20, 0),
        (10, 0, 0),
        (15, -30, 30),
        (20, -30, 30),
        (20, 20, 0),
        (25, 20, 0),
    ];
    assert_eq!(shown(&points), wanted);
}

#[test]
fn a_line_may_begin_in_the_middle() {
    let (books, steps) = books();
    let down = burn_down(&books, &steps, Some(day(12)), day(16)).unwrap();
    let points = line(&down, &steps, day(12)).unwrap();
    assert_eq!(shown(&points), [(12, 0, 0), (15, -30, 30), (16, -30, 30)]);
}

#[test]
fn sums_make_the_same_line_as_charges() {
    let (books, steps) = books();
    let sum = |n: i64, amount: i64| Step::Sum {
        period: Period::new(day(n), day(n + 1)),
        amounts: PerClass::of(Class::Api, Tokens::whole(amount)),
    };
    let coarse = [sum(5, 80), steps[1]];
    let down = burn_down(&books, &coarse, None, day(25)).unwrap();
    let points = line(&down, &coarse, day(0)).unwrap();
    for point in &points {
        let after = points.iter().rfind(|other| other.at == point.at).unwrap();
        let state = burn(&books, &steps, point.at).unwrap();
        // The sum of day 5 is there at its end.
        assert_eq!(after.balance, state.balance(), "{:?}", point.at);
        assert_eq!(after.debt, state.debt.total(), "{:?}", point.at);
    }
}

#[test]
fn what_happened_is_listed_with_its_lot() {
    let (mut books, steps) = books();
    books.moves.push(MoveOut {
        id: "m".into(),
        lot: "a".into(),
        at: day(8),
        amount: Tokens::whole(30),
    });
    let down = burn_down(&books, &steps, None, day(25)).unwrap();
    let points = line(&down, &steps, day(0)).unwrap();
    assert_eq!(points.last().unwrap().balance, down.state.balance());
    let said: Vec<_> = events(&down, day(0), |lot| lot == "b")
        .into_iter()
        .map(|e| (e.at.micros() / DAY, e.kind, e.of, e.amount))
        .collect();
    let tokens = Tokens::whole;
    assert_eq!(
        said,
        [
            (0, Kind::Granted, Of::Lot(0), tokens(100)),
            (8, Kind::MovedOut, Of::Lot(0), tokens(20)),
            (8, Kind::Shortfall, Of::Transfer(0), tokens(10)),
            (20, Kind::MovedIn, Of::Lot(1), tokens(50)),
            (20, Kind::Settled, Of::Lot(1), tokens(40)),
        ]
    );
    assert!(events(&down, day(21), |_| false).is_empty());
}
