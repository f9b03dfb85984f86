//! Forms: they post, the server redirects, and the page says what became of it. They work without
//! JavaScript.

use crate::context::Flash;
use crate::{text, tr};
use leptos::prelude::*;
use tokenscope::fault::Fault;

/// A form.
#[derive(Default)]
pub struct Form {
    /// What it posts to.
    pub action: String,
    /// Whether it asks instead of posting: its fields become the query of a page. For filters.
    pub asks: bool,
    /// Its name in tests.
    pub test_id: &'static str,
    /// Names and values that nobody sees.
    pub hidden: Vec<(&'static str, String)>,
    /// The fields, drawn.
    pub fields: Vec<AnyView>,
    /// What the button says.
    pub submit: String,
    /// Whether it destroys something.
    pub destroys: bool,
    /// The way out: URL and words.
    pub cancel: Option<(String, String)>,
}

impl Form {
    /// Draws it.
    pub fn view(self) -> AnyView {
        let hidden: Vec<_> = self
            .hidden
            .into_iter()
            .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
            .collect();
        let class = if self.destroys { "button button--danger" } else { "button button--primary" };
        let method = if self.asks { "get" } else { "post" };
        let cancel = self.cancel.map(|(href, words)| {
            view! { <a class="button" href=href>{words}</a> }
        });
        view! {
            <form class="card form" method=method action=self.action data-testid=self.test_id>
                {hidden}
                {self.fields}
                <div class="form__actions">
                    <button class=class type="submit">{self.submit}</button>
                    {cancel}
                </div>
            </form>
        }
        .into_any()
    }
}

/// Why a form was refused, above it: every wrong field as a link to it. It takes the focus when the
/// page opens. `wording` says faults that belong to no field; where it has no words the common ones
/// are used.
pub fn problem(
    flash: &Flash,
    title: &str,
    wording: fn(&Fault) -> Option<String>,
) -> Option<AnyView> {
    summary(flash, title, wording, true)
}

/// The same; `focused` says whether it takes the focus, as only one of a page can.
pub fn summary(
    flash: &Flash,
    title: &str,
    wording: fn(&Fault) -> Option<String>,
    focused: bool,
) -> Option<AnyView> {
    let fault = flash.fault.as_ref()?;
    let lines: Vec<AnyView> = match fault {
        Fault::Invalid { fields } => fields
            .iter()
            .map(|field| {
                let link = format!("#{}", field.field);
                view! { <li><a href=link rel="external">{text::field_fault(field)}</a></li> }
                    .into_any()
            })
            .collect(),
        other => {
            let words = wording(other).unwrap_or_else(|| text::fault(other));
            vec![view! { <li>{words}</li> }.into_any()]
        }
    };
    let title = if title.is_empty() { tr!(form.problem).to_owned() } else { title.to_owned() };
    Some(
        view! {
            <div class="error-summary" role="alert" tabindex="-1" autofocus=focused id="problem"
                data-testid="problem">
                <h2>{title}</h2>
                <ul>{lines}</ul>
            </div>
        }
        .into_any(),
    )
}

/// No words of its own for any fault.
pub fn common(_: &Fault) -> Option<String> {
    None
}
