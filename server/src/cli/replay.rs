//! `replay`: answers the questions of scenario files from their facts alone, without a database
//! and without configuration.

use super::args::ReplayArgs;
use super::{Failed, scenario_file};
use serde::Serialize;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;
use tokenscope::replay::{Replay, ReplayError};
use tokenscope::scenario::{Answer, Question, Scenario};
use tokenscope::time::Instant;

/// What is printed of one question.
#[derive(Serialize)]
struct Answered {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ask: Option<usize>,
    team: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Instant>,
    at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    known_at: Option<Instant>,
    answer: Answer,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Answer>,
}

/// A file and its facts, ready to be asked.
struct Opened {
    file: String,
    asks: Vec<Question>,
    replay: Replay,
}

/// Answers or explains, and says whether an answer differs from the expected one.
///
/// # Errors
/// The first file, or member of one, that cannot be used; then nothing was printed.
pub fn replay(args: &ReplayArgs) -> Result<ExitCode, Failed> {
    let mut all = Vec::new();
    for file in &args.files {
        let opened = open(file)?;
        all.extend(if args.explain { explain(&opened, args)? } else { opened.answers()? });
    }
    let differ = all.iter().filter(|answered| answered.expected.is_some()).count();
    print(&all, args.explain).map_err(|e| Failed::new(format!("cannot write the answers: {e}")))?;
    let files = counted(args.files.len(), "file");
    let summary = match (args.explain, all.len()) {
        (true, 0) => format!("{files}, no questions: name a team with --team and --at"),
        (true, count) => format!("{files}, {}", counted(count, "explanation")),
        (false, count) => format!("{files}, {}, {differ} differ", counted(count, "question")),
    };
    let _ = writeln!(io::stderr().lock(), "{summary}");
    Ok(ExitCode::from(u8::from(differ > 0)))
}

fn counted(count: usize, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}

fn open(path: &Path) -> Result<Opened, Failed> {
    let file = path.display().to_string();
    let scenario = scenario_file::read(path)?;
    let replay = Replay::new(&scenario).map_err(|error| refused(&file, "", error))?;
    let Scenario { ask: asks, .. } = scenario;
    Ok(Opened { file, asks, replay })
}

impl Opened {
    fn answers(&self) -> Result<Vec<Answered>, Failed> {
        let answer = |(n, question): (usize, &Question)| {
            let place = format!("ask[{n}]");
            let answer = self.replay.answer(question);
            let answer = answer.map_err(|error| self.refused(&place, question.known_at, error))?;
            let expected = (answer != question.expect).then(|| question.expect.clone());
            Ok(Answered { answer, expected, ..self.about(n, question) })
        };
        self.asks.iter().enumerate().map(answer).collect()
    }

    fn about(&self, n: usize, question: &Question) -> Answered {
        Answered {
            file: self.file.clone(),
            ask: Some(n),
            team: question.team.clone(),
            from: None,
            at: question.at,
            known_at: question.known_at,
            answer: Answer::default(),
            expected: None,
        }
    }

    /// Fills in what there is to say about the team.
    fn explained(&self, place: &str, about: Answered) -> Result<Answered, Failed> {
        let Answered { from, at, known_at, .. } = about;
        let earlier = known_at.map(|known_at| self.replay.known_at(known_at)).transpose();
        let explained = earlier.and_then(|earlier| {
            earlier.as_ref().unwrap_or(&self.replay).explain(&about.team, from, at)
        });
        let answer = explained.map_err(|error| self.refused(place, known_at, error))?;
        Ok(Answered { answer, ..about })
    }

    fn refused(&self, place: &str, known_at: Option<Instant>, error: ReplayError) -> Failed {
        let file = &self.file;
        match (error, known_at) {
            (ReplayError::Team(team), _) => {
                let known: Vec<&str> = self.replay.teams().collect();
                let team = format!("the team `{team}` is named by no fact");
                let known = match known.is_empty() {
                    true => "; the file names none".into(),
                    false => format!("; there are {}", known.join(", ")),
                };
                let member = if place.starts_with("--") { "team" } else { ".team" };
                Failed::input(format!("{file}: {place}{member}: {team}{known}"))
            }
            // Without later facts, members stand at other places than in the file.
            (ReplayError::Fact(wrong), Some(at)) if !wrong.member.starts_with("call") => {
                let reason = format!("{} {}", wrong.member, wrong.reason);
                Failed::input(format!("{file}: {place}: of the facts known at {at}, {reason}"))
            }
            (error, _) => refused(file, &format!("{place}."), error),
        }
    }
}

fn refused(file: &str, place: &str, error: ReplayError) -> Failed {
    match error {
        ReplayError::Fact(wrong) => {
            Failed::input(format!("{file}: {place}{}: {}", wrong.member, wrong.reason))
        }
        error => Failed::new(format!("{file}: {}{error}", place.replace('.', ": "))),
    }
}

/// The questions of a file explained, or the team of the command line alone.
fn explain(opened: &Opened, args: &ReplayArgs) -> Result<Vec<Answered>, Failed> {
    if let (Some(team), Some(at)) = (&args.team, args.at) {
        if args.from.is_some_and(|from| from > at) {
            return Err(Failed::input("--from must not be later than --at"));
        }
        let about = Answered {
            file: opened.file.clone(),
            ask: None,
            team: team.clone(),
            from: args.from,
            at,
            known_at: args.known_at,
            answer: Answer::default(),
            expected: None,
        };
        return Ok(vec![opened.explained("--", about)?]);
    }
    let explained = |(n, question): (usize, &Question)| {
        let about = Answered { from: question.from, ..opened.about(n, question) };
        opened.explained(&format!("ask[{n}]"), about)
    };
    opened.asks.iter().enumerate().map(explained).collect()
}

/// Writes JSON to standard output. A reader that has gone away is no error.
fn print(all: &[Answered], pretty: bool) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut write = |answered: &Answered| -> io::Result<()> {
        match pretty {
            true => serde_json::to_writer_pretty(&mut out, answered)?,
            false => serde_json::to_writer(&mut out, answered)?,
        }
        out.write_all(b"\n")
    };
    let written = all.iter().try_for_each(&mut write).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
