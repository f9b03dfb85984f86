//! The audit log: what was done in the books and by whom. Each entry carries the hash of the one
//! before, so that a changed, a missing or an added one breaks the chain.
//!
//! The hash of an entry is SHA-256 over the hash before it and [`Entry::bytes`]; before the first
//! stands [`NOTHING_BEFORE`]. What a chain cannot show by itself is that its last entries are
//! missing, or that all of it was made anew: for that somebody has to keep a hash elsewhere.

use crate::id::PersonId;
use crate::service::Caller;
use crate::time::{Date, Instant, Zone};
use serde::{Deserialize, Serialize};

/// A hash of the chain.
pub type Hash = [u8; 32];

/// What stands in the place of the hash before the first entry.
pub const NOTHING_BEFORE: Hash = [0; 32];

/// What the bytes of an entry begin with: another form of them gets another name.
const FORM: &[u8] = b"tokenscope audit 1\n";

/// What entries can be about; those of facts are called as the facts.
pub const ACTIONS: [&str; 20] = [
    "team",
    "trial",
    "policy",
    "app",
    "assignment",
    "api",
    "rate",
    "lot",
    "void",
    "transfer",
    "unblock",
    "owner",
    "payer",
    "product",
    "close",
    "correction",
    "key_made",
    "key_revoked",
    "demo_removed",
    "restored",
];

/// Who did it, as a number: the person's name stands in his own row alone and can be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Somebody who was signed in.
    Person(PersonId),
    /// An API key of the organization or of a person.
    Key(i64),
    /// The program itself, or whoever runs its command line.
    Program,
}

impl Actor {
    /// The name of the kind in storage and for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Key(_) => "key",
            Self::Program => "program",
        }
    }
    /// The number within the kind.
    #[must_use]
    pub const fn number(self) -> Option<i64> {
        match self {
            Self::Person(person) => Some(person.0),
            Self::Key(key) => Some(key),
            Self::Program => None,
        }
    }
    /// The actor of a stored kind and number.
    #[must_use]
    pub fn stored(code: &str, number: Option<i64>) -> Option<Self> {
        match (code, number) {
            ("person", Some(number)) => Some(Self::Person(PersonId(number))),
            ("key", Some(number)) => Some(Self::Key(number)),
            ("program", None) => Some(Self::Program),
            _ => None,
        }
    }
    /// Who calls: a key goes before the person whose it is.
    #[must_use]
    pub fn of(caller: &Caller) -> Self {
        let key = caller.key.map(Self::Key);
        key.or(caller.person.map(Self::Person)).unwrap_or(Self::Program)
    }
}

/// An entry as it is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Number of the organization.
    pub org: i64,
    /// Its place in the organization's log, from 1, without gaps.
    pub entry: i64,
    /// When, in microseconds.
    pub at: i64,
    /// Kind of the actor.
    pub actor_kind: &'a str,
    /// Number of the actor within the kind.
    pub actor_id: Option<i64>,
    /// What was done.
    pub action: &'a str,
    /// To what.
    pub subject: &'a str,
    /// All of it, as JSON with sorted members.
    pub content: &'a str,
}

impl Entry<'_> {
    /// The bytes that are hashed behind the hash before. Texts are preceded by their length, so
    /// that no two entries have the same bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = FORM.to_vec();
        for number in [self.org, self.entry, self.at] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.push(u8::from(self.actor_id.is_some()));
        bytes.extend(self.actor_id.unwrap_or(0).to_be_bytes());
        for text in [self.actor_kind, self.action, self.subject, self.content] {
            // A text that is in memory has fewer bytes than 64 bits can count.
            bytes.extend(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes
    }
}

/// Which entries are asked for; the newest come first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AuditQuestion {
    /// One of [`ACTIONS`].
    pub action: Option<String>,
    /// What it was done to, e.g. `team:red`.
    pub subject: Option<String>,
    /// Entries at or after this instant.
    pub from: Option<Instant>,
    /// Entries before this instant.
    pub to: Option<Instant>,
    /// Entries of this day and later ones, in the zone in which the caller reads.
    pub first_day: Option<Date>,
    /// Entries of this day and earlier ones.
    pub last_day: Option<Date>,
    /// Entries with a smaller number than this one.
    pub before: Option<i64>,
    /// How many at most, 1 to 1000.
    pub limit: u16,
}

/// An entry for a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Its place in the log.
    pub entry: i64,
    /// When.
    pub at: Instant,
    /// Who.
    pub actor: Actor,
    /// What he is called now; none when he is no more.
    pub name: Option<String>,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// All of it, as JSON.
    pub content: String,
    /// Its hash, in hexadecimal.
    pub hash: String,
}

/// Some entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The newest first.
    pub lines: Vec<AuditLine>,
    /// What [`AuditQuestion::before`] has to be for those that follow; none at the end.
    pub next: Option<i64>,
    /// The zone in which the page writes instants.
    pub zone: Zone,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: Entry<'_> = Entry {
        org: 1,
        entry: 2,
        at: 3,
        actor_kind: "person",
        actor_id: Some(4),
        action: "lot",
        subject: "lot:a",
        content: "{}",
    };

    #[test]
    fn every_member_is_in_the_bytes() {
        let others = [
            Entry { org: 2, ..ENTRY },
            Entry { entry: 3, ..ENTRY },
            Entry { at: 4, ..ENTRY },
            Entry { actor_kind: "key", ..ENTRY },
            Entry { actor_id: None, ..ENTRY },
            Entry { actor_id: Some(0), ..ENTRY },
            Entry { action: "void", ..ENTRY },
            Entry { subject: "lot:b", ..ENTRY },
            Entry { content: "[]", ..ENTRY },
            // The same letters, cut elsewhere.
            Entry { action: "lotl", subject: "ot:a", ..ENTRY },
        ];
        let all: std::collections::BTreeSet<Vec<u8>> =
            others.iter().chain([&ENTRY]).map(Entry::bytes).collect();
        assert_eq!(all.len(), others.len() + 1);
    }

    #[test]
    fn actors_read_back() {
        for actor in [Actor::Person(PersonId(7)), Actor::Key(8), Actor::Program] {
            assert_eq!(Actor::stored(actor.code(), actor.number()), Some(actor));
        }
        assert_eq!(Actor::stored("person", None), None);
        assert_eq!(Actor::stored("cat", Some(1)), None);
    }
}
