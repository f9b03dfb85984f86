//! Every scenario file, loaded into an organization of its own and asked there: what is stored
//! gives the answers that an independent implementation gave.

use crate::given::{at, program_of};
use crate::harness::{Database, loudly, on_each_database};
use std::fs;
use std::path::{Path, PathBuf};
use tokenscope::correction::Corrections;
use tokenscope::event::EventResult;
use tokenscope::replay::answer;
use tokenscope::scenario::{Answer, Question, Scenario};
use tokenscope::service::{Books, Caller, Correcting, Intake};
use tokenscope_server::service::Service;

/// The organizations' zones by turns: the answers do not depend on them.
const ZONES: &[&str] = &["UTC", "Asia/Kolkata", "America/New_York"];

/// A file and what it holds.
pub struct Vector {
    pub file: String,
    pub scenario: Scenario,
}

/// All scenario files in the order of their names.
fn vectors() -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/scenarios");
    let paths = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    paths.sort();
    let vector = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let scenario =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        Vector { file, scenario }
    };
    paths.into_iter().map(vector).collect()
}

/// Those that can be loaded.
pub fn loadable() -> impl Iterator<Item = Vector> {
    vectors().into_iter().filter(|vector| vector.scenario.unloadable().is_none())
}

/// Whether the books as they are stored have the answer: the state of a team, as it is known now.
fn is_answered_by_state(question: &Question) -> bool {
    let Answer { available, decision, statement, charges, usage, cuts, .. } = &question.expect;
    question.known_at.is_none()
        && question.call.is_none()
        && available.is_none()
        && decision.is_none()
        && statement.is_none()
        && charges.is_none()
        && usage.is_none()
        && cuts.is_none()
}

/// What is not covered is said with its reason, so that it cannot grow unseen.
#[test]
fn what_is_left_out_is_named() {
    let (mut loaded, mut asked) = (0, 0);
    for Vector { file, scenario } in vectors() {
        if let Some(member) = scenario.unloadable() {
            loudly(&format!("NOT LOADED (`{member}`): {file}; `tokenscope replay` answers it"));
            continue;
        }
        loaded += 1;
        let count = scenario.ask.iter().filter(|question| is_answered_by_state(question)).count();
        asked += count;
        if count < scenario.ask.len() {
            loudly(&format!("NOT ASKED: {} questions of {file}", scenario.ask.len() - count));
        }
    }
    assert!(loaded >= 60, "only {loaded} files are loaded");
    assert!(asked > 200, "only {asked} questions are asked");
}

on_each_database!(every_scenario_is_answered_from_what_is_stored);

async fn every_scenario_is_answered_from_what_is_stored(database: Database) {
    let service = database.service(at("2030-01-01T00:00:00Z")).await;
    let (mut asked, mut wrong) = (0, Vec::new());
    for (n, Vector { scenario, .. }) in loadable().enumerate() {
        let scenario = &scenario;
        let caller = program_of(&service, &format!("s{n}"), ZONES[n % ZONES.len()]).await;
        load(&service, &caller, scenario).await;
        asked += scenario.ask.iter().filter(|question| is_answered_by_state(question)).count();
        wrong.extend(wrong_answers(&service, &caller, scenario).await);
        load_again(&service, &caller, scenario).await;
        wrong.extend(wrong_answers(&service, &caller, scenario).await);
    }
    assert!(wrong.is_empty(), "{} of {asked} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 200, "only {asked} questions were asked");
}

/// Writes a scenario into an organization.
pub async fn load(service: &Service, caller: &Caller, scenario: &Scenario) {
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
    let name = &scenario.name;
    let events = scenario.new_events().unwrap().into_iter().map(Ok).collect();
    let sent = service.accept(caller, events).await;
    let mut results = sent.unwrap_or_else(|e| panic!("{name}: {e}"));
    for correction in scenario.new_corrections().unwrap() {
        let asked = Corrections { items: vec![Ok(correction)], basis: None };
        let corrected = service.correct(caller, asked).await;
        results.extend(corrected.unwrap_or_else(|e| panic!("{name}: {e}")).results);
    }
    results
}

async fn wrong_answers(service: &Service, caller: &Caller, scenario: &Scenario) -> Vec<String> {
    let mut wrong = Vec::new();
    for question in scenario.ask.iter().filter(|question| is_answered_by_state(question)) {
        let state = service.state_of(caller.org, &question.team, question.at).await;
        let got = state.map(|state| answer(&state).asked(&question.expect));
        if got.as_ref() != Ok(&question.expect) {
            wrong.push(format!("{}: {question:#?} got {got:#?}", scenario.name));
        }
    }
    wrong
}
