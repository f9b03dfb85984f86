//! Balance cards.

use super::figure::{Figure, token_unit};
use crate::{format, tr};
use leptos::prelude::*;
use std::sync::Arc;
use tokenscope::access::Access;
use tokenscope::report::{Frame, TeamBalance};

/// One card a team.
#[component]
pub fn TeamCards(teams: Vec<TeamBalance>, frame: Arc<Frame>) -> impl IntoView {
    let cards = teams.into_iter().map(|team| {
        let frame = frame.clone();
        view! { <li><TeamCard team frame/></li> }
    });
    view! { <ul class="cards" data-testid="team-cards">{cards.collect_view()}</ul> }
}

#[component]
fn TeamCard(team: TeamBalance, frame: Arc<Frame>) -> impl IntoView {
    let (id, slug) = (format!("team-{}", team.slug), team.slug.clone());
    let (named, health) = (id.clone(), health(&team));
    let unit = token_unit(&frame);
    let (label, state) = (access_words(team.access, &frame), team.access.code());
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
                <h3 id=id>{team.name.clone()}</h3>
                <span class="badge" data-state=state>{label}</span>
            </header>
            <div class="balance__body">
                <Ring team=team.clone() unit=unit.clone()/>
                <Amounts team unit frame/>
            </div>
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
    let arc = thousandths(team.available.micro(), team.total.micro());
    let dashes = format!("{arc} 1000");
    view! {
        <div class="ring">
            <svg viewBox="0 0 120 120" role="img" aria-label=label>
                <circle class="ring__track" cx="60" cy="60" r="52"></circle>
                {(arc > 0).then(|| view! {
                    <circle class="ring__part" cx="60" cy="60" r="52" pathLength="1000"
                        stroke-dasharray=dashes transform="rotate(-90 60 60)"></circle>
                })}
            </svg>
            <div class="ring__middle">
                <Figure micro=team.available.micro() unit/>
                <span class="ring__label">{tr!(balance.available)}</span>
            </div>
        </div>
    }
}

/// The length of an arc; what is there at all stays visible.
fn thousandths(part: i64, whole: i64) -> i64 {
    let share = i128::from(part.max(0)) * 1000 / i128::from(whole.max(1));
    let least = i64::from(part > 0) * 4;
    i64::try_from(share).unwrap_or(1000).clamp(least, 1000)
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

fn access_words(access: Access, frame: &Frame) -> String {
    match access {
        Access::Trial { until } => tr!(access.trial, date = format::date_of(until, &frame.zone)),
        Access::Full => tr!(access.full).to_owned(),
        Access::Grace { until } => tr!(access.grace, date = format::date_of(until, &frame.zone)),
        Access::Restricted { since } => {
            tr!(access.restricted, date = format::date_of(since, &frame.zone))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arcs_are_shares_and_never_vanish() {
        assert_eq!(thousandths(620, 1000), 620);
        assert_eq!(thousandths(1, 1_000_000), 4);
        assert_eq!(thousandths(0, 100), 0);
        assert_eq!(thousandths(-5, 100), 0);
        assert_eq!(thousandths(i64::MAX, i64::MAX), 1000);
        assert_eq!(thousandths(5, 0), 1000);
    }
}
