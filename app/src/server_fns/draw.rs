//! The pages that the server draws whole.

use crate::answer::DrawnPage;
use crate::error::AppError;
use crate::wire::{Json, Question};
use leptos::prelude::*;

/// Answers every page of `drawn::site`.
///
/// # Errors
/// [`AppError`], with the status of its fault.
#[server(endpoint = "draw", input = Question, output = Json)]
pub async fn draw(path: String, query: String) -> Result<DrawnPage, AppError> {
    let response = use_context::<leptos_axum::ResponseOptions>();
    let request = super::ask::request()?;
    let drawn = crate::drawn::site::draw(request, &path, &query).await;
    drawn.map_err(|fault| super::ask::refuse(response.as_ref(), fault))
}
