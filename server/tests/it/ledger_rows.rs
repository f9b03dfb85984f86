//! What the ledger makes of rows that other parts of the program write: debt notices, charges that
//! were given back, charges that a job prepared; and when the kept books of now are renewed.

use crate::given::{at, event, lot, red_team, send, tokens};
use crate::harness::{Database, on_each_database};
use tokenscope::access::Access;
use tokenscope::fact::Fact;
use tokenscope::lot::LotKind;
use tokenscope::report::SeenAt;
use tokenscope::service::{Books, Caller};
use tokenscope::time::{DAY, HOUR, Instant};
use tokenscope::tokens::Tokens;
use tokenscope_server::service::Service;
use tokenscope_server::store::sql::{Sql, Value};
use tokenscope_server::{args, statements};

statements! {
    /// A debt notice.
    NOTICE = "INSERT INTO debt_notice (org_id, team_id, of_at, at) VALUES ($1, $2, $3, $4)";
    /// A charge that was given back.
    RETURN = "INSERT INTO charge_return (org_id, team_id, at, digest, n, recorded_at,
        effective_at, class, amount, lot_key, reference)
        VALUES ($1, $2, $3, $4, 0, $5, $6, 'product', $7, 'returned:e:0:0', 'e')";
    /// A job.
    JOB = "INSERT INTO job (org_id, job_id, kind, state, content, position, done, total,
        created_at, claimed_until, switched_at)
        VALUES ($1, 7, 're_rating', $2, '{}', '', 0, 1, 0, 0, $3)";
    /// What a job adds to the sums.
    JOB_SUM = "INSERT INTO job_sum (org_id, job_id, team_id, at, class, amount)
        VALUES ($1, 7, $2, $3, 'api', $4)";
    /// A job switches.
    SWITCH = "UPDATE job SET state = 'done', switched_at = $2 WHERE org_id = $1";
    /// A charge that a job prepared.
    PREPARED = "INSERT INTO charge (org_id, team_id, at, digest, n, recorded_at, event_at, class,
        amount, revision, generation) SELECT c.org_id, c.team_id, c.at, c.digest, c.n, $3,
        c.event_at, c.class, $4, c.revision, 7 FROM charge c
        WHERE c.org_id = $1 AND c.team_id = $2";
    /// The sums that a switch changes.
    HOUR_ADD = "UPDATE charge_by_hour SET amount = amount + $3 WHERE org_id = $1 AND team_id = $2";
    /// The same of days.
    DAY_ADD = "UPDATE charge_by_day SET amount = amount + $3 WHERE org_id = $1 AND team_id = $2";
    /// A team's newest record time.
    RECORDED = "UPDATE team SET last_recorded_at = $3 WHERE org_id = $1 AND team_id = $2";
    /// A team's number.
    TEAM = "SELECT team_id FROM team WHERE org_id = $1 AND slug = 'red'";
    /// That facts changed.
    REVISION = "UPDATE org SET revision = revision + 1 WHERE org_id = $1";
}

fn now() -> Instant {
    at("2026-11-21T12:00:00Z")
}

async fn run(service: &Service, sql: Sql, args: Vec<Value>) {
    let mut tx = service.db().write().await.unwrap();
    tx.run(sql, args).await.unwrap();
    tx.commit().await.unwrap();
}

async fn team_of(service: &Service, caller: &Caller) -> i64 {
    let mut tx = service.db().read().await.unwrap();
    let row: Option<(i64,)> = tx.row(TEAM, args![caller.org.0]).await.unwrap();
    row.unwrap().0
}

async fn known(service: &Service, caller: &Caller, known_at: Option<Instant>) -> Tokens {
    let seen = SeenAt { as_of: now(), known_at };
    service.state_known(caller.org, "red", seen).await.unwrap().balance()
}

on_each_database!(
    a_notice_moves_the_end_of_grace,
    what_was_given_back_is_a_lot,
    what_a_job_prepared_counts_from_its_switch_on,
    the_books_of_now_are_kept_until_time_or_a_fact_changes_them,
);

async fn a_notice_moves_the_end_of_grace(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let since = now().plus(-20 * DAY);
    send(&service, &caller, [event("1", since)]).await;
    let access = async |known_at: Option<Instant>| {
        let seen = SeenAt { as_of: now(), known_at };
        service.state_known(caller.org, "red", seen).await.unwrap().access
    };
    assert_eq!(access(None).await, Access::Restricted { since: since.plus(14 * DAY) });
    let (team, seen) = (team_of(&service, &caller).await, now().plus(-DAY));
    run(&service, NOTICE, args![caller.org.0, team, since.micros(), seen.micros()]).await;
    assert_eq!(access(None).await, Access::Grace { until: seen.plus(14 * DAY) });
    // The charge was recorded today; before, nothing was known of it.
    assert_eq!(access(Some(seen)).await, Access::Full);
}

async fn what_was_given_back_is_a_lot(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let team = team_of(&service, &caller).await;
    let (then, recorded) = (now().plus(-9 * DAY), now().plus(HOUR));
    let row = args![
        caller.org.0,
        team,
        then.micros(),
        vec![1_u8; 16],
        recorded.micros(),
        now().plus(-DAY).micros(),
        tokens("3.5").micro(),
    ];
    run(&service, RETURN, row).await;
    let state = service.state_of(caller.org, "red", now()).await.unwrap();
    let back = &state.lots[0].lot;
    assert_eq!((back.kind, back.id.as_str()), (LotKind::Returned, "returned:e:0:0"));
    assert_eq!((back.priority, back.expires), (LotKind::Returned.priority(), None));
    assert_eq!(state.available(), tokens("3.5"));
    assert_eq!(known(&service, &caller, Some(now())).await, Tokens::ZERO);
    assert_eq!(known(&service, &caller, Some(recorded)).await, tokens("3.5"));
}

async fn what_a_job_prepared_counts_from_its_switch_on(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    service.record(&caller, vec![lot("l", "red", "100")]).await.unwrap();
    // Where lots change within the hour of the charge it is needed finer than by its sum.
    let charged_at = now().plus(-3 * DAY).plus(HOUR / 2);
    let short = Fact::Lot {
        id: "short".into(),
        team: "red".into(),
        kind: LotKind::Promo,
        tokens: tokens("1"),
        effective: charged_at.plus(HOUR / 4),
        expires: None,
        priority: None,
        pays_for: None,
        unit_cost: None,
        reference: None,
        channel: None,
    };
    service.record(&caller, vec![short]).await.unwrap();
    send(&service, &caller, [event("1", charged_at)]).await;
    let (org, team) = (caller.org.0, team_of(&service, &caller).await);
    let (prepared, switched) = (now().plus(HOUR), now().plus(2 * HOUR));
    run(&service, JOB, args![org, "running", None::<i64>]).await;
    let hour = charged_at.plus(-HOUR / 2);
    run(&service, JOB_SUM, args![org, team, hour.micros(), tokens("4").micro()]).await;
    run(&service, PREPARED, args![org, team, prepared.micros(), tokens("4").micro()]).await;
    assert_eq!(known(&service, &caller, None).await, tokens("100"), "not before its switch");
    run(&service, SWITCH, args![org, switched.micros()]).await;
    for sums in [HOUR_ADD, DAY_ADD] {
        run(&service, sums, args![org, team, tokens("4").micro()]).await;
    }
    assert_eq!(known(&service, &caller, None).await, tokens("96"));
    assert_eq!(known(&service, &caller, Some(switched)).await, tokens("96"));
    for before in [prepared, switched.plus(-1)] {
        assert_eq!(known(&service, &caller, Some(before)).await, tokens("100"), "{before}");
    }
    assert_eq!(known(&service, &caller, Some(now().plus(-1))).await, Tokens::ZERO);
}

async fn the_books_of_now_are_kept_until_time_or_a_fact_changes_them(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let org = caller.org;
    let ends = Fact::Lot {
        id: "l".into(),
        team: "red".into(),
        kind: LotKind::Flex,
        tokens: tokens("50"),
        effective: now().plus(-DAY),
        expires: Some(now().plus(DAY)),
        priority: None,
        pays_for: None,
        unit_cost: None,
        reference: None,
        channel: None,
    };
    service.record(&caller, vec![ends]).await.unwrap();
    let balance = async || service.state_now(org, "red").await.unwrap().balance();
    assert_eq!(balance().await, tokens("50"));
    send(&service, &caller, [event("1", now())]).await;
    assert_eq!(balance().await, tokens("49"), "a charge is seen at once");
    // Booked ahead by the clock of the sender, it counts when its time comes.
    send(&service, &caller, [event("2", now().plus(60_000_000))]).await;
    assert_eq!(balance().await, tokens("49"));
    service.clock().set(now().plus(60_000_000));
    assert_eq!(balance().await, tokens("48"), "time has come");
    // Something else that nobody told of is not seen: that is what the version is for.
    let team = team_of(&service, &caller).await;
    run(&service, NOTICE, args![org.0, team, now().micros(), now().micros()]).await;
    run(&service, REVISION, args![org.0]).await;
    run(&service, RECORDED, args![org.0, team, now().plus(DAY).micros()]).await;
    assert_eq!(balance().await, tokens("48"));
    service.clock().set(now().plus(DAY).plus(-1));
    assert_eq!(balance().await, tokens("48"));
    service.clock().set(now().plus(DAY));
    assert_eq!(balance().await, Tokens::ZERO, "the lot has expired");
    send(&service, &caller, [event("3", now().plus(DAY))]).await;
    let access = async || service.state_now(org, "red").await.unwrap().access;
    let until = now().plus(15 * DAY);
    assert_eq!(access().await, Access::Grace { until });
    service.clock().set(until);
    assert_eq!(access().await, Access::Restricted { since: until });
    let again = service.state_now(org, "red").await.unwrap();
    assert_eq!(again, service.state_of(org, "red", until).await.unwrap());
    // A clock that goes back reads what was then.
    service.clock().set(now());
    assert_eq!(balance().await, tokens("49"));
}
