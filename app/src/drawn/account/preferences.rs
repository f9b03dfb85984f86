//! How somebody wants to see the pages.

use super::layout;
use crate::answer::{DrawnPage, Frame};
use crate::components::field::{Field, Kind};
use crate::components::form::{Form, common, problem};
use crate::drawn::site::{Asked, Drawn};
use crate::{routes, tr};
use leptos::prelude::*;
use tokenscope::account::Chosen;
use tokenscope::fault::Fault;
use tokenscope::preference::{Language, Theme};

/// Zones that are offered; any other of the zone database can be typed.
const ZONES: &[&str] = &[
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Helsinki",
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/Sao_Paulo",
    "America/Toronto",
    "Asia/Dubai",
    "Asia/Hong_Kong",
    "Asia/Jakarta",
    "Asia/Kolkata",
    "Asia/Seoul",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
];

/// The page `/account/preferences`.
pub async fn page(asked: Asked) -> Result<DrawnPage, Fault> {
    let chosen = asked.services.accounts.chosen(asked.caller()?).await?;
    Ok(asked.draw(|asked| {
        let flash = &asked.flash;
        let form = Form {
            action: routes::PREFERENCES.into(),
            test_id: "preferences-form",
            hidden: vec![("version", chosen.version.to_string())],
            fields: fields(&chosen).into_iter().map(|field| field.view(flash)).collect(),
            submit: tr!(form.save).to_owned(),
            ..Form::default()
        };
        let body = view! { {problem(flash, "", common)}{form.view()} };
        let body = layout(routes::PREFERENCES, body.into_any());
        Drawn::new(tr!(preferences.title), Frame::Form, body)
    }))
}

fn fields(chosen: &Chosen) -> [Field; 3] {
    let plain = |value: &str, words: &str| (value.to_owned(), words.to_owned(), String::new());
    let languages = vec![
        plain("", tr!(preferences.browser)),
        // A language is offered in its own words.
        plain(Language::En.code(), "English"),
        plain(Language::Ja.code(), "日本語"),
    ];
    let themes = vec![
        plain(Theme::System.code(), tr!(preferences.system)),
        plain(Theme::Light.code(), tr!(preferences.light)),
        plain(Theme::Dark.code(), tr!(preferences.dark)),
    ];
    let zones = ZONES.iter().map(|zone| (*zone).to_owned()).collect();
    let mine = &chosen.preferences;
    let organization = chosen.organization_zone.clone();
    [
        Field::new("language", tr!(preferences.language), Kind::Choice(languages))
            .value(mine.language.map_or("", Language::code)),
        Field::new("zone", tr!(preferences.zone), Kind::Suggest(zones))
            .hint(tr!(preferences.zone_hint, zone = organization))
            .value(mine.zone.clone().unwrap_or_default()),
        Field::new("theme", tr!(preferences.theme), Kind::Choice(themes)).value(mine.theme.code()),
    ]
}
