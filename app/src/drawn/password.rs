//! The way back in for who forgot his password: asking for a link, and using it.

use super::site::{Asked, Drawn};
use crate::answer::{DrawnPage, Frame};
use crate::components::field::{Field, Kind};
use crate::components::form::{Form, common, problem};
use crate::{routes, tr};
use leptos::prelude::*;
use tokenscope::account::PASSWORD_MIN;
use tokenscope::fault::Fault;

/// A new password, twice.
pub fn new_password() -> [Field; 2] {
    [
        Field::new("password", tr!(password.new), Kind::Password)
            .hint(tr!(password.new_hint, least = PASSWORD_MIN))
            .autocomplete("new-password")
            .required(),
        Field::new("password_again", tr!(password.again), Kind::Password)
            .autocomplete("new-password")
            .required(),
    ]
}

/// The page `/password/forgot`.
pub async fn forgot(asked: Asked) -> Result<DrawnPage, Fault> {
    let sends_mail = asked.services.accounts.sends_mail();
    Ok(asked.draw(|asked| {
        let body = if sends_mail {
            let email = Field::new("email", tr!(login.email), Kind::Email)
                .autocomplete("username")
                .required();
            let form = Form {
                action: routes::FORGOT.into(),
                test_id: "forgot-form",
                fields: vec![email.view(&asked.flash)],
                submit: tr!(password.send).to_owned(),
                cancel: Some((routes::LOGIN.into(), tr!(password.back).to_owned())),
                ..Form::default()
            };
            view! {
                <p class="door__lead">{tr!(password.forgot_lead)}</p>
                {problem(&asked.flash, "", common)}
                {form.view()}
            }
            .into_any()
        } else {
            view! {
                <p class="door__lead">{tr!(password.no_mail)}</p>
                <p>{tr!(password.no_mail_how)}</p>
                <pre class="code" tabindex="0"><code>{RESET_COMMAND}</code></pre>
                <p class="door__more"><a href=routes::LOGIN>{tr!(password.back)}</a></p>
            }
            .into_any()
        };
        Drawn::new(tr!(password.forgot_title), Frame::Door, body)
    }))
}

/// What whoever runs the server types.
const RESET_COMMAND: &str = "tokenscope user reset --email name@example.com";

/// The page `/password/reset`.
pub async fn reset(asked: Asked) -> Result<DrawnPage, Fault> {
    let token = asked.query.get("token").cloned().unwrap_or_default();
    let good = asked.services.accounts.may_reset(&token).await?;
    Ok(asked.draw(|asked| {
        let body = if good {
            let fields = new_password().into_iter().map(|field| field.view(&asked.flash));
            let form = Form {
                action: routes::RESET.into(),
                test_id: "reset-form",
                hidden: vec![("token", token)],
                fields: fields.collect(),
                submit: tr!(password.set).to_owned(),
                ..Form::default()
            };
            view! {
                <p class="door__lead">{tr!(password.reset_lead)}</p>
                {problem(&asked.flash, "", common)}
                {form.view()}
            }
            .into_any()
        } else {
            view! {
                <p class="door__lead" role="alert" data-testid="reset-over">
                    {tr!(password.over)}
                </p>
                <p><a class="button" href=routes::FORGOT>{tr!(password.ask_again)}</a></p>
            }
            .into_any()
        };
        Drawn::new(tr!(password.reset_title), Frame::Door, body)
    }))
}
