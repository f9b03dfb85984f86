//! API keys: `tsk_<organization>_<number>_<secret>`, so that looking one up asks one tenant. The
//! secret has 244 random bits; a plain hash of it is as safe as a slow one.

use super::accounts::{checked_name, person_of};
use super::{Service, audit, commit, fault};
use crate::clock;
use crate::store::api_key::{self, KeyRow};
use crate::store::org;
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokenscope::audit::Actor;
use tokenscope::fault::{Fault, Needs, Wrong};
use tokenscope::id::{OrgId, PersonId};
use tokenscope::key::{KeyList, KeyListing, KeyOwner, KeyState, NewKey};
use tokenscope::permission::{Action, OrgRole, Roles, Scope};
use tokenscope::preference::Preferences;
use tokenscope::service::{Caller, Directory, Keys};
use tokenscope::time::Instant;

/// What a key starts with, so that scanners for leaked secrets find it.
const PREFIX: &str = "tsk";

#[async_trait]
impl Keys for Service {
    async fn authenticate(&self, bearer: &str) -> Result<Caller, Fault> {
        let refused = |reason: String| Fault::Unauthenticated { reason };
        let unknown =
            || refused("the API key is unknown or revoked: ask an admin for a new one".into());
        let (org, number, secret) = parse(bearer).ok_or_else(unknown)?;
        let key = self.key_row(org, number).await?;
        let right = |key: &Arc<KeyRow>| same(&key.secret_hash, &hash(secret));
        let key = key.filter(|key| key.revoked_at.is_none() && right(key)).ok_or_else(unknown)?;
        let now = self.clock().now();
        let over = key.expires_at.map(Instant::from_micros).filter(|end| *end <= now);
        if let Some(end) = over {
            let end = end.rfc3339();
            return Err(refused(format!(
                "the API key expired at {end}: make or ask for a new one"
            )));
        }
        let scopes = scopes_of(&key);
        let caller = match key.person_id {
            Some(person) => self.caller(PersonId(person)).await?,
            None => organization(org, key.name.clone()),
        };
        if caller.org != org {
            return Err(unknown());
        }
        self.parts.key_uses.note(org, number, now);
        Ok(Caller { scopes: Some(scopes), key: Some(number), ..caller })
    }

    fn may_make(&self, caller: &Caller, owner: KeyOwner) -> Result<(), Fault> {
        owner_of(caller, owner).map(|_| ())
    }

    async fn make(&self, caller: &Caller, new: NewKey) -> Result<String, Fault> {
        let person = owner_of(caller, new.owner)?;
        let name = checked_name(&new.name)?.to_owned();
        if new.scopes.is_empty() {
            return Err(Fault::wrong("scopes", Wrong::Missing));
        }
        if new.scopes.iter().any(|scope| !new.owner.scopes().contains(scope)) {
            return Err(Fault::wrong("scopes", Wrong::NotChoice));
        }
        let (secret, now) = (clock::random_secret(), self.clock().now());
        let mut tx = self.write().await?;
        let mut lock = org::lock(&mut tx, caller.org, now).await.map_err(fault::of)?;
        let number = lock.number();
        let codes: Vec<&str> = new.scopes.iter().map(|scope| scope.code()).collect();
        let key = KeyRow {
            key_id: number,
            name,
            secret_hash: hash(&secret),
            scopes: codes.join(" "),
            person_id: person.map(|person| person.0),
            created_at: now.micros(),
            last_used_at: None,
            expires_at: new.lifetime.end(now).map(|end| end.micros()),
            revoked_at: None,
        };
        let made = made(&key);
        api_key::add(&mut tx, caller.org, key).await.map_err(fault::of)?;
        let actor = Actor::of(caller);
        audit::append(&mut tx, caller.org, actor, now, vec![made]).await.map_err(fault::of)?;
        lock.give_back_numbers(&mut tx).await.map_err(fault::of)?;
        commit(tx).await?;
        Ok(format!("{}{secret}", prefix(caller.org, number)))
    }

    async fn list(&self, caller: &Caller, owner: KeyOwner) -> Result<KeyList, Fault> {
        let person = reader_of(caller, owner)?;
        let now = self.clock().now();
        let mut tx = self.read().await?;
        let rows = api_key::list(&mut tx, caller.org, person.map(|person| person.0)).await;
        let rows = rows.map_err(fault::of)?.into_iter();
        let mut keys: Vec<KeyListing> = rows.map(|row| listing(caller.org, row, now)).collect();
        keys.sort_by_key(|key| (key.state != KeyState::Active, std::cmp::Reverse(key.number)));
        let zone = self.reading_zone(&mut tx, caller).await?;
        Ok(KeyList { keys, may_change: owner_of(caller, owner).is_ok(), zone })
    }

    async fn key(
        &self,
        caller: &Caller,
        owner: KeyOwner,
        number: i64,
    ) -> Result<KeyListing, Fault> {
        let person = reader_of(caller, owner)?;
        let mut tx = self.read().await?;
        let row = api_key::get(&mut tx, caller.org, number).await.map_err(fault::of)?;
        let row = row.filter(|row| row.person_id == person.map(|person| person.0));
        row.map(|row| listing(caller.org, row, self.clock().now())).ok_or_else(missing)
    }

    async fn revoke(&self, caller: &Caller, owner: KeyOwner, number: i64) -> Result<(), Fault> {
        owner_of(caller, owner)?;
        self.key(caller, owner, number).await?;
        self.revoke_number(caller, number).await
    }
}

/// What the audit log says of a new key; never its secret.
fn made(key: &KeyRow) -> audit::Entry {
    let scopes: Vec<&str> = key.scopes.split(' ').collect();
    let content = serde_json::json!({
        "key": key.key_id,
        "person": key.person_id,
        "scopes": scopes,
        "expires_at": key.expires_at.map(|at| Instant::from_micros(at).rfc3339()),
    });
    audit::Entry { action: "key_made", subject: format!("key:{}", key.key_id), content }
}

/// Never the text that was given, which may hold the secret.
fn missing() -> Fault {
    Fault::NotFound { what: "a key of this number that is not revoked".into() }
}

/// Who may make and revoke such keys: the person whose they are, none for the organization's.
fn owner_of(caller: &Caller, owner: KeyOwner) -> Result<Option<PersonId>, Fault> {
    match owner {
        KeyOwner::Myself => person_of(caller).map(Some),
        KeyOwner::Organization => {
            let may = caller.roles.everywhere(Action::Administer) && caller.has_scope(Scope::Admin);
            if may { Ok(None) } else { Err(Fault::Forbidden { needs: Needs::Admin }) }
        }
    }
}

/// The same for who may see them.
fn reader_of(caller: &Caller, owner: KeyOwner) -> Result<Option<PersonId>, Fault> {
    match owner {
        KeyOwner::Myself => person_of(caller).map(Some),
        KeyOwner::Organization => {
            let may = caller.roles.everywhere(Action::ReadAdmin) && caller.has_scope(Scope::Admin);
            if may { Ok(None) } else { Err(Fault::Forbidden { needs: Needs::Manager }) }
        }
    }
}

/// A key of the organization as a caller.
fn organization(org: OrgId, name: String) -> Caller {
    Caller {
        org,
        person: None,
        user: None,
        name,
        email: String::new(),
        roles: Roles { org: [OrgRole::Admin].into(), ..Roles::default() },
        preferences: Preferences::default(),
        scopes: None,
        key: None,
    }
}

fn scopes_of(key: &KeyRow) -> BTreeSet<Scope> {
    key.scopes.split(' ').filter_map(Scope::from_code).collect()
}

fn prefix(org: OrgId, number: i64) -> String {
    format!("{PREFIX}_{org}_{number}_")
}

fn listing(org: OrgId, row: KeyRow, now: Instant) -> KeyListing {
    let scopes = scopes_of(&row);
    let at = |micros: Option<i64>| micros.map(Instant::from_micros);
    let (expires_at, revoked_at) = (at(row.expires_at), at(row.revoked_at));
    KeyListing {
        number: row.key_id,
        prefix: prefix(org, row.key_id),
        name: row.name,
        scopes,
        state: KeyState::at(now, expires_at, revoked_at),
        created_at: Instant::from_micros(row.created_at),
        used_at: at(row.last_used_at),
        expires_at,
    }
}

fn parse(bearer: &str) -> Option<(OrgId, i64, &str)> {
    let mut parts = bearer.splitn(4, '_');
    if parts.next()? != PREFIX {
        return None;
    }
    let org = parts.next()?.parse().ok()?;
    let number = parts.next()?.parse().ok()?;
    Some((OrgId(org), number, parts.next()?))
}

fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// Compares without telling by its time how much is equal.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

impl Service {
    /// Takes a key back; requests with it are refused from then on.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when there is no such key, or it is taken back already.
    pub async fn revoke_key(&self, caller: &Caller, bearer_or_number: &str) -> Result<(), Fault> {
        if !caller.roles.everywhere(Action::Administer) || !caller.has_scope(Scope::Admin) {
            return Err(Fault::Forbidden { needs: Needs::Admin });
        }
        let number = match parse(bearer_or_number) {
            Some((org, number, _)) => Some(number).filter(|_| org == caller.org),
            None => bearer_or_number.parse().ok(),
        };
        let number = number.ok_or_else(missing)?;
        self.revoke_number(caller, number).await
    }

    /// A key by its number, at most a second old. Keys of people are read each time, as what their
    /// people may do is.
    async fn key_row(&self, org: OrgId, number: i64) -> Result<Option<Arc<KeyRow>>, Fault> {
        let now = tokio::time::Instant::now();
        if let Some(row) = self.parts.keys.get(org, number, now) {
            return Ok(Some(row));
        }
        let reading = self.parts.keys.reading(now);
        let mut tx = self.read().await?;
        let row = api_key::get(&mut tx, org, number).await.map_err(fault::of)?.map(Arc::new);
        if let Some(row) = row.as_ref().filter(|row| row.person_id.is_none()) {
            self.parts.keys.put(org, &reading, row);
        }
        Ok(row)
    }

    async fn revoke_number(&self, caller: &Caller, number: i64) -> Result<(), Fault> {
        let (org, now) = (caller.org, self.clock().now());
        let mut tx = self.write().await?;
        let gone = api_key::revoke(&mut tx, org, number, now.micros()).await;
        if !gone.map_err(fault::of)? {
            return Err(missing());
        }
        let entry = audit::Entry {
            action: "key_revoked",
            subject: format!("key:{number}"),
            content: serde_json::json!({ "key": number }),
        };
        let actor = Actor::of(caller);
        audit::append(&mut tx, org, actor, now, vec![entry]).await.map_err(fault::of)?;
        commit(tx).await?;
        self.parts.keys.forget(org, number);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_their_tenant() {
        assert_eq!(parse("tsk_3_12_abc_d"), Some((OrgId(3), 12, "abc_d")));
        assert_eq!(parse("tsk_3_12"), None);
        assert_eq!(parse("xyz_3_12_abc"), None);
        assert_eq!(parse("tsk_x_12_abc"), None);
    }

    #[test]
    fn comparison_sees_every_byte() {
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abc", b"abd"));
        assert!(!same(b"abc", b"ab"));
    }
}
