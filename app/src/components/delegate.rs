//! The little that a page drawn whole needs of the browser: copying, and menus that close. One
//! listener for the document serves what any page puts in.

#![cfg(feature = "hydrate")]

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDocument, HtmlElement};

/// Listens as long as the document lives.
pub fn listen() {
    let _ = window_event_listener(ev::click, |event| {
        let Some(target) = event.target().and_then(|t| t.dyn_into::<Element>().ok()) else {
            return;
        };
        if let Ok(Some(button)) = target.closest("[data-copy]") {
            copy(&button);
        }
        if let Some(menu) = open_menu() {
            let follows = target.closest("a").is_ok_and(|link| link.is_some());
            if follows || !menu.contains(Some(&target)) {
                close(&menu);
            }
        }
    });
    let _ = window_event_listener(ev::keydown, |event| {
        if event.key() != "Escape" {
            return;
        }
        if let Some(menu) = open_menu() {
            close(&menu);
            if let Some(summary) = menu.first_element_child() {
                // Without the focus the page is still usable.
                let _ = summary.unchecked_into::<HtmlElement>().focus();
            }
        }
    });
}

/// Another page of this document is shown: the navigation marks its link, and what a form has done
/// before is said no more.
pub fn moved(path: &str) {
    let document = document();
    if let Ok(Some(notice)) = document.query_selector(".page-notice") {
        notice.remove();
    }
    let Ok(links) = document.query_selector_all("a[data-below]") else { return };
    for link in (0..links.length()).filter_map(|n| links.get(n)) {
        let link: Element = link.unchecked_into();
        let below = link.get_attribute("data-below").unwrap_or_default();
        let within = path.strip_prefix(below.as_str());
        // A mark that cannot be moved changes nothing else.
        let _ = if within.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            link.set_attribute("aria-current", "page")
        } else {
            link.remove_attribute("aria-current")
        };
    }
}

/// The menus share a name: at most one is open.
fn open_menu() -> Option<Element> {
    document().query_selector("details.menu[open]").ok().flatten()
}

fn close(menu: &Element) {
    // A menu that stays open is still usable.
    let _ = menu.remove_attribute("open");
}

/// Copies what stands in the element that the button names, and says so. This old command also
/// works where a server has no certificate; the clipboard interface does not.
fn copy(button: &Element) {
    let id = button.get_attribute("data-copy").unwrap_or_default();
    let document = document();
    let Some(source) = document.get_element_by_id(&id) else { return };
    if let Ok(Some(selection)) = window().get_selection() {
        // Where nothing could be selected nothing is copied, and nothing is claimed.
        let _ = selection.select_all_children(&source);
    }
    let copied = document.unchecked_ref::<HtmlDocument>().exec_command("copy").unwrap_or(false);
    if copied && let Some(said) = document.get_element_by_id(&format!("{id}-copied")) {
        said.set_text_content(button.get_attribute("data-done").as_deref());
    }
}
