//! What a page finds in context: on the server what the server put there, in the browser what
//! came along with the page.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the form of a page says about the attempt before, from a cookie that lives for one page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// `wrong-credentials`, `too-many`, `unavailable`, `signed-out` or `expired`.
    pub code: Option<String>,
    /// The e-mail that was typed, to keep it.
    pub email: Option<String>,
    /// When to try again, in seconds.
    pub retry_after_s: Option<u32>,
}

/// Who looks at the page and what the browser must know to draw it as the server did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    /// The name of who is signed in.
    pub name: Option<String>,
    /// Whether the pages of the whole organization are open to him.
    pub sees_all: bool,
    /// URL of the icon sprite.
    pub icons: String,
    /// What the form before had to say.
    pub flash: Flash,
}

/// The visitor of this page.
#[must_use]
pub fn visitor() -> Visitor {
    use_context().unwrap_or_default()
}

#[cfg(feature = "ssr")]
pub use on_server::{Assets, DevReload, Services, Session, visitor_of_request};

#[cfg(feature = "ssr")]
mod on_server {
    use super::{Flash, Visitor};
    use leptos::prelude::use_context;
    use std::sync::Arc;
    use tokenscope::permission::Action;
    use tokenscope::service::{Caller, Directory, Reports};

    /// The capabilities that pages use.
    #[derive(Clone)]
    pub struct Services {
        /// Usage and balances.
        pub reports: Arc<dyn Reports>,
        /// People and lists.
        pub directory: Arc<dyn Directory>,
    }

    /// Who is signed in.
    #[derive(Debug, Clone, Default)]
    pub struct Session(pub Option<Caller>);

    /// URLs of the hashed files, and the build they belong to.
    #[derive(Debug, Clone, Default)]
    pub struct Assets {
        /// The JavaScript that loads the WebAssembly.
        pub js: String,
        /// The WebAssembly.
        pub wasm: String,
        /// The style sheet.
        pub css: String,
        /// The icon sprite.
        pub icons: String,
        /// The icon of the browser's tab.
        pub favicon: String,
        /// Identifies the build.
        pub build: String,
    }

    /// Whether pages load themselves again after a rebuild; only `cargo xtask dev` asks for it.
    #[derive(Debug, Clone, Copy)]
    pub struct DevReload(pub bool);

    /// The visitor of the request that is being answered.
    #[must_use]
    pub fn visitor_of_request() -> Visitor {
        let caller = use_context::<Session>().unwrap_or_default().0;
        Visitor {
            sees_all: caller.as_ref().is_some_and(|c| c.roles.everywhere(Action::SeeUsage)),
            name: caller.map(|c| c.name),
            icons: use_context::<Assets>().map(|a| a.icons).unwrap_or_default(),
            flash: use_context::<Flash>().unwrap_or_default(),
        }
    }
}
