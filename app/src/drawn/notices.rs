//! What a form has done, in words.

use crate::tr;

/// The words of a notice; none for a code that is none.
pub fn words(code: &str) -> Option<String> {
    let text = match code {
        "signed-out" => tr!(login.signed_out),
        "expired" => tr!(login.expired),
        _ => return None,
    };
    Some(text.to_owned())
}
