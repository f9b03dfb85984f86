//! A list that folds out of a button, without any script. `delegate` closes it when one of its
//! links is followed within the document, and on Esc.

use leptos::prelude::*;

/// A menu; `label` names the button where no words in it do. Menus share a name, so that one
/// closes the other.
pub fn menu(
    class: &'static str,
    label: Option<&'static str>,
    button: AnyView,
    list: AnyView,
) -> AnyView {
    view! {
        <details class=class name="menu">
            <summary aria-label=label>{button}</summary>
            <div class="menu__list">{list}</div>
        </details>
    }
    .into_any()
}
