//! Purchases: the list of lots, what a purchase would change, and its recording.

use super::balance::{books_of, state_of_books, team_state};
use super::book::Book;
use super::{Service, fault};
use crate::clock;
use crate::store::db::Tx;
use crate::store::{books, purchases};
use async_trait::async_trait;
use std::collections::BTreeMap;
use tokenscope::burn::TeamState;
use tokenscope::fault::{Fault, FieldFault, Needs, Wrong};
use tokenscope::id::TeamId;
use tokenscope::permission::{Action, Scope};
use tokenscope::purchase::{
    Consequence, Ground, PayingTeam, Purchase, PurchaseInput, PurchaseLine, PurchaseList,
    PurchasePreview, Standing, consequence,
};
use tokenscope::service::{Books, Caller, Purchases};
use tokenscope::time::Instant;

/// Lots of one page of the list.
const PAGE: i64 = 25;
/// No team has this number: a team that is not there yet has no charges.
const NOBODY: TeamId = TeamId(0);

#[async_trait]
impl Purchases for Service {
    async fn purchases(&self, caller: &Caller, page: i64) -> Result<PurchaseList, Fault> {
        if !caller.roles.everywhere(Action::ReadAdmin) {
            return Err(Fault::Forbidden { needs: Needs::Manager });
        }
        if !caller.has_scope(Scope::Read) {
            return Err(Fault::Forbidden { needs: Needs::Scope(Scope::Read) });
        }
        let mut tx = self.read().await?;
        let book = self.book(&mut tx, caller.org).await?;
        let now = self.clock().now();
        let count = purchases::count(&mut tx, caller.org).await.map_err(fault::of)?;
        let pages = ((count + PAGE - 1) / PAGE).max(1);
        let page = page.clamp(1, pages);
        let rows = purchases::page(&mut tx, caller.org, PAGE, (page - 1) * PAGE).await;
        let rows = rows.map_err(fault::of)?;
        let lines = lines(&mut tx, &book, rows, now).await?;
        let may_purchase = may_purchase(caller).is_ok();
        let ground = ground(&book, now);
        Ok(PurchaseList { ground, lines, count, page, pages, may_purchase })
    }

    async fn purchase_ground(&self, caller: &Caller) -> Result<Ground, Fault> {
        may_purchase(caller)?;
        let mut tx = self.read().await?;
        let book = self.book(&mut tx, caller.org).await?;
        Ok(ground(&book, self.clock().now()))
    }

    async fn preview_purchase(
        &self,
        caller: &Caller,
        input: &PurchaseInput,
        id: Option<&str>,
    ) -> Result<PurchasePreview, Fault> {
        may_purchase(caller)?;
        let purchase = input.read()?;
        let mut tx = self.read().await?;
        let book = self.book(&mut tx, caller.org).await?;
        let (team, name) = paying_team(&book, &purchase)?;
        let now = self.clock().now();
        let id = id.map_or_else(new_id, ToOwned::to_owned);
        let known = books::lot(&mut tx, caller.org, &id).await.map_err(fault::of)?;
        let consequence = match known {
            Some(_) => None,
            None => Some(preview(&mut tx, &book, (team, &purchase, id.as_str()), now).await?),
        };
        Ok(PurchasePreview { ground: ground(&book, now), id, purchase, team: name, consequence })
    }

    async fn record_purchase(
        &self,
        caller: &Caller,
        input: &PurchaseInput,
        id: &str,
    ) -> Result<String, Fault> {
        may_purchase(caller)?;
        let purchase = input.read()?;
        let mut tx = self.read().await?;
        let book = self.book(&mut tx, caller.org).await?;
        drop(tx);
        let (_, name) = paying_team(&book, &purchase)?;
        let facts = purchase.facts(id, &book.zone);
        self.record(caller, facts).await.map_err(without_places)?;
        Ok(name)
    }
}

fn may_purchase(caller: &Caller) -> Result<(), Fault> {
    if caller.roles.everywhere(Action::Purchase) && caller.has_scope(Scope::Admin) {
        return Ok(());
    }
    Err(Fault::Forbidden { needs: Needs::Admin })
}

/// An id that nobody else makes.
fn new_id() -> String {
    format!("purchase-{}", &clock::random_secret()[..16])
}

fn ground(book: &Book, now: Instant) -> Ground {
    let mut teams: Vec<(String, String)> =
        book.teams.values().map(|team| (team.slug.clone(), team.name.clone())).collect();
    teams.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    Ground {
        zone: book.zone.clone(),
        unit: book.token_name.clone(),
        today: book.zone.date(now),
        demo: book.demo,
        teams,
    }
}

/// Number and name of the team. One that is made with the purchase may be there under the same
/// name already: made by the same form, sent twice.
fn paying_team(book: &Book, purchase: &Purchase) -> Result<(TeamId, String), Fault> {
    let slug = purchase.team.slug();
    let known = book.team(slug).and_then(|id| Some((id, book.teams.get(&id)?.name.clone())));
    match (&purchase.team, known) {
        (PayingTeam::Known(_), None) => Err(Fault::wrong("team", Wrong::Unknown)),
        (PayingTeam::New { name, .. }, Some((_, taken))) if *name != taken => {
            Err(Fault::wrong("new_team", Wrong::Taken))
        }
        (PayingTeam::New { name, .. }, None) => Ok((NOBODY, name.clone())),
        (_, Some(known)) => Ok(known),
    }
}

/// Burns the team's books down twice, without and with the lot: now, or when it becomes usable.
async fn preview(
    tx: &mut Tx,
    book: &Book,
    (team, purchase, id): (TeamId, &Purchase, &str),
    now: Instant,
) -> Result<Consequence, Fault> {
    let lot = purchase.lot(id, &book.zone);
    let at = now.max(lot.effective);
    let mut facts = books_of(tx, book, team, None).await?;
    let before = state_of_books(tx, book, team, &facts, at).await?;
    facts.lots.push(lot);
    let after = state_of_books(tx, book, team, &facts, at).await?;
    Ok(consequence(&before, &after, id))
}

async fn lines(
    tx: &mut Tx,
    book: &Book,
    rows: Vec<(String, i64)>,
    now: Instant,
) -> Result<Vec<PurchaseLine>, Fault> {
    let mut states: BTreeMap<TeamId, TeamState> = BTreeMap::new();
    let mut lines = Vec::new();
    for (key, team) in rows {
        let team = TeamId(team);
        if let std::collections::btree_map::Entry::Vacant(place) = states.entry(team) {
            place.insert(team_state(tx, book, team, now).await?);
        }
        let state = states.get(&team);
        let found = state.and_then(|s| s.lots.iter().find(|state| state.lot.id == key));
        let state = found.ok_or_else(|| fault::internal(&format!("no lot {key} in its team")))?;
        lines.push(PurchaseLine {
            reference: state.lot.reference.clone(),
            team: book.teams.get(&team).map(|team| team.name.clone()).unwrap_or_default(),
            kind: state.lot.kind,
            granted: state.lot.granted,
            remaining: state.remaining,
            effective: state.lot.effective,
            expires: state.lot.expires,
            standing: Standing::of(state, now),
            id: key,
        });
    }
    Ok(lines)
}

/// The books say which fact of a batch is wrong; here there is one form.
fn without_places(fault: Fault) -> Fault {
    let Fault::Invalid { fields } = fault else { return fault };
    let plain = |field: FieldFault| {
        let name = field.field.split_once('.').map(|(_, name)| name.to_owned());
        FieldFault { field: name.unwrap_or(field.field), ..field }
    };
    Fault::Invalid { fields: fields.into_iter().map(plain).collect() }
}
