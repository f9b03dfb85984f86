//! The questions of the scenario files about statements, charges, usage and cut points, answered
//! from what is stored.

use crate::given::{at, program_of};
use crate::harness::{Database, on_each_database};
use crate::scenarios::{Vector, load, loadable};
use std::collections::BTreeSet;
use tokenscope::explain::{ChargeLine, UsageLine};
use tokenscope::report::{Explanation, Figure, Seen};
use tokenscope::scenario::{Question, SOURCE};
use tokenscope::service::{Caller, Ledger};
use tokenscope::time::Instant;
use tokenscope_server::service::Service;

on_each_database!(every_explanation_is_given_from_what_is_stored);

async fn every_explanation_is_given_from_what_is_stored(database: Database) {
    let service = database.service(at("2030-01-01T00:00:00Z")).await;
    let (mut asked, mut wrong) = (0, Vec::new());
    for (n, Vector { file, scenario }) in loadable().enumerate() {
        let explains = |question: &&Question| {
            let expect = &question.expect;
            question.known_at.is_none()
                && (expect.statement.is_some()
                    || expect.usage.is_some()
                    || expect.cuts.is_some()
                    || expect.charges.is_some())
        };
        let questions: Vec<&Question> = scenario.ask.iter().filter(explains).collect();
        if questions.is_empty() {
            continue;
        }
        let caller = program_of(&service, &format!("v{n}"), "UTC").await;
        load(&service, &caller, &scenario).await;
        for question in questions {
            asked += 1;
            for member in differences(&service, &caller, question).await {
                wrong.push(format!("{file}: {member} of {} at {}", question.team, question.at));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked >= 4, "only {asked} questions were asked");
}

/// The members of the expected answer that what is stored answers otherwise.
async fn differences(service: &Service, caller: &Caller, question: &Question) -> Vec<&'static str> {
    let Question { team, at, from, expect, .. } = question;
    let seen = Seen { as_of: Some(*at), known_at: None };
    let mut wrong = Vec::new();
    if let Some(wanted) = &expect.statement {
        let span = (*from, Some(at.plus(1)));
        let got = service.statement(caller, team, span, None).await.unwrap();
        wrong.extend((got.statement != *wanted).then_some("statement"));
    }
    if let Some(wanted) = &expect.cuts {
        let figure = Figure::Balance { team: team.clone(), seen };
        let got = service.explain(caller, figure).await.unwrap();
        let Explanation::Balance(got) = got else { panic!("{got:?}") };
        wrong.extend((got.cuts != *wanted).then_some("cuts"));
    }
    if let Some(wanted) = &expect.usage {
        let span = (from.unwrap_or(Instant::MIN), at.plus(1));
        let figure = Figure::Bucket { team: team.clone(), span, app: None, api: None, seen };
        let got = service.explain(caller, figure).await.unwrap();
        let Explanation::Bucket(got) = got else { panic!("{got:?}") };
        // What costs nothing is no charge, so it is not in the ledger.
        let costs = |line: &&UsageLine| !line.kinds.is_empty() || !line.uncharged.is_zero();
        let wanted: Vec<&UsageLine> = wanted.iter().filter(costs).collect();
        let same = wanted.into_iter().eq(got.usage.iter());
        wrong.extend((!same).then_some("usage"));
    }
    for id in charged(expect.charges.as_deref().unwrap_or_default()) {
        let (source, time) = (SOURCE.to_owned(), None);
        let figure = Figure::Charge { source, id: id.clone(), time, seen };
        let got = service.explain(caller, figure).await.unwrap();
        let Explanation::Charge(got) = got else { panic!("{got:?}") };
        let lines = expect.charges.iter().flatten();
        let wanted: Vec<&ChargeLine> =
            lines.filter(|line| line.event == id && !line.tokens.is_zero()).collect();
        let since = |line: &&ChargeLine| from.is_none_or(|from| from <= line.at);
        let same = wanted.into_iter().eq(got.charges.iter().filter(since));
        wrong.extend((!same).then_some("charges"));
    }
    wrong
}

/// The events that cost something.
fn charged(lines: &[ChargeLine]) -> BTreeSet<String> {
    lines.iter().filter(|l| !l.tokens.is_zero()).map(|line| line.event.clone()).collect()
}
