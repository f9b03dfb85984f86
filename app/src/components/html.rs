//! HTML that the server drew. A newer version is worked into what is there node by node: what
//! stays the same stays alone, with its focus, its open disclosures and how far it is scrolled.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusOptions, HtmlElement, Node};

/// A `<div>` around it.
#[component]
pub fn Html(html: Signal<String>) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    Effect::new(move |before: Option<String>| {
        let now = html.get();
        if let Some(place) = place.get()
            && before.is_some_and(|before| before != now)
        {
            // What could not be worked in is put in as a whole.
            if swap(&place, &now).is_none() {
                place.set_inner_html(&now);
            }
        }
        now
    });
    view! { <div node_ref=place inner_html=html.get_untracked()></div> }
}

fn swap(place: &Element, html: &str) -> Option<()> {
    let wanted = place.clone_node().ok()?.dyn_into::<Element>().ok()?;
    wanted.set_inner_html(html);
    let focus = document().active_element().filter(|focus| place.contains(Some(focus)));
    let name = focus.as_ref().and_then(selector);
    work_in(place, &wanted)?;
    if let Some(name) = name
        && document().active_element().as_ref().and_then(selector).as_ref() != Some(&name)
        && let Ok(Some(same)) = place.query_selector(&name)
        && let Ok(same) = same.dyn_into::<HtmlElement>()
    {
        // Without the focus the page is still usable.
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = same.focus_with_options(&options);
    }
    Some(())
}

/// What tells an element from its neighbours: its id, or where it leads.
fn selector(element: &Element) -> Option<String> {
    ["id", "href"].into_iter().find_map(|key| {
        let value = element.get_attribute(key)?;
        let plain = !value.is_empty() && !value.contains(['"', '\\']);
        plain.then(|| format!("[{key}=\"{value}\"]"))
    })
}

/// Makes the children of a node those of another one.
fn work_in(place: &Node, wanted: &Node) -> Option<()> {
    let (mut old, mut new) = (place.first_child(), wanted.first_child());
    while let Some(next) = new {
        new = next.next_sibling();
        match old {
            None => {
                place.append_child(&next).ok()?;
                old = None;
            }
            Some(known) => {
                old = known.next_sibling();
                adapt(place, &known, &next)?;
            }
        }
    }
    while let Some(left) = old {
        old = left.next_sibling();
        place.remove_child(&left).ok()?;
    }
    Some(())
}

fn adapt(place: &Node, old: &Node, new: &Node) -> Option<()> {
    if old.is_equal_node(Some(new)) {
        return Some(());
    }
    if old.node_type() != new.node_type() || old.node_name() != new.node_name() {
        place.replace_child(new, old).ok()?;
        return Some(());
    }
    match (old.dyn_ref::<Element>(), new.dyn_ref::<Element>()) {
        (Some(old), Some(new)) => {
            attributes(old, new)?;
            work_in(old, new)
        }
        _ => {
            old.set_node_value(new.node_value().as_deref());
            Some(())
        }
    }
}

/// Whether a disclosure is open is the reader's matter.
const READERS_OWN: &str = "open";

fn attributes(old: &Element, new: &Element) -> Option<()> {
    let (had, has) = (old.attributes(), new.attributes());
    for attribute in (0..has.length()).filter_map(|i| has.item(i)) {
        let (name, value) = (attribute.name(), attribute.value());
        if old.get_attribute(&name).as_ref() != Some(&value) {
            old.set_attribute(&name, &value).ok()?;
        }
    }
    // From the end, because what is removed moves the rest up.
    for attribute in (0..had.length()).rev().filter_map(|i| had.item(i)) {
        let name = attribute.name();
        if name != READERS_OWN && !new.has_attribute(&name) {
            old.remove_attribute(&name).ok()?;
        }
    }
    Some(())
}
