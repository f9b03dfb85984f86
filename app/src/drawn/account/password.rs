//! A new password in place of the present one.

use super::layout;
use crate::answer::{DrawnPage, Frame};
use crate::components::field::{Field, Kind};
use crate::components::form::{Form, common, problem};
use crate::drawn::password::new_password;
use crate::drawn::site::{Asked, Drawn};
use crate::{routes, tr};
use leptos::prelude::*;
use tokenscope::fault::Fault;

/// The page `/account/password`.
pub async fn page(asked: Asked) -> Result<DrawnPage, Fault> {
    let profile = asked.services.accounts.profile(asked.caller()?).await?;
    Ok(asked.draw(|asked| {
        let flash = &asked.flash;
        let body = if profile.has_password {
            let current = Field::new("password_current", tr!(password.current), Kind::Password)
                .autocomplete("current-password")
                .required();
            let [new, again] = new_password();
            let form = Form {
                action: routes::PASSWORD.into(),
                test_id: "password-form",
                // Password managers want to know whose password it is.
                hidden: vec![("username", profile.email)],
                fields: vec![current.view(flash), new.view(flash), again.view(flash)],
                submit: tr!(password.change).to_owned(),
                ..Form::default()
            };
            view! {
                <p class="hint">{tr!(password.change_hint)}</p>
                {problem(flash, "", common)}
                {form.view()}
            }
            .into_any()
        } else {
            view! { <p class="hint">{tr!(password.elsewhere)}</p> }.into_any()
        };
        Drawn::new(tr!(password.title), Frame::Form, layout(routes::PASSWORD, body))
    }))
}
