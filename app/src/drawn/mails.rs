//! The words of mails: plain text in the recipient's language.

use crate::{text, tr};
use leptos::prelude::{Owner, provide_context};
use tokenscope::mail::{Letter, Message};

/// A mail in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What it is about.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// Writes a mail.
#[must_use]
pub fn write(letter: &Letter) -> Written {
    Owner::new().with(|| {
        provide_context(text::locale_of(letter.language));
        let (subject, parts) = match &letter.message {
            Message::PasswordReset { link, minutes } => (
                tr!(mail.reset_subject),
                vec![
                    tr!(mail.reset_why, email = letter.to.clone()),
                    tr!(mail.reset_how, minutes = *minutes),
                    link.clone(),
                    tr!(mail.reset_not_you).to_owned(),
                ],
            ),
            Message::PasswordChanged { link } => (
                tr!(mail.changed_subject),
                vec![
                    tr!(mail.changed_what, email = letter.to.clone()),
                    tr!(mail.changed_not_you).to_owned(),
                    link.clone(),
                ],
            ),
        };
        let greeting = tr!(mail.greeting, name = letter.name.clone());
        let parts = [greeting].into_iter().chain(parts).chain([tr!(mail.sender).to_owned()]);
        let body = parts.collect::<Vec<_>>().join("\n\n");
        Written { subject: subject.to_owned(), body: format!("{body}\n") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenscope::preference::Language;

    #[test]
    fn a_mail_speaks_the_recipients_language() {
        let link = "https://tokens.example.com/password/reset?token=abc".to_owned();
        let message = Message::PasswordReset { link: link.clone(), minutes: 30 };
        let letter = |language| Letter {
            to: "mika@example.com".into(),
            name: "Mika Sato".into(),
            language,
            message: message.clone(),
        };
        let english = write(&letter(Language::En));
        assert!(english.subject.contains("password"), "{}", english.subject);
        assert!(english.body.starts_with("Hello Mika Sato,"), "{}", english.body);
        let japanese = write(&letter(Language::Ja));
        assert!(japanese.subject.contains("パスワード"), "{}", japanese.subject);
        for mail in [english, japanese] {
            assert!(mail.body.contains(&format!("\n{link}\n")) && mail.body.contains("30"));
            assert!(mail.body.contains("mika@example.com"));
        }
    }
}
