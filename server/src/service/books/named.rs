//! What other facts name: teams, apps, APIs and variants.

use super::super::fault;
use super::{Outcome, Recorder, conflict, name, slug};
use crate::store::names;
use tokenscope::fault::Fault;
use tokenscope::id::{ApiId, TeamId, VariantId};

impl Recorder {
    pub(super) async fn team(&mut self, slug_: &str, name_: &str) -> Result<Outcome, Fault> {
        slug("slug", slug_)?;
        name("name", name_)?;
        if let Some(known) = self.book.team(slug_).and_then(|id| self.book.teams.get(&id)) {
            return if known.name == name_ {
                Ok(Outcome::Unchanged)
            } else {
                Err(conflict(format!("the team `{slug_}` is there under another name")))
            };
        }
        let (org, number, now) = (self.org(), self.lock.number(), self.now);
        names::add_team(&mut self.tx, org, number, (slug_, name_), now).await.map_err(fault::of)?;
        self.book.add_team(TeamId(number), slug_, name_);
        Ok(Outcome::New)
    }

    pub(super) async fn app(
        &mut self,
        client_id: &str,
        name_: &str,
        owner: Option<String>,
    ) -> Result<Outcome, Fault> {
        slug("client_id", client_id)?;
        name("name", name_)?;
        let owner = match owner {
            Some(owner) => Some(self.user(&owner).await?),
            None => None,
        };
        let known = self.book.app(client_id).and_then(|id| Some((id, self.book.apps.get(&id)?)));
        let org = self.org();
        match known {
            Some((_, app)) if app.registered && app.name == name_ && app.owner == owner => {
                return Ok(Outcome::Unchanged);
            }
            Some((_, app)) if app.registered => {
                return Err(conflict(format!(
                    "the app `{client_id}` is registered with another name or owner"
                )));
            }
            Some((id, _)) => names::register_app(&mut self.tx, org, id.0, name_, owner)
                .await
                .map_err(fault::of)?,
            None => {
                let app = names::NewApp {
                    client_id,
                    name: name_,
                    owner,
                    direct_team: None,
                    registered: true,
                };
                let number = self.lock.number();
                names::add_app(&mut self.tx, org, number, app, self.now)
                    .await
                    .map_err(fault::of)?;
            }
        }
        self.reload().await?;
        Ok(Outcome::New)
    }

    /// The number of a user, who is added where he is new.
    pub(super) async fn user(&mut self, external_id: &str) -> Result<i64, Fault> {
        name("owner", external_id)?;
        let (org, key) = (self.org(), external_id.to_lowercase());
        let known = names::users(&mut self.tx, org, vec![key.clone()]).await.map_err(fault::of)?;
        if let Some((_, number)) = known.first() {
            return Ok(*number);
        }
        let added = names::add_users(&mut self.tx, org, &mut self.lock, vec![key], self.now).await;
        let number = added.map_err(fault::of)?.first().copied();
        number.ok_or_else(|| fault::internal(&"no number was given"))
    }

    pub(super) async fn api(
        &mut self,
        code: &str,
        name_: &str,
        unit: &str,
    ) -> Result<Outcome, Fault> {
        slug("code", code)?;
        name("name", name_)?;
        name("unit", unit)?;
        let org = self.org();
        match self.book.api(code).and_then(|id| Some((id, self.book.apis.get(&id)?))) {
            Some((_, api)) if api.listed && api.name == name_ && api.unit == unit => {
                return Ok(Outcome::Unchanged);
            }
            Some((_, api)) if api.listed => {
                return Err(conflict(format!(
                    "the API `{code}` is listed with another name or unit"
                )));
            }
            Some((id, _)) => names::register_api(&mut self.tx, org, id.0, name_, unit)
                .await
                .map_err(fault::of)?,
            None => {
                let number = self.lock.number();
                names::add_api(&mut self.tx, org, number, (code, name_, unit), true, self.now)
                    .await
                    .map_err(fault::of)?;
            }
        }
        self.reload().await?;
        Ok(Outcome::New)
    }

    /// The numbers of an API and variant, which are added where they are new.
    pub(super) async fn api_and_variant(
        &mut self,
        code: &str,
        variant: Option<&str>,
    ) -> Result<(ApiId, Option<VariantId>), Fault> {
        slug("api", code)?;
        let org = self.org();
        if self.book.api(code).is_none() {
            let number = self.lock.number();
            names::add_api(&mut self.tx, org, number, (code, code, "unit"), true, self.now)
                .await
                .map_err(fault::of)?;
            self.reload().await?;
        }
        let missing = || fault::internal(&"an API that was added is not there");
        let api = self.book.api(code).ok_or_else(missing)?;
        let Some(variant) = variant else {
            return Ok((api, None));
        };
        slug("variant", variant)?;
        if self.book.variant(api, variant).is_none() {
            let number = self.lock.number();
            names::add_variant(&mut self.tx, org, number, api.0, variant)
                .await
                .map_err(fault::of)?;
            self.reload().await?;
        }
        Ok((api, Some(self.book.variant(api, variant).ok_or_else(missing)?)))
    }
}
