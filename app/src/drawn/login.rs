//! The sign-in form and its second step. They post to the server, which comes back here with a
//! flash when the attempt failed.

use super::site::{Asked, Drawn};
use crate::answer::{DrawnPage, Frame};
use crate::components::field::{Field, Kind};
use crate::components::form::{Form, problem};
use crate::context::Reading;
use crate::{routes, text, tr};
use leptos::prelude::*;
use tokenscope::fault::Fault;
use tokenscope::oidc::FIELD;

/// The page `/login`.
pub async fn page(asked: Asked) -> Result<DrawnPage, Fault> {
    let next = asked.query.get("next").map_or("/", |next| routes::safe_next(next)).to_owned();
    let elsewhere = asked.services.sign_on.name();
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
            hidden: vec![("next", next.clone())],
            fields: vec![email.view(flash), password.view(flash)],
            submit: tr!(login.submit).to_owned(),
            ..Form::default()
        };
        let body = view! {
            <p class="door__lead">{tr!(login.lead)}</p>
            {problem(flash, tr!(login.problem), wording)}
            {form.view()}
            {elsewhere.map(|name| sign_on(&name, next))}
            <p class="door__more"><a href=routes::FORGOT>{tr!(password.forgot)}</a></p>
        };
        Drawn::new(tr!(login.title), Frame::Door, body.into_any())
    }))
}

/// The button that leads to the other sign-in service.
fn sign_on(name: &str, next: String) -> AnyView {
    view! {
        <form class="sign-on" method="post" action=routes::LOGIN_OIDC data-testid="sign-on">
            <input type="hidden" name="next" value=next/>
            <button class="button" type="submit" id=FIELD>
                {tr!(oidc.button, name = name.to_owned())}
            </button>
        </form>
    }
    .into_any()
}

/// The page `/login/code`, which follows the right password of an account with a second factor.
pub async fn code(asked: Asked) -> Result<DrawnPage, Fault> {
    let next = asked.query.get("next").map_or("/", |next| routes::safe_next(next)).to_owned();
    let recovery = asked.query.contains_key("recovery");
    Ok(asked.draw(|asked| {
        let flash = &asked.flash;
        let refused = matches!(flash.fault, Some(Fault::Unauthenticated { .. }));
        let step = routes::login_code_then(&next);
        // Keyboards with digits alone cannot type a recovery code.
        let (field, hidden, other) = if recovery {
            let field = Field::new("code", tr!(login.recovery_code), Kind::Secret)
                .hint(tr!(login.recovery_hint))
                .autocomplete("off");
            (field, vec![("recovery", "yes".to_owned())], (step, tr!(login.use_app)))
        } else {
            let field = Field::new("code", tr!(login.code), Kind::Code)
                .hint(tr!(login.code_hint))
                .autocomplete("one-time-code");
            (field, vec![], (format!("{step}&recovery=yes"), tr!(login.use_recovery)))
        };
        let form = Form {
            action: routes::LOGIN_CODE.into(),
            test_id: "code-form",
            hidden: [vec![("next", next)], hidden].concat(),
            fields: vec![field.required().invalid(refused).view(flash)],
            submit: tr!(login.submit).to_owned(),
            ..Form::default()
        };
        let body = view! {
            <p class="door__lead">{tr!(login.code_lead)}</p>
            {problem(flash, tr!(login.problem), code_wording)}
            {form.view()}
            <p class="link-line"><a href=other.0>{other.1}</a></p>
            <p class="link-line"><a href=routes::LOGIN>{tr!(login.start_again)}</a></p>
        };
        Drawn::new(tr!(login.code_title), Frame::Door, body.into_any())
    }))
}

/// A page that goes on to another site by itself.
#[must_use]
pub fn leaving(reading: Reading, name: &str, url: &str) -> String {
    Owner::new().with(|| {
        provide_context(text::locale_of(reading.language));
        let words = tr!(oidc.leaving, name = name.to_owned());
        let page = view! {
            <html lang=reading.language.code()>
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <meta name="color-scheme" content="light dark"/>
                    <meta http-equiv="refresh" content=format!("0; url={url}")/>
                    <title>{words.clone()}</title>
                </head>
                <body><p><a href=url.to_owned()>{words}</a></p></body>
            </html>
        };
        format!("<!DOCTYPE html>{}", page.to_html())
    })
}

fn code_wording(fault: &Fault) -> Option<String> {
    match fault {
        Fault::Unauthenticated { .. } => Some(tr!(login.wrong_code).to_owned()),
        other => wording(other),
    }
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
