//! API keys: `tsk_<organization>_<number>_<secret>`, so that looking one up asks one tenant. The
//! secret has 244 random bits; a plain hash of it is as safe as a slow one.

use super::{Service, commit, fault};
use crate::clock;
use crate::store::api_key::{self, KeyRow};
use crate::store::org;
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use tokenscope::fault::{Fault, Needs};
use tokenscope::id::{OrgId, PersonId};
use tokenscope::permission::{Action, OrgRole, Roles, Scope};
use tokenscope::preference::Preferences;
use tokenscope::service::{Caller, Directory, Keys};

/// What a key starts with, so that scanners for leaked secrets find it.
const PREFIX: &str = "tsk";

#[async_trait]
impl Keys for Service {
    async fn authenticate(&self, bearer: &str) -> Result<Caller, Fault> {
        let refused = || Fault::Unauthenticated {
            reason: "the API key is unknown or revoked: ask an admin for a new one".into(),
        };
        let (org, number, secret) = parse(bearer).ok_or_else(refused)?;
        let mut tx = self.read().await?;
        let key = api_key::get(&mut tx, org, number).await.map_err(fault::of)?;
        drop(tx);
        let right = |key: &KeyRow| same(&key.secret_hash, &hash(secret));
        let key = key.filter(|key| key.revoked_at.is_none() && right(key)).ok_or_else(refused)?;
        let scopes = key.scopes.split(' ').filter_map(Scope::from_code).collect();
        if let Some(person) = key.person_id {
            let caller = self.caller(PersonId(person)).await?;
            return Ok(Caller { scopes: Some(scopes), ..caller });
        }
        Ok(Caller {
            org,
            person: None,
            user: None,
            name: key.name,
            email: String::new(),
            roles: Roles { org: [OrgRole::Admin].into(), ..Roles::default() },
            preferences: Preferences::default(),
            scopes: Some(scopes),
        })
    }

    async fn create(
        &self,
        caller: &Caller,
        name: &str,
        scopes: BTreeSet<Scope>,
    ) -> Result<String, Fault> {
        if !caller.roles.everywhere(Action::Administer) || !caller.has_scope(Scope::Admin) {
            return Err(Fault::Forbidden { needs: Needs::Admin });
        }
        if name.trim().is_empty() || name.len() > 128 {
            return Err(Fault::field("name", "must have 1 to 128 characters"));
        }
        if scopes.is_empty() {
            return Err(Fault::field("scopes", "at least one is needed"));
        }
        let (secret, now) = (clock::random_secret(), self.clock().now());
        let mut tx = self.write().await?;
        let mut lock = org::lock(&mut tx, caller.org, now).await.map_err(fault::of)?;
        let number = lock.number();
        let codes: Vec<&str> = scopes.iter().map(|scope| scope.code()).collect();
        let key = KeyRow {
            key_id: number,
            name: name.to_owned(),
            secret_hash: hash(&secret),
            scopes: codes.join(" "),
            person_id: None,
            revoked_at: None,
        };
        api_key::add(&mut tx, caller.org, key, now.micros()).await.map_err(fault::of)?;
        lock.give_back(&mut tx).await.map_err(fault::of)?;
        commit(tx).await?;
        Ok(format!("{PREFIX}_{}_{number}_{secret}", caller.org))
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
fn same(a: &[u8], b: &[u8]) -> bool {
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
        // Never the text itself, which may hold the secret.
        let missing = || Fault::NotFound { what: "this key of the organization".into() };
        let number = match parse(bearer_or_number) {
            Some((org, number, _)) => Some(number).filter(|_| org == caller.org),
            None => bearer_or_number.parse().ok(),
        };
        let number = number.ok_or_else(missing)?;
        let mut tx = self.write().await?;
        let at = self.clock().now().micros();
        let gone = api_key::revoke(&mut tx, caller.org, number, at).await.map_err(fault::of)?;
        commit(tx).await?;
        if gone { Ok(()) } else { Err(missing()) }
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
