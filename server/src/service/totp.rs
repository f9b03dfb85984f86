//! Codes that change with the time (RFC 6238): HMAC-SHA-1, six digits, 30 seconds, which is what
//! every authenticator app understands.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use tokenscope::second_factor::{DIGITS, Enrolment};
use tokenscope::time::{Instant, SECOND};

/// How long a code is shown, in seconds.
pub const STEP_S: i64 = 30;
/// How many steps a clock may be ahead or behind.
const SKEW: i64 = 1;
/// What authenticators show above the code.
const ISSUER: &str = "Tokenscope";

/// The number of the step at an instant.
#[must_use]
pub fn step_at(now: Instant) -> i64 {
    now.micros().div_euclid(STEP_S * SECOND)
}

/// The code of a step (RFC 4226, 5.3).
#[must_use]
pub fn code_at(secret: &[u8], step: i64) -> u32 {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) else { return u32::MAX };
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let start = usize::from(hash[hash.len() - 1] & 0xf);
    let mut four = [0; 4];
    four.copy_from_slice(&hash[start..start + 4]);
    let digits = u32::try_from(DIGITS).unwrap_or(0);
    (u32::from_be_bytes(four) & 0x7fff_ffff) % 10u32.pow(digits)
}

/// The step around now, newer than `after`, whose code this is.
#[must_use]
pub fn step_of(secret: &[u8], code: u32, now: Instant, after: i64) -> Option<i64> {
    let now = step_at(now);
    (now - SKEW..=now + SKEW)
        .filter(|step| *step > after)
        .find(|step| code_at(secret, *step) == code)
}

/// A secret as an authenticator takes it.
#[must_use]
pub fn enrolment(secret: &[u8], account: &str) -> Enrolment {
    let secret = BASE32_NOPAD.encode(secret);
    let account: String = url::form_urlencoded::byte_serialize(account.as_bytes()).collect();
    // SHA-1, six digits and 30 seconds go without saying, and keep the QR code coarse.
    let uri = format!("otpauth://totp/{ISSUER}:{account}?secret={secret}&issuer={ISSUER}");
    Enrolment { secret, uri }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_the_step_before_and_after_counts_once() {
        let (secret, now) = (b"12345678901234567890", Instant::from_micros(1_000_000 * SECOND));
        let step = step_at(now);
        for near in step - 1..=step + 1 {
            let code = code_at(secret, near);
            assert_eq!(step_of(secret, code, now, 0), Some(near));
            assert_eq!(step_of(secret, code, now, near), None, "used");
        }
        for far in [step - 2, step + 2] {
            assert_eq!(step_of(secret, code_at(secret, far), now, 0), None);
        }
    }

    #[test]
    fn an_authenticator_can_read_the_secret() {
        let Enrolment { secret, uri } = enrolment(b"12345678901234567890", "a+b@example.org");
        assert_eq!(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let url = url::Url::parse(&uri).unwrap();
        assert_eq!((url.scheme(), url.host_str()), ("otpauth", Some("totp")));
        assert_eq!(url.path(), "/Tokenscope:a%2Bb%40example.org");
        assert!(url.query_pairs().any(|(name, value)| name == "secret" && value == secret));
    }
}
