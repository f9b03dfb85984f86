//! `GET /audit`

use super::bearer::Bearer;
use super::list::{Row, answer};
use super::query::Query;
use crate::http::problem::Problem;
use crate::http::router::App;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use tokenscope::audit::{AuditLine, AuditQuestion};
use tokenscope::fault::Fault;
use tokenscope::service::Audit;
use tokenscope::time::Instant;

/// An entry for programs.
#[derive(Serialize)]
pub struct AuditItem {
    entry: i64,
    at: Instant,
    actor: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<i64>,
    /// Absent when he is no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_name: Option<String>,
    action: String,
    subject: String,
    content: serde_json::Value,
    hash: String,
}

impl From<AuditLine> for AuditItem {
    fn from(line: AuditLine) -> Self {
        Self {
            entry: line.entry,
            at: line.at,
            actor: line.actor.code(),
            actor_id: line.actor.number(),
            actor_name: line.name,
            action: line.action,
            subject: line.subject,
            content: serde_json::from_str(&line.content).unwrap_or(line.content.into()),
            hash: line.hash,
        }
    }
}

impl Row for AuditItem {
    const HEADS: &'static [&'static str] =
        &["entry", "at", "actor", "actor_id", "actor_name", "action", "subject", "content", "hash"];
    fn cells(&self) -> Vec<String> {
        vec![
            self.entry.to_string(),
            self.at.rfc3339(),
            self.actor.into(),
            self.actor_id.map(|id| id.to_string()).unwrap_or_default(),
            self.actor_name.clone().unwrap_or_default(),
            self.action.clone(),
            self.subject.clone(),
            self.content.to_string(),
            self.hash.clone(),
        ]
    }
}

/// What was done in the books, the newest first.
pub async fn list(
    State(app): State<App>,
    Bearer(caller): Bearer,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let known = ["action", "subject", "from", "to", "before", "limit"];
    let query = Query::read(query.as_deref(), &known)?;
    let wrong = || Fault::field("before", "must be the `next` of an earlier answer");
    let before = query.text("before").map(|text| text.parse().map_err(|_| wrong())).transpose()?;
    let question = AuditQuestion {
        action: query.text("action").map(ToOwned::to_owned),
        subject: query.text("subject").map(ToOwned::to_owned),
        from: query.time("from")?,
        to: query.time("to")?,
        before,
        limit: query.limit()?,
        ..AuditQuestion::default()
    };
    let page = app.service.audit(&caller, &question).await?;
    let items = page.lines.into_iter().map(AuditItem::from).collect();
    answer(&headers, items, page.next.map(|next| next.to_string()))
}
