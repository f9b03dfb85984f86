//! The part of a page that follows the server's answers.

use super::derived::text;
use leptos::prelude::*;

/// Shows what is there, dimmed while something newer is on its way.
#[component]
pub fn Loading<V>(children: TypedChildren<V>) -> impl IntoView
where
    V: IntoView + Send + 'static,
{
    let pending = RwSignal::new(false);
    // Not on the server, where the page is complete when it leaves: another thread would set this
    // while the attribute is written, and a signal that is being written cannot be read.
    let set_pending = match cfg!(feature = "ssr") {
        true => SignalSetter::default(),
        false => SignalSetter::from(pending),
    };
    let busy = text(move || pending.get().to_string());
    view! {
        <div class="content" data-testid="content" aria-busy=busy>
            <Transition set_pending fallback=Waiting>
                {children.into_inner()()}
            </Transition>
        </div>
    }
}

/// Holds the place of a page that is opened without leaving the document.
#[component]
pub fn Waiting() -> impl IntoView {
    view! { <div class="waiting" aria-hidden="true"></div> }
}
