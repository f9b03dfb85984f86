//! The rules of distributed.md that plain PostgreSQL does not enforce. Each has a control: an
//! example that breaks it and must be reported.

use crate::catalogue::{self, Catalogue};
use crate::harness::{Backend, Database, run};
use crate::sql_lint::complaints;
use std::collections::BTreeSet;
use tokenscope::id::{LongId, OrgId, TeamId};
use tokenscope::lot::Class;
use tokenscope::tokens::Tokens;
use tokenscope_server::store::charge::{ChargeRow, SumDeltas};
use tokenscope_server::store::db::{Sql, Tx};
use tokenscope_server::store::event::EventRow;
use tokenscope_server::store::migrate::{DIRECTORY_TABLES, MIGRATIONS};
use tokenscope_server::store::rollup::{Bucket, Deltas, Dimensions, Sums};
use tokenscope_server::store::{
    all_statements, audit, charge, charge_return, decision, event, hold, job, names, org, rollup,
    stored_event,
};
use tokenscope_server::{args, statements};

/// Statements over all organizations: for the command line, the first start, and what the program
/// does for all of them.
const FAN_OUT: &[&str] = &[
    "ORG_BY_SLUG",
    "ORG_COUNT",
    "ORG_FIRST_TWO",
    "ORG_ADD",
    "ORG_ADD_FIRST",
    "ORG_ALL",
    "OUTBOX_SWEEP",
    "JOB_FREE",
    "TEAM_VERSIONS",
    "IDEMPOTENCY_SWEEP",
    "VERIFY_ORGS",
    "ARCHIVE_ORGS",
    "ARCHIVE_ANY_ORG",
];

statements! {
    /// What this connection has prepared so far.
    PREPARED = "SELECT '' AS statement" | "SELECT statement FROM pg_prepared_statements";
}

/// The tables of the tenant family.
fn tenant_tables() -> BTreeSet<String> {
    let lines = MIGRATIONS.iter().flat_map(|migration| migration.postgres.lines());
    let made = lines.filter_map(|line| line.strip_prefix("CREATE TABLE "));
    let names = made.filter_map(|rest| rest.split_whitespace().next());
    names.filter(|name| !DIRECTORY_TABLES.contains(name)).map(ToOwned::to_owned).collect()
}

fn complaints_of(sql: &Sql) -> Vec<String> {
    let (sqlite, postgres) = sql.texts();
    let tables = tenant_tables();
    let mut found = complaints(sqlite, &tables);
    found.extend(complaints(postgres, &tables));
    found
}

#[test]
fn every_statement_asks_one_organization() {
    assert!(tenant_tables().len() > 20);
    let hot = all_statements().into_iter().filter(|sql| !FAN_OUT.contains(&sql.name));
    let bad = hot.map(|sql| (sql.name, complaints_of(&sql))).filter(|(_, c)| !c.is_empty());
    let bad: Vec<_> = bad.collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

#[test]
fn only_statements_that_fan_out_are_excepted() {
    let statements = all_statements();
    for name in FAN_OUT {
        let sql = statements.iter().find(|sql| sql.name == *name);
        let sql = sql.unwrap_or_else(|| panic!("there is no statement {name} any more"));
        assert!(!complaints_of(sql).is_empty(), "{name} needs no exception any more");
    }
}

#[test]
fn a_statement_that_breaks_a_rule_is_reported() {
    let bad = [
        "SELECT slug FROM team",
        "SELECT slug FROM team WHERE team_id = $1",
        "SELECT slug FROM team WHERE org_id = 1",
        "SELECT slug FROM team WHERE org_id = $1 OR team_id = $2",
        "SELECT slug FROM team WHERE (org_id = $1 OR team_id = $2)",
        "SELECT t.slug FROM team t JOIN org o ON o.org_id = t.org_id WHERE o.org_id = $1",
        "SELECT t.slug FROM team t, org o WHERE t.org_id = o.org_id AND t.org_id = $1",
        "SELECT slug FROM team WHERE org_id = $1 AND team_id IN (SELECT team_id FROM lot)",
        "SELECT slug FROM team t WHERE t.org_id = $1 AND EXISTS (SELECT 1 FROM lot l
            WHERE l.org_id = t.org_id)",
        "SELECT slug FROM team WHERE org_id = $1 UNION SELECT slug FROM team",
        "INSERT INTO team (team_id, slug) VALUES ($1, $2)",
        "INSERT INTO team (team_id, org_id) VALUES ($1, $2)",
        "INSERT INTO team (org_id, team_id) SELECT org_id, max(team_id) FROM team",
        "INSERT INTO team (org_id, slug) VALUES ($1, (SELECT email FROM person))",
        "INSERT INTO team (org_id, team_id) SELECT $1, u.* FROM UNNEST($2::bigint[]) AS u(team_id)",
        "INSERT INTO team (org_id, slug) VALUES ($1, $2) ON CONFLICT (slug) DO NOTHING",
        "UPDATE team SET slug = $2 WHERE team_id = $3",
        "UPDATE team SET org_id = $2 WHERE org_id = $1",
        "UPDATE team SET slug = $2, org_id = $3 WHERE org_id = $1",
        "UPDATE team SET created_at = now() WHERE org_id = $1",
        "DELETE FROM team WHERE team_id = $1",
        "SELECT random() FROM org WHERE org_id = $1",
        "WITH gone AS (DELETE FROM team WHERE org_id = $1 RETURNING 1) SELECT * FROM gone",
        "SELECT person_id FROM person FOR UPDATE",
        "SELECT team_id FROM team WHERE team_id = $1 FOR UPDATE SKIP LOCKED",
        "SELECT team_id FROM team WHERE team_id = $1 FOR SHARE",
    ];
    let tables = tenant_tables();
    let missed: Vec<_> =
        bad.into_iter().filter(|text| complaints(text, &tables).is_empty()).collect();
    assert!(missed.is_empty(), "not reported: {missed:#?}");
}

#[test]
fn a_statement_that_keeps_the_rules_is_not_reported() {
    let good = [
        "SELECT email FROM person WHERE email = $1",
        "SELECT slug FROM team WHERE org_id = $1 AND (team_id = $2 OR slug = $3) FOR UPDATE",
        "SELECT t.slug FROM team AS t JOIN lot l ON l.org_id = t.org_id AND l.team_id = t.team_id
            WHERE t.org_id = $1 AND l.org_id = $1",
        "SELECT slug FROM team WHERE org_id = $1 AND team_id IN (SELECT value FROM json_each($2))",
        "SELECT slug FROM team t WHERE t.org_id = $1
            AND EXISTS (SELECT 1 FROM lot WHERE org_id = $1)",
        "INSERT INTO team (org_id, slug) SELECT o.org_id, u.* FROM org o,
            UNNEST($2::text[]) AS u(slug) WHERE o.org_id = $1
            ON CONFLICT (org_id, slug) DO UPDATE SET slug = excluded.slug",
    ];
    for text in good {
        assert_eq!(complaints(text, &tenant_tables()), Vec::<String>::new(), "{text}");
    }
}

/// The texts of bulk writes are put together at run time, so they are taken from the database.
#[tokio::test(flavor = "multi_thread")]
async fn every_bulk_write_joins_its_organization() {
    run(Backend::Postgres, |database: Database| async move {
        let db = database.open().await;
        let mut tx = db.write().await.unwrap();
        every_bulk_write(&mut tx).await;
        let texts: Vec<(String,)> = tx.rows(PREPARED, args![]).await.unwrap();
        let bulk: Vec<&String> =
            texts.iter().map(|(text,)| text).filter(|text| text.contains("UNNEST(")).collect();
        assert_eq!(bulk.len(), 17, "{bulk:#?}");
        for text in bulk {
            assert_eq!(complaints(text, &tenant_tables()), Vec::<String>::new(), "{text}");
        }
    })
    .await;
}

async fn every_bulk_write(tx: &mut Tx) {
    let new = org::NewOrg {
        slug: "a",
        name: "a",
        token_name: "token",
        zone: "UTC",
        accept_window_days: None,
        demo: false,
    };
    let (now, digest) = (tokenscope::time::Instant::MIN, [0; 16]);
    let id: OrgId = org::add(tx, &new, now).await.unwrap();
    let mut lock = org::lock(tx, id, now).await.unwrap();
    names::add_users(tx, id, &mut lock, vec!["a".into()], now).await.unwrap();
    event::take_keys(tx, id, &[(digest, 0, 0)]).await.unwrap();
    event::add(tx, id, &[&event_row(digest)]).await.unwrap();
    charge::add(tx, id, &[charge_row(digest)]).await.unwrap();
    audit::append(tx, id, vec![audit_row()]).await.unwrap();
    let sums = SumDeltas::from([((1, 0, Class::Api), 1)]);
    charge::add_sums(tx, id, &sums, &sums).await.unwrap();
    let team = TeamId(lock.number());
    names::add_team(tx, id, team.0, ("a", "a"), now).await.unwrap();
    let (long, amount) = (LongId([0; 16]), Tokens::ZERO);
    let of_call = hold::NewHold {
        key: "a".into(),
        id: long,
        team,
        class: Class::Api,
        amount,
        from: now,
        until: now,
        call_print: 0,
        decision: long,
    };
    hold::add(tx, id, &[of_call]).await.unwrap();
    let content = String::new();
    let of_call = decision::NewDecision { id: long, at: now, team: None, app: None, content };
    decision::add(tx, id, &[of_call]).await.unwrap();
    let of = Dimensions { app_id: 1, api_id: 1, variant_id: 0, user_id: 0 };
    let deltas = Deltas::from([((0, of), Sums::default())]);
    for bucket in [Bucket::Hour, Bucket::Day, Bucket::Month] {
        rollup::add(tx, id, bucket, &deltas).await.unwrap();
    }
    every_bulk_write_of_the_ledger(tx, id, &sums, &deltas).await;
}

async fn every_bulk_write_of_the_ledger(tx: &mut Tx, id: OrgId, sums: &SumDeltas, deltas: &Deltas) {
    let digest = [0; 16];
    job::add(tx, id, (1, "rerate"), ("", 0), 0).await.unwrap();
    job::add_sums(tx, id, 1, sums).await.unwrap();
    job::add_usage(tx, id, 1, &[(Bucket::Day, deltas.clone())]).await.unwrap();
    job::note_events(tx, id, &[1], &[digest]).await.unwrap();
    let returned = charge_return::ReturnRow {
        team_id: 1,
        at: 0,
        digest: digest.to_vec(),
        n: 0,
        recorded_at: 0,
        effective_at: 0,
        class: "api".into(),
        amount: 1,
        lot_key: "a".into(),
        reference: "a".into(),
        taken_back_at: None,
    };
    names::add_team(tx, id, 1, ("b", "b"), tokenscope::time::Instant::MIN).await.unwrap();
    charge_return::add(tx, id, &[returned]).await.unwrap();
    names::add_source(tx, id, 1, "a").await.unwrap();
    let events = stored_event::by_key(tx, id, vec![digest.to_vec()]).await.unwrap();
    let past = |event: &stored_event::StoredEvent| stored_event::Superseded {
        event: event.clone(),
        replacement: None,
        kept: false,
        recorded_at: 0,
    };
    let past: Vec<_> = events.iter().map(past).collect();
    assert_eq!(past.len(), 1);
    stored_event::keep(tx, id, &past).await.unwrap();
}

fn audit_row() -> audit::AuditRow {
    audit::AuditRow {
        entry: 0,
        at: 0,
        actor_kind: "program".into(),
        actor_id: None,
        action: "close".into(),
        subject: "organization".into(),
        content: "{}".into(),
        previous_hash: Vec::new(),
        hash: Vec::new(),
    }
}

fn event_row(digest: [u8; 16]) -> EventRow {
    EventRow {
        revision: 0,
        booked_at: None,
        at: 0,
        digest,
        fingerprint: 0,
        source_id: 1,
        external_id: "a".into(),
        app_id: 1,
        user_id: 0,
        api_id: 1,
        variant_id: 0,
        quantity: None,
        failed: false,
        own_tokens: None,
        attributes: None,
        received_at: 0,
    }
}

fn charge_row(digest: [u8; 16]) -> ChargeRow {
    ChargeRow {
        revision: 0,
        belongs_to: None,
        generation: 0,
        team_id: 1,
        at: 0,
        digest,
        n: 0,
        recorded_at: 0,
        event_at: 0,
        class: Class::Api,
        amount: 1,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_can_be_distributed_by_organization() {
    run(Backend::Postgres, |database: Database| async move {
        let catalogue = Catalogue::read(&database.open().await).await;
        let tables: BTreeSet<String> = catalogue.tables().map(ToOwned::to_owned).collect();
        assert!(tables.is_superset(&tenant_tables()));
        let found = catalogue.complaints(DIRECTORY_TABLES);
        assert!(found.is_empty(), "{found:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_cannot_be_distributed_is_reported() {
    run(Backend::Postgres, |database: Database| async move {
        for (text, complaint) in catalogue::BAD_TABLES {
            let db = database.open().await;
            let mut tx = db.write().await.unwrap();
            tx.migrate(text.split(";\n").map(ToOwned::to_owned).collect()).await.unwrap();
            let found = Catalogue::of(&mut tx).await.complaints(DIRECTORY_TABLES);
            let said = found.iter().any(|line| line.contains(complaint));
            assert!(said, "{text}\nneeds `{complaint}`, got {found:#?}");
        }
    })
    .await;
}
