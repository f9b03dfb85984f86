//! What a form has done, in words.

use crate::tr;

/// The words of a notice; none for a code that is none.
pub fn words(code: &str) -> Option<String> {
    let text = match code {
        "signed-out" => tr!(login.signed_out),
        "expired" => tr!(login.expired),
        "two-factor-on" => tr!(two_factor.now_on),
        "two-factor-off" => tr!(two_factor.now_off),
        "recovery-codes" => tr!(two_factor.renewed),
        "profile-saved" => tr!(profile.saved),
        "preferences-saved" => tr!(preferences.saved),
        "password-changed" => tr!(password.changed),
        "password-reset" => tr!(password.was_reset),
        "reset-asked" => tr!(password.asked),
        "session-ended" => tr!(sessions.ended),
        "sessions-ended" => tr!(sessions.others_ended),
        "sessions-none" => tr!(sessions.no_others),
        "key-made" => tr!(keys.made),
        "key-revoked" => tr!(keys.revoked_notice),
        "setup-done" => tr!(setup.done),
        "setup-demo-running" => tr!(setup.done_running),
        "setup-demo-failed" => tr!(setup.done_failed),
        "setup-taken" => tr!(setup.taken),
        "demo-removed" => tr!(demo.removed),
        _ => return super::tokens::recorded(code),
    };
    Some(text.to_owned())
}
