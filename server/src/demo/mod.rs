//! Demo data: one invented organization with four teams, each in another situation, and as many
//! usage events as wished. A pure function of the seed, the lengths and the present instant.
//!
//! Order of work: people and facts, then usage events ([`usage`]), what these cost by the rules of
//! the core ([`charges`]), and from that the lots ([`lots`]) that put each team in its situation.

mod apps;
#[cfg(test)]
mod as_scenario;
mod calendar;
mod catalog;
mod charges;
mod lots;
mod people;
mod random;
#[cfg(test)]
mod tests;
mod usage;

use people::Situation;
use tokenscope::access::Policy;
use tokenscope::event::NewEvent;
use tokenscope::fact::Fact;
use tokenscope::permission::{OrgRole, TeamRole};
use tokenscope::time::{DAY, Instant, Zone};

/// What to make. The four situations need at least 30 days and 2000 events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoSpec {
    /// Chooses among all the demo data there could be.
    pub seed: u64,
    /// How far back the usage goes.
    pub days: u32,
    /// How many usage events.
    pub events: u64,
}

/// The organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoOrganization {
    /// What people read.
    pub name: String,
    /// What it calls its tokens.
    pub token_name: String,
    /// IANA name of its time zone.
    pub zone: String,
}

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoPerson {
    /// Signs in with it.
    pub email: String,
    /// What people read.
    pub name: String,
    /// Role in the organization.
    pub org_role: OrgRole,
    /// Teams by slug, with the role there.
    pub teams: Vec<(String, TeamRole)>,
}

/// All of the demo data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoPlan {
    /// The organization.
    pub organization: DemoOrganization,
    /// Its people.
    pub people: Vec<DemoPerson>,
    /// Its facts, each after those it names.
    pub facts: Vec<Fact>,
    /// Its usage events, in the order of time; all before the present instant.
    pub events: Vec<NewEvent>,
}

/// From when to when the usage goes.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: Instant,
    now: Instant,
}

/// Makes the demo data as of an instant. `zone` is the organization's: its wall clock gives the
/// working hours.
#[must_use]
pub fn plan(spec: &DemoSpec, now: Instant, zone: &Zone) -> DemoPlan {
    let span = Span { start: now.plus(-i64::from(spec.days) * DAY), now };
    let mut facts = base_facts(span);
    let events = usage::events(spec.seed, spec.events, span, zone);
    let lots = lots::lots(&charges::Charges::new(&facts, &events), span);
    facts.extend(lots);
    DemoPlan {
        organization: DemoOrganization {
            name: "Larkfield Studios".into(),
            token_name: "token".into(),
            zone: zone.name.clone(),
        },
        people: people::people(),
        facts,
        events,
    }
}

/// Everything but the lots, which are sized from the usage.
fn base_facts(span: Span) -> Vec<Fact> {
    let policy = Policy::default();
    let mut facts = vec![Fact::Policy { team: None, from: Instant::MIN, policy }];
    facts.extend(
        Situation::ALL
            .map(|team| Fact::Team { slug: team.slug().into(), name: team.name().into() }),
    );
    // One team was on trial when the usage began.
    let until = span.start.plus(span.now.since(span.start) / 20);
    facts.push(Fact::Trial { team: Situation::Low.slug().into(), until });
    facts.extend(catalog::apis());
    facts.extend(apps::apps());
    facts.extend(apps::assignments(span.start, span.now));
    facts.extend(catalog::rates(span.start));
    facts
}
