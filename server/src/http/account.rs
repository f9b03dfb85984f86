//! What the forms of one's own account post to.

use super::client::ClientAddress;
use super::form::{Posted, Signed, done, done_with_secret, refused};
use super::router::App;
use super::session::CurrentSession;
use axum::extract::{Extension, Path, State};
use axum::response::Response;
use tokenscope::account::PasswordChange;
use tokenscope::fault::{Fault, Wrong};
use tokenscope::key::{KeyOwner, Lifetime, NewKey};
use tokenscope::preference::{Language, Preferences, Theme};
use tokenscope::service::{Accounts, Caller, Keys};
use tokenscope_app::routes;
use tower_sessions::Session;

/// `POST /account/profile`
pub async fn rename(State(app): State<App>, Signed(caller): Signed, posted: Posted) -> Response {
    let named = async { app.service.rename(&caller, posted.text("name"), posted.version()?).await };
    match named.await {
        Ok(()) => done(&app, routes::PROFILE, "profile-saved"),
        Err(fault) => refused(&app, routes::PROFILE, fault, &posted),
    }
}

fn preferences(posted: &Posted) -> Result<Preferences, Fault> {
    let no_choice = |field| move || Fault::wrong(field, Wrong::NotChoice);
    let language = match posted.text("language") {
        "" => None,
        code => Some(Language::from_code(code).ok_or_else(no_choice("language"))?),
    };
    let zone = Some(posted.text("zone")).filter(|zone| !zone.is_empty());
    let theme = Theme::from_code(posted.text("theme")).ok_or_else(no_choice("theme"))?;
    Ok(Preferences { language, zone: zone.map(ToOwned::to_owned), theme })
}

/// `POST /account/preferences`
pub async fn prefer(State(app): State<App>, Signed(caller): Signed, posted: Posted) -> Response {
    let chosen = async {
        let (preferences, version) = (preferences(&posted)?, posted.version()?);
        app.service.choose(&caller, &preferences, version).await
    };
    match chosen.await {
        Ok(()) => done(&app, routes::PREFERENCES, "preferences-saved"),
        Err(fault) => refused(&app, routes::PREFERENCES, fault, &posted),
    }
}

/// `POST /account/password`
pub async fn change_password(
    State(app): State<App>,
    Signed(caller): Signed,
    Extension(current): Extension<CurrentSession>,
    session: Session,
    ClientAddress(address): ClientAddress,
    posted: Posted,
) -> Response {
    let change = PasswordChange {
        current: posted.raw("password_current"),
        new: posted.raw("password"),
        again: posted.raw("password_again"),
    };
    let changed = app.service.change_password(&caller, change, current.id(), &address).await;
    match changed {
        Ok(()) => {
            // A new id, so that a copy of the old one opens nothing; without it all still works.
            if let Err(error) = session.cycle_id().await {
                tracing::warn!(%error, "a session kept its id");
            }
            done(&app, routes::PASSWORD, "password-changed")
        }
        Err(fault) => refused(&app, routes::PASSWORD, fault, &posted),
    }
}

/// `POST /account/sessions/{id}/end`
pub async fn end_session(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    match app.service.end_session(&caller, &id).await {
        Ok(()) => done(&app, routes::SESSIONS, "session-ended"),
        Err(fault) => refused(&app, routes::SESSIONS, fault, &posted),
    }
}

/// `POST /account/sessions/others`
pub async fn end_other_sessions(
    State(app): State<App>,
    Signed(caller): Signed,
    Extension(current): Extension<CurrentSession>,
    posted: Posted,
) -> Response {
    match app.service.end_other_sessions(&caller, current.id()).await {
        Ok(0) => done(&app, routes::SESSIONS, "sessions-none"),
        Ok(_) => done(&app, routes::SESSIONS, "sessions-ended"),
        Err(fault) => refused(&app, routes::SESSIONS, fault, &posted),
    }
}

fn new_key(owner: KeyOwner, posted: &Posted) -> Result<NewKey, Fault> {
    let lifetime = Lifetime::from_code(posted.text("lifetime"));
    let lifetime = lifetime.ok_or_else(|| Fault::wrong("lifetime", Wrong::NotChoice))?;
    let ticked = |code: &str| !posted.text(&format!("scope-{code}")).is_empty();
    let scopes = owner.scopes().iter().copied().filter(|scope| ticked(scope.code())).collect();
    Ok(NewKey { name: posted.text("name").to_owned(), owner, scopes, lifetime })
}

async fn make_key(app: App, caller: Caller, owner: KeyOwner, posted: Posted) -> Response {
    let page = routes::keys(owner);
    let made = async {
        app.service.may_make(&caller, owner)?;
        app.service.make(&caller, new_key(owner, &posted)?).await
    };
    match made.await {
        Ok(secret) => done_with_secret(&app, page, "key-made", secret),
        Err(fault) => refused(&app, routes::new_key(owner), fault, &posted),
    }
}

async fn revoke_key(app: App, caller: Caller, owner: KeyOwner, number: &str) -> Response {
    let page = routes::keys(owner);
    // No key has the number 0.
    let number = number.parse().unwrap_or(0);
    match app.service.revoke(&caller, owner, number).await {
        Ok(()) => done(&app, page, "key-revoked"),
        Err(fault) => refused(&app, page, fault, &Posted::default()),
    }
}

/// `POST /account/keys`
pub async fn make_own(State(app): State<App>, Signed(caller): Signed, posted: Posted) -> Response {
    make_key(app, caller, KeyOwner::Myself, posted).await
}

/// `POST /account/keys/{number}/revoke`
pub async fn revoke_own(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(number): Path<String>,
) -> Response {
    revoke_key(app, caller, KeyOwner::Myself, &number).await
}

/// `POST /admin/keys`
pub async fn make_for_org(
    State(app): State<App>,
    Signed(caller): Signed,
    posted: Posted,
) -> Response {
    make_key(app, caller, KeyOwner::Organization, posted).await
}

/// `POST /admin/keys/{number}/revoke`
pub async fn revoke_for_org(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(number): Path<String>,
) -> Response {
    revoke_key(app, caller, KeyOwner::Organization, &number).await
}
