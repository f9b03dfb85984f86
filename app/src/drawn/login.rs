//! The sign-in form. It posts to the server, which comes back here with a flash when the attempt
//! failed.

use super::site::{Asked, Drawn};
use crate::answer::{DrawnPage, Frame};
use crate::components::field::{Field, Kind};
use crate::components::form::{Form, problem};
use crate::{routes, tr};
use leptos::prelude::*;
use tokenscope::fault::Fault;

/// The page `/login`.
pub async fn page(asked: Asked) -> Result<DrawnPage, Fault> {
    let next = asked.query.get("next").map_or("/", |next| routes::safe_next(next)).to_owned();
    Ok(asked.draw(|asked| {
        let flash = &asked.flash;
        let refused = matches!(flash.fault, Some(Fault::Unauthenticated { .. }));
        let email = Field::new("email", tr!(login.email), Kind::Email)
            .autocomplete("username")
            .required()
            .invalid(refused);
        let password = Field::new("password", tr!(login.password), Kind::Password)
            .autocomplete("current-password")
            .required()
            .invalid(refused);
        let form = Form {
            action: routes::LOGIN.into(),
            test_id: "login-form",
            hidden: vec![("next", next)],
            fields: vec![email.view(flash), password.view(flash)],
            submit: tr!(login.submit).to_owned(),
            ..Form::default()
        };
        let body = view! {
            <p class="door__lead">{tr!(login.lead)}</p>
            {problem(flash, tr!(login.problem), wording)}
            {form.view()}
        };
        Drawn::new(tr!(login.title), Frame::Door, body.into_any())
    }))
}

/// A wrong password and a wrong e-mail are told apart by nobody.
fn wording(fault: &Fault) -> Option<String> {
    match fault {
        Fault::Unauthenticated { .. } => Some(tr!(login.wrong).to_owned()),
        Fault::TooMany { retry_after_s } => {
            let wait = crate::format::wait(*retry_after_s);
            Some(tr!(login.too_many, wait = wait))
        }
        _ => Some(tr!(login.unavailable).to_owned()),
    }
}
