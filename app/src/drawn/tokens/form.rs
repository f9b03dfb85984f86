//! The form of a purchase. It posts to the server, which leads on to what is to be confirmed, or
//! back here with what was wrong; what was typed stands in the URL.

use super::input_of;
use crate::answer::{DrawnPage, Frame};
use crate::components::field::{Field, Kind};
use crate::components::figure::named_unit;
use crate::components::form::{Form, problem};
use crate::context::Flash;
use crate::drawn::kinds;
use crate::drawn::site::{Asked, Drawn};
use crate::{routes, tr};
use leptos::prelude::*;
use tokenscope::fault::Fault;
use tokenscope::purchase::{Ground, PurchaseInput, year_later};

/// Currencies that are offered; any other can be typed.
const CURRENCIES: [&str; 5] = ["EUR", "GBP", "JPY", "SGD", "USD"];

/// The page `/admin/tokens/new`.
pub async fn page(asked: Asked) -> Result<DrawnPage, Fault> {
    let ground = asked.services.purchases.purchase_ground(asked.caller()?).await?;
    let typed = !asked.query.is_empty();
    let input = if typed { input_of(&asked) } else { fresh(&ground) };
    Ok(asked.draw(|asked| draw(&asked.flash, &ground, &input)))
}

/// What stands in the form before anything was typed.
fn fresh(ground: &Ground) -> PurchaseInput {
    let day = |date: tokenscope::time::Date| date.format("%Y-%m-%d").to_string();
    PurchaseInput {
        team: ground
            .teams
            .first()
            .filter(|_| ground.teams.len() == 1)
            .cloned()
            .unwrap_or_default()
            .0,
        kind: kinds::ALL[0].code().to_owned(),
        effective: day(ground.today),
        expires: day(year_later(ground.today)),
        ..PurchaseInput::default()
    }
}

/// The form, also in place of a confirmation whose URL is not right.
pub fn draw(flash: &Flash, ground: &Ground, input: &PurchaseInput) -> Drawn {
    let mut fields = vec![team(ground, input).view(flash)];
    fields.extend(main_fields(ground, input).map(|field| field.view(flash)));
    fields.extend(optional_fields(input).map(|field| field.view(flash)));
    let form = Form {
        action: routes::NEW_PURCHASE.into(),
        test_id: "purchase-form",
        fields,
        submit: tr!(tokens.preview).to_owned(),
        cancel: Some((routes::PURCHASES.to_owned(), tr!(form.cancel).to_owned())),
        ..Form::default()
    };
    let body = view! { {problem(flash, "", wording)}{form.view()} };
    Drawn::new(tr!(tokens.new_title), Frame::Form, body.into_any())
}

/// Where there is no team yet, one is made with the purchase.
fn team(ground: &Ground, input: &PurchaseInput) -> Field {
    if ground.teams.is_empty() {
        return Field::new("new_team", tr!(tokens.new_team), Kind::Text)
            .hint(tr!(tokens.new_team_hint))
            .value(input.new_team.clone())
            .required();
    }
    let nothing = (String::new(), tr!(tokens.choose_team).to_owned());
    let teams = [nothing].into_iter().chain(ground.teams.iter().cloned()).collect();
    Field::new("team", tr!(tokens.team), Kind::Select(teams)).value(input.team.clone()).required()
}

fn main_fields(ground: &Ground, input: &PurchaseInput) -> [Field; 4] {
    let kinds = kinds::ALL.map(|kind| {
        (kind.code().to_owned(), kinds::name(kind).to_owned(), kinds::about(kind).to_owned())
    });
    let amount = tr!(tokens.amount, unit = named_unit(&ground.unit));
    let midnight = tr!(tokens.effective_hint, zone = ground.zone.name.clone());
    [
        Field::new("kind", tr!(tokens.kind), Kind::Choice(kinds.into()))
            .value(input.kind.clone())
            .required(),
        Field::new("amount", amount, Kind::Amount)
            .hint(tr!(tokens.amount_hint))
            .value(input.amount.clone())
            .required(),
        Field::new("effective", tr!(tokens.effective_label), Kind::Date)
            .hint(midnight)
            .value(input.effective.clone())
            .required(),
        Field::new("expires", tr!(tokens.expires_label), Kind::Date)
            .hint(tr!(tokens.expires_hint))
            .value(input.expires.clone()),
    ]
}

fn optional_fields(input: &PurchaseInput) -> [Field; 4] {
    let currencies = CURRENCIES.map(ToOwned::to_owned).into();
    [
        Field::new("unit_cost", tr!(tokens.unit_cost), Kind::Amount)
            .hint(tr!(tokens.unit_cost_hint))
            .value(input.unit_cost.clone()),
        Field::new("currency", tr!(tokens.currency), Kind::Suggest(currencies))
            .hint(tr!(tokens.currency_hint))
            .value(input.currency.clone()),
        Field::new("reference", tr!(tokens.reference_label), Kind::Text)
            .hint(tr!(tokens.reference_hint))
            .value(input.reference.clone()),
        Field::new("channel", tr!(tokens.channel), Kind::Text)
            .hint(tr!(tokens.channel_hint))
            .value(input.channel.clone()),
    ]
}

/// The books say why they refuse a fact that is no matter of one field.
fn wording(fault: &Fault) -> Option<String> {
    match fault {
        Fault::Conflict { reason } => Some(tr!(tokens.conflict, reason = reason.clone())),
        _ => None,
    }
}
