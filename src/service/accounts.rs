//! A person's own account.

use super::Caller;
use crate::account::{Chosen, PasswordChange, Profile, SessionList};
use crate::fault::Fault;
use crate::preference::Preferences;
use async_trait::async_trait;

/// One's own account, and the way back into it. An API key may do none of this.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// The origin under which people reach the program, e.g. `https://tokens.example.com`.
    fn origin(&self) -> String;
    /// Whether mails can be sent.
    fn sends_mail(&self) -> bool;
    /// The caller's profile.
    async fn profile(&self, caller: &Caller) -> Result<Profile, Fault>;
    /// Changes his name, if the account is still of this version.
    async fn rename(&self, caller: &Caller, name: &str, version: i64) -> Result<(), Fault>;
    /// How he wants to see the pages.
    async fn chosen(&self, caller: &Caller) -> Result<Chosen, Fault>;
    /// Changes that, if the account is still of this version.
    async fn choose(
        &self,
        caller: &Caller,
        preferences: &Preferences,
        version: i64,
    ) -> Result<(), Fault>;
    /// His open sessions; `current` is the id of the one that asks.
    async fn sessions(&self, caller: &Caller, current: &str) -> Result<SessionList, Fault>;
    /// Ends a session of his.
    async fn end_session(&self, caller: &Caller, id: &str) -> Result<(), Fault>;
    /// Ends every session of his but this one and says how many.
    async fn end_other_sessions(&self, caller: &Caller, keep: &str) -> Result<u64, Fault>;
    /// Changes his password and ends every session but this one. `address` is where the attempt
    /// came from; it counts like a sign-in.
    async fn change_password(
        &self,
        caller: &Caller,
        change: PasswordChange<'_>,
        keep: &str,
        address: &str,
    ) -> Result<(), Fault>;
    /// Mails a link to choose a new password to the account of this e-mail. Whether there is one
    /// shows neither in the answer nor in how long it takes.
    async fn forgot_password(&self, email: &str, address: &str) -> Result<(), Fault>;
    /// Whether such a link is good.
    async fn may_reset(&self, token: &str) -> Result<bool, Fault>;
    /// Chooses a new password with such a link, which works once, and ends every session.
    async fn reset_password(&self, token: &str, new: &str, again: &str) -> Result<(), Fault>;
}
