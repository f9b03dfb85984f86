//! The HTML document around the pages.

#![cfg(feature = "ssr")]

use crate::context::Assets;
use crate::root::App;
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_i18n::Locale as _;
use leptos_meta::MetaTags;

/// The whole document. The only inline script loads the hashed files, under the nonce of the
/// content security policy.
#[must_use]
pub fn shell(_options: LeptosOptions) -> impl IntoView {
    let assets = use_context::<Assets>().unwrap_or_default();
    let (js, wasm) = (&assets.js, &assets.wasm);
    let start = format!(
        "import init, {{ hydrate }} from '{js}';\n\
         await init({{ module_or_path: '{wasm}' }});\nhydrate();"
    );
    view! {
        <!DOCTYPE html>
        <html lang=crate::text::locale().as_str()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="build" content=assets.build/>
                <link rel="icon" type="image/svg+xml" href=assets.favicon/>
                <link rel="stylesheet" href=assets.css/>
                <link rel="modulepreload" href=assets.js.clone()/>
                <MetaTags/>
            </head>
            <body>
                <App/>
                <script type="module" nonce=use_nonce()>{start}</script>
            </body>
        </html>
    }
}
