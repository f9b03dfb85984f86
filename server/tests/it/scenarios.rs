//! Every scenario file, loaded into an organization of its own and asked there: what is stored
//! gives the answers that an independent implementation gave.

use crate::given::{at, program_of};
use crate::harness::{Database, on_each_database};
use std::fs;
use std::path::Path;
use tokenscope::event::EventResult;
use tokenscope::replay::answer;
use tokenscope::scenario::Scenario;
use tokenscope::service::{Books, Caller, Intake};
use tokenscope_server::service::Service;

/// The organizations' zones by turns: the answers do not depend on them.
const ZONES: &[&str] = &["UTC", "Asia/Kolkata", "America/New_York"];

/// How many files need corrections, which the services do not take yet.
const WITH_CORRECTIONS: usize = 2;

/// All scenarios in the order of their files' names, those with corrections apart.
fn scenarios() -> (Vec<Scenario>, Vec<Scenario>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/scenarios");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let read = |path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let all = files.iter().map(read);
    all.partition(|scenario: &Scenario| scenario.corrections.is_empty())
}

#[test]
fn only_corrections_are_not_covered_yet() {
    let (covered, left_out) = scenarios();
    assert!(covered.len() >= 60, "only {} files", covered.len());
    let names: Vec<&str> = left_out.iter().map(|scenario| scenario.name.as_str()).collect();
    assert_eq!(names.len(), WITH_CORRECTIONS, "{names:?}");
}

on_each_database!(every_scenario_is_answered_from_what_is_stored);

async fn every_scenario_is_answered_from_what_is_stored(database: Database) {
    let service = database.service(at("2030-01-01T00:00:00Z")).await;
    let (mut asked, mut wrong) = (0, Vec::new());
    for (n, scenario) in scenarios().0.iter().enumerate() {
        let caller = program_of(&service, &format!("s{n}"), ZONES[n % ZONES.len()]).await;
        load(&service, &caller, scenario).await;
        asked += scenario.ask.len();
        wrong.extend(wrong_answers(&service, &caller, scenario).await);
        load_again(&service, &caller, scenario).await;
        wrong.extend(wrong_answers(&service, &caller, scenario).await);
    }
    assert!(wrong.is_empty(), "{} of {asked} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 200, "only {asked} questions were asked");
}

async fn load(service: &Service, caller: &Caller, scenario: &Scenario) {
    let name = &scenario.name;
    let facts = scenario.facts();
    let sent = facts.len();
    let recorded = service.record(caller, facts).await.unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(recorded.new + recorded.unchanged, sent as u64, "{name}");
    for result in send_all(service, caller, scenario).await {
        let stored = matches!(result, EventResult::Accepted { .. } | EventResult::Duplicate);
        assert!(stored, "{name}: {result:?}");
    }
}

/// The same again changes nothing and says so.
async fn load_again(service: &Service, caller: &Caller, scenario: &Scenario) {
    let recorded = service.record(caller, scenario.facts()).await.unwrap();
    assert_eq!(recorded.new, 0, "{}", scenario.name);
    let results = send_all(service, caller, scenario).await;
    let again = results.iter().all(|result| *result == EventResult::Duplicate);
    assert!(again, "{}: {results:?}", scenario.name);
}

async fn send_all(service: &Service, caller: &Caller, scenario: &Scenario) -> Vec<EventResult> {
    let events = scenario.new_events().unwrap().into_iter().map(Ok).collect();
    service.accept(caller, events).await.unwrap_or_else(|e| panic!("{}: {e}", scenario.name))
}

async fn wrong_answers(service: &Service, caller: &Caller, scenario: &Scenario) -> Vec<String> {
    let mut wrong = Vec::new();
    for question in &scenario.ask {
        let state = service.state_of(caller.org, &question.team, question.at).await;
        let got = state.map(|state| answer(&state));
        if got.as_ref() != Ok(&question.expect) {
            wrong.push(format!("{}: {question:#?} got {got:#?}", scenario.name));
        }
    }
    wrong
}
