//! Sends mails over SMTP, in the background and with a few tries. Addresses do not go into the
//! log: it tells the kind of mail and the server's code.

use crate::clock::{self, Clock};
use crate::service::Mailer;
use lettre::message::{Mailbox, header};
use lettre::transport::smtp::Error;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::sync::Arc;
use std::time::Duration;
use tokenscope::mail::{Letter, Message as Said};
use tokenscope_app::drawn::mails;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// How many mails are under way at once.
const AT_ONCE: u32 = 4;
/// The pauses between the tries.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(20)];
/// How long one try may take.
const TRY_WITHIN: Duration = Duration::from_secs(30);
/// How long the program waits for mails under way when it is told to stop.
const FINISH_WITHIN: Duration = Duration::from_secs(10);

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Sends through one mail server. Cheap to clone.
#[derive(Clone)]
pub struct Smtp {
    transport: Transport,
    from: Mailbox,
    clock: Clock,
    slots: Arc<Semaphore>,
}

/// Why mails cannot be sent as configured: which setting, and what to do.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The address of the server is none.
    #[error(
        "smtp_url must be like smtp://user:password@host:587?tls=required or \
         smtps://user:password@host"
    )]
    Url,
    /// A password would travel readable.
    #[error(
        "smtp_url holds a password, which would travel readable: use smtps://, or add \
         ?tls=required"
    )]
    Readable,
    /// No sender.
    #[error("smtp_url needs mail_from, like Tokenscope <tokenscope@example.com>")]
    NoSender,
    /// The sender is no address.
    #[error("mail_from `{0}` must be like Tokenscope <tokenscope@example.com>")]
    Sender(String),
}

/// Checks the settings, and takes them apart.
fn read(url: &str, from: Option<&str>) -> Result<(Transport, Mailbox), MailError> {
    let parts = url::Url::parse(url).map_err(|_| MailError::Url)?;
    let tls = parts.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value);
    let known = matches!(
        (parts.scheme(), tls.as_deref()),
        ("smtps", None) | ("smtp", None | Some("required" | "opportunistic"))
    );
    let host = parts.host_str().unwrap_or_default();
    if !known || host.is_empty() {
        return Err(MailError::Url);
    }
    let secured = parts.scheme() == "smtps" || tls.as_deref() == Some("required");
    let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    if parts.password().is_some() && !secured && !here {
        return Err(MailError::Readable);
    }
    let transport = Transport::from_url(url).map_err(|_| MailError::Url)?;
    let from = from.ok_or(MailError::NoSender)?;
    let from = from.parse().map_err(|_| MailError::Sender(from.to_owned()))?;
    Ok((transport.timeout(Some(TRY_WITHIN)).build(), from))
}

/// Whether mails can be sent with these settings.
///
/// # Errors
/// [`MailError`], without the secret.
pub fn check(url: &str, from: Option<&str>) -> Result<(), MailError> {
    read(url, from).map(|_| ())
}

/// What a mail is about, for the log.
const fn kind(message: &Said) -> &'static str {
    match message {
        Said::PasswordReset { .. } => "password-reset",
        Said::PasswordChanged { .. } => "password-changed",
    }
}

/// What went wrong, without the server's own words: they name the recipient.
fn reason(error: &Error) -> String {
    let kind = match error {
        e if e.is_timeout() => "it took too long",
        e if e.is_tls() => "no secure connection",
        e if e.is_permanent() => "the mail server refuses it",
        e if e.is_transient() => "the mail server refuses it for now",
        e if e.is_response() => "the mail server's answer is not understood",
        e if e.is_client() => "the mail server cannot do what is needed",
        _ => "no connection to the mail server",
    };
    error.status().map_or_else(|| kind.to_owned(), |code| format!("{kind} ({code})"))
}

impl Smtp {
    /// Takes the settings.
    ///
    /// # Errors
    /// [`MailError`], without the secret.
    pub fn new(url: &str, from: Option<&str>, clock: Clock) -> Result<Self, MailError> {
        let (transport, from) = read(url, from)?;
        let slots = Arc::new(Semaphore::new(AT_ONCE as usize));
        Ok(Self { transport, from, clock, slots })
    }

    fn write(&self, letter: &Letter) -> Option<Message> {
        let text = mails::write(letter);
        let address: Address = letter.to.parse().ok()?;
        let to = Mailbox::new(Some(letter.name.clone()).filter(|name| !name.is_empty()), address);
        let since = Duration::from_micros(self.clock.now().micros().max(0).unsigned_abs());
        let id = format!("<{}@{}>", &clock::random_secret()[..26], self.from.email.domain());
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(text.subject)
            .date(std::time::UNIX_EPOCH + since)
            .message_id(Some(id))
            .header(header::ContentType::TEXT_PLAIN)
            // RFC 3834: nobody's holiday notice answers it.
            .raw_header(header::HeaderValue::new(
                header::HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".into(),
            ))
            .body(text.body)
            .ok()
    }

    async fn deliver(self, letter: Letter) {
        let kind = kind(&letter.message);
        let Some(message) = self.write(&letter) else {
            tracing::warn!(kind, "a mail cannot be written: its address is none");
            return;
        };
        let Ok(_slot) = self.slots.acquire().await else { return };
        let mut pauses = PAUSES.into_iter();
        loop {
            let Err(error) = self.transport.send(message.clone()).await else {
                tracing::info!(kind, "a mail is sent");
                return;
            };
            let reason = reason(&error);
            match pauses.next().filter(|_| !error.is_permanent()) {
                Some(pause) => {
                    tracing::info!(kind, reason, "a mail is tried again soon");
                    sleep(pause).await;
                }
                None => {
                    tracing::warn!(kind, reason, "a mail could not be sent");
                    return;
                }
            }
        }
    }

    /// Waits for the mails that are under way, for a while.
    pub async fn finish(&self) {
        if timeout(FINISH_WITHIN, self.slots.acquire_many(AT_ONCE)).await.is_err() {
            tracing::warn!("mails were not sent before the end");
        }
    }
}

impl Mailer for Smtp {
    fn send(&self, letter: Letter) {
        tokio::spawn(self.clone().deliver(letter));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: Option<&str> = Some("Tokenscope <tokenscope@example.com>");

    #[tokio::test]
    async fn settings_are_checked() {
        for good in [
            "smtp://localhost:2525",
            "smtp://user:secret@127.0.0.1:25",
            "smtp://user:secret@mail.example.com:587?tls=required",
            "smtps://user:secret@mail.example.com",
            "smtp://mail.example.com?tls=opportunistic",
        ] {
            assert_eq!(check(good, FROM), Ok(()), "{good}");
        }
        for bad in ["", "mail.example.com", "http://a", "smtp://", "smtp://a?tls=maybe"] {
            assert_eq!(check(bad, FROM), Err(MailError::Url), "{bad}");
        }
        let readable = check("smtp://user:secret@mail.example.com", FROM).unwrap_err();
        assert_eq!(readable, MailError::Readable);
        assert!(!readable.to_string().contains("secret"));
        assert_eq!(check("smtp://localhost", None), Err(MailError::NoSender));
        let sender = check("smtp://localhost", Some("nobody"));
        assert_eq!(sender, Err(MailError::Sender("nobody".into())));
    }
}
