//! `GET /statement`

use super::bearer::ReadingBearer;
use super::query::Query;
use super::table::{self, Record, maybe, words};
use crate::http::problem::Problem;
use crate::http::router::App;
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use tokenscope::report::TeamStatement;
use tokenscope::service::Ledger;
use tokenscope::statement::{Kind, Position};
use tokenscope::tokens::Tokens;

/// A row of the statement as CSV: opening, the lines, closing.
struct Row {
    line: &'static str,
    lot: Option<String>,
    app: Option<String>,
    api: Option<String>,
    available: Tokens,
    debt: Tokens,
}

impl Record for Row {
    const HEADS: &'static [&'static str] = &["line", "lot", "app", "api", "available", "debt"];
    fn cells(&self) -> Vec<String> {
        vec![
            self.line.to_owned(),
            words(&maybe(self.lot.as_ref())),
            words(&maybe(self.app.as_ref())),
            words(&maybe(self.api.as_ref())),
            self.available.to_string(),
            self.debt.to_string(),
        ]
    }
}

/// Opening plus the lines is closing, in both columns.
fn rows(statement: TeamStatement) -> Vec<Row> {
    let made = statement.statement;
    let total = |line, position: Position| Row {
        line,
        lot: None,
        app: None,
        api: None,
        available: position.available,
        debt: position.debt,
    };
    let lines = made.lines.into_iter().map(|line| Row {
        line: code(line.line),
        lot: line.lot,
        app: line.app,
        api: line.api,
        available: line.available,
        debt: line.debt,
    });
    let (opening, closing) = (total("opening", made.opening), total("closing", made.closing));
    [opening].into_iter().chain(lines).chain([closing]).collect()
}

/// As JSON names it.
const fn code(kind: Kind) -> &'static str {
    match kind {
        Kind::Granted => "granted",
        Kind::MovedIn => "moved_in",
        Kind::Consumed => "consumed",
        Kind::Settled => "settled",
        Kind::Expired => "expired",
        Kind::Voided => "voided",
        Kind::MovedOut => "moved_out",
        Kind::Shortfall => "shortfall",
    }
}

/// What made the balance of `team=` over `[from=, to=)`, as it was known at `known_at=`.
pub async fn show(
    State(app): State<App>,
    ReadingBearer(caller): ReadingBearer,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = Query::read(query.as_deref(), &["team", "from", "to", "known_at"])?;
    let span = (query.time("from")?, query.time("to")?);
    let (team, known_at) = (query.needed("team")?, query.time("known_at")?);
    let statement = app.service.statement(&caller, team, span, known_at).await?;
    if table::wants_csv(&headers) {
        return Ok(table::csv(&rows(statement))?);
    }
    Ok(Json(statement).into_response())
}
