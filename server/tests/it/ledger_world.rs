//! An organization with some of everything that is stored, for the tests that look at all of it.

use crate::given::{at, event, lot, red_team, send, session, team};
use tokenscope::correction::{Correction, Corrections};
use tokenscope::event::{EventResult, NewEvent, Status};
use tokenscope::fact::Fact;
use tokenscope::rate::Rounding;
use tokenscope::service::{Books, Caller, Correcting};
use tokenscope::time::{DAY, HOUR, Instant};
use tokenscope_server::service::Service;
use tokenscope_server::{args, statements};

pub const NOW: &str = "2026-11-21T12:00:00Z";

statements! {
    /// A hold; branch `check` writes them.
    HOLD_ADD = "INSERT INTO hold (org_id, hold_key, hold_id, team_id, class, amount, from_at,
        until_at, ended_at, ended_how, call_print, decision_id)
        SELECT $1, $2, $3, team_id, 'api', 5, $4, $5, $6, 'settled', 0, $3 FROM team
        WHERE org_id = $1 AND slug = 'red'";
}

fn assigned(team: &str, from: &str) -> Fact {
    crate::given::assigned("robot", Some(team), at(from))
}

fn dated(fact: Fact, effective_at: &str, ends: Option<&str>) -> Fact {
    match fact {
        Fact::Lot { id, team, kind, tokens, .. } => Fact::Lot {
            id,
            team,
            kind,
            tokens,
            effective: at(effective_at),
            expires: ends.map(at),
            priority: Some(1),
            pays_for: None,
            unit_cost: None,
            reference: Some("PO 7".into()),
            channel: None,
        },
        other => other,
    }
}

/// Calls of several apps and sessions of several users, over forty days.
pub fn usage() -> Vec<NewEvent> {
    let start = at("2026-10-05T08:30:00Z");
    let mut events = Vec::new();
    for n in 0..60_i64 {
        let time = start.plus(n * 13 * HOUR);
        let call = event(&format!("call-{n}"), time);
        events.push(match n % 6 {
            0 => NewEvent { user: Some(format!("u{}@example.org", n % 3)), ..call },
            1 => NewEvent { status: Status::Failed, ..call },
            2 => NewEvent { api: "free".into(), ..call },
            3 => NewEvent { tokens: Some("0.75".parse().unwrap()), ..call },
            4 => NewEvent { quantity: Some("2.5".parse().unwrap()), ..call },
            _ => NewEvent { variant: Some("hd".into()), ..call },
        });
    }
    for n in 0..12_i64 {
        let user = format!("u{}@example.org", n % 2);
        let time = start.plus(n * 3 * DAY);
        events.push(session(&format!("session-{n}"), &user, time, 30 * 3600));
        let open = NewEvent { quantity: None, ..session(&format!("open-{n}"), &user, time, 1) };
        events.push(NewEvent { time: Some(time.plus(2 * HOUR)), ..open });
    }
    events
}

/// Makes the organization: purchases, transfers, a void, a trial, a close, what came after it,
/// usage in open and closed books, holds.
pub async fn make(service: &Service, slug: &str) -> Caller {
    let caller = red_team(service, slug).await;
    let transfer = |id: &str, lot: &str, time: &str| Fact::Transfer {
        id: id.into(),
        lot: lot.into(),
        to: "blue".into(),
        at: at(time),
        tokens: "7".parse().unwrap(),
    };
    let (blue, green) = ("blue".to_owned(), "green".to_owned());
    let facts = vec![
        team(&blue),
        team(&green),
        Fact::Trial { team: green, until: at("2026-10-20T00:00:00Z") },
        crate::given::rate("maps", "0.25", Rounding::Up),
        dated(lot("first", "red", "30"), "2026-10-01T00:00:00Z", Some("2026-11-01T00:00:00Z")),
        dated(lot("second", "red", "40"), "2026-10-20T00:00:00Z", None),
        dated(lot("third", "blue", "5"), "2026-10-25T00:00:00Z", None),
        transfer("moved", "first", "2026-10-10T00:00:00Z"),
        Fact::Void { lot: "third".into(), at: at("2026-11-05T00:00:00Z") },
        assigned("blue", "2026-11-10T00:00:00Z"),
    ];
    service.record(&caller, facts).await.unwrap();
    let results = send(service, &caller, usage()).await;
    let taken = |result: &EventResult| matches!(result, EventResult::Accepted { .. });
    assert!(results.iter().all(taken), "{results:?}");
    let close = Fact::Close { until: at("2026-10-16T00:00:00Z") };
    service.record(&caller, vec![close]).await.unwrap();
    // Late usage of closed books, and a rule about them: charges come back and are booked later.
    send(service, &caller, [event("late", at("2026-10-07T07:00:00Z"))]).await;
    service.record(&caller, vec![assigned("green", "2026-10-12T00:00:00Z")]).await.unwrap();
    correct(service, &caller).await;
    hold(service, &caller).await;
    caller
}

/// Two events of open books and two of closed ones: one void, one replaced.
async fn correct(service: &Service, caller: &Caller) {
    let item = |id: &str, replacement| {
        let (source, id) = ("test".to_owned(), id.to_owned());
        Ok(Correction { source, id, revision: 0, replacement })
    };
    let other = |id: &str, time: &str| {
        let quantity = Some("9".parse().unwrap());
        Some(NewEvent { quantity, ..event(id, at(time)) })
    };
    let items = vec![
        item("call-33", None),
        item("call-6", None),
        item("call-30", other("call-30", "2026-11-03T00:00:00Z")),
        item("call-12", other("call-12", "2026-10-09T00:00:00Z")),
    ];
    let corrected = service.correct(caller, Corrections { items, basis: None }).await.unwrap();
    let taken = |result: &EventResult| matches!(result, EventResult::Accepted { .. });
    assert!(corrected.results.iter().all(taken), "{:?}", corrected.results);
}

async fn hold(service: &Service, caller: &Caller) {
    let from: Instant = at(NOW);
    let id = vec![7_u8; 16];
    let until = from.plus(HOUR).micros();
    let ended = from.plus(HOUR / 2).micros();
    let mut tx = service.db().write().await.unwrap();
    let args = args![caller.org.0, "hold", id, from.micros(), until, ended];
    assert_eq!(tx.run(HOLD_ADD, args).await.unwrap(), 1);
    tx.commit().await.unwrap();
}
