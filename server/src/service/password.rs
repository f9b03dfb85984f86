//! Passwords: argon2id with the library's parameters (19 MiB, two passes), a few at a time, so that
//! a flood of sign-ins fills neither memory nor cores.

use super::fault;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokenscope::account::{PASSWORD_MAX, PASSWORD_MIN};
use tokenscope::fault::{Fault, Wrong};
use tokio::sync::Semaphore;

/// How many hashes are worked out at once.
const AT_ONCE: usize = 2;

/// The hash against which passwords of unknown accounts are checked, so that they take as long as
/// those of known ones. It is of no password that anybody has.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA\
$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Works out hashes.
pub struct Hashing {
    slots: Semaphore,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { slots: Semaphore::new(AT_ONCE) }
    }
}

impl Hashing {
    /// Hashes a new password.
    ///
    /// # Errors
    /// [`Fault::Invalid`] for one that is too short or too long.
    pub async fn hash(&self, password: String) -> Result<String, Fault> {
        if password.chars().count() < PASSWORD_MIN as usize {
            return Err(Fault::wrong("password", Wrong::TooShort(PASSWORD_MIN)));
        }
        if password.len() > PASSWORD_MAX as usize {
            return Err(Fault::wrong("password", Wrong::TooLong(PASSWORD_MAX)));
        }
        let _slot = self.slots.acquire().await.map_err(|e| fault::internal(&e))?;
        let hash = tokio::task::spawn_blocking(move || {
            Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
        });
        hash.await.map_err(|e| fault::internal(&e))?.map_err(|e| fault::internal(&e))
    }

    /// Whether a password belongs to a hash; without a hash it takes as long and is wrong.
    ///
    /// # Errors
    /// [`Fault::Internal`] when the hash cannot be read.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Fault> {
        if password.len() > PASSWORD_MAX as usize {
            return Ok(false);
        }
        // An account without a password has none that could be right.
        let hash = hash.filter(|hash| !hash.is_empty());
        let _slot = self.slots.acquire().await.map_err(|e| fault::internal(&e))?;
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let checked = tokio::task::spawn_blocking(move || {
            let hash = PasswordHash::new(&hash).map_err(|e| e.to_string())?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        let checked: Result<bool, String> = checked.await.map_err(|e| fault::internal(&e))?;
        Ok(checked.map_err(|e| fault::internal(&e))? && known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn passwords_verify_and_unknown_accounts_do_not() {
        let hashing = Hashing::default();
        let hash = hashing.hash("correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(hashing.verify("correct horse battery".into(), Some(hash.clone())).await.unwrap());
        assert!(!hashing.verify("wrong".into(), Some(hash)).await.unwrap());
        assert!(!hashing.verify(String::new(), None).await.unwrap());
        assert!(!hashing.verify(String::new(), Some(String::new())).await.unwrap());
        assert_eq!(hashing.hash("short".into()).await.unwrap_err().status(), 422);
    }
}
