//! Ranked lists: apps, teams, and one's own apps and APIs.

use super::question::AppRow;
use crate::service::book::Book;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use tokenscope::id::{ApiId, AppId, TeamId};
use tokenscope::report::{Metric, RankedRow};
use tokenscope::time::Instant;
use tokenscope::tokens::Tokens;

/// How many apps a list has at most.
const TOP: usize = 10;

/// Events and micro-tokens by a key, largest first by the metric; nothing that is nothing.
fn ranked<K: Ord + Copy>(
    rows: &[AppRow],
    metric: Metric,
    key: impl Fn(&AppRow) -> K,
) -> Vec<(K, i64, i64)> {
    let mut sums: BTreeMap<K, (i64, i64)> = BTreeMap::new();
    for row in rows {
        let sum = sums.entry(key(row)).or_default();
        sum.0 += row.events;
        sum.1 += row.tokens;
    }
    let sums = sums.into_iter().filter(|(_, sum)| *sum != (0, 0));
    let mut ranked: Vec<_> = sums.map(|(key, (events, tokens))| (key, events, tokens)).collect();
    ranked.sort_by_key(|(key, events, tokens)| match metric {
        Metric::Tokens => (Reverse((*tokens, *events)), *key),
        Metric::Events => (Reverse((*events, *tokens)), *key),
    });
    ranked
}

fn app_row(book: &Book, app: i64, events: i64, tokens: i64) -> RankedRow {
    let app = book.apps.get(&AppId(app));
    RankedRow {
        slug: app.map(|a| a.client_id.clone()).unwrap_or_default(),
        name: app.map(|a| a.name.clone()).unwrap_or_default(),
        direct: app.is_some_and(|a| a.direct_team.is_some()),
        group: String::new(),
        group_slug: String::new(),
        tokens: Tokens::from_micro(tokens),
        events,
    }
}

/// The apps that consumed most, each with its present team.
pub(super) fn top_apps(
    book: &Book,
    now: Instant,
    metric: Metric,
    rows: &[AppRow],
) -> Vec<RankedRow> {
    let row = |(app, events, tokens)| {
        let team = book.apps.get(&AppId(app)).and_then(|a| a.team_at(now));
        let team = team.and_then(|team| book.teams.get(&team));
        RankedRow {
            group: team.map(|t| t.name.clone()).unwrap_or_default(),
            group_slug: team.map(|t| t.slug.clone()).unwrap_or_default(),
            ..app_row(book, app, events, tokens)
        }
    };
    ranked(rows, metric, |row| row.app).into_iter().take(TOP).map(row).collect()
}

/// What each team paid for; without slug and name: what nobody did.
pub(super) fn top_teams(book: &Book, metric: Metric, rows: &[AppRow]) -> Vec<RankedRow> {
    let row = |(team, events, tokens): (Option<TeamId>, i64, i64)| {
        let team = team.and_then(|team| book.teams.get(&team));
        RankedRow {
            slug: team.map(|t| t.slug.clone()).unwrap_or_default(),
            name: team.map(|t| t.name.clone()).unwrap_or_default(),
            direct: false,
            group: String::new(),
            group_slug: String::new(),
            tokens: Tokens::from_micro(tokens),
            events,
        }
    };
    ranked(rows, metric, |row| row.team).into_iter().map(row).collect()
}

/// Every app with every API that it used.
pub(super) fn by_app_and_api(book: &Book, metric: Metric, rows: &[AppRow]) -> Vec<RankedRow> {
    let row = |((app, api), events, tokens)| {
        let api = book.apis.get(&ApiId(api));
        RankedRow {
            group: api.map(|a| a.name.clone()).unwrap_or_default(),
            group_slug: api.map(|a| a.code.clone()).unwrap_or_default(),
            ..app_row(book, app, events, tokens)
        }
    };
    ranked(rows, metric, |row| (row.app, row.api)).into_iter().map(row).collect()
}
