//! The usage events of the demo organization.

use super::apps::{APPS, App, Call, FREE_CALLS};
use super::people::{Situation, members};
use super::random::Random;
use super::{Span, calendar, catalog};
use std::collections::BTreeMap;
use tokenscope::assignment::AssignmentLines;
use tokenscope::event::{NewEvent, Spender, Status};
use tokenscope::time::{DAY, Instant, Zone};
use tokenscope::tokens::{MICRO, Quantity};

/// Sessions of daily products, of 1000 events.
const SESSIONS: u64 = 85;
/// Failed jobs, of 1000 events.
const FAILED: u64 = 20;
/// Calls that name their user, of 1000; the others come from services.
const NAMED: u64 = 850;
/// The restricted team's rated calls are refused since so many days.
pub(super) const REFUSED_DAYS: i64 = 11;

/// So many events, in the order of time.
pub(super) fn events(seed: u64, count: u64, span: Span, zone: &Zone) -> Vec<NewEvent> {
    let mut random = Random::new(seed);
    let times = calendar::instants(&mut random, zone, (span.start, span.now), count);
    let mut author = Author::new(random, seed, span);
    times.into_iter().zip(0..).filter_map(|(at, n)| author.event(at, n)).collect()
}

struct Author {
    random: Random,
    seed: u64,
    refused_from: Instant,
    apps: Vec<(&'static App, AssignmentLines<Situation>)>,
    members: BTreeMap<&'static str, Vec<String>>,
}

impl Author {
    fn new(random: Random, seed: u64, span: Span) -> Self {
        Self {
            random,
            seed,
            refused_from: span.now.plus(-REFUSED_DAYS * DAY),
            apps: APPS.iter().map(|app| (app, app.lines(span.start, span.now))).collect(),
            members: Situation::ALL.map(|team| (team.slug(), members(team))).into(),
        }
    }

    fn event(&mut self, at: Instant, n: u64) -> Option<NewEvent> {
        let (app, lines) = self.random.weigh(&self.apps, |(app, _)| app.weight)?;
        let (app, team) = (*app, lines.team_at(at));
        let refused = team == Some(Situation::Restricted) && at >= self.refused_from;
        match team {
            Some(team) if !refused && self.random.per_mille(SESSIONS) => self.session(at, n, team),
            _ => {
                let calls = if refused { &FREE_CALLS } else { app.calls };
                let (call, _) = *self.random.weigh(calls, |call| call.1)?;
                Some(self.call(at, n, app, team, call))
            }
        }
    }

    /// Somebody works with a daily product; the team is named, since no app is between.
    fn session(&mut self, at: Instant, n: u64, team: Situation) -> Option<NewEvent> {
        let (product, _) = *self.random.weigh(team.products(), |product| product.1)?;
        let members = self.members.get(team.slug())?;
        let user = self.random.pick(members)?.clone();
        // One in thirty is closed at once and opens no day.
        let seconds = if self.random.below(30) == 0 { (20, 280) } else { (900, 21_600) };
        let quantity = Quantity::whole(self.random.between(seconds.0, seconds.1));
        let spender = Spender::Team(team.slug().into());
        let event = self.bare("demo-desktop", n, at, spender, product);
        Some(NewEvent { user: Some(user), quantity: Some(quantity), ..event })
    }

    fn call(
        &mut self,
        at: Instant,
        n: u64,
        app: &App,
        team: Option<Situation>,
        (api, variant): Call,
    ) -> NewEvent {
        let members = self.members.get(team.unwrap_or(Situation::Healthy).slug());
        let named = self.random.per_mille(NAMED);
        let user = members.filter(|_| named).and_then(|m| self.random.pick(m).cloned());
        let quantity = Some(self.quantity(api));
        let failed = self.random.per_mille(FAILED);
        let status = if failed { Status::Failed } else { Status::Success };
        let mut attributes = BTreeMap::new();
        if api == catalog::DESIGN_AUTOMATION {
            // A version is no price class: it is kept as an attribute.
            let version = format!("2026.{}", self.random.below(3));
            attributes.insert("engine_version".to_owned(), version);
        }
        let variant = variant.map(Into::into);
        let event = self.bare("demo-gateway", n, at, Spender::ClientId(app.client_id.into()), api);
        NewEvent { user, variant, quantity, status, attributes, ..event }
    }

    /// How much one call uses: mostly little, now and then a lot.
    fn quantity(&mut self, api: &str) -> Quantity {
        let large = self.random.below(12) == 0;
        let (first, last) = match (api, large) {
            (catalog::DESIGN_AUTOMATION, false) => (40_000, 900_000),
            (catalog::DESIGN_AUTOMATION, true) => (900_000, 9_000_000),
            (catalog::MODEL_DERIVATIVE, false) => (1, 6),
            (catalog::MODEL_DERIVATIVE, true) => (6, 30),
            (catalog::REALITY_CAPTURE, false) => (12, 180),
            (catalog::REALITY_CAPTURE, true) => (180, 900),
            _ => (1, 25),
        };
        let number = self.random.between(first, last);
        match api {
            // Milliseconds: engines are metered more finely than in seconds.
            catalog::DESIGN_AUTOMATION => Quantity::from_micro(number * (MICRO / 1000)),
            _ => Quantity::whole(number),
        }
    }

    fn bare(&self, source: &str, n: u64, at: Instant, spender: Spender, api: &str) -> NewEvent {
        NewEvent {
            source: source.into(),
            id: format!("{:x}-{n:07}", self.seed),
            time: Some(at),
            spender,
            user: None,
            api: api.into(),
            variant: None,
            quantity: None,
            status: Status::Success,
            tokens: None,
            attributes: BTreeMap::new(),
        }
    }
}
