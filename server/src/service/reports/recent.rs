//! The newest events, and whom to ask.

use crate::service::book::Book;
use crate::service::fault;
use crate::store::db::Tx;
use crate::store::event::RecentRow;
use crate::store::{charge, event, person};
use std::collections::BTreeMap;
use tokenscope::fault::Fault;
use tokenscope::id::{ApiId, AppId, TeamId, VariantId};
use tokenscope::rate::{Rounding, SESSION_MIN};
use tokenscope::report::{Contact, Limit, RecentEvent};
use tokenscope::time::Instant;
use tokenscope::tokens::{Quantity, Tokens};

/// How many events `/me` lists.
const RECENT: usize = 50;

/// The newest events of a user and his apps.
pub(super) async fn recent(
    tx: &mut Tx,
    book: &Book,
    user: i64,
    apps: &[i64],
) -> Result<Vec<RecentEvent>, Fault> {
    let most = i64::try_from(RECENT).unwrap_or(i64::MAX);
    let mut rows = event::recent_of_user(tx, book.org, user, most).await.map_err(fault::of)?;
    for app in apps {
        rows.extend(event::recent_of_app(tx, book.org, *app, most).await.map_err(fault::of)?);
    }
    rows.sort_by(|a, b| (b.at, &b.digest).cmp(&(a.at, &a.digest)));
    rows.dedup_by(|a, b| (a.at, &a.digest) == (b.at, &b.digest));
    rows.truncate(RECENT);
    let digests = rows.iter().map(|row| row.digest.clone()).collect();
    let mut charged: BTreeMap<Vec<u8>, i64> = BTreeMap::new();
    for row in charge::net(tx, book.org, digests, 0).await.map_err(fault::of)? {
        *charged.entry(row.digest).or_default() += row.amount;
    }
    Ok(rows.into_iter().map(|row| recent_event(book, &charged, row)).collect())
}

fn recent_event(book: &Book, charged: &BTreeMap<Vec<u8>, i64>, row: RecentRow) -> RecentEvent {
    let app = book.apps.get(&AppId(row.app_id));
    let api = book.apis.get(&ApiId(row.api_id));
    let variant_id = (row.variant_id != 0).then_some(VariantId(row.variant_id));
    let variant = variant_id.and_then(|id| book.variants.get(&id));
    let line = book.card.line(ApiId(row.api_id), variant_id, Instant::from_micros(row.at));
    let unsaid = match line.map(|line| line.rounding) {
        Some(Rounding::UserDay) => Quantity::from_micro(SESSION_MIN),
        _ => Quantity::ONE,
    };
    RecentEvent {
        id: row.external_id,
        time: Instant::from_micros(row.at),
        app: app.map(|a| a.name.clone()).unwrap_or_default(),
        api: api.map(|a| a.name.clone()).unwrap_or_default(),
        variant: variant.map(|v| v.code.clone()).unwrap_or_default(),
        quantity: row.quantity.map_or(unsaid, Quantity::from_micro),
        unit: api.map(|a| a.unit.clone()).unwrap_or_default(),
        tokens: Tokens::from_micro(charged.get(&row.digest).copied().unwrap_or(0)),
        failed: row.failed != 0,
    }
}

/// The primary admins of some teams.
pub(super) async fn contacts(
    tx: &mut Tx,
    book: &Book,
    teams: &[TeamId],
) -> Result<Vec<Contact>, Fault> {
    let numbers = teams.iter().map(|team| team.0).collect();
    let admins = person::primary_admins(tx, book.org, numbers).await.map_err(fault::of)?;
    let contact = |(team, name, email): (i64, String, String)| {
        let team = book.teams.get(&TeamId(team)).map(|t| t.name.clone());
        Contact { team: team.unwrap_or_default(), name, email }
    };
    Ok(admins.into_iter().map(contact).collect())
}

/// What the policies of some teams allow.
pub(super) fn limits(book: &Book, teams: &[TeamId], now: Instant) -> Vec<Limit> {
    let limit = |team: &TeamId| {
        let policy = book.policy(*team, None).at(now);
        Some(Limit {
            team: book.teams.get(team)?.name.clone(),
            grace_days: policy.grace_days,
            overdraft: policy.overdraft,
            unblock: policy.unblock,
        })
    };
    teams.iter().filter_map(limit).collect()
}
