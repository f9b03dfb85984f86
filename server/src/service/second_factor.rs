//! The second factor: turning it on and off, and the second step of the sign-in.

use super::{Service, commit, fault, totp, zone};
use crate::clock;
use crate::store::second_factor::{self, FactorRow};
use crate::store::{org, person};
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tokenscope::fault::{Fault, Needs, Wrong};
use tokenscope::id::PersonId;
use tokenscope::second_factor::{
    Code, Enrolment, RECOVERY_CHARS, RECOVERY_CODES, SecondFactor, Standing, in_groups,
};
use tokenscope::service::{Caller, Directory};
use tokenscope::time::{Instant, Zone};

#[async_trait]
impl SecondFactor for Service {
    async fn standing(&self, caller: &Caller) -> Result<Standing, Fault> {
        let id = own(caller)?;
        let mut tx = self.read().await?;
        let row = person::get(&mut tx, id).await.map_err(fault::of)?;
        if let Some(since) = confirmed(second_factor::get(&mut tx, id).await.map_err(fault::of)?) {
            let left = second_factor::codes_left(&mut tx, id).await.map_err(fault::of)?;
            let codes_left = u32::try_from(left).unwrap_or(u32::MAX);
            drop(tx);
            let zone = self.zone_for(caller).await?;
            return Ok(Standing::On { since: since.0, zone, codes_left });
        }
        let elsewhere = row.is_some_and(|row| row.password_hash.is_empty());
        Ok(if elsewhere { Standing::Elsewhere } else { Standing::Off })
    }

    async fn enrol(&self, caller: &Caller, password: &str, address: &str) -> Result<(), Fault> {
        let id = own(caller)?;
        self.check_own_password(caller, password, address).await?;
        let mut tx = self.write().await?;
        let enrolled = second_factor::enrol(&mut tx, id, &clock::random_key()).await;
        if !enrolled.map_err(fault::of)? {
            return Err(on_already());
        }
        commit(tx).await
    }

    async fn enrolment(&self, caller: &Caller) -> Result<Option<Enrolment>, Fault> {
        let id = own(caller)?;
        let mut tx = self.read().await?;
        let row = second_factor::get(&mut tx, id).await.map_err(fault::of)?;
        let waiting = row.filter(|row| row.confirmed_at.is_none());
        Ok(waiting.map(|row| totp::enrolment(&row.secret, &caller.email)))
    }

    async fn confirm(
        &self,
        caller: &Caller,
        code: &str,
        address: &str,
    ) -> Result<Vec<String>, Fault> {
        let (id, now) = (own(caller)?, self.clock().now());
        let attempt = self.begin_code(id, address, now)?;
        let mut tx = self.write().await?;
        let row = second_factor::get(&mut tx, id).await.map_err(fault::of)?;
        let begin_first = || Fault::NotFound { what: "a secret that waits for its code".into() };
        let row = row.ok_or_else(begin_first)?;
        if row.confirmed_at.is_some() {
            return Err(on_already());
        }
        let step = match Code::read(code) {
            Some(Code::Shown(code)) => totp::step_of(&row.secret, code, now, row.last_step),
            Some(Code::Recovery(_)) | None => None,
        };
        let step = step.ok_or_else(|| Fault::wrong("code", Wrong::Incorrect))?;
        let at = now.micros();
        let confirmed = second_factor::confirm(&mut tx, id, &row.secret, at, step).await;
        if !confirmed.map_err(fault::of)? {
            return Err(Fault::Stale);
        }
        let (codes, hashes) = new_codes();
        second_factor::replace_codes(&mut tx, id, hashes).await.map_err(fault::of)?;
        commit(tx).await?;
        self.parts.throttle.succeeded(&attempt, address);
        Ok(codes)
    }

    async fn renew_codes(
        &self,
        caller: &Caller,
        password: &str,
        address: &str,
    ) -> Result<Vec<String>, Fault> {
        let id = own(caller)?;
        self.check_own_password(caller, password, address).await?;
        let mut tx = self.write().await?;
        let row = second_factor::get(&mut tx, id).await.map_err(fault::of)?;
        confirmed(row).ok_or_else(off)?;
        let (codes, hashes) = new_codes();
        second_factor::replace_codes(&mut tx, id, hashes).await.map_err(fault::of)?;
        commit(tx).await?;
        Ok(codes)
    }

    async fn turn_off(
        &self,
        caller: &Caller,
        password: &str,
        code: &str,
        address: &str,
    ) -> Result<(), Fault> {
        let id = own(caller)?;
        self.check_own_password(caller, password, address).await?;
        self.use_code(id, code, address).await.map_err(|fault| match fault {
            Fault::Unauthenticated { .. } => Fault::wrong("code", Wrong::Incorrect),
            other => other,
        })?;
        let mut tx = self.write().await?;
        second_factor::delete(&mut tx, id).await.map_err(fault::of)?;
        commit(tx).await
    }

    async fn second_step(
        &self,
        person: PersonId,
        code: &str,
        address: &str,
    ) -> Result<Caller, Fault> {
        self.use_code(person, code, address).await?;
        self.caller(person).await
    }
}

impl Service {
    /// Whether a code is asked for after the password.
    ///
    /// # Errors
    /// [`Fault`] of the database.
    pub(super) async fn needs_code(&self, person: PersonId) -> Result<bool, Fault> {
        let mut tx = self.read().await?;
        let row = second_factor::get(&mut tx, person).await.map_err(fault::of)?;
        Ok(confirmed(row).is_some())
    }

    /// Turns somebody's second factor off, for whoever lost it; false when there was none. Only
    /// the command line can.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when nobody has this e-mail.
    pub async fn reset_second_factor(&self, email: &str) -> Result<bool, Fault> {
        let email = email.trim().to_lowercase();
        let mut tx = self.write().await?;
        let row = person::by_email(&mut tx, &email).await.map_err(fault::of)?;
        let missing = || Fault::NotFound { what: format!("a person with the e-mail `{email}`") };
        let id = PersonId(row.ok_or_else(missing)?.person_id);
        let deleted = second_factor::delete(&mut tx, id).await.map_err(fault::of)?;
        commit(tx).await?;
        Ok(deleted)
    }

    /// Uses up a code of somebody.
    async fn use_code(&self, id: PersonId, code: &str, address: &str) -> Result<(), Fault> {
        let now = self.clock().now();
        let attempt = self.begin_code(id, address, now)?;
        let wrong = || Fault::Unauthenticated { reason: "the code is wrong".into() };
        let code = Code::read(code).ok_or_else(wrong)?;
        let mut tx = self.write().await?;
        let row = second_factor::get(&mut tx, id).await.map_err(fault::of)?;
        let (_, row) = confirmed(row).ok_or_else(wrong)?;
        let used = match code {
            Code::Shown(code) => match totp::step_of(&row.secret, code, now, row.last_step) {
                // Two requests may have found the same step; the database lets one of them.
                Some(step) => second_factor::use_step(&mut tx, id, &row.secret, step).await,
                None => Ok(false),
            },
            Code::Recovery(code) => {
                second_factor::use_code(&mut tx, id, hash(&code), now.micros()).await
            }
        };
        if !used.map_err(fault::of)? {
            return Err(wrong());
        }
        commit(tx).await?;
        self.parts.throttle.succeeded(&attempt, address);
        Ok(())
    }

    /// Begins an attempt with a code. Its failures are counted apart from those of the password:
    /// who knows the password could else forget them by signing in again and again.
    fn begin_code(&self, id: PersonId, address: &str, now: Instant) -> Result<String, Fault> {
        let attempt = format!("code {id}");
        let begun = self.parts.throttle.begin(&attempt, address, now);
        begun.map_err(|retry_after_s| Fault::TooMany { retry_after_s })?;
        Ok(attempt)
    }

    async fn check_own_password(
        &self,
        caller: &Caller,
        password: &str,
        address: &str,
    ) -> Result<(), Fault> {
        let (id, now) = (own(caller)?, self.clock().now());
        let begun = self.parts.throttle.begin(&caller.email, address, now);
        begun.map_err(|retry_after_s| Fault::TooMany { retry_after_s })?;
        let mut tx = self.read().await?;
        let row = person::get(&mut tx, id).await.map_err(fault::of)?;
        drop(tx);
        let hash = row.map(|row| row.password_hash).filter(|hash| !hash.is_empty());
        if !self.parts.hashing.verify(password.to_owned(), hash).await? {
            return Err(Fault::wrong("password", Wrong::Incorrect));
        }
        self.parts.throttle.succeeded(&caller.email, address);
        Ok(())
    }

    /// The zone in which single instants are written for somebody.
    async fn zone_for(&self, caller: &Caller) -> Result<Zone, Fault> {
        let chosen = caller.preferences.zone.as_deref().and_then(zone::zone);
        if let Some(zone) = chosen {
            return Ok(zone);
        }
        let mut tx = self.read().await?;
        let row = org::get(&mut tx, caller.org).await.map_err(fault::of)?;
        Ok(row.and_then(|row| zone::zone(&row.zone)).unwrap_or_else(Zone::utc))
    }
}

/// The caller's own account; keys have none to speak of.
fn own(caller: &Caller) -> Result<PersonId, Fault> {
    let person = caller.person.filter(|_| caller.scopes.is_none());
    person.ok_or(Fault::Forbidden { needs: Needs::Person })
}

fn confirmed(row: Option<FactorRow>) -> Option<(Instant, FactorRow)> {
    let row = row?;
    Some((Instant::from_micros(row.confirmed_at?), row))
}

fn on_already() -> Fault {
    Fault::Conflict { reason: "the second factor is on already".into() }
}

fn off() -> Fault {
    Fault::Conflict { reason: "the second factor is off".into() }
}

/// Recovery codes and their hashes. A code has 80 random bits, so a plain hash of it is as safe as
/// a slow one.
fn new_codes() -> (Vec<String>, Vec<Vec<u8>>) {
    let code = |_| clock::random_secret()[..RECOVERY_CHARS].to_owned();
    let codes: Vec<String> = (0..RECOVERY_CODES).map(code).collect();
    let hashes = codes.iter().map(|code| hash(code)).collect();
    (codes.iter().map(|code| in_groups(code, "-")).collect(), hashes)
}

fn hash(code: &str) -> Vec<u8> {
    Sha256::digest(code.as_bytes()).to_vec()
}
