//! The only place that reads the clock and makes ids and secrets; everything else gets them as
//! parameters, so that tests choose them.

use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokenscope::id::LongId;
use tokenscope::time::Instant;

/// The clock of the program.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    fixed: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }
    /// A clock that stands still until it is set: for tests and replays.
    #[must_use]
    pub fn standing_at(at: Instant) -> Self {
        Self { fixed: Some(Arc::new(AtomicI64::new(at.micros()))) }
    }
    /// Sets a standing clock; the machine's clock stays as it is.
    pub fn set(&self, at: Instant) {
        if let Some(fixed) = &self.fixed {
            fixed.store(at.micros(), Ordering::SeqCst);
        }
    }
    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Instant {
        match &self.fixed {
            Some(fixed) => Instant::from_micros(fixed.load(Ordering::SeqCst)),
            #[expect(clippy::disallowed_methods, reason = "this is the one place")]
            None => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                let micros = since.map(|d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX));
                Instant::from_micros(micros.unwrap_or(0))
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn random() -> [u8; 16] {
    uuid::Uuid::new_v4().into_bytes()
}

/// A random positive number that a 64-bit float can hold, for keys of the directory.
#[must_use]
pub fn random_number() -> i64 {
    let bytes = random();
    let mut eight = [0; 8];
    // Bytes 6 and 8 hold the version and variant of the UUID.
    eight[1..6].copy_from_slice(&bytes[0..5]);
    eight[6..].copy_from_slice(&bytes[9..11]);
    i64::from_be_bytes(eight) & ((1 << 53) - 1)
}

/// An id that begins with a time, to the millisecond (a UUID of version 7).
#[must_use]
pub fn long_id(at: Instant) -> LongId {
    let bytes = random();
    let mut ten = [0; 10];
    // Bytes 6 and 8 hold the version and variant of the UUID.
    ten[..6].copy_from_slice(&bytes[..6]);
    ten[6..].copy_from_slice(&bytes[9..13]);
    let millis = u64::try_from(at.micros().div_euclid(1000)).unwrap_or(0);
    LongId(uuid::Builder::from_unix_timestamp_millis(millis, &ten).into_uuid().into_bytes())
}

/// The least id of an instant or a later one.
#[must_use]
pub fn first_id(at: Instant) -> LongId {
    let millis = u64::try_from(at.micros().div_euclid(1000)).unwrap_or(0);
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    LongId(bytes)
}

/// A secret of 244 random bits as 52 letters and digits.
#[must_use]
pub fn random_secret() -> String {
    let mut hasher = Sha256::new();
    hasher.update(random());
    hasher.update(random());
    base32(&hasher.finalize())
}

/// A secret of 160 random bits, as authenticators take it.
#[must_use]
pub fn random_key() -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(random());
    hasher.update(random());
    hasher.finalize()[..20].to_vec()
}

/// An id that nobody else makes, as a UUID.
#[must_use]
pub fn random_id() -> String {
    uuid::Uuid::from_bytes(random()).to_string()
}

/// What a log line and a person's report have in common: 8 random letters and digits.
#[must_use]
pub fn incident() -> String {
    base32(&random()[..5])
}

/// Letters and digits that are not mistaken for each other (Crockford's base 32, lower case).
fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let (mut text, mut bits, mut held) = (String::new(), 0u32, 0u32);
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            let digit = (bits >> held) & 31;
            text.push(char::from(ALPHABET[digit as usize]));
        }
    }
    if held > 0 {
        text.push(char::from(ALPHABET[((bits << (5 - held)) & 31) as usize]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_differ() {
        let (a, b) = (random_secret(), random_secret());
        assert_eq!(a.len(), 52);
        assert_ne!(a, b);
        assert_eq!(random_key().len(), 20);
        assert_ne!(random_key(), random_key());
        assert_eq!(incident().len(), 8);
        assert!(random_number() > 0 && random_number() < 1 << 53);
    }

    #[test]
    fn long_ids_begin_with_the_time_and_differ() {
        let at = |millis: i64| Instant::from_micros(millis * 1000 + 999);
        let (earlier, later) = (long_id(at(1_700_000_000_000)), long_id(at(1_700_000_000_001)));
        assert!(earlier < later && earlier != long_id(at(1_700_000_000_000)));
        assert!(first_id(at(1_700_000_000_000)) <= earlier);
        assert!(earlier < first_id(at(1_700_000_000_001)));
        assert_eq!(earlier.to_string().as_bytes()[14], b'7');
    }

    #[test]
    fn base_32_pads_the_last_digit() {
        assert_eq!(base32(&[0xff]), "zw");
        assert_eq!(base32(&[0, 0, 0, 0, 1]), "00000001");
    }
}
