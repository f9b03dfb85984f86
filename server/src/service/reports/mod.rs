//! The usage reports: questions to the rollups, answers with names.

mod alerts;
mod asked;
mod question;
mod ranked;
mod recent;
mod spans;

use super::Service;
use super::balance::team_card;
use super::book::Book;
use crate::store::db::Tx;
use asked::Asked;
use async_trait::async_trait;
use std::collections::BTreeSet;
use tokenscope::fault::{Fault, Needs};
use tokenscope::id::TeamId;
use tokenscope::permission::{Action, Scope};
use tokenscope::report::{
    Content, MyReport, OverviewReport, Seen, TeamBalance, TeamCard, Uncharged, expiring_lots,
};
use tokenscope::service::{Caller, Ledger, Reports};
use tokenscope::time::Instant;
use tokenscope::view::View;

#[async_trait]
impl Reports for Service {
    async fn overview(&self, caller: &Caller, view: &View) -> Result<OverviewReport, Fault> {
        check_read(caller)?;
        if !caller.roles.everywhere(Action::SeeUsage) {
            return Err(Fault::Forbidden { needs: Needs::Manager });
        }
        let mut tx = self.read().await?;
        let book = self.book(&mut tx, caller.org).await?;
        let now = self.clock().now();
        let teams = cards(self, &mut tx, &book, book.teams.keys().copied(), now).await?;
        let asked = Asked::new(&mut tx, &book, now, view, None).await?;
        let usage = asked.usage(&mut tx).await?;
        let rows = asked.over_apps(&mut tx, true).await?;
        Ok(OverviewReport {
            alerts: alerts::alerts(&mut tx, &book, &teams, now).await?,
            top_apps: ranked::top_apps(&book, now, view.metric, &rows),
            top_teams: ranked::top_teams(&book, view.metric, &rows),
            expiring: expiring_lots(&teams, now),
            uncharged: uncharged(&teams),
            first_steps: super::checklist::first_steps(&mut tx, caller, now, asked.has_events)
                .await?,
            frame: asked.frame(&mut tx, caller, &usage, &BTreeSet::new()).await?,
            teams,
            usage,
        })
    }

    async fn me(&self, caller: &Caller, view: &View) -> Result<MyReport, Fault> {
        check_read(caller)?;
        if !caller.roles.is_member() {
            return Err(Fault::Forbidden { needs: Needs::Member });
        }
        let mut tx = self.read().await?;
        let book = self.book(&mut tx, caller.org).await?;
        let now = self.clock().now();
        let mine: Vec<TeamId> = caller.roles.teams.keys().copied().collect();
        let teams = cards(self, &mut tx, &book, mine.iter().copied(), now).await?;
        // A caller who was never named by an event has no usage: no user has the number 0 or less.
        let user = caller.user.map_or(-1, |user| user.0);
        let apps = book.apps_of(user);
        let own = Some((user, apps.clone()));
        let asked = Asked::new(&mut tx, &book, now, view, own).await?;
        let usage = asked.usage(&mut tx).await?;
        let rows = asked.over_apps(&mut tx, false).await?;
        let recent = recent::recent(&mut tx, &book, user, &apps).await?;
        let contacts = recent::contacts(&mut tx, &book, &mine).await?;
        let seen = rows.iter().map(|row| row.app).chain(apps).collect();
        let mut frame = asked.frame(&mut tx, caller, &usage, &seen).await?;
        if frame.content == Content::NothingInRange && recent.is_empty() {
            frame.content = Content::NothingOwn;
        }
        let by_app_and_api = ranked::by_app_and_api(&book, view.metric, &rows);
        let limits = recent::limits(&book, &mine, now);
        Ok(MyReport { frame, teams, usage, by_app_and_api, recent, limits, contacts })
    }

    async fn balances(
        &self,
        caller: &Caller,
        team: Option<&str>,
        as_of: Option<Instant>,
    ) -> Result<Vec<TeamBalance>, Fault> {
        let seen = Seen { as_of, known_at: None };
        Ok(self.balances_seen(caller, team, seen).await?.teams)
    }
}

/// A key has to have the scope to read.
pub(super) fn check_read(caller: &Caller) -> Result<(), Fault> {
    if caller.has_scope(Scope::Read) {
        return Ok(());
    }
    Err(Fault::Forbidden { needs: Needs::Scope(Scope::Read) })
}

async fn cards(
    service: &Service,
    tx: &mut Tx,
    book: &Book,
    teams: impl Iterator<Item = TeamId>,
    now: Instant,
) -> Result<Vec<TeamCard>, Fault> {
    let mut cards = Vec::new();
    for team in teams {
        cards.push(team_card(service, tx, book, team, now).await?);
    }
    cards.sort_by(|a, b| a.balance.slug.cmp(&b.balance.slug));
    Ok(cards)
}

fn uncharged(cards: &[TeamCard]) -> Vec<Uncharged> {
    let mut owed: Vec<Uncharged> = cards.iter().filter_map(TeamCard::uncharged).collect();
    owed.sort_by_key(|owed| owed.since);
    owed
}
