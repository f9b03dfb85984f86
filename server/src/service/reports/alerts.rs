//! What somebody should look at: teams in trouble, and usage that nobody expects.

use super::question::{AppRow, Question};
use crate::service::book::Book;
use crate::service::fault;
use crate::store::db::{DbError, Tx};
use crate::store::event;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokenscope::fault::Fault;
use tokenscope::id::{ApiId, AppId};
use tokenscope::report::{Alert, Named, Preset, Range, TeamCard, alerts_of_teams};
use tokenscope::time::{DAY, Instant};

/// The same 24 hours of so many weeks before are looked at,
const WEEKS: i64 = 4;
/// and in at least so many of them there must have been events for a silence to be one.
const WEEKS_WITH_EVENTS: usize = 3;

/// Every alert, most urgent first.
pub(super) async fn alerts(
    tx: &mut Tx,
    book: &Arc<Book>,
    cards: &[TeamCard],
    now: Instant,
) -> Result<Vec<Alert>, Fault> {
    let mut alerts = alerts_of_teams(cards, now, &book.zone);
    let is_debt = |alert: &Alert| matches!(alert, Alert::Restricted { .. } | Alert::Grace { .. });
    let debts = alerts.iter().filter(|alert| is_debt(alert)).count();
    if let Some(since) = silence(tx, book, now).await.map_err(fault::of)? {
        alerts.insert(debts, Alert::Silent { since });
    }
    let lately = Range::Preset(Preset::Days28).resolve(now, &book.zone, None).period;
    let rows = Question::everything(book).over_apps(tx, lately, true).await.map_err(fault::of)?;
    alerts.extend(unassigned(book, &rows));
    alerts.extend(unlisted(book, &rows, now));
    Ok(alerts)
}

/// The time of the newest event, where none came for a day although there usually are some.
async fn silence(tx: &mut Tx, book: &Book, now: Instant) -> Result<Option<Instant>, DbError> {
    let newest = event::newest(tx, book.org).await?.map(Instant::from_micros);
    let Some(newest) = newest.filter(|at| *at < now.plus(-DAY)) else {
        return Ok(None);
    };
    let mut with_events = 0;
    for week in 1..=WEEKS {
        let to = now.plus(-7 * week * DAY);
        let span = (to.plus(-DAY).micros(), to.micros());
        with_events += usize::from(event::any_within(tx, book.org, span).await?);
    }
    Ok((with_events >= WEEKS_WITH_EVENTS).then_some(newest))
}

/// Events by a key, most first.
fn most<K: Ord + Copy>(rows: impl Iterator<Item = (K, i64)>) -> Vec<(K, i64)> {
    let mut counts: BTreeMap<K, i64> = BTreeMap::new();
    for (key, events) in rows {
        *counts.entry(key).or_default() += events;
    }
    let mut counts: Vec<(K, i64)> = counts.into_iter().filter(|(_, n)| *n > 0).collect();
    counts.sort_by_key(|(key, events)| (-events, *key));
    counts
}

fn unassigned(book: &Book, rows: &[AppRow]) -> Vec<Alert> {
    let nobodys = rows.iter().filter(|row| row.team.is_none());
    let apps = most(nobodys.map(|row| (row.app, row.events)));
    let alert = |(app, events)| {
        let app = book.apps.get(&AppId(app))?;
        let app = Named { slug: app.client_id.clone(), name: app.name.clone() };
        Some(Alert::Unassigned { app, events })
    };
    apps.into_iter().filter_map(alert).collect()
}

fn unlisted(book: &Book, rows: &[AppRow], now: Instant) -> Vec<Alert> {
    let is_unlisted = |api: &i64| {
        let known = book.apis.get(&ApiId(*api));
        known.is_some_and(|api| !api.listed) && book.card.line(ApiId(*api), None, now).is_none()
    };
    let rows = rows.iter().filter(|row| is_unlisted(&row.api));
    let alert = |(api, events)| {
        let api = book.apis.get(&ApiId(api))?;
        let api = Named { slug: api.code.clone(), name: api.name.clone() };
        Some(Alert::Unlisted { api, events })
    };
    most(rows.map(|row| (row.api, row.events))).into_iter().filter_map(alert).collect()
}
