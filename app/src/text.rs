//! The words of the pages, in the visitor's language.

use crate::format;
use crate::i18n::Locale;
use leptos::prelude::use_context;
use tokenscope::fault::{Fault, Needs};
#[cfg(feature = "ssr")]
use tokenscope::fault::{FieldFault, Wrong};
#[cfg(feature = "ssr")]
use tokenscope::oidc::Refusal;
use tokenscope::preference::Language;

/// The language of this page: the one the root component put into context.
///
/// Ask while a component is built, not in an event handler, where there is no context.
#[must_use]
pub fn locale() -> Locale {
    use_context::<Locale>().unwrap_or_default()
}

/// The texts of a language.
#[must_use]
pub const fn locale_of(language: Language) -> Locale {
    match language {
        Language::En => Locale::en,
        Language::Ja => Locale::ja,
    }
}

/// A text by its key, with its arguments, as a string.
#[macro_export]
macro_rules! tr {
    ($($key:tt)*) => {
        ::leptos_i18n::td_string!($crate::text::locale(), $($key)*)
    };
}

/// A fault in words for people.
#[must_use]
pub fn fault(fault: &Fault) -> String {
    match fault {
        Fault::Busy => tr!(fault.busy).to_owned(),
        Fault::Stale => tr!(fault.stale).to_owned(),
        Fault::StorageFull => tr!(fault.storage_full).to_owned(),
        Fault::NotFound { .. } => tr!(fault.not_found).to_owned(),
        Fault::TooMany { retry_after_s } => {
            tr!(fault.too_many, wait = format::wait(*retry_after_s))
        }
        Fault::Internal { incident } => tr!(fault.internal, incident = incident.clone()),
        other => tr!(fault.other, reason = other.to_string()),
    }
}

/// What was wrong with a field, in words for people.
#[cfg(feature = "ssr")]
#[must_use]
pub fn field_fault(field: &FieldFault) -> String {
    let Some(wrong) = &field.wrong else { return field.reason.clone() };
    match wrong {
        Wrong::Missing => tr!(wrong.missing).to_owned(),
        Wrong::TooShort(least) => tr!(wrong.too_short, least = *least),
        Wrong::TooLong(most) => tr!(wrong.too_long, most = *most),
        Wrong::NotEmail => tr!(wrong.not_email).to_owned(),
        Wrong::NotZone => tr!(wrong.not_zone).to_owned(),
        Wrong::NotDate => tr!(wrong.not_date).to_owned(),
        Wrong::NotAmount => tr!(wrong.not_amount).to_owned(),
        Wrong::NotCurrency => tr!(tokens.not_currency).to_owned(),
        Wrong::NotChoice => tr!(wrong.not_choice).to_owned(),
        Wrong::NotSlug => tr!(wrong.not_slug).to_owned(),
        Wrong::Taken => tr!(wrong.taken).to_owned(),
        Wrong::Unknown => tr!(wrong.unknown).to_owned(),
        Wrong::Mismatch => tr!(wrong.mismatch).to_owned(),
        Wrong::Incorrect => tr!(wrong.incorrect).to_owned(),
        Wrong::NotLater => tr!(wrong.not_later).to_owned(),
        Wrong::Unchanged => tr!(wrong.unchanged).to_owned(),
        Wrong::OwnName => tr!(password.own_name).to_owned(),
        Wrong::Common => tr!(password.common).to_owned(),
        Wrong::SignOn(refusal) => sign_on(*refusal).to_owned(),
    }
}

#[cfg(feature = "ssr")]
fn sign_on(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Cancelled => tr!(oidc.cancelled),
        Refusal::Unreachable => tr!(oidc.unreachable),
        Refusal::Lost => tr!(oidc.lost),
        Refusal::Untrusted => tr!(oidc.untrusted),
        Refusal::Unverified => tr!(oidc.unverified),
        Refusal::Domain => tr!(oidc.domain),
        Refusal::NoOrganization => tr!(oidc.no_organization),
    }
}

/// What it takes to be allowed, in words for people.
#[must_use]
pub fn needs(needs: Needs) -> String {
    match needs {
        Needs::Member => tr!(needs.member).to_owned(),
        Needs::Manager => tr!(needs.manager).to_owned(),
        Needs::Admin => tr!(needs.admin).to_owned(),
        Needs::Scope(scope) => tr!(needs.scope, scope = scope.code()),
        Needs::Person => tr!(needs.person).to_owned(),
    }
}
