//! From where a page looks at the books: what its URL says, and the form that changes it.

use crate::drawn::site::Asked;
use crate::{format, routes, tr};
use chrono::Timelike;
use leptos::prelude::*;
use tokenscope::report::{LedgerFrame, Moment, Moments, Stretch};
use tokenscope::time::{Instant, Zone};

/// What the URL of a page of balances says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Which stretch of time.
    pub stretch: Stretch,
    /// From where.
    pub moments: Moments,
    /// What could not be followed.
    wrong: Vec<String>,
}

impl Wanted {
    /// Unknown and bad values fall back one by one.
    pub fn of(asked: &Asked) -> Self {
        let mut wanted = Self::default();
        for (name, value) in asked.query.iter().filter(|(_, value)| !value.is_empty()) {
            let understood = match name.as_str() {
                "range" => {
                    let found = Stretch::ALL.iter().find(|(_, known)| known == value);
                    found.map(|(stretch, _)| wanted.stretch = *stretch).is_some()
                }
                "as_of" => wanted.moment(value, |moments| &mut moments.as_of),
                "known_at" => wanted.moment(value, |moments| &mut moments.known_at),
                _ => false,
            };
            if !understood {
                wanted.wrong.push(format!("{name}={value}"));
            }
        }
        wanted
    }

    fn moment(&mut self, text: &str, place: fn(&mut Moments) -> &mut Option<Moment>) -> bool {
        let read: Option<Moment> = text.parse().ok();
        *place(&mut self.moments) = read;
        read.is_some()
    }

    /// The same page with another stretch. Defaults are not written.
    fn with(&self, path: &str, stretch: Stretch, zone: &Zone) -> String {
        let name = Stretch::ALL.iter().find(|(known, _)| *known == stretch);
        let range = name.map(|(_, name)| *name).filter(|_| stretch != Stretch::default());
        let seen = self.moments.seen(zone);
        let (as_of, known_at) = (local(seen.as_of, zone), local(seen.known_at, zone));
        let pairs = [
            ("range", range.unwrap_or_default()),
            ("as_of", as_of.as_str()),
            ("known_at", known_at.as_str()),
        ];
        routes::with_query(path, pairs.into_iter().filter(|(_, value)| !value.is_empty()))
    }

    /// The page of a team, from the same instants.
    pub fn of_team(&self, slug: &str, zone: &Zone) -> String {
        self.with(&routes::balance(slug), self.stretch, zone)
    }

    /// The page's URL as of now, the stretch kept.
    pub fn now(&self, path: &str, zone: &Zone) -> String {
        Self { stretch: self.stretch, ..Self::default() }.with(path, self.stretch, zone)
    }
}

/// As an input of date and time has it; empty where nothing was asked.
fn local(at: Option<Instant>, zone: &Zone) -> String {
    let Some(local) = at.map(|at| zone.local(at)) else { return String::new() };
    // Whole minutes are the rule, and take less room.
    let form = if local.second() == 0 { "%Y-%m-%dT%H:%M" } else { "%Y-%m-%dT%H:%M:%S" };
    local.format(form).to_string()
}

/// What could not be followed, in words.
pub fn notices(wanted: &Wanted, frame: &LedgerFrame) -> AnyView {
    let wrong = wanted.wrong.iter();
    let mut words: Vec<String> =
        wrong.map(|value| tr!(ledger.not_followed, value = value.clone())).collect();
    if frame.known_refused {
        words.push(tr!(ledger.known_refused).to_owned());
    }
    let lines: Vec<_> =
        words.into_iter().map(|line| view! { <p class="notice">{line}</p> }).collect();
    view! {
        <div role="status" aria-label=tr!(notice.label) data-testid="notices">{lines}</div>
    }
    .into_any()
}

/// Of which instant the figures are, where it is not now.
pub fn line(frame: &LedgerFrame) -> AnyView {
    let zone = frame.instants.as_ref().unwrap_or(&frame.zone);
    let as_of = tr!(overview.as_of, at = format::date_time(frame.seen.as_of, zone));
    let known = frame.seen.known_at.map(
        |at| view! { <strong>{tr!(ledger.known_line, at = format::date_time(at, zone))}</strong> },
    );
    view! {
        <p class="range-line" data-testid="seen-line">
            <strong>{as_of}</strong>
            {known}
            <span>{tr!(range.zone, zone = frame.zone.name.clone())}</span>
        </p>
    }
    .into_any()
}

/// Links to the stretches of time.
pub fn stretches(wanted: &Wanted, path: &str, frame: &LedgerFrame) -> AnyView {
    let words = |stretch| match stretch {
        Stretch::Days28 => tr!(range.d28),
        Stretch::Days90 => tr!(range.d90),
        Stretch::Days365 => tr!(range.m12),
        Stretch::All => tr!(range.all),
    };
    let link = |(stretch, _): (Stretch, &str)| {
        let current = (stretch == wanted.stretch).then_some("true");
        let href = wanted.with(path, stretch, &frame.zone);
        view! {
            <li><a class="choice" href=href aria-current=current data-noscroll="">
                {words(stretch)}
            </a></li>
        }
    };
    let links: Vec<_> = Stretch::ALL.into_iter().map(link).collect();
    view! {
        <nav class="choices" aria-label=tr!(range.label) data-testid="stretches">
            <ul>{links}</ul>
        </nav>
    }
    .into_any()
}

/// The form that asks for another instant: a plain GET, so that every view has its URL.
pub fn picker(wanted: &Wanted, path: &str, frame: &LedgerFrame) -> AnyView {
    let seen = wanted.moments.seen(&frame.zone);
    let range = Stretch::ALL.iter().find(|(stretch, _)| *stretch == wanted.stretch);
    let range = range.filter(|(stretch, _)| *stretch != Stretch::default());
    let range = range.map(|(_, name)| view! { <input type="hidden" name="range" value=*name/> });
    let asked = seen.as_of.is_some() || seen.known_at.is_some();
    let field = |name: &'static str, label: &'static str, hint: String, value: String| {
        let hint_id = format!("{name}-hint");
        view! {
            <div class="field">
                <label for=name>{label}</label>
                <input class="input" type="datetime-local" step="any" id=name name=name value=value
                    aria-describedby=hint_id.clone()/>
                <p class="field__hint" id=hint_id>{hint}</p>
            </div>
        }
    };
    let zone = frame.zone.name.clone();
    let back = asked.then(|| {
        view! { <a class="button" href=wanted.now(path, &frame.zone)>{tr!(ledger.now)}</a> }
    });
    view! {
        <details class="details seen" open=asked data-testid="seen">
            <summary>{tr!(ledger.look_back)}</summary>
            <form method="get" action=path.to_owned() class="seen__form">
                {range}
                {field("as_of", tr!(ledger.as_of), tr!(ledger.as_of_hint, zone = zone),
                    local(seen.as_of, &frame.zone))}
                {field("known_at", tr!(ledger.known_at), tr!(ledger.known_at_hint).to_owned(),
                    local(seen.known_at, &frame.zone))}
                <div class="seen__actions">
                    <button class="button button--primary" type="submit">{tr!(range.apply)}</button>
                    {back}
                </div>
            </form>
        </details>
    }
    .into_any()
}
