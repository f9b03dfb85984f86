//! The colour of a series as a small square.

use crate::charts::palette;
use leptos::prelude::*;

/// A square in the colour of a hue; grey for none.
#[component]
pub fn Swatch(hue: Option<u8>) -> impl IntoView {
    view! { <span class=class(hue) aria-hidden="true"></span> }
}

fn class(hue: Option<u8>) -> String {
    match hue {
        None => "swatch swatch--others".to_owned(),
        Some(hue) => {
            let number = usize::from(hue) % palette::LIGHT.len() + 1;
            let striped = if palette::is_striped(hue) { " swatch--striped" } else { "" };
            format!("swatch swatch--s{number}{striped}")
        }
    }
}
