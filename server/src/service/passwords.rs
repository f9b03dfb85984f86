//! Changing one's password, and choosing a new one by a link when it is forgotten. The link's
//! secret has 244 random bits; the table holds its plain hash.

use super::accounts::{person_of, row_of, session_hash};
use super::{Service, commit, fault};
use crate::clock;
use crate::store::{password_reset, person, session};
use sha2::{Digest, Sha256};
use tokenscope::account::{PasswordChange, RESET_MINUTES, check_password};
use tokenscope::fault::{Fault, FieldFault, Wrong};
use tokenscope::id::PersonId;
use tokenscope::mail::Message;
use tokenscope::service::Caller;
use tokenscope::time::SECOND;

/// The page that a link leads to; the secret stands behind it.
const RESET_PAGE: &str = "/password/reset?token=";
/// The page on which a link is asked for.
const FORGOT_PAGE: &str = "/password/forgot";

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// All that is wrong with a new password, but for the present one.
fn complaints(new: &str, again: &str, email: &str, name: &str) -> Vec<FieldFault> {
    let mut found = Vec::new();
    if let Err(wrong) = check_password(new, email, name) {
        found.push(FieldFault::of("password", wrong));
    } else if new != again {
        found.push(FieldFault::of("password_again", Wrong::Mismatch));
    }
    found
}

impl Service {
    pub(super) async fn change_own_password(
        &self,
        caller: &Caller,
        change: PasswordChange<'_>,
        keep: &str,
        address: &str,
    ) -> Result<(), Fault> {
        let person = person_of(caller)?;
        let mut tx = self.read().await?;
        let row = row_of(&mut tx, person).await?;
        drop(tx);
        let mut fields = complaints(change.new, change.again, &row.email, &row.name);
        if fields.is_empty() && change.new == change.current {
            fields.push(FieldFault::of("password", Wrong::Unchanged));
        }
        if !fields.is_empty() {
            return Err(Fault::Invalid { fields });
        }
        let begun = self.parts.throttle.begin(&row.email, address, self.clock().now());
        begun.map_err(|retry_after_s| Fault::TooMany { retry_after_s })?;
        let old = row.password_hash.clone();
        let known = Some(old.clone());
        if !self.parts.hashing.verify(change.current.to_owned(), known).await? {
            return Err(Fault::wrong("password_current", Wrong::Incorrect));
        }
        self.parts.throttle.succeeded(&row.email, address);
        let new = self.parts.hashing.hash(change.new.to_owned()).await?;
        let mut tx = self.write().await?;
        let done = person::replace_password(&mut tx, person, &old, &new).await;
        if !done.map_err(fault::of)? {
            return Err(Fault::Stale);
        }
        session::end_others(&mut tx, person, session_hash(keep)).await.map_err(fault::of)?;
        password_reset::forget(&mut tx, person).await.map_err(fault::of)?;
        commit(tx).await?;
        let link = format!("{}{FORGOT_PAGE}", self.outside().origin);
        self.mail(&row, Message::PasswordChanged { link }).await
    }

    /// Everything that depends on the account comes after the answer, so that the answer says
    /// nothing about it.
    pub(super) fn begin_reset(&self, email: &str, address: &str) -> Result<(), Fault> {
        let email = email.trim().to_lowercase();
        if email.is_empty() {
            return Err(Fault::wrong("email", Wrong::Missing));
        }
        if !email.contains('@') || email.len() > 254 {
            return Err(Fault::wrong("email", Wrong::NotEmail));
        }
        let (account, from) = (format!("reset {email}"), format!("reset {address}"));
        let begun = self.parts.throttle.begin(&account, &from, self.clock().now());
        begun.map_err(|retry_after_s| Fault::TooMany { retry_after_s })?;
        let service = self.clone();
        tokio::spawn(async move {
            if let Err(fault) = service.mail_reset(&email).await {
                tracing::warn!(%fault, "a link for a new password could not be made");
            }
        });
        Ok(())
    }

    async fn mail_reset(&self, email: &str) -> Result<(), Fault> {
        let mut tx = self.read().await?;
        let row = person::by_email(&mut tx, email).await.map_err(fault::of)?;
        drop(tx);
        // An account without a password signs in elsewhere, and forgets its password there.
        let Some(row) = row.filter(|row| !row.password_hash.is_empty()) else { return Ok(()) };
        let link = self.reset_link(PersonId(row.person_id)).await?;
        self.mail(&row, Message::PasswordReset { link, minutes: RESET_MINUTES }).await
    }

    /// A new link for a person; those before are good no more.
    async fn reset_link(&self, person: PersonId) -> Result<String, Fault> {
        let token = clock::random_secret();
        let end = self.clock().now().plus(i64::from(RESET_MINUTES) * 60 * SECOND);
        let mut tx = self.write().await?;
        password_reset::forget(&mut tx, person).await.map_err(fault::of)?;
        let added = password_reset::add(&mut tx, hash(&token), person, end.micros()).await;
        added.map_err(fault::of)?;
        commit(tx).await?;
        Ok(format!("{}{RESET_PAGE}{token}", self.outside().origin))
    }

    /// A link to choose a new password, for whoever runs the server.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when nobody has the e-mail.
    pub async fn reset_link_for(&self, email: &str) -> Result<String, Fault> {
        let email = email.trim().to_lowercase();
        let mut tx = self.read().await?;
        let row = person::by_email(&mut tx, &email).await.map_err(fault::of)?;
        drop(tx);
        let missing = || Fault::NotFound { what: format!("an account with the e-mail `{email}`") };
        self.reset_link(PersonId(row.ok_or_else(missing)?.person_id)).await
    }

    pub(super) async fn reset_of(&self, token: &str) -> Result<Option<PersonId>, Fault> {
        let mut tx = self.read().await?;
        let now = self.clock().now().micros();
        password_reset::get(&mut tx, hash(token), now).await.map_err(fault::of)
    }

    pub(super) async fn finish_reset(
        &self,
        token: &str,
        new: &str,
        again: &str,
    ) -> Result<(), Fault> {
        let over = || Fault::NotFound { what: "a link of this text that is still good".into() };
        let person = self.reset_of(token).await?.ok_or_else(over)?;
        let mut tx = self.read().await?;
        let row = row_of(&mut tx, person).await?;
        drop(tx);
        let fields = complaints(new, again, &row.email, &row.name);
        if !fields.is_empty() {
            return Err(Fault::Invalid { fields });
        }
        let new = self.parts.hashing.hash(new.to_owned()).await?;
        let now = self.clock().now().micros();
        let mut tx = self.write().await?;
        let taken = password_reset::take(&mut tx, hash(token), now).await.map_err(fault::of)?;
        if taken != Some(person) {
            return Err(over());
        }
        person::set_password(&mut tx, person.0, &new).await.map_err(fault::of)?;
        session::end_others(&mut tx, person, Vec::new()).await.map_err(fault::of)?;
        password_reset::forget(&mut tx, person).await.map_err(fault::of)?;
        commit(tx).await?;
        // Whoever waits because of guesses at the old one may sign in with the new one.
        self.parts.throttle.forget(&row.email);
        let link = format!("{}{FORGOT_PAGE}", self.outside().origin);
        self.mail(&row, Message::PasswordChanged { link }).await
    }

    /// Deletes the links that are over.
    pub(super) async fn sweep_resets(&self) -> Result<(), Fault> {
        let mut tx = self.write().await?;
        let now = self.clock().now().micros();
        password_reset::sweep(&mut tx, now).await.map_err(fault::of)?;
        commit(tx).await
    }
}
