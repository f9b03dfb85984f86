//! `GET /explain`

use super::Answer;
use super::bearer::ReadingBearer;
use super::query::Query;
use crate::http::router::App;
use crate::service::fault;
use axum::Json;
use axum::extract::{RawQuery, State};
use serde_json::Value;
use tokenscope::fault::Fault;
use tokenscope::report::{Explanation, Figure};
use tokenscope::service::Ledger;

/// The members that a figure is named by, besides `of`.
fn members(of: &str) -> Option<&'static [&'static str]> {
    Some(match of {
        "balance" => &["of", "team", "as_of", "known_at"],
        "charge" => &["of", "source", "id", "time", "as_of", "known_at"],
        "bucket" => &["of", "team", "from", "to", "app", "api", "as_of", "known_at"],
        "decision" => &["of", "id"],
        _ => return None,
    })
}

const ALL: &[&str] =
    &["of", "team", "source", "id", "time", "from", "to", "app", "api", "as_of", "known_at"];

fn figure(text: Option<&str>) -> Result<Figure, Fault> {
    let of = Query::read(text, ALL)?.needed("of")?.to_owned();
    let unknown = || {
        let reason = format!("must be `balance`, `charge`, `bucket` or `decision`, is `{of}`");
        Fault::field("of", reason)
    };
    let query = Query::read(text, members(&of).ok_or_else(unknown)?)?;
    let needed = |name| query.needed(name).map(ToOwned::to_owned);
    let owned = |name| query.text(name).map(ToOwned::to_owned);
    let instant = |name| {
        let missing = || Fault::field(name, "is missing");
        query.time(name)?.ok_or_else(missing)
    };
    Ok(match of.as_str() {
        "balance" => Figure::Balance { team: needed("team")?, seen: query.seen()? },
        "charge" => Figure::Charge {
            source: needed("source")?,
            id: needed("id")?,
            time: query.time("time")?,
            seen: query.seen()?,
        },
        "bucket" => Figure::Bucket {
            team: needed("team")?,
            span: (instant("from")?, instant("to")?),
            app: owned("app"),
            api: owned("api"),
            seen: query.seen()?,
        },
        _ => Figure::Decision { id: needed("id")? },
    })
}

/// What is behind a figure: `of=balance|charge|bucket|decision`.
pub async fn show(
    State(app): State<App>,
    ReadingBearer(caller): ReadingBearer,
    RawQuery(query): RawQuery,
) -> Answer<Value> {
    let explanation = app.service.explain(&caller, figure(query.as_deref())?).await?;
    let mut answer = serde_json::to_value(&explanation).map_err(|e| fault::internal(&e))?;
    if let Explanation::Decision(decision) = &explanation {
        // It is kept as JSON, and travels as such.
        answer["content"] =
            serde_json::from_str(&decision.content).map_err(|e| fault::internal(&e))?;
    }
    Ok(Json(answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(query: &str) -> String {
        match figure(Some(query)).unwrap_err() {
            Fault::Invalid { fields } => fields[0].field.clone(),
            other => other.to_string(),
        }
    }

    #[test]
    fn what_is_missing_or_too_much_is_named() {
        assert_eq!(field("team=red"), "of");
        assert_eq!(field("of=tea"), "of");
        assert_eq!(field("of=balance"), "team");
        assert_eq!(field("of=balance&team=red&id=1"), "id");
        assert_eq!(field("of=charge&source=s"), "id");
        assert_eq!(field("of=bucket&team=red&from=2026-01-01T00:00:00Z"), "to");
        assert_eq!(field("of=decision"), "id");
        assert!(field("of=balance&team=red&as_of=now").contains("cannot be read"));
        assert!(figure(Some("of=balance&team=red")).is_ok());
    }
}
