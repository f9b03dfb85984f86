//! What is pressed and filled in.

use super::{beside, specimen};
use crate::components::field::{Field, Kind};
use crate::components::form::{Form, common, summary};
use crate::components::icon::Icon;
use crate::components::secret::secret;
use crate::context::Flash;
use crate::{routes, tr};
use leptos::prelude::*;
use tokenscope::fault::{Fault, FieldFault, Wrong};

pub(super) fn buttons() -> AnyView {
    let row = |disabled: bool| {
        let button = |class: &'static str, words: &'static str| {
            view! { <button class=class type="button" disabled=disabled>{words}</button> }
        };
        view! {
            <div class="row">
                {button("button button--primary", tr!(guide.primary))}
                {button("button", tr!(guide.plain))}
                {button("button button--danger", tr!(guide.danger))}
                {button("button button--quiet", tr!(guide.quiet))}
                {button("button button--small", tr!(guide.small))}
            </div>
        }
        .into_any()
    };
    let icon = view! {
        <div class="row">
            <a class="button button--primary" href="#buttons" rel="external">
                <Icon name="plus"/>{tr!(guide.create)}
            </a>
            <a class="button" href="#buttons" rel="external">{tr!(guide.long_text)}</a>
        </div>
    };
    view! {
        <div class="card specimens">
            {specimen(tr!(guide.normal), row(false))}
            {specimen(tr!(guide.disabled), row(true))}
            {specimen(tr!(guide.long), icon.into_any())}
        </div>
    }
    .into_any()
}

fn kinds() -> Kind {
    Kind::Select(vec![
        ("flex".into(), tr!(guide.kind_flex).into()),
        ("contract".into(), tr!(guide.kind_contract).into()),
    ])
}

fn pays() -> Kind {
    Kind::Choice(vec![
        ("all".into(), tr!(guide.pays_all).into(), tr!(guide.pays_all_text).into()),
        ("api".into(), tr!(guide.pays_api).into(), tr!(guide.pays_api_text).into()),
    ])
}

fn zones() -> Kind {
    Kind::Suggest(["Asia/Tokyo", "Europe/Berlin", "America/New_York"].map(Into::into).into())
}

/// What a form leaves that was refused.
fn refused() -> Flash {
    let wrong = [
        FieldFault::of("wrong-email", Wrong::NotEmail),
        FieldFault::of("wrong-amount", Wrong::NotAmount),
        FieldFault::of("wrong-kind", Wrong::NotChoice),
        FieldFault::of("wrong-pays", Wrong::Missing),
        FieldFault::of("wrong-notify", Wrong::Missing),
    ];
    let typed = [("wrong-email", "mika@"), ("wrong-amount", "-5")];
    Flash {
        fault: Some(Fault::Invalid { fields: wrong.into() }),
        values: typed.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        ..Flash::default()
    }
}

pub(super) fn fields() -> AnyView {
    let flash = Flash::default();
    let normal = vec![
        Field::new("email", tr!(guide.email), Kind::Email).hint(tr!(guide.email_hint)).view(&flash),
        Field::new("amount", tr!(guide.amount), Kind::Amount)
            .unit(tr!(unit.tokens))
            .value("9223372036854.775807")
            .view(&flash),
        Field::new("day", tr!(guide.day), Kind::Date).optional().value("2026-11-21").view(&flash),
        Field::new("kind", tr!(guide.kind), kinds()).value("contract").view(&flash),
        Field::new("code", tr!(guide.code), Kind::Code).autocomplete("one-time-code").view(&flash),
        Field::new("zone", tr!(guide.zone), zones()).hint(tr!(guide.zone_hint)).view(&flash),
        Field::new("pays", tr!(guide.pays), pays()).value("all").view(&flash),
        Field::new("notify", tr!(guide.notify), Kind::Check).value("yes").view(&flash),
    ];
    let disabled = vec![
        Field::new("locked-name", tr!(guide.name), Kind::Text)
            .value(tr!(guide.team))
            .hint(tr!(guide.locked_hint))
            .disabled()
            .view(&flash),
        Field::new("locked-kind", tr!(guide.kind), kinds()).disabled().view(&flash),
        Field::new("locked-pays", tr!(guide.pays), pays()).value("api").disabled().view(&flash),
        Field::new("locked-notify", tr!(guide.notify), Kind::Check).disabled().view(&flash),
    ];
    let flash = refused();
    let wrong = vec![
        Field::new("wrong-email", tr!(guide.email), Kind::Email)
            .hint(tr!(guide.email_hint))
            .view(&flash),
        Field::new("wrong-amount", tr!(guide.amount), Kind::Amount)
            .unit(tr!(unit.tokens))
            .view(&flash),
        Field::new("wrong-kind", tr!(guide.kind), kinds()).view(&flash),
        Field::new("wrong-pays", tr!(guide.pays), pays()).view(&flash),
        Field::new("wrong-notify", tr!(guide.notify), Kind::Check).view(&flash),
    ];
    let column = |fields: Vec<AnyView>| view! { <div class="card form">{fields}</div> }.into_any();
    let summary = summary(&flash, "", common, false);
    view! {
        {beside(vec![
            specimen(tr!(guide.normal), column(normal)),
            specimen(tr!(guide.disabled), column(disabled)),
            specimen(tr!(guide.wrong), view! { {summary}{column(wrong)} }.into_any()),
        ])}
    }
    .into_any()
}

pub(super) fn forms() -> AnyView {
    let form = |destroys: bool, name: &'static str, submit: &'static str| {
        Form {
            action: routes::COMPONENTS.to_owned(),
            asks: true,
            test_id: name,
            fields: vec![
                Field::new(name, tr!(guide.name), Kind::Text).required().view(&Flash::default()),
            ],
            submit: submit.to_owned(),
            destroys,
            cancel: Some((routes::COMPONENTS.to_owned(), tr!(form.cancel).to_owned())),
            ..Form::default()
        }
        .view()
    };
    beside(vec![
        specimen(tr!(guide.normal), form(false, "form-saves", tr!(guide.primary))),
        specimen(tr!(guide.danger), form(true, "form-destroys", tr!(guide.danger))),
    ])
}

pub(super) fn secrets() -> AnyView {
    let shown = secret("guide-secret", tr!(guide.secret), "tsk_1_000000_this-is-a-specimen-only");
    view! { <div class="card">{shown}</div> }.into_any()
}
