//! Recording facts: each is checked against what is there, then written; all or none.

use super::book::Book;
use super::{Service, commit, fault};
use crate::store::books::LotRow;
use crate::store::db::{DbError, Tx};
use crate::store::org::OrgLock;
use crate::store::{books, event, names, org};
use async_trait::async_trait;
use tokenscope::fact::{Fact, Recorded};
use tokenscope::fault::Fault;
use tokenscope::id::{ApiId, AppId, OrgId, SLUG_MAX, TeamId, VariantId, check_slug};
use tokenscope::permission::{Action, Scope};
use tokenscope::service::{Books, Caller};
use tokenscope::time::Instant;
use tokenscope::tokens::Tokens;

/// Most facts of one call.
const FACTS_MAX: usize = 10_000;

#[async_trait]
impl Books for Service {
    async fn record(&self, caller: &Caller, facts: Vec<Fact>) -> Result<Recorded, Fault> {
        if !caller.roles.everywhere(Action::Administer) || !caller.has_scope(Scope::Admin) {
            let needs = "the role admin in the organization (and a key with the scope `admin`)";
            return Err(Fault::Forbidden { needs: needs.into() });
        }
        if facts.len() > FACTS_MAX {
            let limit = format!("{FACTS_MAX} facts a call: send them in several");
            return Err(Fault::TooLarge { limit });
        }
        let now = self.clock().now();
        let mut tx = self.write().await?;
        let lock = org::lock(&mut tx, caller.org, now).await.map_err(fault::of)?;
        let book = self.book(&mut tx, caller.org).await?;
        let mut recorder = Recorder { tx, lock, book: (*book).clone(), now };
        let mut recorded = Recorded::default();
        for (n, fact) in facts.into_iter().enumerate() {
            let place = |fault| at_place(fault, n);
            match recorder.record(fact).await.map_err(place)? {
                Outcome::New => recorded.new += 1,
                Outcome::Unchanged => recorded.unchanged += 1,
            }
        }
        let Recorder { mut tx, lock, .. } = recorder;
        if recorded.new > 0 {
            lock.give_back(&mut tx).await.map_err(fault::of)?;
        }
        commit(tx).await?;
        Ok(recorded)
    }
}

/// Says which fact of a batch is wrong.
fn at_place(fault: Fault, n: usize) -> Fault {
    match fault {
        Fault::Invalid { mut fields } => {
            for field in &mut fields {
                field.field = format!("{n}.{}", field.field);
            }
            Fault::Invalid { fields }
        }
        Fault::Conflict { reason } => Fault::Conflict { reason: format!("fact {n}: {reason}") },
        other => other,
    }
}

enum Outcome {
    New,
    Unchanged,
}

/// A recording in progress: the transaction, the organization's lock, and the book as it grows.
struct Recorder {
    tx: Tx,
    lock: OrgLock,
    book: Book,
    now: Instant,
}

fn slug(field: &str, text: &str) -> Result<(), Fault> {
    check_slug(text).map_err(|e| Fault::field(field, format!("`{text}` {e}")))
}

fn name(field: &str, text: &str) -> Result<(), Fault> {
    let long = text.chars().count() > 2 * SLUG_MAX;
    if text.trim().is_empty() || long || text.chars().any(char::is_control) {
        let reason = "must have 1 to 128 characters without control characters";
        return Err(Fault::field(field, reason));
    }
    Ok(())
}

fn conflict(reason: impl Into<String>) -> Fault {
    Fault::Conflict { reason: reason.into() }
}

impl Recorder {
    fn org(&self) -> OrgId {
        self.book.org
    }

    async fn record(&mut self, fact: Fact) -> Result<Outcome, Fault> {
        match fact {
            Fact::Team { slug, name } => self.team(&slug, &name).await,
            Fact::Trial { team, until } => self.trial(&team, until).await,
            Fact::Policy { team, from, policy } => {
                let text = serde_json::to_string(&policy).map_err(|e| fault::internal(&e))?;
                self.policy(team.as_deref(), from, &text).await
            }
            Fact::App { client_id, name, owner } => self.app(&client_id, &name, owner).await,
            Fact::Assignment { client_id, team, from } => {
                self.assignment(&client_id, team.as_deref(), from).await
            }
            Fact::Api { code, name, unit } => self.api(&code, &name, &unit).await,
            rate @ Fact::Rate { .. } => self.rate(rate).await,
            lot @ Fact::Lot { .. } => self.lot(lot).await,
            Fact::Void { lot, at } => self.void(&lot, at).await,
            Fact::Transfer { id, lot, to, at, tokens } => {
                self.transfer((&id, &lot, &to), at, tokens).await
            }
            Fact::Unblock { team, at } => self.unblock(&team, at).await,
        }
    }

    fn team_id(&self, field: &str, slug: &str) -> Result<TeamId, Fault> {
        let unknown = || Fault::field(field, format!("there is no team `{slug}`: record it first"));
        self.book.team(slug).ok_or_else(unknown)
    }

    async fn reload(&mut self) -> Result<(), Fault> {
        let book = super::book::load(&mut self.tx, self.book.org).await.map_err(fault::of)?;
        self.book = book.ok_or(Fault::NotFound { what: "this organization".into() })?;
        Ok(())
    }

    async fn team(&mut self, slug_: &str, name_: &str) -> Result<Outcome, Fault> {
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
        names::add_team(&mut self.tx, org, number, (slug_, name_), now)
            .await
            .map_err(fault::of)?;
        self.book.add_team(TeamId(number), slug_, name_);
        Ok(Outcome::New)
    }

    async fn trial(&mut self, team: &str, until: Instant) -> Result<Outcome, Fault> {
        let team = self.team_id("team", team)?;
        if self.book.trial(team) == Some(until) {
            return Ok(Outcome::Unchanged);
        }
        self.no_rated_usage(Instant::MIN, Touches::Team(team), "this trial").await?;
        let (org, at) = (self.org(), self.lock.recorded_at());
        books::add_trial(&mut self.tx, org, (team.0, until.micros()), at)
            .await
            .map_err(fault::of)?;
        self.book.set_trial(team, until);
        Ok(Outcome::New)
    }

    async fn policy(
        &mut self,
        team: Option<&str>,
        from: Instant,
        policy: &str,
    ) -> Result<Outcome, Fault> {
        let team = match team {
            Some(slug) => self.team_id("team", slug)?.0,
            None => 0,
        };
        let (org, from) = (self.org(), from.micros());
        let lines = books::rules(&mut self.tx, org).await.map_err(fault::of)?.policies;
        let newest = lines.iter().rev().find(|(t, at, _)| (*t, *at) == (team, from));
        if newest.is_some_and(|(.., text)| text == policy) {
            return Ok(Outcome::Unchanged);
        }
        let at = self.lock.recorded_at();
        books::add_policy(&mut self.tx, org, (team, from, policy), at).await.map_err(fault::of)?;
        Ok(Outcome::New)
    }

    async fn app(
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
                let app =
                    names::NewApp { client_id, name: name_, owner, direct_team: None, registered: true };
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
    async fn user(&mut self, external_id: &str) -> Result<i64, Fault> {
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

    async fn assignment(
        &mut self,
        client_id: &str,
        team: Option<&str>,
        from: Instant,
    ) -> Result<Outcome, Fault> {
        let unknown = || {
            Fault::field("client_id", format!("there is no app `{client_id}`: record it first"))
        };
        let app = self.book.app(client_id).ok_or_else(unknown)?;
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
        self.no_rated_usage(from, Touches::App(app), "this assignment").await?;
        let at = self.lock.recorded_at();
        let row = (app.0, from.micros(), team.map(|t| t.0));
        books::add_assignment(&mut self.tx, org, row, at).await.map_err(fault::of)?;
        if let Some(app) = self.book.apps.get_mut(&app) {
            app.teams.assign(from, team);
        }
        Ok(Outcome::New)
    }

    async fn api(&mut self, code: &str, name_: &str, unit: &str) -> Result<Outcome, Fault> {
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
    async fn api_and_variant(
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
        let Some(variant) = variant else { return Ok((api, None)) };
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

    async fn rate(&mut self, fact: Fact) -> Result<Outcome, Fault> {
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
        self.no_rated_usage(from, Touches::Api(api), "this rate").await?;
        let at = self.lock.recorded_at();
        books::add_rate(&mut self.tx, org, &row, at).await.map_err(fault::of)?;
        Ok(Outcome::New)
    }

    async fn lot(&mut self, fact: Fact) -> Result<Outcome, Fault> {
        let Fact::Lot {
            id,
            team,
            kind,
            tokens,
            effective,
            expires,
            priority,
            pays_for,
            unit_cost,
            reference,
            channel,
        } = fact
        else {
            return Err(fault::internal(&"not a lot"));
        };
        name("id", &id)?;
        if tokens <= Tokens::ZERO || tokens > Tokens::MAX_GIVEN {
            return Err(Fault::field("tokens", "must be more than 0 and at most 1000000000"));
        }
        if expires.is_some_and(|end| end <= effective) {
            return Err(Fault::field("expires", "must be later than `effective`"));
        }
        let row = LotRow {
            lot_key: id,
            team_id: self.team_id("team", &team)?.0,
            kind: kind.code().into(),
            pays_for: pays_for.unwrap_or(kind.pays_for()).code().into(),
            priority: priority.unwrap_or(kind.priority()).into(),
            granted: tokens.micro(),
            effective_at: effective.micros(),
            expires_at: expires.map(Instant::micros),
            unit_cost: unit_cost.as_ref().map(|cost| cost.micro),
            currency: unit_cost.map(|cost| cost.currency),
            reference,
            channel,
        };
        self.add_lot(row).await
    }

    async fn add_lot(&mut self, row: LotRow) -> Result<Outcome, Fault> {
        let org = self.org();
        let known = books::lot(&mut self.tx, org, &row.lot_key).await.map_err(fault::of)?;
        match known {
            Some(known) if known == row => return Ok(Outcome::Unchanged),
            Some(_) => {
                let key = &row.lot_key;
                return Err(conflict(format!("another lot `{key}` is there already")));
            }
            None => {}
        }
        let at = self.lock.recorded_at();
        books::add_lot(&mut self.tx, org, row, at).await.map_err(fault::of)?;
        Ok(Outcome::New)
    }

    async fn find_lot(&mut self, key: &str) -> Result<LotRow, Fault> {
        let org = self.org();
        let found = books::lot(&mut self.tx, org, key).await.map_err(fault::of)?;
        found.ok_or_else(|| Fault::field("lot", format!("there is no lot `{key}`")))
    }

    async fn void(&mut self, lot: &str, at: Instant) -> Result<Outcome, Fault> {
        let org = self.org();
        let row = self.find_lot(lot).await?;
        match books::void_of(&mut self.tx, org, lot).await.map_err(fault::of)? {
            Some(known) if known == at.micros() => return Ok(Outcome::Unchanged),
            Some(_) => return Err(conflict(format!("the lot `{lot}` is void already"))),
            None => {}
        }
        let moved = books::last_transfer(&mut self.tx, org, lot).await.map_err(fault::of)?;
        let cancels = at.micros() <= row.effective_at;
        if moved.is_some_and(|moved| cancels || moved > at.micros()) {
            let reason = format!("a part of the lot `{lot}` was moved out after this void");
            return Err(conflict(reason));
        }
        let recorded_at = self.lock.recorded_at();
        books::add_void(&mut self.tx, org, (lot, at.micros()), recorded_at)
            .await
            .map_err(fault::of)?;
        Ok(Outcome::New)
    }

    async fn transfer(
        &mut self,
        (id, lot, to): (&str, &str, &str),
        at: Instant,
        amount: Tokens,
    ) -> Result<Outcome, Fault> {
        name("id", id)?;
        if amount <= Tokens::ZERO || amount > Tokens::MAX_GIVEN {
            return Err(Fault::field("tokens", "must be more than 0 and at most 1000000000"));
        }
        let (org, source) = (self.org(), self.find_lot(lot).await?);
        let to_team = self.team_id("to", to)?;
        let wanted = (id.to_owned(), lot.to_owned(), at.micros(), amount.micro());
        if let Some(known) = books::transfer(&mut self.tx, org, id).await.map_err(fault::of)? {
            return if known == wanted {
                Ok(Outcome::Unchanged)
            } else {
                Err(conflict(format!("another transfer `{id}` is there already")))
            };
        }
        self.check_transfer(&source, to_team, at).await?;
        let moved = LotRow {
            lot_key: id.to_owned(),
            team_id: to_team.0,
            granted: amount.micro(),
            effective_at: at.micros().max(source.effective_at),
            ..source.clone()
        };
        self.add_lot(moved).await?;
        let recorded_at = self.lock.recorded_at();
        books::add_transfer(&mut self.tx, org, source.team_id, wanted, recorded_at)
            .await
            .map_err(fault::of)?;
        Ok(Outcome::New)
    }

    /// Refused: a lot that is expired or void at the time, the same team, and one with a later
    /// transfer recorded (accounting.md, "Burn-down", rule 6).
    async fn check_transfer(
        &mut self,
        source: &LotRow,
        to: TeamId,
        at: Instant,
    ) -> Result<(), Fault> {
        let (org, key) = (self.org(), source.lot_key.as_str());
        if source.team_id == to.0 {
            return Err(Fault::field("to", format!("the lot `{key}` is with this team already")));
        }
        if source.expires_at.is_some_and(|end| end <= at.micros()) {
            return Err(Fault::field("lot", format!("the lot `{key}` has expired by then")));
        }
        if books::void_of(&mut self.tx, org, key).await.map_err(fault::of)?.is_some() {
            return Err(Fault::field("lot", format!("the lot `{key}` is void")));
        }
        let last = books::last_transfer(&mut self.tx, org, key).await.map_err(fault::of)?;
        if last.is_some_and(|last| last > at.micros()) {
            let reason = format!("the lot `{key}` has a later transfer: record in order of time");
            return Err(Fault::field("at", reason));
        }
        Ok(())
    }

    async fn unblock(&mut self, team: &str, at: Instant) -> Result<Outcome, Fault> {
        let (org, team) = (self.org(), self.team_id("team", team)?.0);
        let known = books::unblocks(&mut self.tx, org, team).await.map_err(fault::of)?;
        if known.contains(&(at.micros(),)) {
            return Ok(Outcome::Unchanged);
        }
        let recorded_at = self.lock.recorded_at();
        books::add_unblock(&mut self.tx, org, (team, at.micros()), recorded_at)
            .await
            .map_err(fault::of)?;
        Ok(Outcome::New)
    }

    /// Refuses a rule that would change what is charged already: charges are rated when their
    /// event arrives, and are not rated again by a rule that comes later.
    async fn no_rated_usage(
        &mut self,
        from: Instant,
        touches: Touches,
        what: &str,
    ) -> Result<(), Fault> {
        let org = self.org();
        let found = match touches {
            Touches::App(app) => since(&mut self.tx, org, from, Some(app.0), None).await,
            Touches::Api(api) => since(&mut self.tx, org, from, None, Some(api.0)).await,
            Touches::Team(team) => {
                let apps: Vec<AppId> = self.book.apps.keys().copied().collect();
                let mut found = Ok(false);
                for app in apps {
                    let lines = self.book.apps.get(&app);
                    if lines.is_some_and(|a| a.could_charge(team))
                        && matches!(found, Ok(false))
                    {
                        found = since(&mut self.tx, org, from, Some(app.0), None).await;
                    }
                }
                found
            }
        };
        if found.map_err(fault::of)? {
            return Err(conflict(format!(
                "there is usage that {what} would rate again, which is not possible yet: \
                 choose a later time, or load it before the events"
            )));
        }
        Ok(())
    }
}

enum Touches {
    App(AppId),
    Api(ApiId),
    Team(TeamId),
}

async fn since(
    tx: &mut Tx,
    org: OrgId,
    from: Instant,
    app: Option<i64>,
    api: Option<i64>,
) -> Result<bool, DbError> {
    event::any_since(tx, org, from.micros(), app, api).await
}
