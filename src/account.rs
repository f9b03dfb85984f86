//! A person's own account: profile, preferences, sessions, and what a password must be.

use crate::fault::Wrong;
use crate::permission::{OrgRole, TeamRole};
use crate::preference::Preferences;
use crate::time::{Instant, Zone};
use serde::{Deserialize, Serialize};

/// The shortest password, in characters.
pub const PASSWORD_MIN: u32 = 12;
/// The longest password, in bytes.
pub const PASSWORD_MAX: u32 = 1024;
/// The longest name of a person or a key, in characters.
pub const NAME_MAX: u32 = 128;
/// For how many minutes a link to choose a new password is good.
pub const RESET_MINUTES: u32 = 30;

/// What the account's owner sees of himself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// What to call him.
    pub name: String,
    /// What he signs in with.
    pub email: String,
    /// What his organization is called.
    pub organization: String,
    /// His roles there, the least first.
    pub roles: Vec<OrgRole>,
    /// His teams by name, with his role in each.
    pub teams: Vec<(String, TeamRole)>,
    /// Whether he signs in with a password here; otherwise somewhere else.
    pub has_password: bool,
    /// Counts the changes of the account.
    pub version: i64,
}

/// How he wants to see the pages, and what stands in for what he did not choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// What he chose.
    pub preferences: Preferences,
    /// The organization's zone.
    pub organization_zone: String,
    /// Counts the changes of the account.
    pub version: i64,
}

/// The open sessions of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionList {
    /// This one first, then the last used first.
    pub sessions: Vec<OpenSession>,
    /// The zone in which he reads instants.
    pub zone: Zone,
}

/// A browser in which he is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSession {
    /// Names it, and opens nothing: the hash of its secret, in hexadecimal digits.
    pub id: String,
    /// Whether it is the one that asks.
    pub current: bool,
    /// On what it runs.
    pub device: Device,
    /// From where it was opened; empty where nobody knows.
    pub address: String,
    /// When it was opened.
    pub opened_at: Instant,
    /// When it was last used, to a quarter of an hour.
    pub used_at: Instant,
}

/// A change of one's own password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordChange<'a> {
    /// The present one.
    pub current: &'a str,
    /// The new one,
    pub new: &'a str,
    /// and once more.
    pub again: &'a str,
}

/// On what a browser runs, by names that are the same in every language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The browser or program.
    pub browser: Option<String>,
    /// The operating system.
    pub system: Option<String>,
}

/// What betrays a browser. The first that fits counts: most pretend to be those below as well.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex Browser"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("Wget/", "Wget"),
    ("python-requests/", "Python"),
    ("Playwright/", "Playwright"),
];

/// The same for systems.
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
    ("FreeBSD", "FreeBSD"),
    ("OpenBSD", "OpenBSD"),
];

impl Device {
    /// Reads a `User-Agent` header (RFC 9110, 10.1.5), which anybody can make up.
    #[must_use]
    pub fn from_agent(agent: &str) -> Self {
        let first = |known: &[(&str, &str)]| {
            let found = known.iter().find(|(sign, _)| agent.contains(sign));
            found.map(|(_, name)| (*name).to_owned())
        };
        Self { browser: first(BROWSERS), system: first(SYSTEMS) }
    }
}

/// Words that begin far too many passwords.
const STEMS: &str = "\
    password passwort passphrase passw0rd p@ssw0rd p@ssword pa$$word mypassword yourpassword \
    newpassword qwerty qwertz azerty letmein welcome admin administrator root login changeme \
    secret default iloveyou ilovejesus trustno monkey dragon football baseball basketball \
    superman batman princess sunshine master shadow michael jennifer pokemon starwars \
    whatever computer internet tokenscope testtest test guest liverpool chocolate \
    unbelievable";

/// Others that are tried first, in lower case.
const COMMON: &str = "\
    1q2w3e4r5t6y 1q2w3e4r5t6y7u 1q2w3e4r5t6y7u8i q1w2e3r4t5y6 q1w2e3r4t5y6u7i8 1qaz2wsx3edc \
    1qaz2wsx3edc4rfv zaq12wsxcde3 qazwsxedcrfv qazwsxedcrfvtgb qweasdzxc123 123qweasdzxc \
    qwe123qwe123 abc123abc123 a1b2c3d4e5f6 aa123456789a a123456789012 123456qwerty \
    qwerty123456 123456789abc 123456abcdef abcdef123456 passwordpassword adminadminadmin \
    letmeinplease ilovemyfamily thisisapassword 112233445566 111222333444 121212343434 \
    147258369147 159753159753 789456123000 correcthorsebatterystaple";

/// Plain sequences; a password that runs along one, forwards or backwards, is none.
const RUNS: &[&str] = &[
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    "012345678901234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "1234567890qwertyuiop",
    "1234567890-=qwertyuiop[]",
];

/// Checks a new password of somebody.
///
/// # Errors
/// What is wrong with it: too short, too long, made of his own name or e-mail, or among the first
/// that anybody tries.
pub fn check_password(password: &str, email: &str, name: &str) -> Result<(), Wrong> {
    if password.chars().count() < PASSWORD_MIN as usize {
        return Err(Wrong::TooShort(PASSWORD_MIN));
    }
    if password.len() > PASSWORD_MAX as usize {
        return Err(Wrong::TooLong(PASSWORD_MAX));
    }
    let lower = password.to_lowercase();
    if is_own(&lower, &email.to_lowercase(), &name.to_lowercase()) {
        return Err(Wrong::OwnName);
    }
    if is_common(&lower) {
        return Err(Wrong::Common);
    }
    Ok(())
}

/// Fewer letters and digits than this beside the own name make no password.
const OWN_REST: usize = 6;

fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn is_own(password: &str, email: &str, name: &str) -> bool {
    let given = plain(password);
    let mut rest = given.clone();
    let account = email.split('@').next().unwrap_or_default();
    let own = [email, account, name].into_iter().chain(name.split_whitespace());
    for word in own.map(plain).filter(|word| word.chars().count() >= 3) {
        rest = rest.replace(&word, "");
    }
    rest.len() < given.len() && rest.chars().count() < OWN_REST
}

fn holds(words: &str, wanted: &str) -> bool {
    words.split(' ').any(|word| word == wanted)
}

fn is_common(password: &str) -> bool {
    let given = plain(password);
    let stem = given.trim_end_matches(|c: char| c.is_ascii_digit());
    let backwards: String = password.chars().rev().collect();
    let runs = |text: &str| RUNS.iter().any(|run| run.contains(text));
    given.is_empty()
        || holds(STEMS, stem)
        || holds(STEMS, password.trim_end_matches(|c: char| !c.is_alphabetic()))
        || holds(COMMON, &given)
        || runs(password)
        || runs(&backwards)
        || repeats(password)
        || steps(password)
}

/// Whether it is up to four characters again and again.
fn repeats(password: &str) -> bool {
    let all: Vec<char> = password.chars().collect();
    (1..=4).any(|period| all.iter().zip(all.iter().skip(period)).all(|(a, b)| a == b))
}

/// Whether every character is the one after, or before, its predecessor.
fn steps(password: &str) -> bool {
    let codes: Vec<u32> = password.chars().map(u32::from).collect();
    let all = |step: fn(u32, u32) -> bool| codes.windows(2).all(|pair| step(pair[0], pair[1]));
    all(|a, b| b == a + 1) || all(|a, b| a == b + 1)
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;
