//! The first start: a form for who has the link of the console, and for everybody else where that
//! is found.

use super::site::{Asked, Drawn};
use crate::answer::{DrawnPage, Frame};
use crate::components::empty::Empty;
use crate::components::field::{Field, Kind};
use crate::components::form::{Form, problem};
use crate::context::Flash;
use crate::i18n::Locale;
use crate::{routes, text, tr};
use leptos::prelude::*;
use tokenscope::fault::Fault;
use tokenscope::preference::Language;
use tokenscope::setup::Opening;

/// The page `/setup`, until there is an organization.
pub async fn page(asked: Asked) -> Result<DrawnPage, Fault> {
    let token = asked.query.get("token").cloned().unwrap_or_default();
    match asked.services.setup.opening(&token).await? {
        Opening::Done => Err(Fault::NotFound { what: "this page".into() }),
        Opening::Locked => Ok(asked.draw(|asked| locked(&asked.flash, !token.is_empty()))),
        Opening::Open { zones } => Ok(asked.draw(|asked| form(&asked.flash, token, zones))),
    }
}

fn locked(flash: &Flash, has_token: bool) -> Drawn {
    let refused = has_token || flash.fault.is_some();
    let wrong = refused.then(|| {
        view! {
            <div class="error-summary" role="alert" data-testid="problem">
                <p>{tr!(setup.wrong_token)}</p>
            </div>
        }
    });
    let about = Empty {
        name: "setup-locked",
        icon: "lock",
        title: Some(tr!(setup.locked_title)),
        lines: vec![tr!(setup.locked).to_owned(), tr!(setup.locked_hint).to_owned()],
        ..Empty::default()
    };
    let body = view! { {wrong}{about.view()} };
    Drawn::new(tr!(setup.title), Frame::Form, body.into_any())
}

fn form(flash: &Flash, token: String, zones: Vec<String>) -> Drawn {
    let form = Form {
        action: routes::SETUP.into(),
        test_id: "setup-form",
        hidden: vec![("token", token)],
        fields: vec![account(flash), organization(flash, zones), demo(flash)],
        submit: tr!(setup.submit).to_owned(),
        ..Form::default()
    };
    let body = view! {
        <p class="hint">{tr!(setup.lead)}</p>
        {problem(flash, "", wording)}
        {form.view()}
    };
    Drawn::new(tr!(setup.title), Frame::Form, body.into_any())
}

fn account(flash: &Flash) -> AnyView {
    let field = |name, label, kind| Field::new(name, label, kind).required();
    let fields = [
        field("name", tr!(setup.name), Kind::Text).autocomplete("name"),
        field("email", tr!(setup.email), Kind::Email)
            .autocomplete("username")
            .hint(tr!(setup.email_hint)),
        field("password", tr!(setup.password), Kind::Password)
            .autocomplete("new-password")
            .hint(tr!(setup.password_hint)),
        field("password_again", tr!(setup.password_again), Kind::Password)
            .autocomplete("new-password"),
    ];
    group(tr!(setup.you), fields.map(|field| field.view(flash)).into())
}

fn organization(flash: &Flash, zones: Vec<String>) -> AnyView {
    let name = Field::new("organization", tr!(setup.organization), Kind::Text)
        .autocomplete("organization")
        .required();
    let slug = Field::new("slug", tr!(setup.slug), Kind::Text).hint(tr!(setup.slug_hint));
    let zone = Field::new("zone", tr!(setup.zone), Kind::Suggest(zones))
        .autocomplete("off")
        .hint(tr!(setup.zone_hint));
    let unit =
        Field::new("unit", tr!(setup.unit), Kind::Text).value("token").hint(tr!(setup.unit_hint));
    let languages = [(Language::En, "English"), (Language::Ja, "日本語")];
    let languages = languages.map(|(language, name)| (language.code().into(), name.into()));
    let language = Field::new("language", tr!(setup.language), Kind::Select(languages.into()))
        .value(present().code())
        .hint(tr!(setup.language_hint));
    // Open where it holds something that one has to see.
    let open = flash.field("slug").is_some() || flash.value("slug").is_some_and(|s| !s.is_empty());
    let address = view! {
        <details class="details" open=open>
            <summary>{tr!(setup.address)}</summary>
            {slug.view(flash)}
        </details>
    };
    let fields = vec![
        name.view(flash),
        address.into_any(),
        zone.view(flash),
        unit.view(flash),
        language.view(flash),
    ];
    group(tr!(setup.org), fields)
}

fn demo(flash: &Flash) -> AnyView {
    Field::new("demo", tr!(setup.demo), Kind::Check).hint(tr!(setup.demo_hint)).view(flash)
}

fn group(title: &'static str, fields: Vec<AnyView>) -> AnyView {
    view! { <fieldset class="group"><legend>{title}</legend>{fields}</fieldset> }.into_any()
}

/// The language in which the form is read.
fn present() -> Language {
    match text::locale() {
        Locale::en => Language::En,
        Locale::ja => Language::Ja,
    }
}

fn wording(fault: &Fault) -> Option<String> {
    matches!(fault, Fault::Unauthenticated { .. }).then(|| tr!(setup.wrong_token).to_owned())
}
