//! What stands in place of figures that could not be loaded.

use super::empty::{Empty, denied};
use super::heading::PageHeading;
use super::reload::reload_once;
use crate::error::AppError;
use crate::{routes, text, tr};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use tokenscope::fault::Fault;

/// Says what happened and offers the way on: sign in, ask for a role, or try again.
#[component]
pub fn FaultPanel(error: AppError) -> impl IntoView {
    panel(error).view()
}

/// The same as a page of its own: what happened is its heading.
#[component]
pub fn FaultPage(error: AppError) -> impl IntoView {
    let panel = panel(error);
    let title = panel.title.unwrap_or_default();
    view! {
        <PageHeading title/>
        {Empty { title: None, ..panel }.view()}
    }
}

fn panel(error: AppError) -> Empty {
    if error.status() == 409 {
        // The server was replaced by another build; its page fits it.
        Effect::new(move |_| reload_once());
    }
    let place = use_location();
    let search = place.search.get_untracked();
    let mark = if search.is_empty() { "" } else { "?" };
    let here = format!("{}{mark}{search}", place.pathname.get_untracked());
    match error {
        AppError::Fault(Fault::Forbidden { needs }) => denied(needs),
        AppError::Fault(Fault::Unauthenticated { .. }) => Empty {
            name: "signed-out",
            icon: "lock",
            title: Some(tr!(fault.session_title)),
            lines: vec![tr!(fault.session_text).to_owned()],
            link: Some((routes::login_then(&here), tr!(app.sign_in))),
            leaves: true,
            alert: true,
            ..Empty::default()
        },
        error => Empty {
            name: "fault",
            icon: "warning",
            title: Some(tr!(fault.title)),
            lines: vec![explanation(error)],
            link: Some((here, tr!(fault.retry))),
            leaves: true,
            alert: true,
            ..Empty::default()
        },
    }
}

fn explanation(error: AppError) -> String {
    match error {
        AppError::Transport { .. } => tr!(fault.network).to_owned(),
        // No form is answered here: it can only be the build.
        AppError::Fault(Fault::Stale) => tr!(live.updated).to_owned(),
        AppError::Fault(fault) => text::fault(&fault),
    }
}
