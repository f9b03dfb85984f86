//! `GET /lots`

use super::bearer::ReadingBearer;
use super::query::Query;
use super::table::{self, Record, maybe, words};
use crate::http::problem::Problem;
use crate::http::router::App;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use tokenscope::purchase::Standing;
use tokenscope::report::LotLine;
use tokenscope::service::{Ledger, LotQuestion};
use tokenscope::time::Instant;

/// A lot for programs.
#[derive(Serialize)]
pub struct LotItem {
    as_of: Instant,
    #[serde(flatten)]
    lot: LotLine,
}

impl Record for LotItem {
    const HEADS: &'static [&'static str] = &[
        "team",
        "id",
        "as_of",
        "kind",
        "pays_for",
        "priority",
        "state",
        "granted",
        "remaining",
        "burned",
        "settled",
        "expired",
        "voided",
        "moved_out",
        "effective",
        "expires",
        "moved_in",
        "reference",
        "channel",
        "unit_cost",
        "currency",
    ];
    fn cells(&self) -> Vec<String> {
        let lot = &self.lot;
        vec![
            words(&lot.team),
            words(&lot.id),
            self.as_of.to_string(),
            lot.kind.code().to_owned(),
            lot.pays_for.code().to_owned(),
            lot.priority.to_string(),
            state(lot.state).to_owned(),
            lot.granted.to_string(),
            lot.remaining.to_string(),
            lot.burned.to_string(),
            lot.settled.to_string(),
            lot.expired.to_string(),
            lot.voided.to_string(),
            lot.moved_out.to_string(),
            lot.effective.to_string(),
            maybe(lot.expires),
            lot.moved_in.to_string(),
            words(&maybe(lot.reference.as_ref())),
            words(&maybe(lot.channel.as_ref())),
            maybe(lot.unit_cost.as_ref()),
            maybe(lot.currency.as_ref()),
        ]
    }
}

/// As JSON names it.
const fn state(standing: Standing) -> &'static str {
    match standing {
        Standing::UsedUp => "used_up",
        other => other.code(),
    }
}

/// The lots of the teams the caller may see, by team and id; `team=` names one, `as_of=` an
/// instant, `known_at=` what was known.
pub async fn list(
    State(app): State<App>,
    ReadingBearer(caller): ReadingBearer,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let known = ["team", "as_of", "known_at", "after", "limit"];
    let query = Query::read(query.as_deref(), &known)?;
    // A slug has no slash, the id of a lot may have one.
    let after = query.text("after").map(|after| after.split_once('/').unwrap_or((after, "")));
    let (team, seen, limit) = (query.text("team"), query.seen()?, query.limit()?);
    let found = app.service.lots(&caller, LotQuestion { team, seen, after, limit }).await?;
    let last = found.lots.last().filter(|_| found.more);
    let next = last.map(|lot| format!("{}/{}", lot.team, lot.id));
    let item = |lot| LotItem { as_of: found.seen.as_of, lot };
    table::list(&headers, found.lots.into_iter().map(item).collect(), next)
}
