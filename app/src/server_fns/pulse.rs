//! Whether anything arrived, for pages that follow it live.

use crate::error::AppError;
use crate::wire::{Json, Question};
use leptos::prelude::*;

/// Names the present state of the caller's organization; another name means that figures may have
/// changed.
///
/// # Errors
/// [`AppError`], with the status of its fault.
#[server(endpoint = "pulse", input = Question, output = Json)]
pub async fn pulse() -> Result<String, AppError> {
    let response = use_context::<leptos_axum::ResponseOptions>();
    let asked = super::ask::signed_in();
    let stamp = match asked {
        Ok((caller, services)) => services.live.stamp(&caller).await,
        Err(fault) => Err(fault),
    };
    stamp.map_err(|fault| super::ask::refuse(response.as_ref(), fault))
}
