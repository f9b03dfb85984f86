//! The way back in for who forgot his password.

use super::client::ClientAddress;
use super::form::{Posted, done, refused};
use super::router::App;
use axum::extract::State;
use axum::response::Response;
use tokenscope::service::Accounts;
use tokenscope_app::routes;

/// `POST /password/forgot`: the answer is the same whether there is such an account or not.
pub async fn forgot(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    posted: Posted,
) -> Response {
    match app.service.forgot_password(posted.text("email"), &address).await {
        Ok(()) => done(&app, routes::FORGOT, "reset-asked"),
        Err(fault) => refused(&app, routes::FORGOT, fault, &posted),
    }
}

/// `POST /password/reset`
pub async fn reset(State(app): State<App>, posted: Posted) -> Response {
    let token = posted.text("token");
    let (new, again) = (posted.raw("password"), posted.raw("password_again"));
    match app.service.reset_password(token, new, again).await {
        Ok(()) => done(&app, routes::LOGIN, "password-reset"),
        Err(fault) => refused(&app, &routes::reset_with(token), fault, &posted),
    }
}
