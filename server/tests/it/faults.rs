//! What breaks outside the program: each gets its clear answer, and nothing is half-written.

use crate::given::{
    accepted, at, charged, event, lot, program_of, red_team, send, tokens, try_send,
};
use crate::harness::{Backend, Database, loudly, on_each_database, run, run_empty};
use crate::rollups;
use std::fs;
use std::path::Path;
use std::process::Command;
use tokenscope::event::{EventResult, NewEvent};
use tokenscope::fault::Fault;
use tokenscope::service::Books;
use tokenscope::time::Instant;
use tokenscope::tokens::Tokens;
use tokenscope_server::service::Service;
use tokenscope_server::store::db::{Db, Sql};
use tokenscope_server::store::migrate::{MIGRATIONS, MigrateError};
use tokenscope_server::{args, clock::Clock};
use tokio::task::JoinSet;

fn now() -> Instant {
    at("2026-11-21T12:00:00Z")
}

/// What the program says about an address; one line without the password.
async fn complaint(address: &str) -> String {
    let begun = std::time::Instant::now();
    let text = match Db::open(address).await {
        Ok(_) => panic!("{address} was opened"),
        Err(error) => error.to_string(),
    };
    assert!(begun.elapsed().as_secs() < 10, "{address} took {:?}", begun.elapsed());
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(!text.contains("geheim"), "the password shows: {text}");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_gets_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    fs::write(&text, "This is no database, but a text that is long enough.\n".repeat(100)).unwrap();
    let sqlite = |path: &Path| format!("sqlite:{}", path.display());
    for (address, part) in [
        ("mysql://ann:geheim@db.example.org/main".to_owned(), "use sqlite:FILE or postgres://"),
        ("tokenscope.db".to_owned(), "`tokenscope.db` is not understood"),
        (String::new(), "use sqlite:FILE or postgres://"),
        ("postgres://ann:geheim@127.0.0.1:1/main".to_owned(), "Connection refused"),
        ("postgres://ann:geheim@127.0.0.1:99999/main".to_owned(), "port"),
        ("postgres://ann:ge/heim:geheim@127.0.0.1:1/main".to_owned(), ""),
        ("postgres://127.0.0.1:1/main?password=geheim".to_owned(), "Connection refused"),
        (sqlite(folder.path()), "unable to open"),
        (sqlite(&folder.path().join("nowhere/a.db")), "unable to open"),
        (sqlite(&text), "file is not a database"),
    ] {
        let said = complaint(&address).await;
        assert!(said.contains(part), "{address}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_is_named() {
    run_empty(Backend::Postgres, |database: Database| async move {
        let said = complaint(&format!("{}_not", database.url)).await;
        assert!(said.contains("does not exist"), "{said}");
    })
    .await;
}

on_each_database!(
    a_newer_database_is_left_alone,
    a_locked_database_stores_nothing,
    a_broken_fact_stores_none_of_its_batch,
);

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_may_start_at_once() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        run_empty(backend, |database: Database| async move {
            let mut starts = JoinSet::new();
            for _ in 0..4 {
                let database = database.clone();
                starts.spawn(async move { database.migrate().await.unwrap() });
            }
            let ran: u64 = starts.join_all().await.into_iter().sum();
            assert_eq!(ran, MIGRATIONS.len() as u64, "each migration runs once");
        })
        .await;
    }
}

async fn a_newer_database_is_left_alone(database: Database) {
    let change = async |text: &'static str| {
        let db = database.open().await;
        let mut tx = db.write().await.unwrap();
        tx.run(Sql::both("CHANGE", text), args![]).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
    };
    change("INSERT INTO migration (number, name, checksum, applied_at) VALUES (99, 'a', 'b', 0)")
        .await;
    let refused = database.migrate().await;
    assert!(matches!(refused, Err(MigrateError::Changed(99))), "{refused:?}");
    assert_eq!(refused.unwrap_err().to_string().lines().count(), 1);
    change("DELETE FROM migration WHERE number = 99").await;
    assert_eq!(database.migrate().await.unwrap(), 0);
    change("UPDATE migration SET checksum = 'other' WHERE number = 1").await;
    let refused = database.migrate().await;
    assert!(matches!(refused, Err(MigrateError::Changed(1))), "{refused:?}");
}

/// Another process holds the lock: of the file, or of the rows.
async fn a_locked_database_stores_nothing(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    send(&service, &caller, [event("0", now())]).await;
    let other = database.open().await;
    let mut held = other.write().await.unwrap();
    if database.backend != Backend::Sqlite {
        // PostgreSQL waits for rows as long as the sender does; the server is told not to.
        let name = database.url.rsplit('/').next().unwrap();
        held.migrate(vec![format!("ALTER DATABASE {name} SET lock_timeout = '300ms'")])
            .await
            .unwrap();
        held.commit().await.unwrap();
        held = other.write().await.unwrap();
        let lock = tokenscope_server::store::org::lock(&mut held, caller.org, now()).await;
        assert!(lock.is_ok());
    }
    let service = database.service(now()).await;
    let begun = std::time::Instant::now();
    let busy = try_send(&service, &caller, [event("1", now())]).await;
    assert_eq!(busy, Err(Fault::Busy));
    assert!(begun.elapsed().as_secs() < 8, "the answer took {:?}", begun.elapsed());
    drop(held);
    assert_eq!(charged(&service, caller.org, "red").await, tokens("1"));
    assert_eq!(send(&service, &caller, [event("1", now())]).await, [accepted("1")]);
    rollups::check(service.db(), caller.org, "UTC").await;
}

async fn a_broken_fact_stores_none_of_its_batch(database: Database) {
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let facts = vec![lot("l", "red", "5"), lot("m", "nobody", "5")];
    let refused = service.record(&caller, facts).await.unwrap_err();
    let Fault::Invalid { fields } = &refused else { panic!("{refused:?}") };
    assert_eq!(fields[0].field, "1.team", "the place says which one");
    let state = service.state_of(caller.org, "red", now()).await.unwrap();
    assert!(state.lots.is_empty());
}

/// A folder in a file system of its own that holds 3 MB; none where mounting is not possible.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=3m", "tokenscope-test"]).arg(folder.path());
        match mount.output() {
            Ok(done) if done.status.success() => Some(Self { folder }),
            _ => None,
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "cannot unmount the small disk");
    }
}

/// Two hundred events with long attributes, so that they fill a disk quickly.
fn bulky(batch: usize) -> Vec<NewEvent> {
    let filler = ("filler".to_owned(), "x".repeat(200));
    let one = |n: usize| NewEvent {
        attributes: [filler.clone()].into(),
        ..event(&format!("{batch}-{n}"), now())
    };
    (0..200).map(one).collect()
}

fn is_clean(fault: &Fault) -> bool {
    matches!(fault, Fault::StorageFull | Fault::Busy | Fault::Internal { .. })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing() {
    let Some(disk) = SmallDisk::mount() else {
        loudly("SKIPPED (cannot mount a small disk; it takes root): a_full_disk_loses_nothing");
        return;
    };
    let ballast = disk.folder.path().join("ballast");
    fs::write(&ballast, vec![0u8; 1 << 20]).unwrap();
    let url = format!("sqlite:{}", disk.folder.path().join("full.db").display());
    let database = Database { backend: Backend::Sqlite, url };
    database.migrate().await.unwrap();
    let service = database.service(now()).await;
    let caller = red_team(&service, "a").await;
    let mut stored = 0;
    let fault = loop {
        match try_send(&service, &caller, bulky(stored)).await {
            Ok(results) => assert!(results.iter().all(|result| *result == accepted("1"))),
            Err(fault) => break fault,
        }
        stored += 1;
        assert!(stored < 1000, "the disk does not get full");
    };
    assert!(is_clean(&fault), "{fault:?}");
    let whole = i64::try_from(stored * 200).unwrap();
    // Reading goes on, and so does refusing.
    assert_eq!(charged(&service, caller.org, "red").await, Tokens::whole(whole));
    let again = try_send(&service, &caller, bulky(stored)).await.unwrap_err();
    assert!(is_clean(&again), "{again:?}");
    rollups::check(service.db(), caller.org, "UTC").await;
    fs::remove_file(&ballast).unwrap();
    let results = send(&service, &caller, bulky(stored)).await;
    assert!(results.iter().all(|result| *result == accepted("1")), "something was half-written");
    assert_eq!(charged(&service, caller.org, "red").await, Tokens::whole(whole + 200));
    rollups::check(service.db(), caller.org, "UTC").await;
    assert_eq!(fault, Fault::StorageFull);
    service.db().close().await;
}

/// The server of the database restarts while events come in: each is stored once in the end.
#[tokio::test(flavor = "multi_thread")]
async fn lost_connections_lose_no_event() {
    run(Backend::Postgres, |database: Database| async move {
        let service = database.service(now()).await;
        let caller = red_team(&service, "a").await;
        let (sender, by) = (service.clone(), caller.clone());
        let sending = tokio::spawn(async move { send_stubbornly(&sender, &by, 60).await });
        let other = database.open().await;
        for _ in 0..6 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            let mut tx = other.write().await.unwrap();
            let text = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
            tx.migrate(vec![text.to_owned()]).await.unwrap();
        }
        sending.await.unwrap();
        assert_eq!(charged(&service, caller.org, "red").await, tokens("300"));
        rollups::check(service.db(), caller.org, "UTC").await;
    })
    .await;
}

/// Sends batches of five, each again until it is answered.
async fn send_stubbornly(service: &Service, caller: &tokenscope::service::Caller, batches: u32) {
    for batch in 0..batches {
        let events = || (0..5).map(|n| event(&format!("{batch}-{n}"), now()));
        let mut attempts = 0;
        while let Err(fault) = try_send(service, caller, events()).await {
            assert_eq!(fault, Fault::Busy, "the sender is not told to try again");
            attempts += 1;
            assert!(attempts < 50);
        }
        let again = send_until_answered(service, caller, events().collect()).await;
        assert!(again.iter().all(|result| *result == EventResult::Duplicate));
    }
}

async fn send_until_answered(
    service: &Service,
    caller: &tokenscope::service::Caller,
    events: Vec<NewEvent>,
) -> Vec<EventResult> {
    loop {
        if let Ok(results) = try_send(service, caller, events.clone()).await {
            return results;
        }
    }
}

/// An organization that was made is there after a restart; so is what was sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_everything() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        run(backend, |database: Database| async move {
            let first = database.service(now()).await;
            let caller = red_team(&first, "a").await;
            send(&first, &caller, [event("1", now())]).await;
            first.db().close().await;
            let closed = try_send(&first, &caller, [event("2", now())]).await;
            assert!(closed.is_err());
            let second = Service::new(database.open().await, Clock::standing_at(now()));
            assert_eq!(second.organization("a").await.unwrap(), Some(caller.org));
            let both = [event("1", now()), event("2", now())];
            let results = send(&second, &caller, both).await;
            assert_eq!(results, [EventResult::Duplicate, accepted("1")]);
            let taken = second.create_organization(&crate::given::organization("a", "UTC")).await;
            assert!(matches!(taken, Err(Fault::Conflict { .. })), "{taken:?}");
            program_of(&second, "b", "UTC").await;
            assert_eq!(second.organizations().await.unwrap(), 2);
        })
        .await;
    }
}
