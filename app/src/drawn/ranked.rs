//! Ranked lists: apps, apps and APIs, teams. A row leads to the same page with its filter.

use super::links::Links;
use crate::components::figure::unit_of;
use crate::components::table::{Cell, Head, Table};
use crate::{format, tr};
use leptos::prelude::*;
use tokenscope::report::{Frame, Metric, RankedRow};
use tokenscope::tokens::Tokens;

/// How many teams stand by themselves.
const TEAMS_MAX: usize = 10;

fn app_cell(row: &RankedRow, links: Links) -> Cell {
    let name = row.name.clone();
    let text = if row.direct { tr!(table.direct, team = name) } else { name };
    Cell::Linked(links.app(&row.slug), Box::new(Cell::Text(text)))
}

/// A name with its link; nothing where there is none.
fn linked(name: String, slug: &str, link: impl Fn(&str) -> String) -> Cell {
    match slug {
        "" => Cell::Text(name),
        slug => Cell::Linked(link(slug), Box::new(Cell::Text(name))),
    }
}

fn numbers(tokens: Tokens, events: i64, places: usize) -> [Cell; 2] {
    let tokens = Cell::Number(format::padded(tokens.micro(), places));
    [tokens, Cell::Number(format::count(events))]
}

fn places(rows: &[RankedRow]) -> usize {
    format::decimals(rows.iter().map(|row| row.tokens.micro()))
}

fn heads<const N: usize>(names: [&'static str; N]) -> Vec<Head> {
    let names = names.into_iter().map(Head::text);
    names.chain([tr!(table.tokens), tr!(table.events)].map(Head::number)).collect()
}

/// The apps that consumed most, each with its team.
pub fn top_apps(rows: Vec<RankedRow>, metric: Metric, frame: &Frame, links: Links) -> AnyView {
    let (from, to) = format::span(&frame.range);
    let places = places(&rows);
    let line = |row: RankedRow| {
        let app = app_cell(&row, links);
        let team = linked(row.group, &row.group_slug, |slug| links.team(slug));
        let [tokens, events] = numbers(row.tokens, row.events, places);
        vec![app, team, tokens, events]
    };
    Table {
        id: "top-apps",
        caption: tr!(table.by_app, unit = unit_of(metric, frame), from, to),
        heads: heads([tr!(table.app), tr!(table.team)]),
        rows: rows.into_iter().map(line).collect(),
        foot: None,
    }
    .view()
}

/// One's own apps with the APIs that they used.
pub fn by_app_and_api(
    rows: Vec<RankedRow>,
    metric: Metric,
    frame: &Frame,
    links: Links,
) -> AnyView {
    let (from, to) = format::span(&frame.range);
    let places = places(&rows);
    let line = |row: RankedRow| {
        let app = app_cell(&row, links);
        let api = linked(row.group, &row.group_slug, |code| links.api(code));
        let [tokens, events] = numbers(row.tokens, row.events, places);
        vec![app, api, tokens, events]
    };
    Table {
        id: "by-app-and-api",
        caption: tr!(table.by_app_and_api, unit = unit_of(metric, frame), from, to),
        heads: heads([tr!(table.app), tr!(table.api)]),
        rows: rows.into_iter().map(line).collect(),
        foot: None,
    }
    .view()
}

/// What each team paid for. The rows add up to the total.
pub fn top_teams(rows: Vec<RankedRow>, metric: Metric, frame: &Frame, links: Links) -> AnyView {
    let (from, to) = format::span(&frame.range);
    let value = |tokens: Tokens, events: i64| match metric {
        Metric::Tokens => tokens.micro(),
        Metric::Events => events,
    };
    let sum = |rows: &[RankedRow]| {
        let tokens: Tokens = rows.iter().map(|row| row.tokens).sum();
        (tokens, rows.iter().map(|row| row.events).sum::<i64>())
    };
    let (all_tokens, all_events) = sum(&rows);
    let whole = value(all_tokens, all_events);
    let places =
        format::decimals(rows.iter().map(|row| row.tokens.micro()).chain([all_tokens.micro()]));
    let cells = |name: Cell, tokens: Tokens, events: i64| {
        let share = format::share(value(tokens, events), whole).unwrap_or_default();
        let [tokens, events] = numbers(tokens, events, places);
        vec![name, tokens, events, Cell::Number(share)]
    };
    let shown = if rows.len() > TEAMS_MAX { TEAMS_MAX - 1 } else { rows.len() };
    let (alone, rest) = rows.split_at(shown);
    let mut lines: Vec<Vec<Cell>> = alone
        .iter()
        .map(|row| {
            let nobody = row.slug.is_empty();
            let name = if nobody { tr!(table.no_team).to_owned() } else { row.name.clone() };
            cells(linked(name, &row.slug, |slug| links.team(slug)), row.tokens, row.events)
        })
        .collect();
    if !rest.is_empty() {
        let (tokens, events) = sum(rest);
        let name = tr!(table.more_teams, count = format::count(rest.len().try_into().unwrap_or(0)));
        lines.push(cells(Cell::Text(name), tokens, events));
    }
    let mut heads = heads([tr!(table.team)]);
    heads.push(Head::number(tr!(table.share)));
    Table {
        id: "top-teams",
        caption: tr!(table.by_team, unit = unit_of(metric, frame), from, to),
        heads,
        rows: lines,
        foot: Some(cells(Cell::Text(tr!(table.total).to_owned()), all_tokens, all_events)),
    }
    .view()
}
