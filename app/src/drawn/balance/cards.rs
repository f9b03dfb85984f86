//! Balance cards.

use crate::components::donut;
use crate::components::figure::{Figure, token_unit};
use crate::{format, routes, tr};
use leptos::prelude::*;
use std::sync::Arc;
use tokenscope::access::Access;
use tokenscope::forecast::{Outlook, RunOut};
use tokenscope::report::{Frame, TeamBalance, TeamCard as Card};
use tokenscope::time::{Date, Zone};

/// One card a team.
#[component]
pub fn TeamCards(teams: Vec<Card>, frame: Arc<Frame>) -> impl IntoView {
    let cards = teams.into_iter().map(|card| {
        let frame = frame.clone();
        view! { <li><TeamCard card frame/></li> }
    });
    view! { <ul class="cards" data-testid="team-cards">{cards.collect_view()}</ul> }
}

#[component]
fn TeamCard(card: Card, frame: Arc<Frame>) -> impl IntoView {
    let Card { balance: team, outlook, .. } = card;
    let (id, slug) = (format!("team-{}", team.slug), team.slug.clone());
    let (named, health) = (id.clone(), health(&team));
    let unit = token_unit(&frame);
    let (label, state) = (access_words(team.access, &frame.zone), team.access.code());
    let share = match team.percent_available() {
        Some(percent) => tr!(
            balance.of_total,
            percent = format::whole_percent(percent),
            total = format::compact(team.total.micro())
        ),
        None => tr!(balance.no_lots).to_owned(),
    };
    let low = (health == "low").then(|| view! { <p class="low">{tr!(balance.low)}</p> });
    view! {
        <article class="card balance" aria-labelledby=named data-testid="team-card"
            data-team=slug data-health=health>
            <header class="balance__head">
                <h3 id=id><a href=routes::balance(&team.slug)>{team.name.clone()}</a></h3>
                <span class="badge" data-state=state>{label}</span>
            </header>
            <div class="balance__body">
                <Ring team=team.clone() unit=unit.clone()/>
                <Amounts team unit=unit.clone() frame=frame.clone()/>
            </div>
            <Future outlook unit frame/>
            <p class="balance__share">{share}</p>
            {low}
        </article>
    }
}

/// Green above 20 %, red at or below; grey without active lots.
fn health(team: &TeamBalance) -> &'static str {
    match team.percent_available() {
        None => "none",
        Some(_) if team.is_healthy() => "good",
        Some(_) => "low",
    }
}

/// Available of total as a ring, the number in its middle.
#[component]
fn Ring(team: TeamBalance, unit: String) -> impl IntoView {
    let micro = |tokens: tokenscope::tokens::Tokens| format::full(tokens.micro());
    let label = tr!(
        balance.ring,
        name = team.name.clone(),
        available = micro(team.available),
        used = micro(team.used),
        total = micro(team.total)
    );
    let middle = view! {
        <Figure micro=team.available.micro() unit/>
        <span class="ring__label">{tr!(balance.available)}</span>
    };
    donut::donut(label, team.available.micro(), team.total.micro(), middle.into_any())
}

#[component]
fn Amounts(team: TeamBalance, unit: String, frame: Arc<Frame>) -> impl IntoView {
    let expiry = match team.next_expiry {
        Some((at, left)) => tr!(
            balance.expiry_at,
            amount = format::compact(left.micro()),
            date = format::date_of(at, &frame.zone)
        ),
        None => tr!(balance.no_expiry).to_owned(),
    };
    let amount = |name: &'static str, micro: i64, class: &'static str| {
        view! {
            <div class=class>
                <dt>{name}</dt>
                <dd><Figure micro unit=unit.clone()/></dd>
            </div>
        }
    };
    view! {
        <dl class="amounts">
            {amount(tr!(balance.balance), team.balance.micro(), "amounts__main")}
            {amount(tr!(balance.used), team.used.micro(), "")}
            {amount(tr!(balance.total), team.total.micro(), "")}
            {(!team.debt.is_zero()).then(|| {
                amount(tr!(balance.uncharged), team.debt.micro(), "amounts__debt")
            })}
            <div class="amounts__text"><dt>{tr!(balance.expiry)}</dt><dd>{expiry}</dd></div>
        </dl>
    }
}

/// How fast tokens are used, and how long they last.
#[component]
fn Future(outlook: Outlook, unit: String, frame: Arc<Frame>) -> impl IntoView {
    let rate = outlook.burn_rate.map(|rate| {
        let mean = if rate.days == 28 {
            tr!(balance.burn_mean).to_owned()
        } else {
            tr!(balance.burn_short, days = rate.days)
        };
        view! {
            <dd>
                <Figure micro=rate.per_day.micro() unit/>" "{tr!(balance.a_day)}
                <small>{mean}</small>
            </dd>
        }
    });
    let none = || view! { <dd>{tr!(balance.burn_none)}</dd> };
    let rate = rate.map_or_else(|| none().into_any(), IntoAny::into_any);
    let (end, range) = run_out_words(outlook.run_out, frame.zone.date(frame.now));
    view! {
        <dl class="future" data-testid="future">
            <div><dt>{tr!(balance.burn_rate)}</dt>{rate}</div>
            <div>
                <dt>{tr!(balance.run_out)}</dt>
                <dd>{end}{range.map(|range| view! { <small>{range}</small> })}</dd>
            </div>
        </dl>
    }
}

/// When the tokens run out, and how sure that is.
pub(in crate::drawn) fn run_out_words(run_out: RunOut, today: Date) -> (String, Option<String>) {
    let (day, range) = match run_out {
        RunOut::Unused => return (tr!(balance.run_out_unused).to_owned(), None),
        RunOut::NotSoon => return (tr!(balance.run_out_not_soon).to_owned(), None),
        RunOut::Already => return (tr!(balance.run_out_already).to_owned(), None),
        RunOut::On { day, range } => (day, range),
    };
    let date = format::date(day);
    let words = match (day - today).num_days() {
        ..=0 => tr!(balance.run_out_today, date = date),
        1 => tr!(balance.run_out_tomorrow, date = date),
        days => tr!(balance.run_out_in, date = date, days = days),
    };
    let likely = |(from, to): (Date, Option<Date>)| match to {
        Some(to) if to == from => None,
        Some(to) => Some(tr!(balance.likely, from = format::date(from), to = format::date(to))),
        None => Some(tr!(balance.likely_from, from = format::date(from))),
    };
    (words, range.and_then(likely))
}

/// What calls may do, in words.
pub(in crate::drawn) fn access_words(access: Access, zone: &Zone) -> String {
    match access {
        Access::Trial { until } => tr!(access.trial, date = format::date_of(until, zone)),
        Access::Full => tr!(access.full).to_owned(),
        Access::Grace { until } => tr!(access.grace, date = format::date_of(until, zone)),
        Access::Restricted { since } => {
            tr!(access.restricted, date = format::date_of(since, zone))
        }
    }
}
