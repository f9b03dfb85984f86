//! The root component: context for all pages, and the table of routes.

use crate::components::layout::Layout;
use crate::context::Visitor;
use crate::pages::{DrawnByServer, Me, Overview};
use crate::text;
use leptos::prelude::*;
use leptos::server::SharedValue;
use leptos_meta::provide_meta_context;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

/// Whether a page was shown before this one without leaving the document; only then does the
/// heading of the new page take the focus.
#[derive(Debug, Clone, Copy)]
pub struct Visited(pub StoredValue<bool>);

/// Everything inside `<body>`.
///
/// Every page is [`SsrMode::Async`]: complete and with the right status without JavaScript.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let visitor = SharedValue::new(visitor).into_inner();
    provide_context(text::locale_of(visitor.language));
    provide_context(visitor);
    provide_context(Visited(StoredValue::new(false)));
    Effect::new(move |_| mark_hydrated());
    view! {
        <Router>
            <Layout>
                <Routes fallback=|| ()>
                    <Route path=path!("/overview") view=Overview ssr=SsrMode::Async/>
                    <Route path=path!("/me") view=Me ssr=SsrMode::Async/>
                    <Route path=path!("/*page") view=DrawnByServer ssr=SsrMode::Async/>
                </Routes>
            </Layout>
        </Router>
    }
}

/// On the server who asks; in the browser this is read from what came with the page.
fn visitor() -> Visitor {
    #[cfg(feature = "ssr")]
    let visitor = crate::context::visitor_of_request();
    #[cfg(not(feature = "ssr"))]
    let visitor = Visitor::default();
    visitor
}

/// Tells tests, and styles that need it, that the page is alive.
fn mark_hydrated() {
    if let Some(root) = document().document_element() {
        // A document without this attribute still works.
        let _ = root.set_attribute("data-hydrated", "");
    }
}
