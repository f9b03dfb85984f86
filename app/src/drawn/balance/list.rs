//! The page `/balance`: the teams whose balance the visitor may see.

use super::cards::{access_words, run_out_words};
use super::seen::{self, Wanted};
use crate::answer::{DrawnPage, Frame};
use crate::components::empty::Empty;
use crate::components::figure::named_unit;
use crate::components::table::{Cell, Head, Table};
use crate::drawn::demo;
use crate::drawn::site::{Asked, Drawn};
use crate::{format, routes, tr};
use leptos::prelude::*;
use tokenscope::fault::Fault;
use tokenscope::forecast::Outlook;
use tokenscope::report::{AccountList, LedgerFrame, TeamBalance};

/// The page.
pub async fn page(asked: Asked) -> Result<DrawnPage, Fault> {
    let wanted = Wanted::of(&asked);
    let list = asked.services.ledger.accounts(asked.caller()?, wanted.moments).await?;
    Ok(asked.draw(|_| {
        let AccountList { frame, teams } = list;
        let content = if teams.is_empty() { empty() } else { table(teams, &frame, &wanted) };
        let body = view! {
            {seen::line(&frame)}
            {frame.demo.then(demo::ribbon)}
            {seen::notices(&wanted, &frame)}
            {seen::picker(&wanted, routes::BALANCE, &frame)}
            {content}
        };
        Drawn::new(tr!(ledger.title), Frame::Wide, body.into_any())
    }))
}

fn empty() -> AnyView {
    Empty {
        name: "empty-balances",
        icon: "empty",
        title: Some(tr!(ledger.empty_title)),
        lines: vec![tr!(ledger.empty_text).to_owned()],
        ..Empty::default()
    }
    .view()
}

fn table(teams: Vec<(TeamBalance, Outlook)>, frame: &LedgerFrame, wanted: &Wanted) -> AnyView {
    let amounts = |team: &TeamBalance| [team.balance, team.available, team.debt];
    let all = teams.iter().flat_map(|(team, _)| amounts(team));
    let places = format::decimals(all.map(|amount| amount.micro()));
    let today = frame.zone.date(frame.seen.as_of);
    let row = |(team, outlook): (TeamBalance, Outlook)| {
        let [balance, available, debt] =
            amounts(&team).map(|amount| Cell::Number(format::padded(amount.micro(), places)));
        let (end, range) = run_out_words(outlook.run_out, today);
        let (state, words) = (team.access.code(), access_words(team.access, &frame.zone));
        let access = view! { <span class="badge" data-state=state>{words}</span> };
        let end = view! { {end}{range.map(|range| view! { <small>{range}</small> })} };
        vec![
            Cell::Link(wanted.of_team(&team.slug, &frame.zone), team.name),
            balance,
            available,
            debt,
            Cell::View(access.into_any()),
            Cell::View(end.into_any()),
        ]
    };
    Table {
        id: "balances",
        caption: tr!(
            ledger.caption,
            unit = named_unit(&frame.token_name),
            at = format::date_time(frame.seen.as_of, &frame.zone),
            zone = frame.zone.name.clone()
        ),
        heads: vec![
            Head::text(tr!(table.team)),
            Head::number(tr!(balance.balance)),
            Head::number(tr!(help.available)),
            Head::number(tr!(balance.uncharged)),
            Head::text(tr!(tokens.access)),
            Head::text(tr!(balance.run_out)),
        ],
        rows: teams.into_iter().map(row).collect(),
        foot: None,
    }
    .view()
}
