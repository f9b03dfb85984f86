//! The URLs of the pages.

use tokenscope::key::KeyOwner;

/// Everybody's own usage.
pub const ME: &str = "/me";
/// The whole organization, for managers.
pub const OVERVIEW: &str = "/overview";
/// The balances of teams.
pub const BALANCE: &str = "/balance";

/// The page of a team's balance.
#[must_use]
pub fn balance(team: &str) -> String {
    let mut url = format!("{BALANCE}/");
    push_escaped(&mut url, team);
    url
}

/// The sign-in form and what it posts to.
pub const LOGIN: &str = "/login";
/// The second step of the sign-in and what it posts to.
pub const LOGIN_CODE: &str = "/login/code";
/// What the button of the other sign-in service posts to.
pub const LOGIN_OIDC: &str = "/login/oidc";
/// What the sign-out button posts to.
pub const LOGOUT: &str = "/logout";
/// What the words and figures mean.
pub const HELP: &str = "/help";
/// The living style guide.
pub const COMPONENTS: &str = "/help/components";
/// The pages of administration.
pub const ADMIN: &str = "/admin";
/// Name and password.
pub const PROFILE: &str = "/account/profile";
/// Language, zone, colours.
pub const PREFERENCES: &str = "/account/preferences";
/// Where somebody is signed in.
pub const SESSIONS: &str = "/account/sessions";
/// One's own second factor.
pub const TWO_FACTOR: &str = "/account/two-factor";

/// Where a link for a new password is asked for.
pub const FORGOT: &str = "/password/forgot";
/// Where such a link leads.
pub const RESET: &str = "/password/reset";
/// One's own account.
pub const ACCOUNT: &str = "/account";
/// The form for a new password.
pub const PASSWORD: &str = "/account/password";
/// One's own API keys.
pub const OWN_KEYS: &str = "/account/keys";
/// The organization's API keys.
pub const ORG_KEYS: &str = "/admin/keys";

/// The page of somebody's keys.
#[must_use]
pub const fn keys(owner: KeyOwner) -> &'static str {
    match owner {
        KeyOwner::Myself => OWN_KEYS,
        KeyOwner::Organization => ORG_KEYS,
    }
}

/// The page on which such a key is made.
#[must_use]
pub const fn new_key(owner: KeyOwner) -> &'static str {
    match owner {
        KeyOwner::Myself => "/account/keys/new",
        KeyOwner::Organization => "/admin/keys/new",
    }
}

/// The page on which a new password is chosen with the secret of a mailed link. A text that is no
/// such secret is left out.
#[must_use]
pub fn reset_with(token: &str) -> String {
    if token.len() <= 64 && token.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        format!("{RESET}?token={token}")
    } else {
        RESET.to_owned()
    }
}

/// The first start and what its form posts to.
pub const SETUP: &str = "/setup";
/// The removal of demo data.
pub const ADMIN_DEMO: &str = "/admin/demo";
/// Purchases of tokens.
pub const PURCHASES: &str = "/admin/tokens";
/// What was done in the books.
pub const AUDIT: &str = "/admin/audit";
/// The form of a purchase.
pub const NEW_PURCHASE: &str = "/admin/tokens/new";
/// What a purchase would change, to be confirmed.
pub const CONFIRM_PURCHASE: &str = "/admin/tokens/confirm";

/// A page of purchases with what was typed in its query, and the id it is to be recorded under.
#[cfg(feature = "ssr")]
#[must_use]
pub fn purchase(
    path: &str,
    input: &tokenscope::purchase::PurchaseInput,
    id: Option<&str>,
) -> String {
    let typed = input.fields().into_iter().filter(|(_, value)| !value.is_empty());
    with_query(path, typed.chain(id.map(|id| ("id", id))))
}

/// A path with a query of these names and values.
#[must_use]
pub fn with_query<'a>(
    path: &str,
    pairs: impl IntoIterator<Item = (&'static str, &'a str)>,
) -> String {
    let mut url = path.to_owned();
    for (n, (name, value)) in pairs.into_iter().enumerate() {
        url.push(if n == 0 { '?' } else { '&' });
        url.push_str(name);
        url.push('=');
        push_escaped(&mut url, value);
    }
    url
}

fn push_escaped(url: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// The sign-in page that leads back to `next` afterwards.
#[must_use]
pub fn login_then(next: &str) -> String {
    with_query(LOGIN, [("next", next)])
}

/// The second step of the sign-in, which leads on to `next`.
#[must_use]
pub fn login_code_then(next: &str) -> String {
    with_query(LOGIN_CODE, [("next", next)])
}

/// A path of this site to go on to; anything else leads to the start page, so that a link to the
/// sign-in page cannot send people elsewhere.
#[must_use]
pub fn safe_next(next: &str) -> &str {
    let bytes = next.as_bytes();
    let rooted = bytes.first() == Some(&b'/') && !matches!(bytes.get(1), Some(b'/' | b'\\'));
    let clean = bytes.iter().all(|b| b.is_ascii_graphic() && *b != b'\\');
    if rooted && clean { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_is_escaped() {
        assert_eq!(login_then("/overview?range=7d"), "/login?next=/overview%3Frange%3D7d");
    }

    #[test]
    fn only_paths_of_this_site_lead_on() {
        assert_eq!(safe_next("/me?range=7d"), "/me?range=7d");
        for bad in ["", "me", "//evil.example", "/\\evil", "https://evil", "/a\r\nb", "/\\"] {
            assert_eq!(safe_next(bad), "/", "{bad:?}");
        }
    }
}
