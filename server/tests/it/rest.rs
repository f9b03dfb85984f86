//! The REST interface, asked without a network.

use crate::access_matrix::world::{Question, ask, program_on};
use axum::Router;
use serde_json::Value;
use std::collections::BTreeSet;
use tempfile::TempDir;
use tokenscope::permission::Scope;
use tokenscope::service::{Caller, Keys};
use tokenscope_server::http::router::router;
use tokenscope_server::service::Service;

/// A program with a key of one organization.
#[derive(Clone)]
pub struct Rest {
    router: Router,
    key: String,
    _site: std::sync::Arc<TempDir>,
}

impl Rest {
    /// With a key that has these scopes.
    pub async fn new(service: &Service, caller: &Caller, scopes: &[Scope]) -> Self {
        let scopes: BTreeSet<Scope> = scopes.iter().copied().collect();
        let key = service.create(caller, "Test", scopes).await.unwrap();
        let (app, site) = program_on(service.clone());
        Self { router: router(app), key, _site: std::sync::Arc::new(site) }
    }
    /// Posts JSON and returns status and answer.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let question = Question::post(path, "application/json", body.to_string());
        let bearer = format!("Bearer {}", self.key);
        let question = question.with(&[("authorization", bearer.as_str())]);
        let answer = ask(&self.router, question).await;
        let body = serde_json::from_str(&answer.body);
        (answer.status, body.unwrap_or_else(|_| panic!("{}", answer.body)))
    }
    /// Posts what is well and returns the answer.
    pub async fn ok(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, 200, "{path} {body}: {answer}");
        answer
    }
}
