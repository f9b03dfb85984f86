//! Purchases of tokens: the list, the form, and what is confirmed before anything is recorded.

mod confirm;
mod form;
mod list;

pub use confirm::page as confirm;
pub use form::page as form;
pub use list::page as list;

pub(super) use list::{day, standing};

use crate::components::figure::named_unit;
use crate::{format, tr};
use tokenscope::purchase::{Ground, PurchaseInput};
use tokenscope::tokens::Tokens;

/// How a notice that names a team and an amount begins; both follow, divided by the same sign.
const RECORDED: &str = "recorded|";

/// The code of the notice that a purchase was recorded.
#[must_use]
pub fn recorded_code(amount: Tokens, unit: &str, team: &str) -> String {
    format!("{RECORDED}{}|{unit}|{team}", amount.micro())
}

/// The words of that notice; none for any other code.
pub fn recorded(code: &str) -> Option<String> {
    let mut parts = code.strip_prefix(RECORDED)?.splitn(3, '|');
    let micro = parts.next()?.parse().ok()?;
    let (unit, team) = (parts.next()?, parts.next()?);
    let amount = amount_in(Tokens::from_micro(micro), unit);
    Some(tr!(tokens.recorded, amount = amount, team = team.to_owned()))
}

/// An amount with its unit.
fn amount(tokens: Tokens, ground: &Ground) -> String {
    amount_in(tokens, &ground.unit)
}

fn amount_in(tokens: Tokens, unit: &str) -> String {
    tr!(unit.amount, amount = format::full(tokens.micro()), unit = named_unit(unit))
}

/// What stands in the URL.
fn input_of(asked: &super::site::Asked) -> PurchaseInput {
    PurchaseInput::from_fields(|name| asked.query.get(name).cloned().unwrap_or_default())
}
