//! Mails: what is said to whom. The words are the pages' matter, sending is the server's.

use crate::preference::Language;

/// A mail to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// To which address.
    pub to: String,
    /// What to call its owner.
    pub name: String,
    /// In which language.
    pub language: Language,
    /// What it says.
    pub message: Message,
}

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// How to choose a new password.
    PasswordReset {
        /// Where; it holds a secret.
        link: String,
        /// For how many minutes it can be done.
        minutes: u32,
    },
    /// That the password was changed, for who did not do it himself.
    PasswordChanged {
        /// Where to choose another one.
        link: String,
    },
}
