//! The HTML document around the pages.

#![cfg(feature = "ssr")]

use crate::context::{Assets, DevReload, Reading};
use crate::root::App;
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;
use tokenscope::preference::Theme;

/// While developing, a page asks every second which process serves it, and loads itself again
/// when that is another one. A failed question is the restart itself.
const RELOAD: &str = "\nlet seen;\nsetInterval(async () => {\n\
    const now = await fetch('/_dev/build').then((r) => r.text()).catch(() => seen);\n\
    if (seen && now !== seen) location.reload();\n  seen = now;\n}, 1000);";

/// The whole document. The only inline script loads the hashed files, under the nonce of the
/// content security policy.
#[must_use]
pub fn shell(_options: LeptosOptions) -> impl IntoView {
    let assets = use_context::<Assets>().unwrap_or_default();
    let reading = use_context::<Reading>().unwrap_or_default();
    let (js, wasm) = (&assets.js, &assets.wasm);
    let mut start = format!(
        "import init, {{ hydrate }} from '{js}';\n\
         await init({{ module_or_path: '{wasm}' }});\nhydrate();"
    );
    if use_context::<DevReload>().is_some_and(|reload| reload.0) {
        start.push_str(RELOAD);
    }
    // Before the style sheet is there, the page is already light or dark.
    let scheme = match reading.theme {
        Theme::System => "light dark",
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    // Nothing is painted before the script at the end of the body is there. A page that is painted
    // half parsed moves under the eyes: what follows decides how wide columns, cards and menus are.
    // The end has to be an element of its own: one that holds the page would count from its start.
    view! {
        <!DOCTYPE html>
        <html lang=reading.language.code() data-theme=reading.theme.code()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content=scheme/>
                <meta name="build" content=assets.build/>
                <link rel="expect" href="#end" blocking="render"/>
                <link rel="icon" type="image/svg+xml" href=assets.favicon/>
                <link rel="stylesheet" href=assets.css/>
                <link rel="modulepreload" href=assets.js.clone()/>
                <MetaTags/>
            </head>
            <body>
                <App/>
                <script id="end" type="module" nonce=use_nonce()>{start}</script>
            </body>
        </html>
    }
}
