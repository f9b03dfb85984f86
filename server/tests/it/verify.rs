//! `verify` finds nothing in books that are right, and names the row that was changed by hand.

use crate::given::at;
use crate::harness::{Database, on_each_database};
use crate::ledger_world::{NOW, make};
use tokenscope::service::Caller;
use tokenscope_server::args;
use tokenscope_server::service::Service;
use tokenscope_server::service::verify::{Difference, Report};
use tokenscope_server::store::db::Sql;

on_each_database!(
    what_the_program_stored_adds_up,
    a_changed_row_is_named,
    a_changed_audit_log_is_named,
    the_end_of_an_audit_log_is_told,
);

async fn verified(service: &Service) -> Report {
    service.verify(&|_, _, _| {}).await.unwrap()
}

async fn what_the_program_stored_adds_up(database: Database) {
    let service = database.service(at(NOW)).await;
    make(&service, "acme").await;
    make(&service, "other").await;
    let report = verified(&service).await;
    let lines: Vec<String> = report.differences.iter().map(Difference::to_string).collect();
    assert_eq!(lines, Vec::<String>::new());
    assert_eq!((report.organizations, report.teams, report.events), (2, 6, 2 * 83));
    assert!(report.charges > 100 && report.sums > 500, "{report:?}");
}

async fn run(service: &Service, caller: &Caller, text: &str) -> u64 {
    let text: &'static str = text.to_owned().leak();
    let mut tx = service.db().write().await.unwrap();
    let touched = tx.run(Sql::both("BY_HAND", text), args![caller.org.0]).await;
    let touched = touched.unwrap_or_else(|e| panic!("{text}: {e}"));
    tx.commit().await.unwrap();
    touched
}

/// What is done by hand to a row or two, how it is undone, and the row that has to be named: its
/// table and a part of its key.
const CHANGES: &[(&str, &str, &str, &str)] = &[
    (
        "UPDATE charge_by_hour SET amount = amount + 1 WHERE org_id = $1 AND at =
            (SELECT max(at) FROM charge_by_hour WHERE org_id = $1)",
        "UPDATE charge_by_hour SET amount = amount - 1 WHERE org_id = $1 AND at =
            (SELECT max(at) FROM charge_by_hour WHERE org_id = $1)",
        "charge_by_hour",
        "of team",
    ),
    (
        "UPDATE charge_by_day SET amount = amount + 1 WHERE org_id = $1 AND at =
            (SELECT min(at) FROM charge_by_day WHERE org_id = $1) AND class = 'api'",
        "UPDATE charge_by_day SET amount = amount - 1 WHERE org_id = $1 AND at =
            (SELECT min(at) FROM charge_by_day WHERE org_id = $1) AND class = 'api'",
        "charge_by_day",
        "of team red",
    ),
    (
        "UPDATE usage_by_hour SET events = events + 1 WHERE org_id = $1 AND at =
            (SELECT max(at) FROM usage_by_hour WHERE org_id = $1)",
        "UPDATE usage_by_hour SET events = events - 1 WHERE org_id = $1 AND at =
            (SELECT max(at) FROM usage_by_hour WHERE org_id = $1)",
        "usage_by_hour",
        "app robot",
    ),
    (
        "UPDATE usage_by_day SET quantity_micro = quantity_micro + 1 WHERE org_id = $1 AND at =
            (SELECT max(at) FROM usage_by_day WHERE org_id = $1)",
        "UPDATE usage_by_day SET quantity_micro = quantity_micro - 1 WHERE org_id = $1 AND at =
            (SELECT max(at) FROM usage_by_day WHERE org_id = $1)",
        "usage_by_day",
        "app robot",
    ),
    (
        "UPDATE usage_by_month SET at = at + 3600000000 WHERE org_id = $1 AND user_id = 0
            AND variant_id <> 0 AND at = (SELECT min(at) FROM usage_by_month WHERE org_id = $1)",
        "UPDATE usage_by_month SET at = at - 3600000000 WHERE org_id = $1 AND user_id = 0
            AND variant_id <> 0 AND at = (SELECT min(at) + 3600000000 FROM usage_by_month
            WHERE org_id = $1)",
        "usage_by_month",
        "api calls",
    ),
    (
        "UPDATE usage_event SET quantity = quantity + 1 WHERE org_id = $1
            AND external_id = 'call-4'",
        "UPDATE usage_event SET quantity = quantity - 1 WHERE org_id = $1
            AND external_id = 'call-4'",
        "charge",
        "call-4",
    ),
    (
        "UPDATE usage_event SET failed = 0 WHERE org_id = $1 AND external_id = 'call-1'",
        "UPDATE usage_event SET failed = 1 WHERE org_id = $1 AND external_id = 'call-1'",
        "charge",
        "call-1",
    ),
    (
        "UPDATE usage_event SET quantity = 200000000000 WHERE org_id = $1
            AND external_id = 'session-9'",
        "UPDATE usage_event SET quantity = 108000000000 WHERE org_id = $1
            AND external_id = 'session-9'",
        "charge",
        "session-9",
    ),
    (
        "UPDATE usage_event SET external_id = 'call-x' WHERE org_id = $1
            AND external_id = 'call-8'",
        "UPDATE usage_event SET external_id = 'call-8' WHERE org_id = $1
            AND external_id = 'call-x'",
        "usage_event",
        "call-x",
    ),
    (
        "UPDATE event_key SET at = at + 1 WHERE org_id = $1 AND at =
            (SELECT at FROM usage_event WHERE org_id = $1 AND external_id = 'call-9')",
        "UPDATE event_key SET at = at - 1 WHERE org_id = $1 AND at =
            (SELECT at + 1 FROM usage_event WHERE org_id = $1 AND external_id = 'call-9')",
        "event_key",
        "",
    ),
    (
        "UPDATE charge SET amount = amount + 1 WHERE org_id = $1 AND digest =
            (SELECT digest FROM usage_event WHERE org_id = $1 AND external_id = 'call-10')",
        "UPDATE charge SET amount = amount - 1 WHERE org_id = $1 AND digest =
            (SELECT digest FROM usage_event WHERE org_id = $1 AND external_id = 'call-10')",
        "charge",
        "call-10",
    ),
    (
        "UPDATE charge SET event_at = event_at + 1 WHERE org_id = $1 AND digest =
            (SELECT digest FROM usage_event WHERE org_id = $1 AND external_id = 'call-10')",
        "UPDATE charge SET event_at = event_at - 1 WHERE org_id = $1 AND digest =
            (SELECT digest FROM usage_event WHERE org_id = $1 AND external_id = 'call-10')",
        "charge",
        " n 0",
    ),
    (
        "UPDATE charge_return SET amount = amount + 1 WHERE org_id = $1 AND lot_key =
            (SELECT min(lot_key) FROM charge_return WHERE org_id = $1)",
        "UPDATE charge_return SET amount = amount - 1 WHERE org_id = $1 AND lot_key =
            (SELECT min(lot_key) FROM charge_return WHERE org_id = $1)",
        "charge_return",
        "",
    ),
    (
        "UPDATE rate SET tokens = tokens + 1 WHERE org_id = $1 AND per = 1000000
            AND rounding = 'up'",
        "UPDATE rate SET tokens = tokens - 1 WHERE org_id = $1 AND per = 1000000
            AND rounding = 'up'",
        "rate",
        "maps",
    ),
    (
        "UPDATE app_assignment SET from_at = from_at + 1 WHERE org_id = $1 AND team_id IS NOT NULL
            AND from_at = (SELECT min(from_at) FROM app_assignment WHERE org_id = $1)",
        "UPDATE app_assignment SET from_at = from_at - 1 WHERE org_id = $1 AND team_id IS NOT NULL
            AND from_at = (SELECT min(from_at) FROM app_assignment WHERE org_id = $1)",
        "",
        "",
    ),
    (
        "UPDATE lot SET granted = granted + 1 WHERE org_id = $1 AND lot_key = 'second'",
        "UPDATE lot SET granted = granted - 1 WHERE org_id = $1 AND lot_key = 'second'",
        "lot",
        "second tokens",
    ),
    (
        "UPDATE lot SET expires_at = expires_at + 1 WHERE org_id = $1 AND lot_key = 'first'",
        "UPDATE lot SET expires_at = expires_at - 1 WHERE org_id = $1 AND lot_key = 'first'",
        "lot",
        "first",
    ),
    (
        "UPDATE lot SET granted = granted + 1 WHERE org_id = $1 AND lot_key = 'moved'",
        "UPDATE lot SET granted = granted - 1 WHERE org_id = $1 AND lot_key = 'moved'",
        "lot_transfer",
        "moved",
    ),
    (
        "UPDATE lot_transfer SET at = at + 1 WHERE org_id = $1",
        "UPDATE lot_transfer SET at = at - 1 WHERE org_id = $1",
        "lot_transfer",
        "moved",
    ),
    (
        "UPDATE lot_void SET at = at + 1 WHERE org_id = $1",
        "UPDATE lot_void SET at = at - 1 WHERE org_id = $1",
        "lot_void",
        "third",
    ),
    (
        "UPDATE books_close SET until_at = until_at + 1 WHERE org_id = $1",
        "UPDATE books_close SET until_at = until_at - 1 WHERE org_id = $1",
        "books_close",
        "2026-10-16",
    ),
    (
        "UPDATE hold SET ended_at = until_at + 1 WHERE org_id = $1",
        "UPDATE hold SET ended_at = until_at WHERE org_id = $1",
        "hold",
        "hold",
    ),
];

async fn a_changed_row_is_named(database: Database) {
    let service = database.service(at(NOW)).await;
    make(&service, "other").await;
    let caller = make(&service, "acme").await;
    for (change, undo, table, key) in CHANGES {
        let changed = run(&service, &caller, change).await;
        assert!(changed > 0, "{change}");
        let report = verified(&service).await;
        let named = |d: &&Difference| d.table == *table && d.key.contains(key);
        if !table.is_empty() {
            let found = report.differences.iter().find(named);
            assert!(found.is_some(), "{change}\n{:#?}", report.differences);
        }
        let of_others = report.differences.iter().find(|d| d.organization != "acme");
        assert_eq!(of_others, None, "{change}");
        assert_eq!(run(&service, &caller, undo).await, changed, "{undo}");
        let clean = verified(&service).await;
        assert_eq!(clean.differences, Vec::new(), "{undo}");
    }
}

async fn a_changed_audit_log_is_named(database: Database) {
    let service = database.service(at(NOW)).await;
    let caller = make(&service, "acme").await;
    make(&service, "other").await;
    for (change, undo) in [
        ("content = 'x' || content", "content = substr(content, 2)"),
        ("at = at + 1", "at = at - 1"),
        ("subject = subject || 'x'", "subject = substr(subject, 1, length(subject) - 1)"),
        ("actor_kind = 'person', actor_id = 1", "actor_kind = 'program', actor_id = NULL"),
        (
            "previous_hash = hash, hash = previous_hash",
            "previous_hash = hash, hash = previous_hash",
        ),
        ("entry = -5", "entry = 5"),
    ] {
        let of = |entry: i64| format!("WHERE org_id = $1 AND entry = {entry}");
        let text = format!("UPDATE audit_log SET {change} {}", of(5));
        assert_eq!(run(&service, &caller, &text).await, 1);
        let report = verified(&service).await;
        let found: Vec<(&str, &str)> =
            report.differences.iter().map(|d| (d.table, d.key.as_str())).collect();
        let entry = if change == "entry = -5" { "entry 1" } else { "entry 5" };
        // The row that was taken out of its place is found where it stands now.
        let gap = ("audit_log", "entry 5");
        let moved = found == [gap] || found == [("audit_log", entry)];
        assert!(moved, "{change}: {:#?}", report.differences);
        let entry = if change == "entry = -5" { -5 } else { 5 };
        let text = format!("UPDATE audit_log SET {undo} {}", of(entry));
        assert_eq!(run(&service, &caller, &text).await, 1);
        assert_eq!(verified(&service).await.differences, Vec::new(), "{undo}");
    }
    let first = "DELETE FROM audit_log WHERE org_id = $1 AND entry = 1";
    assert_eq!(run(&service, &caller, first).await, 1);
    let report = verified(&service).await;
    assert_eq!(report.differences[0].key, "entry 1", "{:#?}", report.differences);
}

async fn the_end_of_an_audit_log_is_told(database: Database) {
    let service = database.service(at(NOW)).await;
    let caller = make(&service, "acme").await;
    let before = verified(&service).await.heads;
    let newest = "DELETE FROM audit_log WHERE org_id = $1
        AND entry = (SELECT max(entry) FROM audit_log WHERE org_id = $1)";
    assert_eq!(run(&service, &caller, newest).await, 1);
    let after = verified(&service).await;
    // The chain alone does not show it; what was kept elsewhere does.
    assert_eq!(after.differences, Vec::new());
    assert_eq!((before[0].entry, after.heads[0].entry), (before[0].entry, before[0].entry - 1));
    assert_ne!(before[0].hash, after.heads[0].hash);
}
