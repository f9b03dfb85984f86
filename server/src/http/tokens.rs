//! Purchases.

use super::form::{Posted, Signed, done, refused, see_other};
use super::router::App;
use axum::extract::State;
use axum::response::Response;
use tokenscope::fault::Fault;
use tokenscope::purchase::PurchaseInput;
use tokenscope::service::Purchases;
use tokenscope_app::drawn::tokens::recorded_code;
use tokenscope_app::routes::{CONFIRM_PURCHASE, NEW_PURCHASE, PURCHASES, purchase};

fn input_of(posted: &Posted) -> PurchaseInput {
    PurchaseInput::from_fields(|name| posted.text(name).to_owned())
}

/// `POST /admin/tokens/new`: on to what is to be confirmed, under an id of its own; nothing is
/// stored.
pub async fn preview(State(app): State<App>, Signed(caller): Signed, posted: Posted) -> Response {
    let input = input_of(&posted);
    match app.service.preview_purchase(&caller, &input, None).await {
        Ok(preview) => see_other(&purchase(CONFIRM_PURCHASE, &input, Some(&preview.id))),
        Err(fault) => refused(&app, &purchase(NEW_PURCHASE, &input, None), fault, &posted),
    }
}

/// `POST /admin/tokens`: records what was confirmed.
pub async fn record(State(app): State<App>, Signed(caller): Signed, posted: Posted) -> Response {
    let (input, id) = (input_of(&posted), posted.text("id"));
    let recorded = async {
        let team = app.service.record_purchase(&caller, &input, id).await?;
        let unit = app.service.purchase_ground(&caller).await?.unit;
        Ok::<_, Fault>(recorded_code(input.read()?.tokens, &unit, &team))
    };
    match recorded.await {
        Ok(code) => done(&app, PURCHASES, &code),
        Err(fault) => refused(&app, &purchase(NEW_PURCHASE, &input, None), fault, &posted),
    }
}
