//! Recording facts: each is checked against what is there, then written; all or none.

mod lots;
mod named;

use super::book::Book;
use super::{Service, commit, fault};
use crate::store::db::{DbError, Tx};
use crate::store::org::OrgLock;
use crate::store::{books, event, org, outbox};
use async_trait::async_trait;
use tokenscope::fact::{Fact, Recorded};
use tokenscope::fault::{Fault, Needs};
use tokenscope::id::{ApiId, AppId, OrgId, SLUG_MAX, TeamId, check_slug};
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
            return Err(Fault::Forbidden { needs: Needs::Admin });
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
            outbox::add(&mut tx, caller.org, now).await.map_err(fault::of)?;
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

    async fn assignment(
        &mut self,
        client_id: &str,
        team: Option<&str>,
        from: Instant,
    ) -> Result<Outcome, Fault> {
        let unknown =
            || Fault::field("client_id", format!("there is no app `{client_id}`: record it first"));
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
                    if lines.is_some_and(|a| a.could_charge(team)) && matches!(found, Ok(false)) {
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
