//! What the services need of the world outside: the address under which people reach the program,
//! and somebody who sends mails.

use super::{Service, fault};
use crate::store::org;
use crate::store::person::PersonRow;
use std::sync::Arc;
use tokenscope::fault::Fault;
use tokenscope::id::OrgId;
use tokenscope::mail::{Letter, Message};
use tokenscope::preference::Language;

/// Sends mails, in its own time: who asks for one does not wait for it.
pub trait Mailer: Send + Sync {
    /// Sends a mail in the background. One that cannot be sent is logged.
    fn send(&self, letter: Letter);
}

/// The world outside.
#[derive(Clone)]
pub struct Outside {
    /// The origin under which people reach the program, e.g. `https://tokens.example.com`.
    pub origin: String,
    /// Who sends mails; none where none can be sent.
    pub mailer: Option<Arc<dyn Mailer>>,
}

impl Default for Outside {
    fn default() -> Self {
        Self { origin: "http://127.0.0.1:3000".into(), mailer: None }
    }
}

impl Service {
    /// Says once what the world outside is like, before anybody is served.
    pub fn meet(&self, outside: Outside) {
        if self.parts.outside.set(outside).is_err() {
            tracing::warn!("the origin and the mailer were set already");
        }
    }
    pub(super) fn outside(&self) -> Outside {
        self.parts.outside.get().cloned().unwrap_or_default()
    }

    /// Mails a person in his language, else the organization's; nothing where no mails are sent.
    pub(super) async fn mail(&self, person: &PersonRow, message: Message) -> Result<(), Fault> {
        let Some(mailer) = self.outside().mailer else { return Ok(()) };
        let language = match person.preferences().language {
            Some(language) => language,
            None => {
                let mut tx = self.read().await?;
                let code = org::locale(&mut tx, OrgId(person.org_id)).await.map_err(fault::of)?;
                code.as_deref().and_then(Language::from_code).unwrap_or_default()
            }
        };
        let (to, name) = (person.email.clone(), person.name.clone());
        mailer.send(Letter { to, name, language, message });
        Ok(())
    }
}
