//! The sign-in form. It posts to the server, which comes back here with a [`Flash`] when the
//! attempt failed; without JavaScript it is the same.

use crate::components::heading::PageHeading;
use crate::context::{Flash, visitor};
use crate::{format, routes, tr};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

const EMAIL: &str = "email";
const PASSWORD: &str = "password";

/// The page `/login`.
#[component]
pub fn Login() -> impl IntoView {
    let flash = visitor().flash;
    let next = use_query_map()
        .with_untracked(|query| query.get_str("next").map_or("/", routes::safe_next).to_owned());
    let problem = problem(&flash);
    let failed = problem.is_some();
    let invalid = failed.then_some("true");
    let described = failed.then_some("login-problem");
    view! {
        <div class="login">
            <PageHeading title=tr!(login.title)/>
            <p class="login__lead">{tr!(login.lead)}</p>
            {problem.map(|text| view! { <ErrorSummary text/> })}
            {note(&flash).map(|text| view! { <p class="notice" role="status">{text}</p> })}
            <form class="card form" method="post" action=routes::LOGIN data-testid="login-form">
                <input type="hidden" name="next" value=next/>
                <div class="field">
                    <label for=EMAIL>{tr!(login.email)}</label>
                    <input id=EMAIL name="email" type="email" autocomplete="username" required
                        value=flash.email.unwrap_or_default()
                        aria-invalid=invalid aria-describedby=described/>
                </div>
                <div class="field">
                    <label for=PASSWORD>{tr!(login.password)}</label>
                    <input id=PASSWORD name="password" type="password" required
                        autocomplete="current-password"
                        aria-invalid=invalid aria-describedby=described/>
                </div>
                <button class="button button--primary" type="submit">{tr!(login.submit)}</button>
            </form>
        </div>
    }
}

/// Takes the focus when the page opens, also without JavaScript.
#[component]
fn ErrorSummary(text: String) -> impl IntoView {
    view! {
        <div class="error-summary" role="alert" tabindex="-1" autofocus id="login-problem"
            data-testid="login-problem">
            <h2>{tr!(login.problem)}</h2>
            <p><a href=format!("#{EMAIL}")>{text}</a></p>
        </div>
    }
}

fn problem(flash: &Flash) -> Option<String> {
    match flash.code.as_deref()? {
        "wrong-credentials" => Some(tr!(login.wrong).to_owned()),
        "too-many" => {
            let wait = format::wait(flash.retry_after_s.unwrap_or(60));
            Some(tr!(login.too_many, wait = wait))
        }
        "unavailable" => Some(tr!(login.unavailable).to_owned()),
        _ => None,
    }
}

fn note(flash: &Flash) -> Option<&'static str> {
    match flash.code.as_deref()? {
        "signed-out" => Some(tr!(login.signed_out)),
        "expired" => Some(tr!(login.expired)),
        _ => None,
    }
}
