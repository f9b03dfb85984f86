//! The line of a balance, with its words.

use super::cards::run_out_words;
use crate::charts::area::{NARROW, WIDE};
use crate::charts::balance::{Line, Mark};
use crate::components::figure::named_unit;
use crate::components::table::{Cell, Head, Table};
use crate::{format, tr};
use leptos::prelude::*;
use tokenscope::forecast::RunOut;
use tokenscope::history::Point;
use tokenscope::report::AccountReport;
use tokenscope::statement::Kind;
use tokenscope::time::Date;

/// Equal parts of the time axis, each with a date in its middle; a phone shows every second.
const PARTS: i64 = 6;

/// A figure whose caption states its message, and its figures as a table.
pub fn figure(report: &AccountReport) -> AnyView {
    let marks = marks(report);
    let line = Line {
        points: &report.points,
        expected: &report.expected,
        marks: &marks,
        today: report.frame.seen.as_of,
    };
    let (svgs, message) = (line.draw(), message(report));
    let value = |tick: i64| view! { <span><span>{format::compact(tick)}</span></span> };
    let values: Vec<_> = line.ticks().into_iter().rev().map(value).collect();
    let times: Vec<_> = times(&line, report);
    let label = message.clone();
    view! {
        <div class="card">
            <figure class="chart balance-chart" data-testid="balance-chart">
                <figcaption>{message.clone()}</figcaption>
                <div class="plot">
                    <div class="plot__values" aria-hidden="true">{values}</div>
                    <div class="plot__area">
                        <svg class="plot__svg plot__svg--wide" viewBox=WIDE.view_box()
                            preserveAspectRatio="none" role="img" aria-label=label
                            inner_html=svgs.wide></svg>
                        <svg class="plot__svg plot__svg--narrow" viewBox=NARROW.view_box()
                            preserveAspectRatio="none" role="img" aria-label=message
                            inner_html=svgs.narrow></svg>
                    </div>
                    <div class="plot__times" aria-hidden="true">{times}</div>
                </div>
                {legend(report, &marks)}
            </figure>
            <details class="details">
                <summary>{tr!(ledger.show_points)}</summary>
                {points(report)}
            </details>
        </div>
    }
    .into_any()
}

fn marks(report: &AccountReport) -> Vec<Mark> {
    let mark = |event: &tokenscope::report::LotEvent| match event.kind {
        Kind::Granted | Kind::MovedIn => Some(Mark::Came(event.at)),
        Kind::Expired | Kind::Voided | Kind::MovedOut => Some(Mark::Went(event.at)),
        Kind::Settled | Kind::Shortfall | Kind::Consumed => None,
    };
    report.events.iter().filter_map(mark).collect()
}

/// Dates in the middle of equal parts of the axis.
fn times(line: &Line<'_>, report: &AccountReport) -> Vec<AnyView> {
    let (from, to) = line.span();
    let zone = &report.frame.zone;
    let years = zone.date(from).format("%Y").to_string() != zone.date(to).format("%Y").to_string();
    let length = to.since(from);
    let part = |n: i64| {
        let middle = from.plus(length / (2 * PARTS) * (2 * n + 1));
        let date = zone.date(middle);
        let text = if years { format::date(date) } else { format::day(date) };
        let class = if n % 2 == 0 { "tick" } else { "tick tick--wide" };
        view! { <span class="plot__time"><span class=class>{text}</span></span> }.into_any()
    };
    (0..PARTS).map(part).collect()
}

/// What the chart says: the balance, and when it is used up.
fn message(report: &AccountReport) -> String {
    let frame = &report.frame;
    let unit = named_unit(&frame.token_name);
    let balance = format::amount(report.balance.balance.micro(), &unit);
    let today = frame.zone.date(frame.seen.as_of);
    let (end, range) = run_out_words(report.outlook.run_out, today);
    let words = match report.outlook.run_out {
        RunOut::Already => {
            let debt = format::amount(report.balance.debt.micro(), &unit);
            return tr!(ledger.message_debt, balance = balance, debt = debt);
        }
        RunOut::Unused | RunOut::NotSoon => {
            return tr!(ledger.message_lasts, balance = balance, end = end);
        }
        RunOut::On { .. } => tr!(ledger.message, balance = balance, end = end),
    };
    match range {
        Some(range) => tr!(ledger.message_range, message = words, range = range),
        None => words,
    }
}

fn legend(report: &AccountReport, marks: &[Mark]) -> AnyView {
    let came = marks.iter().any(|mark| matches!(mark, Mark::Came(_)));
    let went = marks.iter().any(|mark| matches!(mark, Mark::Went(_)));
    let ahead = !report.expected.is_empty();
    let range = report.expected.iter().any(|expected| expected.range.is_some());
    let debt = report.points.iter().any(|point| !point.debt.is_zero());
    let items = [
        (true, "line", tr!(balance.balance)),
        (came, "came", tr!(ledger.came)),
        (went, "went", tr!(ledger.went)),
        (debt, "debt", tr!(balance.uncharged)),
        (ahead, "today", tr!(ledger.today)),
        (ahead, "expected", tr!(ledger.expected)),
        (range, "band", tr!(ledger.band)),
    ];
    let items: Vec<_> = items
        .into_iter()
        .filter(|(shown, ..)| *shown)
        .map(|(_, name, words)| {
            let class = format!("key key--{name}");
            view! {
                <li class="legend__note">
                    <svg class=class viewBox="0 0 24 12" aria-hidden="true">{key(name)}</svg>
                    <span>{words}</span>
                </li>
            }
        })
        .collect();
    view! { <ul class="legend balance-legend" data-testid="balance-legend">{items}</ul> }.into_any()
}

/// The mark of a part of the chart, in small.
fn key(name: &str) -> AnyView {
    match name {
        "came" => view! { <path d="M6 11h12L12 1z"></path> }.into_any(),
        "went" => view! { <path d="M6 1h12L12 11z"></path> }.into_any(),
        "today" => view! { <path d="M12 0v12"></path> }.into_any(),
        "debt" | "band" => view! { <path d="M1 1h22v10H1z"></path> }.into_any(),
        _ => view! { <path d="M1 6h22"></path> }.into_any(),
    }
}

/// The balance at the end of each day, and how it is expected to go on.
fn points(report: &AccountReport) -> AnyView {
    let frame = &report.frame;
    let zone = &frame.zone;
    // What the end of a day shows is what was there just before the next one began.
    let day = |point: &Point| zone.date(point.at.plus(-1).max(report.points[0].at));
    let mut days: Vec<(Date, &Point)> = Vec::new();
    for point in &report.points {
        let date = day(point);
        match days.last_mut().filter(|(last, _)| *last == date) {
            Some(last) => last.1 = point,
            None => days.push((date, point)),
        }
    }
    let past = days.iter().flat_map(|(_, point)| [point.balance.micro(), point.debt.micro()]);
    let places = format::decimals(past);
    let number = |micro: i64| Cell::Number(format::padded(micro, places));
    let row = |(date, point): &(Date, &Point)| {
        vec![
            Cell::Time(date.to_string(), format::date(*date)),
            number(point.balance.micro()),
            number(point.debt.micro()),
        ]
    };
    Table {
        id: "points",
        caption: tr!(ledger.points_caption, zone = zone.name.clone()),
        heads: vec![
            Head::text(tr!(ledger.day)),
            Head::number(tr!(balance.balance)),
            Head::number(tr!(balance.uncharged)),
        ],
        rows: days.iter().rev().map(row).collect(),
        foot: None,
    }
    .view()
}
