//! A router that remembers what it routes, so that a test can ask who may do what at every one of
//! its endpoints and miss none.

use super::router::App;
use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodRouter, get, post};

/// Something that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// The method.
    pub method: &'static str,
    /// The path, with `{…}` for what varies.
    pub path: String,
}

/// Routes and their list.
#[derive(Default)]
pub struct Endpoints {
    router: Router<App>,
    listed: Vec<Endpoint>,
}

impl Endpoints {
    /// Answers GET (and HEAD).
    #[must_use]
    pub fn get<H: Handler<T, App>, T: 'static>(self, path: &str, handler: H) -> Self {
        self.route("GET", path, get(handler))
    }
    /// Answers POST.
    #[must_use]
    pub fn post<H: Handler<T, App>, T: 'static>(self, path: &str, handler: H) -> Self {
        self.route("POST", path, post(handler))
    }
    fn route(mut self, method: &'static str, path: &str, handler: MethodRouter<App>) -> Self {
        self.listed.push(Endpoint { method, path: path.to_owned() });
        Self { router: self.router.route(path, handler), listed: self.listed }
    }
    /// Below a path.
    #[must_use]
    pub fn below(self, prefix: &str) -> Self {
        let under = |e: Endpoint| Endpoint { path: format!("{prefix}{}", e.path), ..e };
        let listed = self.listed.into_iter().map(under).collect();
        Self { router: Router::new().nest(prefix, self.router), listed }
    }
    /// Together with others.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        let mut listed = self.listed;
        listed.extend(others.listed);
        Self { router: self.router.merge(others.router), listed }
    }
    /// Changes the router, e.g. by layers; the list stays.
    #[must_use]
    pub fn with(self, change: impl FnOnce(Router<App>) -> Router<App>) -> Self {
        Self { router: change(self.router), listed: self.listed }
    }
    /// The router and the list.
    pub fn into_parts(self) -> (Router<App>, Vec<Endpoint>) {
        (self.router, self.listed)
    }
}
