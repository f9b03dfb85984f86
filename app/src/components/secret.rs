//! A secret that is shown once.

use super::icon::Icon;
use crate::tr;
use leptos::prelude::*;

/// The secret with a button that copies it. The button is served by `delegate`; without it one
/// click on the secret selects it whole.
pub fn secret(id: &'static str, label: impl Into<String>, secret: impl Into<String>) -> AnyView {
    let (label_id, done_id) = (format!("{id}-label"), format!("{id}-copied"));
    let named = label_id.clone();
    view! {
        <div class="secret" data-testid="secret">
            <strong id=label_id>{label.into()}</strong>
            <div class="secret__line">
                <code id=id tabindex="0" role="textbox" aria-readonly="true"
                    aria-labelledby=named>{secret.into()}</code>
                <button class="button" type="button" data-copy=id data-done=tr!(form.copied)>
                    <Icon name="copy"/>
                    <span>{tr!(form.copy)}</span>
                </button>
            </div>
            <p class="field__hint">
                {tr!(form.once)}" "<strong id=done_id role="status"></strong>
            </p>
        </div>
    }
    .into_any()
}
