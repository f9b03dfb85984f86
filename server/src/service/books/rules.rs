//! The lines that say what is rated how, who pays, and what debt means.

use super::super::fault;
use super::{Outcome, Recorder, Touched, conflict};
use crate::store::{books, names};
use tokenscope::fact::Fact;
use tokenscope::fault::Fault;
use tokenscope::id::AppId;
use tokenscope::payer::Payer;
use tokenscope::time::Instant;
use tokenscope::tokens::Tokens;

impl Recorder {
    pub(super) async fn trial(&mut self, team: &str, until: Instant) -> Result<Outcome, Fault> {
        let team = self.team_id("team", team)?;
        if self.book.trial(team) == Some(until) {
            return Ok(Outcome::Unchanged);
        }
        let (org, at) = (self.org(), self.lock.recorded_at());
        let open = self.book.open();
        let seen = (open != Instant::MIN).then(|| open.micros());
        books::add_trial(&mut self.tx, org, (team.0, until.micros(), seen), at)
            .await
            .map_err(fault::of)?;
        self.touched.insert(Touched::Trial(team));
        self.reload().await?;
        Ok(Outcome::New)
    }

    pub(super) async fn policy(
        &mut self,
        team: Option<&str>,
        from: Instant,
        policy: &str,
    ) -> Result<Outcome, Fault> {
        let team = match team {
            Some(slug) => self.team_id("team", slug)?.0,
            None => 0,
        };
        let (org, (from, belongs_to)) = (self.org(), self.booked(from));
        let lines = books::rules(&mut self.tx, org).await.map_err(fault::of)?.policies;
        let newest = lines.iter().rev().find(|(t, at, ..)| (*t, *at) == (team, from));
        if newest.is_some_and(|(_, _, text, _)| text == policy) {
            return Ok(Outcome::Unchanged);
        }
        let at = self.lock.recorded_at();
        books::add_policy(&mut self.tx, org, (team, from, policy), belongs_to, at)
            .await
            .map_err(fault::of)?;
        Ok(Outcome::New)
    }

    fn known_app(&self, client_id: &str) -> Result<AppId, Fault> {
        let unknown =
            || Fault::field("client_id", format!("there is no app `{client_id}`: record it first"));
        self.book.app(client_id).ok_or_else(unknown)
    }

    pub(super) async fn assignment(
        &mut self,
        client_id: &str,
        team: Option<&str>,
        from: Instant,
    ) -> Result<Outcome, Fault> {
        let app = self.known_app(client_id)?;
        let team = match team {
            Some(slug) => Some(self.team_id("team", slug)?),
            None => None,
        };
        let org = self.org();
        let lines = books::rules(&mut self.tx, org).await.map_err(fault::of)?.assignments;
        let line = lines.iter().rev().find(|(a, at, _)| (*a, *at) == (app.0, from.micros()));
        if line.is_some_and(|(.., known)| *known == team.map(|t| t.0)) {
            return Ok(Outcome::Unchanged);
        }
        let at = self.lock.recorded_at();
        let row = (app.0, from.micros(), team.map(|t| t.0));
        books::add_assignment(&mut self.tx, org, row, at).await.map_err(fault::of)?;
        self.touched.insert(Touched::App(app));
        Ok(Outcome::New)
    }

    pub(super) async fn owner(
        &mut self,
        client_id: &str,
        owner: Option<&str>,
        from: Instant,
    ) -> Result<Outcome, Fault> {
        let app = self.known_app(client_id)?;
        let user = match owner {
            Some(owner) => Some(self.owner_with_pool(owner).await?),
            None => None,
        };
        let org = self.org();
        let lines = books::rules(&mut self.tx, org).await.map_err(fault::of)?.owners;
        let line = lines.iter().rev().find(|(a, at, _)| (*a, *at) == (app.0, from.micros()));
        if line.is_some_and(|(.., known)| *known == user) {
            return Ok(Outcome::Unchanged);
        }
        let at = self.lock.recorded_at();
        books::add_owner(&mut self.tx, org, (app.0, from.micros(), user), at)
            .await
            .map_err(fault::of)?;
        self.touched.insert(Touched::App(app));
        Ok(Outcome::New)
    }

    /// The number of an owner, whose pool is made when he is first named as one.
    pub(super) async fn owner_with_pool(&mut self, owner: &str) -> Result<i64, Fault> {
        let user = self.user(owner).await?;
        if self.book.pool(user).is_none() {
            let (org, number, now) = (self.org(), self.lock.number(), self.now);
            let slug = format!("~{}", owner.to_lowercase());
            names::add_team(&mut self.tx, org, number, (&slug, owner), now)
                .await
                .map_err(fault::of)?;
            names::make_pool(&mut self.tx, org, number, user).await.map_err(fault::of)?;
            self.reload().await?;
        }
        Ok(user)
    }

    pub(super) async fn payer(&mut self, payer: Payer, from: Instant) -> Result<Outcome, Fault> {
        let org = self.org();
        let lines = books::rules(&mut self.tx, org).await.map_err(fault::of)?.payers;
        let line = lines.iter().rev().find(|(at, _)| *at == from.micros());
        if line.is_some_and(|(_, known)| known == payer.code()) {
            return Ok(Outcome::Unchanged);
        }
        let at = self.lock.recorded_at();
        books::add_payer(&mut self.tx, org, (from.micros(), payer.code()), at)
            .await
            .map_err(fault::of)?;
        self.touched.insert(Touched::AllApps);
        Ok(Outcome::New)
    }

    pub(super) async fn product(
        &mut self,
        (user, api): (&str, &str),
        assigned: bool,
        from: Instant,
    ) -> Result<Outcome, Fault> {
        let unknown = || Fault::field("api", format!("there is no product `{api}`"));
        let api = self.book.api(api).ok_or_else(unknown)?;
        let user = self.user(user).await?;
        let org = self.org();
        let lines = books::rules(&mut self.tx, org).await.map_err(fault::of)?.products;
        let key = (user, api.0, from.micros());
        let line = lines.iter().rev().find(|(u, a, at, _)| (*u, *a, *at) == key);
        if line.is_some_and(|(.., known)| (*known != 0) == assigned) {
            return Ok(Outcome::Unchanged);
        }
        let at = self.lock.recorded_at();
        books::add_product(&mut self.tx, org, (key.0, key.1, key.2, assigned), at)
            .await
            .map_err(fault::of)?;
        Ok(Outcome::New)
    }

    pub(super) async fn rate(&mut self, fact: Fact) -> Result<Outcome, Fault> {
        let Fact::Rate { api, variant, tokens, per, rounding, charge_failed, from } = fact else {
            return Err(fault::internal(&"not a rate"));
        };
        if tokens.is_negative() || tokens > Tokens::MAX_GIVEN {
            return Err(Fault::field("tokens", "must be between 0 and 1000000000"));
        }
        if per.micro() <= 0 {
            return Err(Fault::field("per", "must be more than 0"));
        }
        let (api, variant) = self.api_and_variant(&api, variant.as_deref()).await?;
        let row = books::RateRow {
            api_id: api.0,
            variant_id: variant.map_or(0, |v| v.0),
            from_at: from.micros(),
            tokens: tokens.micro(),
            per: per.micro(),
            rounding: rounding.code().into(),
            charge_failed: i64::from(charge_failed),
        };
        let org = self.org();
        let known = books::rules(&mut self.tx, org).await.map_err(fault::of)?.rates;
        let key = |r: &books::RateRow| (r.api_id, r.variant_id, r.from_at);
        if let Some(known) = known.iter().find(|known| key(known) == key(&row)) {
            return if *known == row {
                Ok(Outcome::Unchanged)
            } else {
                Err(conflict("another rate of the same API, variant and time is there already"))
            };
        }
        let at = self.lock.recorded_at();
        books::add_rate(&mut self.tx, org, &row, at).await.map_err(fault::of)?;
        self.touched.insert(Touched::Api(api, from));
        Ok(Outcome::New)
    }

    /// Closes the books. One that closes nothing more changes nothing.
    pub(super) async fn close(&mut self, until: Instant) -> Result<Outcome, Fault> {
        if until > self.now {
            return Err(Fault::field("until", "must not be in the future"));
        }
        if until <= self.book.open() {
            return Ok(Outcome::Unchanged);
        }
        let (org, at) = (self.org(), self.lock.recorded_at());
        books::add_close(&mut self.tx, org, until.micros(), at).await.map_err(fault::of)?;
        self.reload().await?;
        Ok(Outcome::New)
    }
}
