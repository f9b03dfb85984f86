//! API keys as lists and forms know them; the secret is in none of these.

use crate::permission::Scope;
use crate::time::{DAY, Instant, Zone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Whose keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyOwner {
    /// The organization's: it stays when people go.
    Organization,
    /// The asking person's own: it can do what he can, as long as he can.
    Myself,
}

impl KeyOwner {
    /// The scopes that a key may have, in the order in which they are offered.
    #[must_use]
    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Organization => {
                &[Scope::Ingest, Scope::IngestRated, Scope::Check, Scope::Read, Scope::Admin]
            }
            Self::Myself => &[Scope::Read, Scope::Check],
        }
    }
}

/// How long a key is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifetime {
    /// Until it is taken back.
    Endless,
    /// A month.
    Days30,
    /// A quarter.
    #[default]
    Days90,
    /// A year.
    Days365,
}

impl Lifetime {
    /// Every lifetime there is.
    pub const ALL: [Self; 4] = [Self::Days30, Self::Days90, Self::Days365, Self::Endless];

    const fn days(self) -> Option<i64> {
        match self {
            Self::Endless => None,
            Self::Days30 => Some(30),
            Self::Days90 => Some(90),
            Self::Days365 => Some(365),
        }
    }
    /// The name of it in forms.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Endless => "none",
            Self::Days30 => "30",
            Self::Days90 => "90",
            Self::Days365 => "365",
        }
    }
    /// The lifetime of that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lifetime| lifetime.code() == code)
    }
    /// When a key ends that is made now.
    #[must_use]
    pub fn end(self, now: Instant) -> Option<Instant> {
        self.days().map(|days| now.plus(days * DAY))
    }
}

/// A key to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// What people call it.
    pub name: String,
    /// Whose it is.
    pub owner: KeyOwner,
    /// What it may be used for.
    pub scopes: BTreeSet<Scope>,
    /// How long it is good.
    pub lifetime: Lifetime,
}

/// Keys, as a page lists them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyList {
    /// Those that can be used first, the newest first.
    pub keys: Vec<KeyListing>,
    /// Whether the asker may make and revoke them.
    pub may_change: bool,
    /// The zone in which he reads instants.
    pub zone: Zone,
}

/// A key, as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyListing {
    /// Its number in the organization.
    pub number: i64,
    /// How it starts, as far as that is no secret: `tsk_1_12_`.
    pub prefix: String,
    /// What people call it.
    pub name: String,
    /// What it may be used for.
    pub scopes: BTreeSet<Scope>,
    /// Whether it can be used.
    pub state: KeyState,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last used, to the minute.
    pub used_at: Option<Instant>,
    /// After which it is refused.
    pub expires_at: Option<Instant>,
}

/// Whether a key can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It can.
    Active,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
}

impl KeyState {
    /// The state of a key at an instant. One that was taken back and is over as well was taken
    /// back.
    #[must_use]
    pub fn at(now: Instant, expires_at: Option<Instant>, revoked_at: Option<Instant>) -> Self {
        match (revoked_at, expires_at) {
            (Some(_), _) => Self::Revoked,
            (None, Some(end)) if end <= now => Self::Expired,
            (None, _) => Self::Active,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_ends_at_its_end() {
        let (now, end) = (Instant::from_micros(0), Lifetime::Days30.end(Instant::from_micros(0)));
        assert_eq!(KeyState::at(now, end, None), KeyState::Active);
        assert_eq!(KeyState::at(now.plus(30 * DAY - 1), end, None), KeyState::Active);
        assert_eq!(KeyState::at(now.plus(30 * DAY), end, None), KeyState::Expired);
        assert_eq!(KeyState::at(now.plus(31 * DAY), end, Some(now)), KeyState::Revoked);
        assert_eq!(KeyState::at(Instant::MAX, Lifetime::Endless.end(now), None), KeyState::Active);
    }

    #[test]
    fn names_of_lifetimes_read_back() {
        for lifetime in Lifetime::ALL {
            assert_eq!(Lifetime::from_code(lifetime.code()), Some(lifetime));
        }
        assert_eq!(Lifetime::from_code("31"), None);
    }
}
