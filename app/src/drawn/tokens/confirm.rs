//! What a purchase would change, worked out on the real books, before it is recorded.

use super::{amount, form, input_of};
use crate::answer::{DrawnPage, Frame};
use crate::components::empty::Empty;
use crate::components::form::{Form, common, problem};
use crate::components::section::section;
use crate::components::table::{Cell, Head, Table};
use crate::context::Flash;
use crate::drawn::balance::access_words;
use crate::drawn::kinds;
use crate::drawn::site::{Asked, Drawn};
use crate::{format, routes, tr};
use leptos::prelude::*;
use tokenscope::fault::Fault;
use tokenscope::purchase::{
    Change, Consequence, Ground, InOrder, PayingTeam, PurchaseInput, PurchasePreview,
};

/// The page `/admin/tokens/confirm`. A URL that is not right (any more) leads to the form.
pub async fn page(asked: Asked) -> Result<DrawnPage, Fault> {
    let input = input_of(&asked);
    let id = asked.query.get("id").map(String::as_str).filter(|id| !id.is_empty());
    let purchases = &asked.services.purchases;
    match purchases.preview_purchase(asked.caller()?, &input, id).await {
        Ok(preview) => Ok(asked.draw(|asked| draw(&asked.flash, preview, &input))),
        Err(fault @ Fault::Invalid { .. }) => {
            let ground = purchases.purchase_ground(asked.caller()?).await?;
            let flash = Flash { fault: Some(fault), ..Flash::default() };
            Ok(asked.draw(|_| form::draw(&flash, &ground, &input)))
        }
        Err(fault) => Err(fault),
    }
}

fn draw(flash: &Flash, preview: PurchasePreview, input: &PurchaseInput) -> Drawn {
    let PurchasePreview { ground, id, purchase, team, consequence } = preview;
    let Some(consequence) = consequence else {
        return recorded_already();
    };
    let lead =
        tr!(tokens.confirm_lead, team = team.clone(), amount = amount(purchase.tokens, &ground));
    let new_team = matches!(purchase.team, PayingTeam::New { .. }).then(|| {
        let note = tr!(tokens.new_team_note, team = team);
        view! { <p class="notice">{note}</p> }
    });
    let ends = match purchase.expires {
        Some(date) => tr!(tokens.ends, date = format::date(date)),
        None => tr!(tokens.ends_never).to_owned(),
    };
    let later = consequence.at == purchase.lot(&id, &ground.zone).effective;
    let body = view! {
        {problem(flash, "", common)}
        <p class="hint">{lead}</p>
        {new_team}
        {changes(&consequence, &ground, later)}
        <ul class="list" data-testid="effects">
            {debt_words(&consequence, &ground).into_iter().map(|words| view! { <li>{words}</li> })
                .collect::<Vec<_>>()}
            <li>{ends}</li>
        </ul>
        {section("order-title", tr!(tokens.order), order(&consequence, &ground))}
        {confirm_form(id, input)}
    };
    Drawn::new(tr!(tokens.confirm_title), Frame::Form, body.into_any())
}

fn recorded_already() -> Drawn {
    let body = Empty {
        name: "recorded-already",
        icon: "done",
        title: Some(tr!(tokens.recorded_already)),
        link: Some((routes::PURCHASES.to_owned(), tr!(tokens.to_list))),
        ..Empty::default()
    };
    Drawn::new(tr!(tokens.confirm_title), Frame::Form, body.view())
}

/// Balance, available, uncharged and access, without and with the purchase.
fn changes(consequence: &Consequence, ground: &Ground, later: bool) -> AnyView {
    let Consequence { at, balance, available, debt, access, .. } = consequence;
    let amounts = [balance, available, debt];
    let places = format::decimals(amounts.iter().flat_map(|c| [c.before.micro(), c.after.micro()]));
    let row = |name: &str, change: &Change| {
        let cell = |tokens: tokenscope::tokens::Tokens| {
            Cell::Number(format::padded(tokens.micro(), places))
        };
        vec![Cell::Text(name.to_owned()), cell(change.before), cell(change.after)]
    };
    let word = |access| Cell::Number(access_words(access, &ground.zone));
    let caption = match later {
        true => tr!(tokens.as_of_later, date = format::date_of(*at, &ground.zone)),
        false => tr!(tokens.as_of_now).to_owned(),
    };
    Table {
        id: "changes",
        caption,
        heads: vec![
            Head::text(tr!(tokens.figure)),
            Head::number(tr!(tokens.before)),
            Head::number(tr!(tokens.after)),
        ],
        rows: vec![
            row(tr!(tokens.balance), balance),
            row(tr!(tokens.available), available),
            row(tr!(tokens.uncharged), debt),
            vec![Cell::Text(tr!(tokens.access).to_owned()), word(access.0), word(access.1)],
        ],
        foot: None,
    }
    .view()
}

/// What becomes of usage that no lot covers.
fn debt_words(consequence: &Consequence, ground: &Ground) -> Vec<String> {
    if consequence.debt.before.is_zero() {
        return vec![tr!(tokens.settles_none).to_owned()];
    }
    let settled = consequence.settled();
    let first = match settled.is_zero() {
        true => tr!(tokens.settles_nothing).to_owned(),
        false => tr!(tokens.settles, amount = amount(settled, ground)),
    };
    let left = match consequence.debt.after.is_zero() {
        true => tr!(tokens.settles_all).to_owned(),
        false => tr!(
            tokens.leaves,
            amount = amount(consequence.debt.after, ground),
            api = format::full(consequence.left.api.micro()),
            product = format::full(consequence.left.product.micro())
        ),
    };
    vec![first, left]
}

/// The lots that hold something afterwards, in the order of their use.
fn order(consequence: &Consequence, ground: &Ground) -> AnyView {
    if !consequence.order.iter().any(|place| place.is_new) {
        return view! { <p class="hint">{tr!(tokens.order_none)}</p> }.into_any();
    }
    let line = |place: &InOrder| {
        let kind = kinds::name(place.lot.kind).to_owned();
        let left = amount(place.remaining, ground);
        let words = match place.lot.expires {
            Some(at) => tr!(
                tokens.order_line,
                kind = kind,
                amount = left,
                date = format::date_of(at, &ground.zone)
            ),
            None => tr!(tokens.order_line_never, kind = kind, amount = left),
        };
        let mark = place.is_new.then(|| {
            view! { " "<strong class="badge" data-state="ok">{tr!(tokens.this_one)}</strong> }
        });
        let reference = place.lot.reference.clone().filter(|_| !place.is_new);
        let reference = reference.map(|text| view! { " "<span class="hint">{text}</span> });
        view! { <li>{words}{mark}{reference}</li> }
    };
    let lines: Vec<_> = consequence.order.iter().map(line).collect();
    view! { <ol class="list list--numbered" data-testid="burn-order">{lines}</ol> }.into_any()
}

fn confirm_form(id: String, input: &PurchaseInput) -> AnyView {
    let typed = input.fields().map(|(name, value)| (name, value.to_owned()));
    let hidden = [("id", id)].into_iter().chain(typed).collect();
    Form {
        action: routes::PURCHASES.into(),
        test_id: "confirm-form",
        hidden,
        submit: tr!(tokens.submit).to_owned(),
        cancel: Some((routes::purchase(routes::NEW_PURCHASE, input, None), {
            tr!(tokens.change).to_owned()
        })),
        ..Form::default()
    }
    .view()
}
