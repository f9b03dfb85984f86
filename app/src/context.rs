//! What a page finds in context: on the server what the server put there, in the browser what
//! came along with the page.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use tokenscope::preference::{Language, Theme};

/// A link of the navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavLink {
    /// Where it leads.
    pub href: String,
    /// It is current on this page and those below it: where it leads, or a page above that.
    pub below: String,
    /// Its symbol.
    pub icon: String,
    /// Its words.
    pub text: String,
}

/// Who looks at the page. To the browser goes only what it must know to draw as the server did:
/// header and footer come drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    /// The name of who is signed in.
    #[serde(skip)]
    pub name: Option<String>,
    /// His e-mail.
    #[serde(skip)]
    pub email: String,
    /// The links of the navigation that his roles open, the start page first.
    #[serde(skip)]
    pub nav: Vec<NavLink>,
    /// The links of his account's menu.
    #[serde(skip)]
    pub menu: Vec<NavLink>,
    /// The language of the pages.
    pub language: Language,
    /// Their colours.
    pub theme: Theme,
    /// URL of the icon sprite.
    pub icons: String,
    /// What the form before has done, in words.
    #[serde(skip)]
    pub notice: Option<String>,
}

/// The visitor of this page.
#[must_use]
pub fn visitor() -> Visitor {
    use_context().unwrap_or_default()
}

#[cfg(feature = "ssr")]
pub use on_server::{
    Assets, DevReload, Flash, Origin, Reading, Services, Session, ThisSession, visitor_of_request,
};

#[cfg(feature = "ssr")]
mod on_server {
    use super::{Theme, Visitor};
    use crate::drawn::navigation;
    use leptos::prelude::{Owner, provide_context, use_context};
    use serde::{Deserialize, Serialize};
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use tokenscope::fault::{Fault, FieldFault};
    use tokenscope::oidc::SignOn;
    use tokenscope::preference::Language;
    use tokenscope::second_factor::SecondFactor;
    use tokenscope::service::{
        Accounts, Audit, Caller, Directory, Keys, Ledger, Live, Purchases, Removal, Reports, Setup,
    };

    /// The capabilities that pages use.
    #[derive(Clone)]
    pub struct Services {
        /// Usage and balances.
        pub reports: Arc<dyn Reports>,
        /// Lots, statements, and what made a balance.
        pub ledger: Arc<dyn Ledger>,
        /// People and lists.
        pub directory: Arc<dyn Directory>,
        /// One's own second factor.
        pub second_factor: Arc<dyn SecondFactor>,
        /// Sign-in at another service.
        pub sign_on: Arc<dyn SignOn>,
        /// Whether anything arrived.
        pub live: Arc<dyn Live>,
        /// One's own account.
        pub accounts: Arc<dyn Accounts>,
        /// API keys.
        pub keys: Arc<dyn Keys>,
        /// The first start.
        pub setup: Arc<dyn Setup>,
        /// Purchases of tokens.
        pub purchases: Arc<dyn Purchases>,
        /// The removal of demo data.
        pub removal: Arc<dyn Removal>,
        /// What was done in the books.
        pub audit: Arc<dyn Audit>,
    }

    /// What names the session of this browser in lists; it opens nothing. Empty without one.
    #[derive(Debug, Clone, Default)]
    pub struct ThisSession(pub String);

    /// The origin under which browsers and programs reach this server.
    #[derive(Debug, Clone, Default)]
    pub struct Origin(pub String);

    /// Who is signed in.
    #[derive(Debug, Clone, Default)]
    pub struct Session(pub Option<Caller>);

    /// How the page is to be read: his own choice, else what the browser asks for.
    #[derive(Debug, Clone, Copy, Default)]
    pub struct Reading {
        /// The language.
        pub language: Language,
        /// The colours.
        pub theme: Theme,
    }

    /// What a form before left for the page it led back to, from a cookie that lives for one page.
    #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct Flash {
        /// The path of the page that it is for.
        pub page: String,
        /// A code of `drawn::notices`: what was done.
        pub done: Option<String>,
        /// Why the form was refused.
        pub fault: Option<Fault>,
        /// What was typed, by field; never a secret.
        pub values: BTreeMap<String, String>,
        /// A secret that is shown this once.
        pub secret: Option<String>,
    }

    impl Flash {
        /// What was wrong with a field.
        #[must_use]
        pub fn field(&self, name: &str) -> Option<&FieldFault> {
            match &self.fault {
                Some(Fault::Invalid { fields }) => fields.iter().find(|f| f.field == name),
                _ => None,
            }
        }
        /// What was typed into a field; none when the form was not sent before.
        #[must_use]
        pub fn value(&self, name: &str) -> Option<&str> {
            self.values.get(name).map(String::as_str)
        }
    }

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
        let reading = use_context::<Reading>().unwrap_or_default();
        let flash = use_context::<Flash>().unwrap_or_default();
        // Words in the visitor's language, before the pages have one in context.
        Owner::new().with(|| {
            provide_context(crate::text::locale_of(reading.language));
            Visitor {
                nav: navigation::main(caller.as_ref()),
                menu: navigation::account(caller.as_ref()),
                email: caller.as_ref().map(|c| c.email.clone()).unwrap_or_default(),
                name: caller.map(|c| c.name),
                language: reading.language,
                theme: reading.theme,
                icons: use_context::<Assets>().map(|a| a.icons).unwrap_or_default(),
                notice: flash.done.as_deref().and_then(crate::drawn::notices::words),
            }
        })
    }
}
