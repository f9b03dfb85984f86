//! The second factor: six digits from an authenticator app (RFC 6238), or a recovery code, asked
//! for after the password.

use crate::fault::Fault;
use crate::id::PersonId;
use crate::service::Caller;
use crate::time::{Instant, Zone};
use async_trait::async_trait;

/// How many digits an authenticator shows.
pub const DIGITS: usize = 6;
/// How many recovery codes a person gets.
pub const RECOVERY_CODES: usize = 10;
/// How many letters and digits a recovery code has, 5 random bits each.
pub const RECOVERY_CHARS: usize = 16;

/// What became of a sign-in with the right password. Only [`Done`](Self::Done) opens a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// He is who he says.
    Done(Box<Caller>),
    /// The account has a second factor: nobody is signed in before a code of it was right.
    NeedsCode(PersonId),
}

impl SignIn {
    /// The caller, where the password was enough.
    #[must_use]
    pub fn done(self) -> Option<Caller> {
        match self {
            Self::Done(caller) => Some(*caller),
            Self::NeedsCode(_) => None,
        }
    }
}

/// A code as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// What an authenticator shows now.
    Shown(u32),
    /// A recovery code, as it is hashed.
    Recovery(String),
}

impl Code {
    /// Reads a code with or without spaces and hyphens; letters that look like digits count as
    /// these, and so do the full-width forms of Japanese keyboards. None for what is no code.
    #[must_use]
    pub fn read(typed: &str) -> Option<Self> {
        let mut plain = String::new();
        for c in typed.chars().take(64) {
            let c = match u32::from(c) {
                full @ 0xff01..=0xff5e => char::from_u32(full - 0xfee0).unwrap_or(c),
                _ => c,
            };
            match c.to_ascii_lowercase() {
                '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' => {}
                space if space.is_whitespace() => {}
                c if c.is_ascii_alphanumeric() => plain.push(c),
                _ => return None,
            }
        }
        if plain.len() == DIGITS {
            return plain.parse().ok().map(Self::Shown);
        }
        let alike = |c| match c {
            'o' => '0',
            'i' | 'l' => '1',
            c => c,
        };
        let plain: String = plain.chars().map(alike).collect();
        (plain.len() == RECOVERY_CHARS).then_some(Self::Recovery(plain))
    }
}

/// A recovery code as people read it: in groups of four.
#[must_use]
pub fn in_groups(text: &str, between: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let groups: Vec<String> = chars.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(between)
}

/// A secret that waits for its first code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// In base 32, as authenticators take it.
    pub secret: String,
    /// The same as a URI, for a QR code.
    pub uri: String,
}

/// How it stands with somebody's second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The account has no password: he signs in elsewhere, and what is asked for is decided there.
    Elsewhere,
    /// The password is enough.
    Off,
    /// A code is asked for after the password.
    On {
        /// Since when.
        since: Instant,
        /// The zone to write that in.
        zone: Zone,
        /// Recovery codes that were not used.
        codes_left: u32,
    },
}

/// One's own second factor, and the second step of the sign-in.
///
/// Where a password is asked for, `address` is where the attempt came from; failures are counted
/// with those of the sign-in.
#[async_trait]
pub trait SecondFactor: Send + Sync {
    /// How it stands.
    async fn standing(&self, caller: &Caller) -> Result<Standing, Fault>;
    /// Makes a new secret that counts for nothing before it is confirmed.
    async fn enrol(&self, caller: &Caller, password: &str, address: &str) -> Result<(), Fault>;
    /// The secret that waits for its first code.
    async fn enrolment(&self, caller: &Caller) -> Result<Option<Enrolment>, Fault>;
    /// Turns it on with a first code, and returns recovery codes, which are shown this once.
    async fn confirm(
        &self,
        caller: &Caller,
        code: &str,
        address: &str,
    ) -> Result<Vec<String>, Fault>;
    /// Replaces the recovery codes.
    async fn renew_codes(
        &self,
        caller: &Caller,
        password: &str,
        address: &str,
    ) -> Result<Vec<String>, Fault>;
    /// Turns it off, with the password and a code.
    async fn turn_off(
        &self,
        caller: &Caller,
        password: &str,
        code: &str,
        address: &str,
    ) -> Result<(), Fault>;
    /// The second step of a sign-in. A code is right once.
    async fn second_step(
        &self,
        person: PersonId,
        code: &str,
        address: &str,
    ) -> Result<Caller, Fault>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_type_them() {
        for typed in ["123456", " 123 456 ", "123-456", "１２３４５６", "１２３　４５６"]
        {
            assert_eq!(Code::read(typed), Some(Code::Shown(123_456)), "{typed}");
        }
        assert_eq!(Code::read("000007"), Some(Code::Shown(7)));
        let recovery = Some(Code::Recovery("abcd0111efgh2345".into()));
        for typed in ["abcd-0111-efgh-2345", "ABCD OIL1 EFGH 2345", "ａｂｃｄー0111–efgh−2345"]
        {
            assert_eq!(Code::read(typed), recovery, "{typed}");
        }
        let long = "1".repeat(1000);
        for bad in
            ["", "12345", "1234567", "12345a", "+12345", "abcd-0111-efgh-234", "??????", &long]
        {
            assert_eq!(Code::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn groups_have_four() {
        assert_eq!(in_groups("abcdefghij", "-"), "abcd-efgh-ij");
        assert_eq!(in_groups("", " "), "");
    }
}
