//! What stands in place of figures that could not be loaded.

use super::empty::Denied;
use super::icon::Icon;
use crate::error::AppError;
use crate::{format, routes, tr};
use leptos::either::EitherOf3;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use tokenscope::fault::Fault;

/// Says what happened and offers the way on: sign in, ask for a role, or try again.
#[component]
pub fn FaultPanel(error: AppError) -> impl IntoView {
    if error.status() == 409 {
        // The server was replaced by another build; its page fits it.
        Effect::new(move |_| {
            let _ = location().reload();
        });
    }
    let place = use_location();
    let here = place.pathname.get_untracked() + &place.search.with_untracked(|search| {
        if search.is_empty() { String::new() } else { format!("?{search}") }
    });
    match error {
        AppError::Fault(Fault::Forbidden { needs }) => {
            EitherOf3::A(view! { <Denied needs/> })
        }
        AppError::Fault(Fault::Unauthenticated { .. }) => EitherOf3::B(view! {
            <section class="empty" role="alert" data-testid="signed-out">
                <Icon name="lock"/>
                <h2>{tr!(fault.session_title)}</h2>
                <p>{tr!(fault.session_text)}</p>
                <p>
                    <a class="button" rel="external" href=routes::login_then(&here)>
                        {tr!(app.sign_in)}
                    </a>
                </p>
            </section>
        }),
        error => EitherOf3::C(view! {
            <section class="empty" role="alert" data-testid="fault">
                <Icon name="warning"/>
                <h2>{tr!(fault.title)}</h2>
                <p>{explanation(error)}</p>
                <p><a class="button" rel="external" href=here>{tr!(fault.retry)}</a></p>
            </section>
        }),
    }
}

fn explanation(error: AppError) -> String {
    match error {
        AppError::Transport { .. } => tr!(fault.network).to_owned(),
        AppError::Fault(Fault::Busy) => tr!(fault.busy).to_owned(),
        AppError::Fault(Fault::TooMany { retry_after_s }) => {
            tr!(fault.too_many, wait = format::wait(retry_after_s))
        }
        AppError::Fault(Fault::Internal { incident }) => tr!(fault.internal, incident),
        AppError::Fault(fault) => tr!(fault.other, reason = fault.to_string()),
    }
}
