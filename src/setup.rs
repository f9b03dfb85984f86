//! The first start: what makes the first organization and its first admin, and demo data that can
//! be taken out again.

use crate::account::check_password;
use crate::fault::{FieldFault, Wrong};
use crate::id::{check_slug, slug_of};
use crate::preference::Language;
use std::fmt;

/// Most characters of a name.
const NAME_MAX: u32 = 128;
/// Most characters of what one token is called.
const UNIT_MAX: u32 = 32;
/// The slug of the organization that `serve --demo` makes and may throw away.
const RESERVED: &str = "demo";

/// Whether a text can be an e-mail address: something, one `@`, and a domain with a dot.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    let good = parts.is_some_and(|(name, domain)| {
        !name.is_empty() && domain.contains('.') && !domain.starts_with('.')
    });
    good && text.len() <= 254 && text.chars().all(|c| !c.is_whitespace() && !c.is_control())
}

/// What the form of the first start asks for, as it was typed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FirstStart {
    /// What to call the admin.
    pub name: String,
    /// What he signs in with.
    pub email: String,
    /// His password.
    pub password: String,
    /// The same again.
    pub password_again: String,
    /// What people read as the organization's name.
    pub organization: String,
    /// What the command line calls it; empty = made from the name.
    pub slug: String,
    /// IANA name of its time zone; empty = UTC.
    pub zone: String,
    /// What one token is called there; empty = `token`.
    pub unit: String,
    /// The language of the admin and of the organization.
    pub language: Language,
    /// Whether it is filled with invented data.
    pub demo: bool,
}

impl fmt::Debug for FirstStart {
    /// Without the passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, email, organization, .. } = self;
        write!(f, "FirstStart({name:?}, {email:?}, {organization:?})")
    }
}

impl FirstStart {
    /// The slug that was given, or the one made from the name.
    #[must_use]
    pub fn slug(&self) -> String {
        if !self.slug.is_empty() {
            return self.slug.clone();
        }
        match slug_of(&self.organization, "organization") {
            slug if slug == RESERVED => format!("{RESERVED}-1"),
            slug => slug,
        }
    }
    /// The time zone's name.
    #[must_use]
    pub fn zone(&self) -> &str {
        if self.zone.is_empty() { "UTC" } else { &self.zone }
    }
    /// What one token is called.
    #[must_use]
    pub fn unit(&self) -> &str {
        if self.unit.is_empty() { "token" } else { &self.unit }
    }

    /// Everything that is wrong with it, in the order of the form. Whether the zone is known is
    /// said by who knows the zones.
    #[must_use]
    pub fn faults(&self, zone_is_known: bool) -> Vec<FieldFault> {
        let slug = self.slug();
        let checks = [
            ("name", text(&self.name, NAME_MAX)),
            ("email", email(&self.email)),
            ("password", password(self)),
            ("password_again", (self.password != self.password_again).then_some(Wrong::Mismatch)),
            ("organization", text(&self.organization, NAME_MAX)),
            ("slug", slug_fault(&slug)),
            ("zone", (!zone_is_known).then_some(Wrong::NotZone)),
            ("unit", text(self.unit(), UNIT_MAX)),
        ];
        let wrong = |(field, wrong): (&str, Option<Wrong>)| Some(FieldFault::of(field, wrong?));
        checks.into_iter().filter_map(wrong).collect()
    }
}

fn characters(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

fn text(text: &str, most: u32) -> Option<Wrong> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Some(Wrong::Missing);
    }
    (characters(text) > most).then_some(Wrong::TooLong(most))
}

fn email(text: &str) -> Option<Wrong> {
    match text {
        "" => Some(Wrong::Missing),
        text => (!is_email(text)).then_some(Wrong::NotEmail),
    }
}

fn password(start: &FirstStart) -> Option<Wrong> {
    if start.password.is_empty() {
        return Some(Wrong::Missing);
    }
    check_password(&start.password, &start.email, &start.name).err()
}

fn slug_fault(slug: &str) -> Option<Wrong> {
    let plain = slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    match slug {
        RESERVED => Some(Wrong::Taken),
        slug if !plain || check_slug(slug).is_err() => Some(Wrong::NotSlug),
        _ => None,
    }
}

/// Whether the first start is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// It is done: there is an organization.
    Done,
    /// It is to be made, but not with this token.
    Locked,
    /// It is to be made, and the token is right.
    Open {
        /// The time zones there are.
        zones: Vec<String>,
    },
}

/// What became of the demo data that was wished for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemoMade {
    /// None was.
    None,
    /// It is there.
    Ready,
    /// It is still being made.
    Running,
    /// It could not be made completely.
    Failed,
}

/// What an organization with demo data loses when that is removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DemoContents {
    /// Usage events.
    pub events: i64,
    /// Teams.
    pub teams: i64,
    /// Apps, without those that stand for a team's own events.
    pub apps: i64,
    /// Lots.
    pub lots: i64,
    /// People who came with the demo, without who asks.
    pub people: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> FirstStart {
        FirstStart {
            name: "Ada".into(),
            email: "ada@example.org".into(),
            password: "correct horse".into(),
            password_again: "correct horse".into(),
            organization: "Northwind Robotics".into(),
            ..FirstStart::default()
        }
    }

    fn fields(start: &FirstStart) -> Vec<String> {
        let faults = start.faults(start.zone() == "UTC");
        faults.into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        assert_eq!(fields(&good()), Vec::<String>::new());
        let nothing = fields(&FirstStart { zone: "Mars/Base".into(), ..FirstStart::default() });
        assert_eq!(nothing, ["name", "email", "password", "organization", "zone"]);
        let typed = FirstStart {
            email: "ada".into(),
            password: "short".into(),
            slug: "Not A Slug".into(),
            unit: "x".repeat(40),
            ..good()
        };
        assert_eq!(fields(&typed), ["email", "password", "password_again", "slug", "unit"]);
    }

    #[test]
    fn slugs_come_from_names() {
        let named = |name: &str| FirstStart { organization: name.into(), ..good() }.slug();
        assert_eq!(named("Northwind Robotics, Inc."), "northwind-robotics-inc");
        assert_eq!(named("株式会社"), "organization");
        // What `serve --demo --fresh` may delete is nobody's organization.
        assert_eq!(named("Demo"), "demo-1");
        assert_eq!(fields(&FirstStart { slug: "demo".into(), ..good() }), ["slug"]);
        assert_eq!(FirstStart { slug: "acme".into(), ..good() }.slug(), "acme");
    }

    #[test]
    fn passwords_are_not_printed() {
        assert!(!format!("{:?}", good()).contains("horse"));
    }

    #[test]
    fn addresses_have_a_domain() {
        assert!(is_email("a@b.example") && is_email("a+b@b.co"));
        for bad in ["a", "a@b", "@b.example", "a@.example", "a b@c.example", "a@b.example\n"] {
            assert!(!is_email(bad), "{bad:?}");
        }
    }
}
