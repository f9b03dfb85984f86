//! What somebody should look at.

use super::links::Links;
use crate::components::figure::token_unit;
use crate::components::icon::Icon;
use crate::{format, routes, tr, url_state};
use leptos::prelude::*;
use tokenscope::report::{Alert, Frame, Preset, Range};
use tokenscope::view::View;

/// One sentence a line, each with a link to what is behind it; nothing when all is well.
pub fn alerts_list(alerts: Vec<Alert>, frame: &Frame) -> Option<AnyView> {
    if alerts.is_empty() {
        return None;
    }
    let lines: Vec<_> = alerts
        .into_iter()
        .map(|alert| {
            let (state, sentence, (href, text)) = line(alert, frame);
            view! {
                <li class="alert" data-state=state>
                    <Icon name="warning"/>
                    <span>{sentence}</span>
                    <a href=href data-noscroll="">{text}</a>
                </li>
            }
        })
        .collect();
    Some(view! { <ul class="alerts" data-testid="alerts">{lines}</ul> }.into_any())
}

/// How bad it is, what it is, and where to look.
fn line(alert: Alert, frame: &Frame) -> (&'static str, String, (String, String)) {
    let view = View::default();
    let links = Links { path: routes::OVERVIEW, view: &view };
    let usage = |name: &str| tr!(alerts.usage_of, name = name.to_owned());
    let date = |at| format::date_of(at, &frame.zone);
    match alert {
        Alert::Restricted { team, since } => {
            let link = (links.team(&team.slug), usage(&team.name));
            ("bad", tr!(alerts.restricted, name = team.name, date = date(since)), link)
        }
        Alert::Grace { team, until } => {
            let link = (links.team(&team.slug), usage(&team.name));
            ("bad", tr!(alerts.grace, name = team.name, date = date(until)), link)
        }
        Alert::Silent { since } => {
            let week = View { range: Range::Preset(Preset::Days7), ..View::default() };
            let link = (url_state::url(routes::OVERVIEW, &week), tr!(range.d7).to_owned());
            let at = format::date_time(since, frame.zone_of_instants());
            ("bad", tr!(alerts.silent, at = at), link)
        }
        Alert::RunOut { team, day } => {
            let link = (links.team(&team.slug), usage(&team.name));
            ("warn", tr!(alerts.run_out, name = team.name, date = format::date(day)), link)
        }
        Alert::Low { team, percent } => {
            let link = (format!("#team-{}", team.slug), tr!(balance.balance).to_owned());
            let percent = format::whole_percent(percent);
            ("warn", tr!(alerts.low, name = team.name, percent = percent), link)
        }
        Alert::Waste { team, amount, at } => {
            let link = ("#expiring-title".to_owned(), tr!(overview.expiring).to_owned());
            let amount = format::compact(amount.micro());
            let (unit, date) = (token_unit(frame), date(at));
            let words =
                tr!(alerts.waste, name = team.name, amount = amount, unit = unit, date = date);
            ("warn", words, link)
        }
        Alert::Unassigned { app, events } => {
            let link = (links.app(&app.slug), usage(&app.name));
            let events = format::count(events);
            ("info", tr!(alerts.unassigned, name = app.name, events = events), link)
        }
        Alert::Unlisted { api, events } => {
            let link = (links.api(&api.slug), usage(&api.name));
            let events = format::count(events);
            ("info", tr!(alerts.unlisted, name = api.name, events = events), link)
        }
    }
}
