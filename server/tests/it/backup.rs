//! Backups: of one instant while events come, restored into every kind of database.

use crate::given::{at, event, send};
use crate::harness::{Backend, Database, on_each_database, run};
use crate::ledger_world::{NOW, make};
use crate::sql_lint::complaints;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokenscope::burn::TeamState;
use tokenscope::permission::OrgRole;
use tokenscope::service::{Books, Caller, Directory};
use tokenscope_server::service::backup::{BackupError, FormatError, Reader, check};
use tokenscope_server::service::{NewPerson, Service};
use tokenscope_server::store::archive::{LEFT_OUT, find, tables};
use tokenscope_server::store::migrate::DIRECTORY_TABLES;

on_each_database!(
    a_backup_is_restored_into_every_database,
    a_backup_while_events_come_adds_up,
    a_database_with_something_in_it_is_left_alone,
    every_table_is_in_a_backup_or_left_out_on_purpose,
);

const TARGETS: [Backend; 3] = [Backend::Sqlite, Backend::Postgres, Backend::PgHash];
const PASSWORD: &str = "correct horse battery";

async fn backed_up(service: &Service) -> Vec<u8> {
    service.back_up(Vec::new(), &|_, _| {}).await.unwrap().0
}

async fn restored(target: &Service, file: &[u8]) -> Result<(), BackupError> {
    target.restore(Reader::new(file)?, &|_, _| {}).await.map(drop)
}

async fn states(service: &Service, caller: &Caller) -> Vec<TeamState> {
    let mut states = Vec::new();
    for team in ["red", "blue", "green"] {
        for time in ["2026-10-14T00:00:00Z", "2026-11-02T10:00:00Z", NOW] {
            states.push(service.state_of(caller.org, team, at(time)).await.unwrap());
        }
    }
    states
}

async fn a_backup_is_restored_into_every_database(database: Database) {
    let service = database.service(at(NOW)).await;
    make(&service, "other").await;
    let caller = make(&service, "acme").await;
    let ann = NewPerson {
        email: "ann@example.org".into(),
        name: "Änn 研究 \"x\"".into(),
        password: PASSWORD.into(),
        role: OrgRole::Admin,
        teams: Vec::new(),
    };
    service.add_people(caller.org, vec![ann]).await.unwrap();
    let (file, before) = (backed_up(&service).await, states(&service, &caller).await);
    let contents = check(file.as_slice()).unwrap();
    assert_eq!(contents.organizations, 2);
    for backend in TARGETS {
        let (file, before, caller) = (file.clone(), before.clone(), caller.clone());
        let test = |database: Database| async move {
            let target = database.service(at(NOW)).await;
            restored(&target, &file).await.unwrap();
            let report = target.verify(&|_, _, _| {}).await.unwrap();
            assert_eq!(report.differences, Vec::new(), "{backend:?}");
            assert_eq!(states(&target, &caller).await, before, "{backend:?}");
            let signed = target.sign_in("ann@example.org", PASSWORD, "192.0.2.1").await.unwrap();
            assert_eq!(signed.done().unwrap().name, "Änn 研究 \"x\"");
            // It goes on from there: numbers, keys, facts, events.
            target.record(&caller, vec![crate::given::team("next")]).await.unwrap();
            let sent =
                send(&target, &caller, [event("call-0", at(NOW)), event("n", at(NOW))]).await;
            assert!(matches!(sent[0], tokenscope::event::EventResult::Conflict), "{sent:?}");
            let report = target.verify(&|_, _, _| {}).await.unwrap();
            assert_eq!(report.differences, Vec::new(), "{backend:?}");
        };
        run(backend, test).await;
    }
}

async fn a_backup_while_events_come_adds_up(database: Database) {
    let service = database.service(at(NOW)).await;
    let caller = make(&service, "acme").await;
    let stop = Arc::new(AtomicBool::new(false));
    let (sender, who, over) = (service.clone(), caller.clone(), stop.clone());
    let sending = tokio::spawn(async move {
        let mut n = 0_i64;
        while !over.load(Ordering::SeqCst) {
            let batch = (0..20).map(|i| {
                let time = at("2026-11-01T00:00:00Z").plus((n * 20 + i) * 7_000_000);
                event(&format!("during-{n}-{i}"), time)
            });
            send(&sender, &who, batch).await;
            n += 1;
        }
        n
    });
    let mut files = Vec::new();
    for _ in 0..3 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        files.push(backed_up(&service).await);
    }
    stop.store(true, Ordering::SeqCst);
    assert!(sending.await.unwrap() > 3);
    let mut seen = BTreeSet::new();
    for file in files {
        seen.insert(check(file.as_slice()).unwrap().rows);
        let test = |database: Database| async move {
            let target = database.service(at(NOW)).await;
            restored(&target, &file).await.unwrap();
            let report = target.verify(&|_, _, _| {}).await.unwrap();
            assert_eq!(report.differences, Vec::new());
            assert!(report.events >= 83);
        };
        run(Backend::Sqlite, test).await;
    }
    assert!(seen.len() > 1, "no event came between the backups: {seen:?}");
}

async fn a_database_with_something_in_it_is_left_alone(database: Database) {
    let service = database.service(at(NOW)).await;
    let caller = make(&service, "acme").await;
    let (file, before) = (backed_up(&service).await, states(&service, &caller).await);
    let answer = restored(&service, &file).await;
    assert!(matches!(answer, Err(BackupError::NotEmpty)), "{answer:?}");
    assert_eq!(states(&service, &caller).await, before);
}

async fn every_table_is_in_a_backup_or_left_out_on_purpose(database: Database) {
    let schema = crate::schema::read(&database.open().await).await;
    for (name, table) in &schema.tables {
        if name.ends_with("_p0") || name.ends_with("_p1") {
            continue;
        }
        let held = find(name);
        assert_ne!(held.is_some(), LEFT_OUT.contains(&name.as_str()), "{name}");
        let Some(held) = held else { continue };
        let tenant = !DIRECTORY_TABLES.contains(&name.as_str());
        assert_eq!(held.of_org, tenant, "{name}");
        let columns = table.columns.iter().map(|column| column.name.as_str());
        let there: BTreeSet<&str> =
            columns.filter(|column| !tenant || *column != "org_id").collect();
        assert_eq!(held.columns().collect::<BTreeSet<_>>(), there, "{name}");
    }
    let db = database.open().await;
    for sql in tables().iter().flat_map(|table| table.statements()) {
        db.write().await.unwrap().prepare(sql).await.unwrap();
    }
}

#[test]
fn the_statements_of_backups_keep_to_one_organization() {
    let tenant: BTreeSet<String> =
        tables().iter().filter(|table| table.of_org).map(|table| table.name.clone()).collect();
    for table in tables().iter().filter(|table| table.of_org) {
        for sql in table.statements() {
            let (sqlite, postgres) = sql.texts();
            for text in [sqlite, postgres] {
                assert_eq!(complaints(text, &tenant), Vec::<String>::new(), "{text}");
            }
        }
    }
}

fn unpacked(file: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

fn packed(text: &str) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_whole_backup_is_refused() {
    let test = |database: Database| async move {
        let service = database.service(at(NOW)).await;
        make(&service, "acme").await;
        let file = backed_up(&service).await;
        let text = unpacked(&file);
        assert!(check(packed(&text).as_slice()).is_ok(), "the control");
        for end in [0, 5, 20, file.len() / 2, file.len() - 9, file.len() - 1] {
            let found = check(&file[..end]);
            assert!(matches!(found, Err(FormatError::Truncated)), "{end}: {found:?}");
        }
        let lines: Vec<&str> = text.lines().collect();
        for kept in [1, 2, lines.len() / 2, lines.len() - 1] {
            let found = check(packed(&(lines[..kept].join("\n") + "\n")).as_slice());
            assert!(matches!(found, Err(FormatError::Truncated)), "{kept}: {found:?}");
        }
        for foreign in [b"PK\x03\x04 something else".to_vec(), packed("hello\n"), packed("{}\n")] {
            let found = check(foreign.as_slice());
            assert!(matches!(found, Err(FormatError::Foreign)), "{found:?}");
        }
        let other = text.replacen("\"tokenscope_backup\":1", "\"tokenscope_backup\":2", 1);
        let newer = text.replacen("\"0003_ledger\"", "\"0003_ledger\",\"0999_more\"", 1);
        for text in [other, newer] {
            let found = check(packed(&text).as_slice());
            assert!(matches!(found, Err(FormatError::Version(_))), "{found:?}");
        }
        let row = lines.iter().position(|line| line.contains("call-7")).unwrap();
        let without: Vec<&str> =
            lines.iter().enumerate().filter(|(n, _)| *n != row).map(|(_, line)| *line).collect();
        let twice = [&lines[..row], &lines[row - 1..]].concat();
        for damaged in [
            text.replacen("call-7", "call-8", 1),
            text.replacen("\"table\":\"lot\"", "\"table\":\"cat\"", 1),
            without.join("\n") + "\n",
            twice.join("\n") + "\n",
            format!("{text}[1]\n"),
            text.replacen("\n[", "\n[1,", 1),
        ] {
            let found = check(packed(&damaged).as_slice());
            assert!(matches!(found, Err(FormatError::Damaged(_))), "{found:?}");
        }
        let mut flipped = file.clone();
        let middle = flipped.len() / 2;
        flipped[middle] ^= 0x10;
        assert!(check(flipped.as_slice()).is_err());
    };
    run(Backend::Sqlite, test).await;
}

fn tokenscope(database: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tokenscope"))
        .args(args)
        .env("DATABASE_URL", format!("sqlite:{}", database.display()))
        .env("TOKENSCOPE_LOG", "error")
        .output()
        .unwrap()
}

/// Exit code and all that was said.
fn said(output: &Output) -> (Option<i32>, String) {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_say_what_they_did() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (source, file) = (path("a.db"), path("books.gz"));
    let database =
        Database { backend: Backend::Sqlite, url: format!("sqlite:{}", source.display()) };
    database.migrate().await.unwrap();
    let service = database.service(at(NOW)).await;
    let caller = make(&service, "acme").await;
    let name = file.to_str().unwrap();
    let (code, text) = said(&tokenscope(&source, &["backup", name]));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("1 organization"), "{text}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let (code, text) = said(&tokenscope(&source, &["backup", name]));
    assert!(code == Some(2) && text.contains("not overwritten"), "{text}");
    let (code, text) = said(&tokenscope(&path("b.db"), &["restore", name]));
    assert!(code == Some(0) && text.contains("everything adds up"), "{text}");
    let (code, text) = said(&tokenscope(&source, &["restore", name]));
    assert!(code == Some(2) && text.contains("not empty"), "{text}");
    let (code, text) = said(&tokenscope(&source, &["verify"]));
    assert!(code == Some(0) && text.contains("audit log ends with entry"), "{text}");
    let half = path("half.gz");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
    let (code, text) = said(&tokenscope(&path("c.db"), &["restore", half.to_str().unwrap()]));
    assert!(code == Some(2) && text.contains("ends early"), "{text}");
    assert!(!path("c.db").exists(), "a database was made for a file that is none");
    let (code, text) = said(&tokenscope(&path("none.db"), &["verify"]));
    assert!(code == Some(2) && text.contains("no such file"), "{text}");
    let left: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".part"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
    let mut tx = service.db().write().await.unwrap();
    let text = "UPDATE charge_by_day SET amount = amount + 1 WHERE org_id = $1";
    let sql = tokenscope_server::store::db::Sql::both("BY_HAND", text);
    tx.run(sql, tokenscope_server::args![caller.org.0]).await.unwrap();
    tx.commit().await.unwrap();
    let (code, text) = said(&tokenscope(&source, &["verify"]));
    assert!(code == Some(1) && text.contains("acme: charge_by_day"), "{text}");
}
