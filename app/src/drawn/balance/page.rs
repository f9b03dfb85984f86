//! The page `/balance/{team}`.

use super::cards::{access_words, run_out_words};
use super::seen::{self, Wanted};
use super::{chart, events, lots, statement};
use crate::answer::{DrawnPage, Frame};
use crate::components::breadcrumb::breadcrumb;
use crate::components::figure::{Figure, named_unit};
use crate::components::section::section;
use crate::drawn::demo;
use crate::drawn::site::{Asked, Drawn};
use crate::{format, routes, tr};
use leptos::prelude::*;
use tokenscope::fault::Fault;
use tokenscope::report::{AccountReport, TeamBalance};

/// The page.
pub async fn page(asked: Asked) -> Result<DrawnPage, Fault> {
    let wanted = Wanted::of(&asked);
    let team = asked.segments.first().map(String::as_str).unwrap_or_default();
    let ledger = &asked.services.ledger;
    let report = ledger.account(asked.caller()?, team, wanted.stretch, wanted.moments).await?;
    Ok(asked.draw(|_| {
        let path = routes::balance(&report.team.slug);
        let title = tr!(ledger.of_team, team = report.team.name.clone());
        let above = vec![(routes::BALANCE.to_owned(), tr!(ledger.title).to_owned())];
        let body = view! {
            {breadcrumb(above, report.team.name.clone())}
            {seen::line(&report.frame)}
            {report.frame.demo.then(demo::ribbon)}
            {seen::notices(&wanted, &report.frame)}
            <div class="controls">
                <div class="controls__row">{seen::stretches(&wanted, &path, &report.frame)}</div>
                {seen::picker(&wanted, &path, &report.frame)}
            </div>
            {summary(&report)}
            {section("line-title", tr!(ledger.line), chart::figure(&report))}
            {section("lots-title", tr!(ledger.lots), lots::table(&report))}
            {section("events-title", tr!(ledger.events), events::table(&report))}
            {section("statement-title", tr!(ledger.statement), statement::table(&report))}
        };
        Drawn::new(title, Frame::Wide, body.into_any())
    }))
}

/// How it stands, in figures.
fn summary(report: &AccountReport) -> AnyView {
    let (team, frame) = (&report.balance, &report.frame);
    let unit = named_unit(&frame.token_name);
    let today = frame.zone.date(frame.seen.as_of);
    let (end, range) = run_out_words(report.outlook.run_out, today);
    let amount = |name: &'static str, micro: i64| {
        view! { <div><dt>{name}</dt><dd><Figure micro unit=unit.clone()/></dd></div> }
    };
    let since = report.debt_since.map(|at| {
        view! { <small>{tr!(ledger.since, date = format::date_of(at, &frame.zone))}</small> }
    });
    let rate = report.outlook.burn_rate.map(|rate| {
        view! {
            <div>
                <dt>{tr!(balance.burn_rate)}</dt>
                <dd>
                    <Figure micro=rate.per_day.micro() unit=unit.clone()/>" "{tr!(balance.a_day)}
                </dd>
            </div>
        }
    });
    let debt = (!team.debt.is_zero()).then(|| {
        view! {
            <div class="amounts__debt">
                <dt>{tr!(balance.uncharged)}</dt>
                <dd><Figure micro=team.debt.micro() unit=unit.clone()/>{since}</dd>
            </div>
        }
    });
    view! {
        <dl class="ledger-summary" data-testid="ledger-summary">
            {amount(tr!(balance.balance), team.balance.micro())}
            {amount(tr!(help.available), team.available.micro())}
            {debt}
            {rate}
            <div>
                <dt>{tr!(balance.run_out)}</dt>
                <dd data-testid="run-out">{end}{range.map(|r| view! { <small>{r}</small> })}</dd>
            </div>
            {access(team, frame)}
        </dl>
    }
    .into_any()
}

fn access(team: &TeamBalance, frame: &tokenscope::report::LedgerFrame) -> AnyView {
    let (state, words) = (team.access.code(), access_words(team.access, &frame.zone));
    view! {
        <div>
            <dt>{tr!(tokens.access)}</dt>
            <dd><span class="badge" data-state=state>{words}</span></dd>
        </div>
    }
    .into_any()
}
