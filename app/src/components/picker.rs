//! The choice of two dates, and on phones of the other ranges too. Without JavaScript it is a
//! form that asks for the same page.

use super::controls::{At, Change, range_name};
use super::derived::{flag, text};
use crate::{tr, url_state};
use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::html;
use leptos::prelude::*;
use tokenscope::report::Range;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// A disclosure with the form; `presets` are the other ranges.
pub fn picker(at: At, presets: impl IntoView) -> impl IntoView {
    let At { path, view, .. } = at;
    let from = NodeRef::<html::Input>::new();
    let to = NodeRef::<html::Input>::new();
    let frame = NodeRef::<html::Details>::new();
    let close =
        move || frame.get_untracked().is_some_and(|frame| frame.remove_attribute("open").is_ok());
    let range = Memo::new(move |_| view.with(|view| view.range));
    Effect::new(move |_| {
        let asked = dates(range.get());
        for (field, date) in [from, to].into_iter().zip(asked) {
            if let Some(field) = field.get_untracked() {
                field.set_value(&date);
            }
        }
        close();
    });
    let submit = move |event: SubmitEvent| {
        let (Some(from), Some(to)) = (from.get_untracked(), to.get_untracked()) else { return };
        let (from, to) = (from.value(), to.value());
        let (asked, notices) = url_state::parse([("from", from.as_str()), ("to", to.as_str())]);
        // What is no range the server explains.
        if notices.is_empty() {
            event.prevent_default();
            let asked = Change::Range(asked.range).of(view.get_untracked());
            at.go(&url_state::url(path, &asked), false);
            close();
        }
    };
    let escape = move |event: KeyboardEvent| {
        if event.key() == "Escape" && close() {
            let summary = frame.get_untracked().and_then(|frame| frame.first_element_child());
            focus(summary);
        }
    };
    let [first, last] = dates(range.get_untracked());
    let others = move || {
        let query = view.with(url_state::query);
        let others = query.into_iter().filter(|(key, _)| !["range", "from", "to"].contains(key));
        others
            .map(|(key, value)| view! { <input type="hidden" name=key value=value/> })
            .collect_view()
    };
    let is_dates = move || matches!(range.get(), Range::Days { .. });
    let wide = move || {
        if is_dates() { range_name(range.get()) } else { tr!(range.dates).to_owned() }
    };
    view! {
        <details class="picker" node_ref=frame data-testid="picker" on:keydown=escape>
            <summary class="choice" data-current=flag(is_dates)>
                <span class="picker__wide">{text(wide)}</span>
                <span class="picker__narrow">{text(move || range_name(range.get()))}</span>
            </summary>
            <div class="picker__panel">
                {presets}
                <form class="picker__form" method="get" action=path on:submit=submit>
                    <label>
                        <span>{tr!(range.from)}</span>
                        <input type="date" name="from" required min="1970-01-01"
                            max="2999-12-31" value=first node_ref=from/>
                    </label>
                    <label>
                        <span>{tr!(range.to)}</span>
                        <input type="date" name="to" required min="1970-01-01"
                            max="2999-12-31" value=last node_ref=to/>
                    </label>
                    {others}
                    <button class="button" type="submit">{tr!(range.apply)}</button>
                </form>
            </div>
        </details>
    }
}

/// What stands in the two fields.
fn dates(range: Range) -> [String; 2] {
    match range {
        Range::Days { from, to } => [from.to_string(), to.to_string()],
        Range::Preset(_) => [String::new(), String::new()],
    }
}

fn focus(element: Option<Element>) {
    if let Some(Ok(element)) = element.map(JsCast::dyn_into::<HtmlElement>) {
        // Without the focus the page is still usable.
        let _ = element.focus();
    }
}
