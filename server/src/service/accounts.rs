//! One's own account: profile, preferences, sessions.

use super::{Service, commit, fault, zone};
use crate::store::db::Tx;
use crate::store::org;
use crate::store::person::{self, PersonRow};
use crate::store::session::{self, ListedRow};
use async_trait::async_trait;
use tokenscope::account::{
    Chosen, Device, NAME_MAX, OpenSession, PasswordChange, Profile, SessionList,
};
use tokenscope::fault::{Fault, Needs, Wrong};
use tokenscope::id::PersonId;
use tokenscope::permission::TeamRole;
use tokenscope::preference::Preferences;
use tokenscope::service::{Accounts, Caller};
use tokenscope::time::{Instant, Zone};

/// The person who asks; an account is no API key's business.
pub(super) fn person_of(caller: &Caller) -> Result<PersonId, Fault> {
    let person = caller.person.filter(|_| caller.scopes.is_none());
    person.ok_or(Fault::Forbidden { needs: Needs::Person })
}

pub(super) async fn row_of(tx: &mut Tx, person: PersonId) -> Result<PersonRow, Fault> {
    let gone = || Fault::Unauthenticated { reason: "this account is gone".into() };
    person::get(tx, person).await.map_err(fault::of)?.ok_or_else(gone)
}

/// A name of a person or a key, without space around it.
pub(super) fn checked_name(name: &str) -> Result<&str, Fault> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Fault::wrong("name", Wrong::Missing));
    }
    if name.chars().count() > NAME_MAX as usize {
        return Err(Fault::wrong("name", Wrong::TooLong(NAME_MAX)));
    }
    if name.chars().any(char::is_control) {
        return Err(Fault::field("name", "must not hold control characters"));
    }
    Ok(name)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of an even number of hexadecimal digits.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.bytes().all(|b| b.is_ascii_hexdigit()) && text.len().is_multiple_of(2);
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok();
    if digits { (0..text.len()).step_by(2).map(byte).collect() } else { None }
}

/// The hash behind a session's id; a text that is none names no session.
pub(super) fn session_hash(id: &str) -> Vec<u8> {
    unhex(id).unwrap_or_default()
}

fn open_session(row: ListedRow, current: &str) -> OpenSession {
    let id = hex(&row.session_hash);
    let opened_at = row.opened_at.or(row.used_at).unwrap_or_default();
    OpenSession {
        current: id == current,
        id,
        device: Device::from_agent(row.agent.as_deref().unwrap_or_default()),
        address: row.address.unwrap_or_default(),
        opened_at: Instant::from_micros(opened_at),
        used_at: Instant::from_micros(row.used_at.unwrap_or(opened_at)),
    }
}

#[async_trait]
impl Accounts for Service {
    fn origin(&self) -> String {
        self.outside().origin
    }

    fn sends_mail(&self) -> bool {
        self.outside().mailer.is_some()
    }

    async fn profile(&self, caller: &Caller) -> Result<Profile, Fault> {
        let person = person_of(caller)?;
        let mut tx = self.read().await?;
        let row = row_of(&mut tx, person).await?;
        let org = org::get(&mut tx, caller.org).await.map_err(fault::of)?;
        let teams = person::teams(&mut tx, caller.org, person).await.map_err(fault::of)?;
        let known = |(team, code): (String, String)| Some((team, TeamRole::from_code(&code)?));
        Ok(Profile {
            has_password: !row.password_hash.is_empty(),
            name: row.name,
            email: row.email,
            organization: org.map(|org| org.name).unwrap_or_default(),
            roles: caller.roles.org.iter().copied().collect(),
            teams: teams.into_iter().filter_map(known).collect(),
            version: row.version,
        })
    }

    async fn rename(&self, caller: &Caller, name: &str, version: i64) -> Result<(), Fault> {
        let (person, name) = (person_of(caller)?, checked_name(name)?);
        let mut tx = self.write().await?;
        let done = person::rename(&mut tx, person, name, version).await.map_err(fault::of)?;
        if done { commit(tx).await } else { Err(Fault::Stale) }
    }

    async fn chosen(&self, caller: &Caller) -> Result<Chosen, Fault> {
        let person = person_of(caller)?;
        let mut tx = self.read().await?;
        let row = row_of(&mut tx, person).await?;
        let org = org::get(&mut tx, caller.org).await.map_err(fault::of)?;
        Ok(Chosen {
            preferences: row.preferences(),
            organization_zone: org.map(|org| org.zone).unwrap_or_default(),
            version: row.version,
        })
    }

    async fn choose(
        &self,
        caller: &Caller,
        preferences: &Preferences,
        version: i64,
    ) -> Result<(), Fault> {
        let person = person_of(caller)?;
        let mut preferences = preferences.clone();
        if let Some(name) = preferences.zone {
            let known = zone::known_name(&name);
            let known = known.ok_or_else(|| Fault::wrong("zone", Wrong::NotZone))?;
            preferences.zone = Some(known);
        }
        let mut tx = self.write().await?;
        let done = person::prefer(&mut tx, person, &preferences, version).await;
        if done.map_err(fault::of)? { commit(tx).await } else { Err(Fault::Stale) }
    }

    async fn sessions(&self, caller: &Caller, current: &str) -> Result<SessionList, Fault> {
        let person = person_of(caller)?;
        let now = self.clock().now().micros();
        let mut tx = self.read().await?;
        let rows = session::of_person(&mut tx, person, now).await.map_err(fault::of)?;
        let open = rows.into_iter().map(|row| open_session(row, current));
        let (mut sessions, others): (Vec<_>, Vec<_>) = open.partition(|session| session.current);
        sessions.extend(others);
        let zone = self.reading_zone(&mut tx, caller).await?;
        Ok(SessionList { sessions, zone })
    }

    async fn end_session(&self, caller: &Caller, id: &str) -> Result<(), Fault> {
        let person = person_of(caller)?;
        let mut tx = self.write().await?;
        let ended = session::end(&mut tx, person, session_hash(id)).await.map_err(fault::of)?;
        commit(tx).await?;
        // Of somebody else's session nobody learns that it is there.
        if ended { Ok(()) } else { Err(Fault::NotFound { what: "this session".into() }) }
    }

    async fn end_other_sessions(&self, caller: &Caller, keep: &str) -> Result<u64, Fault> {
        let person = person_of(caller)?;
        let mut tx = self.write().await?;
        let ended = session::end_others(&mut tx, person, session_hash(keep)).await;
        let ended = ended.map_err(fault::of)?;
        commit(tx).await?;
        Ok(ended)
    }

    async fn change_password(
        &self,
        caller: &Caller,
        change: PasswordChange<'_>,
        keep: &str,
        address: &str,
    ) -> Result<(), Fault> {
        self.change_own_password(caller, change, keep, address).await
    }

    async fn forgot_password(&self, email: &str, address: &str) -> Result<(), Fault> {
        self.begin_reset(email, address)
    }

    async fn may_reset(&self, token: &str) -> Result<bool, Fault> {
        Ok(self.reset_of(token).await?.is_some())
    }

    async fn reset_password(&self, token: &str, new: &str, again: &str) -> Result<(), Fault> {
        self.finish_reset(token, new, again).await
    }
}

impl Service {
    /// The zone in which somebody reads single instants: his own, else the organization's.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub async fn reading_zone(&self, tx: &mut Tx, caller: &Caller) -> Result<Zone, Fault> {
        if let Some(own) = caller.preferences.zone.as_deref().and_then(zone::zone) {
            return Ok(own);
        }
        let org = org::get(tx, caller.org).await.map_err(fault::of)?;
        Ok(org.and_then(|org| zone::zone(&org.zone)).unwrap_or_else(Zone::utc))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_sessions_read_back() {
        assert_eq!(unhex(&hex(&[0, 127, 255])), Some(vec![0, 127, 255]));
        for bad in ["0", "zz", "0é", "+1"] {
            assert_eq!(unhex(bad), None, "{bad}");
        }
    }
}
