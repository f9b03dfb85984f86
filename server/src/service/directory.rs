//! People: sign-in, roles, lists.

use super::book::Book;
use super::{Service, commit, fault};
use crate::clock;
use crate::store::db::Tx;
use crate::store::names;
use crate::store::org::{self, OrgLock};
use crate::store::person::{self, PersonRow};
use async_trait::async_trait;
use tokenscope::account::check_password;
use tokenscope::fault::{Fault, Needs};
use tokenscope::id::{OrgId, PersonId, TeamId, UserId};
use tokenscope::permission::{Action, OrgRole, Reach, Roles, Scope, TeamRole};
use tokenscope::preference::Theme;
use tokenscope::second_factor::SignIn;
use tokenscope::service::{AppListing, Caller, Directory};
use tokenscope::setup::is_email;
use tokenscope::time::Instant;

/// A person to be added.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// E-mail, compared without case.
    pub email: String,
    /// What to call him.
    pub name: String,
    /// At least 12 characters.
    pub password: String,
    /// Role in the organization.
    pub role: OrgRole,
    /// Roles in teams, by slug.
    pub teams: Vec<(String, TeamRole)>,
}

#[async_trait]
impl Directory for Service {
    async fn sign_in(&self, email: &str, password: &str, address: &str) -> Result<SignIn, Fault> {
        let email = email.trim().to_lowercase();
        let now = self.clock().now();
        let begun = self.parts.throttle.begin(&email, address, now);
        begun.map_err(|retry_after_s| Fault::TooMany { retry_after_s })?;
        let mut tx = self.read().await?;
        let known = person::by_email(&mut tx, &email).await.map_err(fault::of)?;
        drop(tx);
        // Without a password the account signs in elsewhere.
        let hash = known.as_ref().map(|person| person.password_hash.clone());
        let hash = hash.filter(|hash| !hash.is_empty());
        let right = self.parts.hashing.verify(password.to_owned(), hash).await?;
        match known.filter(|_| right) {
            Some(person) => {
                self.parts.throttle.succeeded(&email, address);
                let id = PersonId(person.person_id);
                if self.needs_code(id).await? {
                    return Ok(SignIn::NeedsCode(id));
                }
                Ok(SignIn::Done(Box::new(self.caller(id).await?)))
            }
            None => {
                let reason = "the e-mail or the password is wrong".into();
                Err(Fault::Unauthenticated { reason })
            }
        }
    }

    async fn caller(&self, id: PersonId) -> Result<Caller, Fault> {
        let mut tx = self.read().await?;
        let row = person::get(&mut tx, id).await.map_err(fault::of)?;
        let gone = || Fault::Unauthenticated { reason: "this account is gone".into() };
        let row = row.ok_or_else(gone)?;
        let org = OrgId(row.org_id);
        let roles = roles(&mut tx, org, id).await?;
        let user = names::user_of(&mut tx, org, &row.email).await.map_err(fault::of)?;
        let preferences = row.preferences();
        Ok(Caller {
            org,
            person: Some(id),
            user: user.map(UserId),
            name: row.name,
            email: row.email,
            roles,
            preferences,
            scopes: None,
            key: None,
        })
    }

    async fn apps(
        &self,
        caller: &Caller,
        after: Option<&str>,
        limit: u16,
    ) -> Result<(Vec<AppListing>, bool), Fault> {
        if !caller.has_scope(Scope::Read) {
            return Err(Fault::Forbidden { needs: Needs::Scope(Scope::Read) });
        }
        let mut tx = self.read().await?;
        let book = self.book(&mut tx, caller.org).await?;
        let mut seen = listings(&book, caller, self.clock().now());
        seen.sort_by(|a, b| a.client_id.cmp(&b.client_id));
        let after = after.unwrap_or_default();
        let mut rest = seen.into_iter().filter(|app| app.client_id.as_str() > after);
        let page: Vec<AppListing> = rest.by_ref().take(usize::from(limit)).collect();
        Ok((page, rest.next().is_some()))
    }
}

fn listings(book: &Book, caller: &Caller, now: Instant) -> Vec<AppListing> {
    let everything = caller.roles.everywhere(Action::SeeUsage);
    let registered = book.apps.values().filter(|app| app.direct_team.is_none());
    let visible = registered.filter_map(|app| {
        let team = app.team_at(now);
        let own = caller.user.is_some_and(|user| app.owner == Some(user.0));
        let in_team =
            team.is_some_and(|team| caller.roles.reach_in(Action::SeeUsage, team) >= Reach::Team);
        (everything || own || in_team).then(|| AppListing {
            client_id: app.client_id.clone(),
            name: app.name.clone(),
            team: team.and_then(|team| book.teams.get(&team)).map(|team| team.slug.clone()),
            registered: app.registered,
            created_at: app.created_at,
        })
    });
    visible.collect()
}

async fn roles(tx: &mut Tx, org: OrgId, person: PersonId) -> Result<Roles, Fault> {
    let (in_org, in_teams) = person::roles(tx, org, person).await.map_err(fault::of)?;
    let in_teams = in_teams.into_iter();
    Ok(Roles {
        org: in_org.iter().filter_map(|(code,)| OrgRole::from_code(code)).collect(),
        teams: in_teams
            .filter_map(|(team, code)| Some((TeamId(team), TeamRole::from_code(&code)?)))
            .collect(),
    })
}

/// Refuses what is no e-mail address.
pub(super) fn check_email(email: &str) -> Result<(), Fault> {
    if is_email(email) {
        return Ok(());
    }
    Err(Fault::field("email", format!("`{email}` is not an e-mail address")))
}

impl Service {
    /// Adds people with their accounts, roles and the user that events name by their e-mail.
    ///
    /// # Errors
    /// [`Fault::Invalid`] for a bad e-mail, password or team, [`Fault::Conflict`] for an e-mail
    /// that is there already. All or none are added.
    pub async fn add_people(&self, org_id: OrgId, people: Vec<NewPerson>) -> Result<(), Fault> {
        let now = self.clock().now();
        // Hashing is slow, so it comes before the lock; equal passwords are hashed once.
        let mut hashes: std::collections::BTreeMap<String, String> = Default::default();
        for person in &people {
            check_email(&person.email)?;
            let length = person.name.trim().chars().count();
            if length == 0 || length > 128 {
                return Err(Fault::field("name", "must have 1 to 128 characters"));
            }
            check_password(&person.password, &person.email, &person.name)
                .map_err(|wrong| Fault::wrong("password", wrong))?;
            if !hashes.contains_key(&person.password) {
                let hash = self.parts.hashing.hash(person.password.clone()).await?;
                hashes.insert(person.password.clone(), hash);
            }
        }
        let mut tx = self.write().await?;
        let mut lock = org::lock(&mut tx, org_id, now).await.map_err(fault::of)?;
        let book = self.book(&mut tx, org_id).await?;
        for new in people {
            let hash = hashes.get(&new.password).cloned().unwrap_or_default();
            // Every member is a developer too.
            let roles = [OrgRole::Developer, new.role];
            let account = Account { email: new.email.to_lowercase(), name: new.name, hash };
            let person = add_account(&mut tx, org_id, &mut lock, account, &roles, now).await?;
            for (slug, role) in new.teams {
                let unknown = || Fault::field("team", format!("there is no team `{slug}`"));
                let team = book.team(&slug).ok_or_else(unknown)?;
                person::set_team_role(&mut tx, org_id, team.0, person.0, role.code())
                    .await
                    .map_err(fault::of)?;
            }
        }
        lock.give_back(&mut tx).await.map_err(fault::of)?;
        commit(tx).await
    }
}

/// An account to be written.
pub(super) struct Account {
    /// In lower case.
    pub email: String,
    /// What to call the person.
    pub name: String,
    /// Of the password; empty when he signs in elsewhere.
    pub hash: String,
}

/// Writes an account with its roles in the organization, and links the user that events name by
/// its e-mail.
pub(super) async fn add_account(
    tx: &mut Tx,
    org_id: OrgId,
    lock: &mut OrgLock,
    account: Account,
    roles: &[OrgRole],
    now: Instant,
) -> Result<PersonId, Fault> {
    let Account { email, name, hash } = account;
    let number = clock::random_number();
    let row = PersonRow {
        person_id: number,
        email: email.clone(),
        name,
        password_hash: hash,
        org_id: org_id.0,
        language: None,
        zone: None,
        theme: Theme::default().code().into(),
        version: 1,
    };
    person::add(tx, row, now.micros()).await.map_err(fault::of)?;
    for role in roles {
        person::add_role(tx, org_id, number, role.code()).await.map_err(fault::of)?;
    }
    let known = names::user_of(tx, org_id, &email).await.map_err(fault::of)?;
    let user = match known {
        Some(user) => user,
        None => {
            let added = names::add_users(tx, org_id, lock, vec![email], now).await;
            added.map_err(fault::of)?.first().copied().unwrap_or_default()
        }
    };
    names::link_user(tx, org_id, user, number).await.map_err(fault::of)?;
    Ok(PersonId(number))
}
