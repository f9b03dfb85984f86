//! The URLs of the pages.

/// Everybody's own usage.
pub const ME: &str = "/me";
/// The whole organization, for managers.
pub const OVERVIEW: &str = "/overview";
/// The sign-in form and what it posts to.
pub const LOGIN: &str = "/login";
/// What the sign-out button posts to.
pub const LOGOUT: &str = "/logout";

/// The sign-in page that leads back to `next` afterwards.
#[must_use]
pub fn login_then(next: &str) -> String {
    let mut url = format!("{LOGIN}?next=");
    for byte in next.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
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
