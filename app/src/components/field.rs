//! Form fields: a label, what is typed, a hint, and what was wrong with it.

use crate::context::Flash;
use crate::{text, tr};
use leptos::prelude::*;

/// What is typed into a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// One line.
    Text,
    /// An e-mail address.
    Email,
    /// A secret, which is never kept.
    Password,
    /// An amount.
    Amount,
    /// A short code of digits, which is never kept.
    Code,
    /// A line of letters and digits, which is never kept.
    Secret,
    /// A day.
    Date,
    /// One of several, from a list that folds out: value and words.
    Select(Vec<(String, String)>),
    /// One of a few, all in sight: value, words, and a line that explains.
    Choice(Vec<(String, String, String)>),
    /// Yes or no.
    Check,
    /// A line with suggestions.
    Suggest(Vec<String>),
}

/// A field.
pub struct Field {
    name: &'static str,
    label: String,
    kind: Kind,
    hint: Option<String>,
    value: String,
    autocomplete: Option<&'static str>,
    unit: Option<String>,
    required: bool,
    optional: bool,
    disabled: bool,
    invalid: bool,
}

impl Field {
    /// A field; its name is also its id.
    pub fn new(name: &'static str, label: impl Into<String>, kind: Kind) -> Self {
        Self {
            name,
            label: label.into(),
            kind,
            hint: None,
            value: String::new(),
            autocomplete: None,
            unit: None,
            required: false,
            optional: false,
            disabled: false,
            invalid: false,
        }
    }
    /// A line that says what is wanted.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    /// What stands in it before anything was typed.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }
    /// What browsers may fill in.
    #[must_use]
    pub const fn autocomplete(mut self, token: &'static str) -> Self {
        self.autocomplete = Some(token);
        self
    }
    /// It is wrong in a way that the summary above the form explains.
    #[must_use]
    pub const fn invalid(mut self, invalid: bool) -> Self {
        self.invalid = invalid;
        self
    }
    /// What an amount counts; it stands behind the field.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }
    /// It may be empty, and says so. For the few of a form whose other fields must be filled in.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }
    /// It cannot be changed now; its hint says why.
    #[must_use]
    pub const fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }
    /// It must not be empty.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Draws it, with what was typed before and what was wrong with that.
    pub fn view(self, flash: &Flash) -> AnyView {
        let wrong = flash.field(self.name).map(text::field_fault);
        let kept = flash.value(self.name).map(ToOwned::to_owned);
        let value = match (&self.kind, flash.fault.is_some()) {
            (Kind::Password | Kind::Code | Kind::Secret, _) => String::new(),
            // A form that was sent without it: the box was not ticked.
            (Kind::Check, true) => kept.unwrap_or_default(),
            _ => kept.unwrap_or(self.value),
        };
        let id = self.name;
        let hint_id = self.hint.is_some().then(|| format!("{id}-hint"));
        let wrong_id = wrong.is_some().then(|| format!("{id}-wrong"));
        let unit_id = self.unit.is_some().then(|| format!("{id}-unit"));
        let summary = self.invalid.then(|| "problem".to_owned());
        let described: Vec<String> =
            [unit_id, hint_id, wrong_id, summary].into_iter().flatten().collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        let control = Control {
            id,
            value,
            autocomplete: self.autocomplete,
            required: self.required,
            disabled: self.disabled,
            unit: self.unit,
            invalid: (wrong.is_some() || self.invalid).then_some("true"),
            described,
        };
        let hint = self.hint.map(|hint| {
            view! { <p class="field__hint" id=format!("{id}-hint")>{hint}</p> }
        });
        let state = wrong.is_some().then_some("wrong");
        let wrong = wrong.map(|wrong| {
            view! { <p class="field__wrong" id=format!("{id}-wrong")>{wrong}</p> }
        });
        let optional = self.optional.then(|| {
            view! { " "<span class="field__optional">"("{tr!(form.optional)}")"</span> }
        });
        match self.kind {
            Kind::Check => view! {
                <div class="field field--check" data-state=state>
                    {control.check()}
                    <label for=id>{self.label}</label>
                    {hint}{wrong}
                </div>
            }
            .into_any(),
            Kind::Choice(choices) => {
                let described = control.described.clone();
                view! {
                    <fieldset class="field field--choice" data-state=state
                        disabled=self.disabled aria-describedby=described>
                        <legend>{self.label}{optional}</legend>
                        {hint}{wrong}
                        {control.choices(choices)}
                    </fieldset>
                }
                .into_any()
            }
            kind => view! {
                <div class="field" data-state=state>
                    <label for=id>{self.label}{optional}</label>
                    {hint}
                    {control.line(kind)}
                    {wrong}
                </div>
            }
            .into_any(),
        }
    }
}

/// What all controls have in common.
struct Control {
    id: &'static str,
    value: String,
    autocomplete: Option<&'static str>,
    required: bool,
    disabled: bool,
    unit: Option<String>,
    invalid: Option<&'static str>,
    described: Option<String>,
}

impl Control {
    fn line(self, kind: Kind) -> AnyView {
        let (kind, mode, list) = match kind {
            Kind::Select(options) => return self.select(options),
            Kind::Email => ("email", None, None),
            Kind::Password => ("password", None, None),
            Kind::Amount => ("text", Some("decimal"), None),
            Kind::Code => ("text", Some("numeric"), None),
            Kind::Date => ("date", None, None),
            Kind::Suggest(all) => ("text", None, Some(all)),
            Kind::Text | Kind::Secret | Kind::Choice(_) | Kind::Check => ("text", None, None),
        };
        let list_id = list.is_some().then(|| format!("{}-list", self.id));
        let list = list.map(|all| {
            let options: Vec<_> =
                all.into_iter().map(|text| view! { <option value=text></option> }).collect();
            view! { <datalist id=format!("{}-list", self.id)>{options}</datalist> }
        });
        let input = view! {
            <input class="input" id=self.id name=self.id type=kind value=self.value
                inputmode=mode list=list_id autocomplete=self.autocomplete
                required=self.required disabled=self.disabled aria-invalid=self.invalid
                aria-describedby=self.described/>
            {list}
        };
        match self.unit {
            None => input.into_any(),
            Some(unit) => view! {
                <div class="input-unit">
                    {input}
                    <span id=format!("{}-unit", self.id)>{unit}</span>
                </div>
            }
            .into_any(),
        }
    }

    fn select(self, options: Vec<(String, String)>) -> AnyView {
        let options: Vec<_> = options
            .into_iter()
            .map(|(value, text)| {
                let selected = value == self.value;
                view! { <option value=value selected=selected>{text}</option> }
            })
            .collect();
        view! {
            <select class="input" id=self.id name=self.id required=self.required
                autocomplete=self.autocomplete disabled=self.disabled
                aria-invalid=self.invalid aria-describedby=self.described>
                {options}
            </select>
        }
        .into_any()
    }

    fn choices(self, choices: Vec<(String, String, String)>) -> AnyView {
        let choices: Vec<_> = choices
            .into_iter()
            .enumerate()
            .map(|(i, (value, text, explained))| {
                // An error summary leads to the first one.
                let id = if i == 0 { self.id.to_owned() } else { format!("{}-{value}", self.id) };
                let explained_id = (!explained.is_empty()).then(|| format!("{id}-about"));
                let checked = value == self.value;
                let about = explained_id.clone().map(|about| {
                    view! { <span class="choice-line__about" id=about>{explained}</span> }
                });
                view! {
                    <div class="choice-line">
                        <input type="radio" id=id.clone() name=self.id value=value
                            checked=checked required=self.required
                            aria-describedby=explained_id/>
                        <label for=id>{text}</label>
                        {about}
                    </div>
                }
            })
            .collect();
        choices.into_any()
    }

    fn check(self) -> AnyView {
        let checked = !self.value.is_empty();
        view! {
            <input type="checkbox" id=self.id name=self.id value="yes" checked=checked
                required=self.required disabled=self.disabled aria-invalid=self.invalid
                aria-describedby=self.described/>
        }
        .into_any()
    }
}
