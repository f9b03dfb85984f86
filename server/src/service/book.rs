//! What rating and reports of one organization depend on, read once a revision: its names, rates,
//! assignments, policies and trials. A cache: the revision is checked in every transaction that
//! relies on it.

use super::{Service, fault};
use crate::store::db::{DbError, Tx};
use crate::store::{books, job, names, org};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokenscope::access::{Policy, PolicyLines};
use tokenscope::assignment::AssignmentLines;
use tokenscope::catalog::{Api, Variant};
use tokenscope::fault::Fault;
use tokenscope::id::{ApiId, AppId, OrgId, SourceId, TeamId, VariantId};
use tokenscope::payer::{Payer, PayerLines};
use tokenscope::rate::{RateCard, RateLine, Rounding};
use tokenscope::time::{Instant, Period, Zone};
use tokenscope::tokens::{Quantity, Tokens};

/// A team.
#[derive(Debug, Clone)]
pub struct Team {
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// An app.
#[derive(Debug, Clone)]
pub struct App {
    /// What events call it.
    pub client_id: String,
    /// What people read.
    pub name: String,
    /// Number of its owner.
    pub owner: Option<i64>,
    /// The team whose own events it stands for.
    pub direct_team: Option<TeamId>,
    /// Whether somebody registered it.
    pub registered: bool,
    /// Whether somebody registered it or said who pays for it.
    pub named: bool,
    /// When it was taken out of use.
    pub archived_at: Option<Instant>,
    /// When it became known.
    pub created_at: Instant,
    /// Which team pays when.
    pub teams: AssignmentLines<TeamId>,
}

impl App {
    /// Whether calls may be made in its name at an instant.
    pub fn is_in_use(&self, at: Instant) -> bool {
        self.named && self.archived_at.is_none_or(|end| at < end)
    }
    /// The team that pays for its usage at an instant.
    pub fn team_at(&self, at: Instant) -> Option<TeamId> {
        self.direct_team.or_else(|| self.teams.team_at(at))
    }
    /// Who pays over a period: stretches that tile it.
    pub fn over(&self, period: Period) -> Vec<(Period, Option<TeamId>)> {
        match self.direct_team {
            Some(team) => vec![(period, Some(team))],
            None => self.teams.over(period),
        }
    }
    /// Whether its usage was ever a team's.
    pub fn could_charge(&self, team: TeamId) -> bool {
        self.direct_team == Some(team) || self.teams.teams().any(|t| *t == team)
    }
}

/// A policy line.
#[derive(Debug, Clone)]
struct PolicyLine {
    from: Instant,
    policy: Policy,
    recorded_at: Instant,
}

/// A trial line; only instants from `seen` on know it.
#[derive(Debug, Clone)]
struct TrialLine {
    until: Instant,
    recorded_at: Instant,
    seen: Instant,
}

fn is_known(recorded_at: Instant, known: Option<Instant>) -> bool {
    known.is_none_or(|known| recorded_at <= known)
}

/// One organization's book.
#[derive(Debug, Clone)]
pub struct Book {
    /// The organization.
    pub org: OrgId,
    /// The revision that this is.
    pub revision: i64,
    /// Its name.
    pub name: String,
    /// What one token is called there.
    pub token_name: String,
    /// Its zone.
    pub zone: Zone,
    /// How old an event may be, in days.
    pub accept_window_days: Option<i64>,
    /// Whether its data is invented.
    pub demo: bool,
    /// Teams by number.
    pub teams: BTreeMap<TeamId, Team>,
    /// Apps by number.
    pub apps: BTreeMap<AppId, App>,
    /// APIs by number.
    pub apis: BTreeMap<ApiId, Api>,
    /// Variants by number.
    pub variants: BTreeMap<VariantId, Variant>,
    /// All rate lines.
    pub card: RateCard,
    /// Jobs that prepare charges: they are told of events that come meanwhile.
    pub jobs: Vec<i64>,
    /// Lines by team, none for the organization's, in the order of `from`, then of recording.
    policies: BTreeMap<Option<TeamId>, Vec<PolicyLine>>,
    /// In the order in which they were recorded.
    trials: BTreeMap<TeamId, Vec<TrialLine>>,
    payers: PayerLines,
    products: BTreeMap<(i64, ApiId), BTreeMap<Instant, bool>>,
    /// When each close was recorded, and the first open instant.
    closes: Vec<(Instant, Instant)>,
    /// The pools of single owners, by user.
    pools: BTreeMap<i64, TeamId>,
    team_by_slug: HashMap<String, TeamId>,
    app_by_client: HashMap<String, AppId>,
    api_by_code: HashMap<String, ApiId>,
    variant_by_code: HashMap<(ApiId, String), VariantId>,
    source_by_name: HashMap<String, SourceId>,
}

impl Book {
    /// The number of a team.
    pub fn team(&self, slug: &str) -> Option<TeamId> {
        self.team_by_slug.get(slug).copied()
    }
    /// The number of an app.
    pub fn app(&self, client_id: &str) -> Option<AppId> {
        self.app_by_client.get(client_id).copied()
    }
    /// The number of an API.
    pub fn api(&self, code: &str) -> Option<ApiId> {
        self.api_by_code.get(code).copied()
    }
    /// The number of a variant.
    pub fn variant(&self, api: ApiId, code: &str) -> Option<VariantId> {
        self.variant_by_code.get(&(api, code.to_owned())).copied()
    }
    /// The number of a source.
    pub fn source(&self, name: &str) -> Option<SourceId> {
        self.source_by_name.get(name).copied()
    }
    /// The end of a team's trial, as charges see it: the newest recorded line.
    pub fn trial(&self, team: TeamId) -> Option<Instant> {
        self.trial_known(team, None)
    }
    /// The same without the lines that were recorded after an instant.
    pub fn trial_known(&self, team: TeamId, known: Option<Instant>) -> Option<Instant> {
        let lines = self.trials.get(&team)?.iter().rev();
        lines.filter(|line| is_known(line.recorded_at, known)).map(|line| line.until).next()
    }
    /// The end of a team's trial as an instant sees it: one of closed books does not see lines
    /// that came after the close.
    pub fn trial_at(&self, team: TeamId, at: Instant, known: Option<Instant>) -> Option<Instant> {
        let lines = self.trials.get(&team)?.iter().rev();
        let mut seen = lines.filter(|line| is_known(line.recorded_at, known) && line.seen <= at);
        seen.next().map(|line| line.until)
    }
    /// The policies that speak for a team, without those recorded after `known`.
    pub fn policy(&self, team: TeamId, known: Option<Instant>) -> PolicyLines {
        let lines = |of: Option<TeamId>| {
            let mut found: Vec<(Instant, Policy)> = Vec::new();
            for line in self.policies.get(&of).into_iter().flatten() {
                if is_known(line.recorded_at, known) {
                    // A later recorded line of the same instant corrects the earlier one.
                    found.retain(|(at, _)| *at != line.from);
                    found.push((line.from, line.policy));
                }
            }
            found
        };
        PolicyLines { organization: lines(None), team: lines(Some(team)) }
    }
    /// The first instant at which the books are open: nothing before it changes any more.
    pub fn open(&self) -> Instant {
        self.closes.iter().map(|(_, until)| *until).max().unwrap_or(Instant::MIN)
    }
    /// The pool of an owner.
    pub fn pool(&self, user: i64) -> Option<TeamId> {
        self.pools.get(&user).copied()
    }
    /// Whether a user may use a daily product at an instant; a new one may use none.
    pub fn is_assigned(&self, user: i64, api: ApiId, at: Instant) -> bool {
        let lines = self.products.get(&(user, api));
        let newest = lines.and_then(|lines| lines.range(..=at).next_back());
        newest.is_some_and(|(_, assigned)| *assigned)
    }
    /// Adds a team that was just recorded.
    pub fn add_team(&mut self, id: TeamId, slug: &str, name: &str) {
        self.team_by_slug.insert(slug.to_owned(), id);
        self.teams.insert(id, Team { slug: slug.to_owned(), name: name.to_owned() });
    }
    /// The numbers of all apps that a user owns.
    pub fn apps_of(&self, user: i64) -> Vec<i64> {
        self.apps.iter().filter(|(_, a)| a.owner == Some(user)).map(|(id, _)| id.0).collect()
    }
}

/// The client id of the app that stands for a team's own events; no registered app can have it.
pub fn direct_client_id(team: &str) -> String {
    format!("~{team}")
}

/// Reads the book of an organization.
pub async fn load(tx: &mut Tx, org: OrgId) -> Result<Option<Book>, DbError> {
    let Some(row) = org::get(tx, org).await? else {
        return Ok(None);
    };
    let names = names::all(tx, org).await?;
    let rules = books::rules(tx, org).await?;
    let zone = super::zone::zone(&row.zone)
        .ok_or_else(|| DbError::Damaged(format!("no time zone {}", row.zone)))?;
    let mut book = Book {
        org,
        revision: row.revision,
        name: row.name,
        token_name: row.token_name,
        zone,
        accept_window_days: row.accept_window_days,
        demo: row.demo != 0,
        teams: BTreeMap::new(),
        apps: BTreeMap::new(),
        apis: BTreeMap::new(),
        variants: BTreeMap::new(),
        card: RateCard::default(),
        jobs: job::open(tx, org).await?,
        policies: BTreeMap::new(),
        trials: BTreeMap::new(),
        payers: PayerLines::default(),
        products: BTreeMap::new(),
        closes: Vec::new(),
        pools: BTreeMap::new(),
        team_by_slug: HashMap::new(),
        app_by_client: HashMap::new(),
        api_by_code: HashMap::new(),
        variant_by_code: HashMap::new(),
        source_by_name: names.sources.iter().map(|(n, s)| (s.clone(), SourceId(*n))).collect(),
    };
    book.take_names(names);
    book.take_rules(rules)?;
    Ok(Some(book))
}

fn at_micros(micros: i64) -> Instant {
    Instant::from_micros(micros)
}

impl Book {
    fn take_names(&mut self, names: names::NameRows) {
        for (number, slug, name, owner) in names.teams {
            self.team_by_slug.insert(slug.clone(), TeamId(number));
            self.teams.insert(TeamId(number), Team { slug, name });
            self.pools.extend(owner.map(|user| (user, TeamId(number))));
        }
        for row in names.apps {
            self.app_by_client.insert(row.client_id.clone(), AppId(row.app_id));
            let app = App {
                client_id: row.client_id,
                name: row.name,
                owner: row.owner_user_id,
                direct_team: row.direct_team_id.map(TeamId),
                registered: row.registered != 0,
                named: row.registered != 0,
                archived_at: row.archived_at.map(at_micros),
                created_at: at_micros(row.created_at),
                teams: AssignmentLines::default(),
            };
            self.apps.insert(AppId(row.app_id), app);
        }
        for row in names.apis {
            self.api_by_code.insert(row.code.clone(), ApiId(row.api_id));
            let api = Api {
                id: ApiId(row.api_id),
                code: row.code,
                name: row.name,
                unit: row.unit,
                hue: u8::try_from(row.hue).unwrap_or(0),
                listed: row.listed != 0,
            };
            self.apis.insert(ApiId(row.api_id), api);
        }
        for (number, api, code) in names.variants {
            let (id, api) = (VariantId(number), ApiId(api));
            self.variant_by_code.insert((api, code.clone()), id);
            self.variants.insert(id, Variant { id, api, code });
        }
    }

    fn take_rules(&mut self, rules: books::RuleRows) -> Result<(), DbError> {
        for (app, from, team) in rules.assignments {
            if let Some(app) = self.apps.get_mut(&AppId(app)) {
                app.named = true;
                app.teams.assign(at_micros(from), team.map(TeamId));
            }
        }
        for row in rules.rates {
            let damaged = |what: &str| DbError::Damaged(format!("a rate has {what}"));
            let rounding = Rounding::from_code(&row.rounding);
            let line = RateLine {
                tokens: Tokens::from_micro(row.tokens),
                per: Quantity::from_micro(row.per),
                rounding: rounding.ok_or_else(|| damaged("an unknown rounding"))?,
                charge_failed: row.charge_failed != 0,
                from: at_micros(row.from_at),
            };
            let variant = (row.variant_id != 0).then_some(VariantId(row.variant_id));
            let added = self.card.add(ApiId(row.api_id), variant, line);
            added.map_err(|_| damaged("a double"))?;
        }
        for (team, from, text, recorded_at) in rules.policies {
            let policy: Policy = serde_json::from_str(&text)
                .map_err(|e| DbError::Damaged(format!("a policy: {e}")))?;
            let line =
                PolicyLine { from: at_micros(from), policy, recorded_at: at_micros(recorded_at) };
            let team = (team != 0).then_some(TeamId(team));
            self.policies.entry(team).or_default().push(line);
        }
        for (team, until, recorded_at, seen) in rules.trials {
            let line = TrialLine {
                until: at_micros(until),
                recorded_at: at_micros(recorded_at),
                seen: seen.map_or(Instant::MIN, at_micros),
            };
            self.trials.entry(TeamId(team)).or_default().push(line);
        }
        for (user, api, from, assigned) in rules.products {
            let lines = self.products.entry((user, ApiId(api))).or_default();
            lines.insert(at_micros(from), assigned != 0);
        }
        let closes = rules.closes.iter();
        self.closes = closes.map(|(at, until)| (at_micros(*at), at_micros(*until))).collect();
        self.take_payers(rules.payers, rules.owners)
    }

    /// Who pays for an app is one line of teams, whatever it comes from.
    fn take_payers(
        &mut self,
        payers: Vec<(i64, String)>,
        owners: Vec<(i64, i64, Option<i64>)>,
    ) -> Result<(), DbError> {
        for (from, code) in payers {
            let payer = Payer::from_code(&code);
            let payer = payer.ok_or_else(|| DbError::Damaged(format!("a payer {code}")))?;
            self.payers.add(at_micros(from), payer);
        }
        let mut lines: BTreeMap<AppId, AssignmentLines<TeamId>> = BTreeMap::new();
        for (app, from, owner) in owners {
            let pool = owner.and_then(|user| self.pool(user));
            if let Some(app) = self.apps.get_mut(&AppId(app)) {
                app.named = true;
            }
            lines.entry(AppId(app)).or_default().assign(at_micros(from), pool);
        }
        if self.payers.is_empty() {
            return Ok(());
        }
        for (id, app) in &mut self.apps {
            let pools = lines.remove(id).unwrap_or_default();
            app.teams = self.payers.teams(&app.teams, &pools);
        }
        Ok(())
    }
}

/// The newest book of each organization that was asked for.
#[derive(Default)]
pub struct Cache {
    books: Mutex<HashMap<OrgId, Arc<Book>>>,
}

impl Cache {
    /// The newest that was read; only its revision says whether it is the present one.
    pub fn get(&self, org: OrgId) -> Option<Arc<Book>> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner).get(&org).cloned()
    }
    fn put(&self, book: Arc<Book>) {
        self.books.lock().unwrap_or_else(PoisonError::into_inner).insert(book.org, book);
    }
}

impl Service {
    /// The book of an organization as this transaction sees it.
    pub(super) async fn book(&self, tx: &mut Tx, org: OrgId) -> Result<Arc<Book>, Fault> {
        let revision = org::revision_seen(tx, org).await.map_err(fault::of)?;
        if let Some(book) = self.parts.books.get(org).filter(|b| Some(b.revision) == revision) {
            return Ok(book);
        }
        let book = load(tx, org).await.map_err(fault::of)?;
        let book = Arc::new(book.ok_or(Fault::NotFound { what: "this organization".into() })?);
        self.parts.books.put(Arc::clone(&book));
        Ok(book)
    }
}
