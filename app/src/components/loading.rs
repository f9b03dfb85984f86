//! The part of a page that follows the server's answers.

use leptos::prelude::*;

/// Shows what is there, dimmed while something newer is on its way.
#[component]
pub fn Loading<V>(children: TypedChildren<V>) -> impl IntoView
where
    V: IntoView + Send + 'static,
{
    let pending = RwSignal::new(false);
    view! {
        <div class="content" data-testid="content" aria-busy=move || pending.get().to_string()>
            <Transition set_pending=pending.write_only() fallback=Waiting>
                {children.into_inner()()}
            </Transition>
        </div>
    }
}

/// Holds the place of a page that is opened without leaving the document.
#[component]
fn Waiting() -> impl IntoView {
    view! { <div class="waiting" aria-hidden="true"></div> }
}
