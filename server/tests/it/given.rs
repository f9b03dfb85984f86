//! What tests start from: organizations, facts and events.

use std::collections::BTreeMap;
use tokenscope::event::{EventResult, NewEvent, Spender, Status, Submitted};
use tokenscope::fact::Fact;
use tokenscope::fault::Fault;
use tokenscope::id::OrgId;
use tokenscope::lot::LotKind;
use tokenscope::rate::Rounding;
use tokenscope::service::{Books, Caller, Intake};
use tokenscope::time::Instant;
use tokenscope::tokens::{Quantity, Tokens};
use tokenscope_server::service::{NewOrganization, Service, program};

/// An instant by its RFC 3339 text.
pub fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// An amount by its decimal text.
pub fn tokens(text: &str) -> Tokens {
    text.parse().unwrap()
}

/// A new organization.
pub fn organization(slug: &str, zone: &str) -> NewOrganization {
    NewOrganization {
        slug: slug.into(),
        name: slug.into(),
        token_name: "token".into(),
        zone: zone.into(),
        accept_window_days: None,
        demo: false,
    }
}

/// Makes an organization that takes events of any age, and the caller with all rights in it.
pub async fn program_of(service: &Service, slug: &str, zone: &str) -> Caller {
    program(service.create_organization(&organization(slug, zone)).await.unwrap())
}

/// A caller with all rights, in an organization in UTC with team `red`, app `robot` of this team
/// from the beginning, API `calls` at one token each and product `cad` at ten tokens a day.
pub async fn red_team(service: &Service, slug: &str) -> Caller {
    let caller = program_of(service, slug, "UTC").await;
    let facts = vec![
        team("red"),
        app("robot"),
        assigned("robot", Some("red"), Instant::MIN),
        rate("calls", "1", Rounding::Exact),
        rate("cad", "10", Rounding::UserDay),
    ];
    service.record(&caller, facts).await.unwrap();
    caller
}

pub fn team(slug: &str) -> Fact {
    Fact::Team { slug: slug.into(), name: slug.into() }
}

pub fn app(client_id: &str) -> Fact {
    Fact::App { client_id: client_id.into(), name: client_id.into(), owner: None }
}

pub fn assigned(client_id: &str, team: Option<&str>, from: Instant) -> Fact {
    Fact::Assignment { client_id: client_id.into(), team: team.map(Into::into), from }
}

/// A rate from the beginning, for one unit.
pub fn rate(api: &str, price: &str, rounding: Rounding) -> Fact {
    Fact::Rate {
        api: api.into(),
        variant: None,
        tokens: tokens(price),
        per: Quantity::ONE,
        rounding,
        charge_failed: false,
        from: Instant::MIN,
    }
}

/// A Flex lot from the beginning that never ends.
pub fn lot(id: &str, team: &str, amount: &str) -> Fact {
    Fact::Lot {
        id: id.into(),
        team: team.into(),
        kind: LotKind::Flex,
        tokens: tokens(amount),
        effective: Instant::MIN,
        expires: None,
        priority: None,
        pays_for: None,
        unit_cost: None,
        reference: None,
        channel: None,
    }
}

/// One call of `calls` by the app `robot`.
pub fn event(id: &str, time: Instant) -> NewEvent {
    NewEvent {
        source: "test".into(),
        id: id.into(),
        time: Some(time),
        spender: Spender::ClientId("robot".into()),
        user: None,
        api: "calls".into(),
        variant: None,
        quantity: None,
        status: Status::Success,
        tokens: None,
        attributes: BTreeMap::new(),
    }
}

/// A session of `cad` by a user, in seconds.
pub fn session(id: &str, user: &str, time: Instant, seconds: i64) -> NewEvent {
    NewEvent {
        user: Some(user.into()),
        api: "cad".into(),
        quantity: Some(Quantity::whole(seconds)),
        ..event(id, time)
    }
}

/// Sends events and returns what became of each.
pub async fn send(
    service: &Service,
    caller: &Caller,
    events: impl IntoIterator<Item = NewEvent>,
) -> Vec<EventResult> {
    try_send(service, caller, events).await.unwrap()
}

/// Sends events.
pub async fn try_send(
    service: &Service,
    caller: &Caller,
    events: impl IntoIterator<Item = NewEvent>,
) -> Result<Vec<EventResult>, Fault> {
    let events: Vec<Submitted> = events.into_iter().map(Ok).collect();
    service.accept(caller, events).await
}

/// That an event is stored and costs so much.
pub fn accepted(charge: &str) -> EventResult {
    EventResult::Accepted { charge: Some(tokens(charge)) }
}

/// The member on account of which an event is rejected; none when it is not.
pub fn rejected_field(result: &EventResult) -> Option<&str> {
    match result {
        EventResult::Rejected { field, .. } => Some(field),
        _ => None,
    }
}

/// How many tokens a team was charged in all.
pub async fn charged(service: &Service, org: OrgId, team: &str) -> Tokens {
    service.state_of(org, team, Instant::MAX).await.unwrap().charged.total()
}
