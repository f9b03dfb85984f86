//! The apps of the demo organization: whose they are and what they call.

use super::catalog;
use super::people::{Situation, members};
use tokenscope::assignment::AssignmentLines;
use tokenscope::fact::Fact;
use tokenscope::time::Instant;

/// A kind of call: an API and its variant.
pub(super) type Call = (&'static str, Option<&'static str>);

/// An app.
pub(super) struct App {
    /// Its client id.
    pub(super) client_id: &'static str,
    name: &'static str,
    team: Option<Situation>,
    moves_to: Option<Situation>,
    /// Its part of all calls.
    pub(super) weight: u64,
    /// What it calls, with weights.
    pub(super) calls: &'static [(Call, u64)],
}

const SIMPLE: Call = (catalog::MODEL_DERIVATIVE, Some("simple"));
const COMPLEX: Call = (catalog::MODEL_DERIVATIVE, Some("complex"));
const CAPTURE: Call = (catalog::REALITY_CAPTURE, None);
const FILES: Call = (catalog::DATA_MANAGEMENT, None);
const SIGN_IN: Call = (catalog::AUTHENTICATION, None);
const HOOKS: Call = (catalog::WEBHOOKS, None);

/// The calls that cost nothing: what a restricted team still may do.
pub(super) const FREE_CALLS: [(Call, u64); 3] = [(FILES, 5), (SIGN_IN, 3), (HOOKS, 1)];

const fn engine(name: &'static str) -> Call {
    (catalog::DESIGN_AUTOMATION, Some(name))
}

const fn app(
    client_id: &'static str,
    name: &'static str,
    team: Situation,
    weight: u64,
    calls: &'static [(Call, u64)],
) -> App {
    App { client_id, name, team: Some(team), moves_to: None, weight, calls }
}

use Situation::{Grace, Healthy, Low, Restricted};

/// All apps.
pub(super) const APPS: [App; 12] = [
    app("model-hub", "Model Hub", Healthy, 14, &[(SIMPLE, 4), (COMPLEX, 3), (FILES, 3)]),
    app("drawing-mill", "Drawing Mill", Healthy, 11, &[(engine("AutoCAD"), 8), (FILES, 2)]),
    app("document-index", "Document Index", Healthy, 8, &[(FILES, 5), (SIGN_IN, 3), (SIMPLE, 2)]),
    app("scene-viewer", "Scene Viewer", Low, 13, &[(COMPLEX, 4), (SIMPLE, 3), (SIGN_IN, 2)]),
    app("render-queue", "Render Queue", Low, 9, &[(engine("3dsMax"), 9), (HOOKS, 1)]),
    app("twin-board", "Twin Board", Low, 6, &[(SIMPLE, 5), (FILES, 2), (HOOKS, 2)]),
    app("part-nester", "Part Nester", Grace, 9, &[(engine("Inventor"), 8), (FILES, 2)]),
    app("quote-robot", "Quote Robot", Grace, 7, &[(engine("Inventor"), 3), (SIMPLE, 5)]),
    App {
        moves_to: Some(Grace),
        ..app("clash-checker", "Clash Checker", Low, 6, &[(engine("Revit"), 6), (COMPLEX, 2)])
    },
    app("site-scan", "Site Scan", Restricted, 9, &[(CAPTURE, 6), (FILES, 3), (COMPLEX, 1)]),
    app("progress-cam", "Progress Cam", Restricted, 6, &[(CAPTURE, 3), (SIMPLE, 4), (HOOKS, 2)]),
    App {
        team: None,
        ..app("hackday-bot", "Hackday Bot", Healthy, 1, &[(SIGN_IN, 3), (FILES, 3), (SIMPLE, 2)])
    },
];

impl App {
    /// Its team over time; it moves, if ever, when 60 % of the demo's time have passed.
    fn teams(&self, start: Instant, now: Instant) -> Vec<(Instant, Situation)> {
        let moved = start.plus(now.since(start) / 5 * 3);
        let later = self.moves_to.map(|team| (moved, team));
        self.team.map(|team| (start, team)).into_iter().chain(later).collect()
    }
    /// Its team over time, to ask whose it is at an instant.
    pub(super) fn lines(&self, start: Instant, now: Instant) -> AssignmentLines<Situation> {
        let mut lines = AssignmentLines::default();
        for (from, team) in self.teams(start, now) {
            lines.assign(from, Some(team));
        }
        lines
    }
    fn owner(&self, place: usize) -> Option<String> {
        let members = members(self.team.unwrap_or(Healthy));
        members.get(3 + place % 3).cloned()
    }
}

/// The apps as facts, each with its owner.
pub(super) fn apps() -> impl Iterator<Item = Fact> {
    APPS.iter().enumerate().map(|(place, app)| Fact::App {
        client_id: app.client_id.into(),
        name: app.name.into(),
        owner: app.owner(place),
    })
}

/// Which team each app belongs to, as facts.
pub(super) fn assignments(start: Instant, now: Instant) -> impl Iterator<Item = Fact> {
    APPS.iter().flat_map(move |app| {
        app.teams(start, now).into_iter().map(|(from, team)| Fact::Assignment {
            client_id: app.client_id.into(),
            team: Some(team.slug().into()),
            from,
        })
    })
}
