//! One's own second factor: how it stands, setting it up, recovery codes, turning it off.

use super::account::layout;
use super::qr::qr;
use super::site::{Asked, Drawn};
use crate::answer::{DrawnPage, Frame};
use crate::components::field::{Field, Kind};
use crate::components::form::{Form, common, problem};
use crate::components::section::section;
use crate::{format, routes, tr};
use leptos::prelude::*;
use tokenscope::fault::Fault;
use tokenscope::second_factor::{Enrolment, RECOVERY_CODES, Standing, in_groups};

const SET_UP: &str = "/account/two-factor/set-up";
const CONFIRM: &str = "/account/two-factor/confirm";
const CODES: &str = "/account/two-factor/codes";
const OFF: &str = "/account/two-factor/off";

/// The page `/account/two-factor`.
pub async fn page(asked: Asked) -> Result<DrawnPage, Fault> {
    let standing = asked.services.second_factor.standing(asked.caller()?).await?;
    Ok(asked.draw(|asked| {
        let content = match &standing {
            Standing::Elsewhere => {
                view! { <p data-testid="two-factor-state">{tr!(two_factor.elsewhere)}</p> }
                    .into_any()
            }
            Standing::Off => off_now(asked),
            Standing::On { since, zone, codes_left } => {
                on_now(asked, &format::date_time(*since, zone), *codes_left)
            }
        };
        let body = view! {
            <p class="lead">{tr!(two_factor.lead)}</p>
            {problem(&asked.flash, "", wording)}
            {content}
        };
        let body = layout(routes::TWO_FACTOR, body.into_any());
        Drawn::new(tr!(two_factor.title), Frame::Form, body)
    }))
}

fn off_now(asked: &Asked) -> AnyView {
    let form = Form {
        action: SET_UP.into(),
        test_id: "two-factor-begin",
        fields: vec![password(asked)],
        submit: tr!(two_factor.begin).to_owned(),
        ..Form::default()
    };
    view! {
        <p data-testid="two-factor-state"><strong>{tr!(two_factor.off)}</strong></p>
        {form.view()}
    }
    .into_any()
}

fn on_now(asked: &Asked, since: &str, left: u32) -> AnyView {
    let left_words = tr!(two_factor.codes_left, left = left, all = RECOVERY_CODES);
    let few = (left <= 2).then(|| view! { <p class="hint">{tr!(two_factor.few_codes)}</p> });
    let state = view! {
        <p data-testid="two-factor-state">
            <strong>{tr!(two_factor.on_since, at = since.to_owned())}</strong>
        </p>
        <p data-testid="codes-left">{left_words}</p>
        {few}
        <p class="form__actions">
            <a class="button" href=CODES>{tr!(two_factor.renew)}</a>
            <a class="button button--danger" href=OFF>{tr!(two_factor.turn_off)}</a>
        </p>
    };
    let codes = asked.flash.secret.as_ref().map(|codes| {
        let list = view! {
            <p>{tr!(two_factor.codes_lead)}</p>
            <pre class="secret" data-testid="recovery-codes">{codes.clone()}</pre>
        };
        section("codes-title", tr!(two_factor.codes), list.into_any())
    });
    view! { {codes}{state.into_any()} }.into_any()
}

/// The page `/account/two-factor/set-up`: the secret, and the form for its first code.
pub async fn set_up(asked: Asked) -> Result<DrawnPage, Fault> {
    let enrolment = asked.services.second_factor.enrolment(asked.caller()?).await?;
    Ok(asked.draw(|asked| {
        let content = match enrolment {
            Some(enrolment) => secret_and_code(asked, &enrolment),
            None => view! {
                <p>{tr!(two_factor.begin_first)}</p>
                <p class="form__actions">
                    <a class="button" href=routes::TWO_FACTOR>{tr!(two_factor.back)}</a>
                </p>
            }
            .into_any(),
        };
        let body = view! { {problem(&asked.flash, "", wording)}{content} };
        Drawn::new(tr!(two_factor.set_up), Frame::Form, body.into_any())
    }))
}

fn secret_and_code(asked: &Asked, enrolment: &Enrolment) -> AnyView {
    let form = Form {
        action: CONFIRM.into(),
        test_id: "two-factor-confirm",
        fields: vec![code(asked, Kind::Code, tr!(two_factor.first_code_hint))],
        submit: tr!(two_factor.turn_on).to_owned(),
        cancel: Some((routes::TWO_FACTOR.into(), tr!(two_factor.cancel).to_owned())),
        ..Form::default()
    };
    let Enrolment { secret, uri } = enrolment;
    view! {
        <p>{tr!(two_factor.scan)}</p>
        {qr(uri, tr!(two_factor.qr))}
        <p>{tr!(two_factor.type_secret)}</p>
        <p><code class="secret" data-testid="secret">{in_groups(secret, " ")}</code></p>
        <details class="fold">
            <summary>{tr!(two_factor.as_uri)}</summary>
            <p><a class="button" href=uri.clone() rel="external">{tr!(two_factor.open_uri)}</a></p>
            <p><code class="secret" data-testid="otpauth">{uri.clone()}</code></p>
        </details>
        {form.view()}
    }
    .into_any()
}

/// The page `/account/two-factor/codes`.
pub async fn codes(asked: Asked) -> Result<DrawnPage, Fault> {
    asked.caller()?;
    Ok(asked.draw(|asked| {
        let form = Form {
            action: CODES.into(),
            test_id: "two-factor-codes",
            fields: vec![password(asked)],
            submit: tr!(two_factor.renew).to_owned(),
            cancel: Some((routes::TWO_FACTOR.into(), tr!(two_factor.cancel).to_owned())),
            ..Form::default()
        };
        let body = view! {
            <p>{tr!(two_factor.renew_lead)}</p>
            {problem(&asked.flash, "", wording)}
            {form.view()}
        };
        Drawn::new(tr!(two_factor.renew), Frame::Form, body.into_any())
    }))
}

/// The page `/account/two-factor/off`.
pub async fn off(asked: Asked) -> Result<DrawnPage, Fault> {
    asked.caller()?;
    Ok(asked.draw(|asked| {
        let form = Form {
            action: OFF.into(),
            test_id: "two-factor-off",
            fields: vec![password(asked), code(asked, Kind::Secret, tr!(two_factor.any_code_hint))],
            submit: tr!(two_factor.turn_off).to_owned(),
            destroys: true,
            cancel: Some((routes::TWO_FACTOR.into(), tr!(two_factor.keep).to_owned())),
            ..Form::default()
        };
        let body = view! {
            <p>{tr!(two_factor.off_lead)}</p>
            <ul>
                <li>{tr!(two_factor.off_password)}</li>
                <li>{tr!(two_factor.off_codes)}</li>
                <li>{tr!(two_factor.off_app)}</li>
            </ul>
            {problem(&asked.flash, "", wording)}
            {form.view()}
        };
        Drawn::new(tr!(two_factor.off_title), Frame::Form, body.into_any())
    }))
}

fn password(asked: &Asked) -> AnyView {
    Field::new("password", tr!(two_factor.password), Kind::Password)
        .hint(tr!(two_factor.password_hint))
        .autocomplete("current-password")
        .required()
        .view(&asked.flash)
}

/// A recovery code needs a keyboard with letters.
fn code(asked: &Asked, kind: Kind, hint: &'static str) -> AnyView {
    Field::new("code", tr!(two_factor.code), kind)
        .hint(hint)
        .autocomplete("one-time-code")
        .required()
        .view(&asked.flash)
}

fn wording(fault: &Fault) -> Option<String> {
    match fault {
        Fault::Conflict { .. } => Some(tr!(two_factor.changed).to_owned()),
        Fault::NotFound { .. } => Some(tr!(two_factor.begin_first).to_owned()),
        other => common(other),
    }
}
