//! What the browser asks the server for. Each function reads its context first: after the first
//! `.await` it is gone when the client hung up.

mod draw;
mod me;
mod overview;
mod pulse;

pub use draw::draw;
pub use me::me;
pub use overview::overview;
pub use pulse::pulse;

#[cfg(feature = "ssr")]
mod ask {
    use crate::answer::{ReportPage, Stamped};
    use crate::context::{Flash, Services, Session, ThisSession};
    use crate::drawn::{Paper, site};
    use crate::error::AppError;
    use crate::url_state;
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;
    use std::sync::Arc;
    use tokenscope::fault::Fault;
    use tokenscope::service::{Caller, Live, Reports};
    use tokenscope::view::View;

    /// Who asks, whom, and what the answer needs of the request.
    pub(super) struct Ask {
        pub(super) caller: Caller,
        pub(super) reports: Arc<dyn Reports>,
        live: Arc<dyn Live>,
        paper: Paper,
        response: Option<ResponseOptions>,
    }

    impl Ask {
        /// Reads the request's context and checks the view, which a crafted call may fill with
        /// dates that no URL can hold.
        pub(super) fn from_context(view: &View) -> Result<Self, AppError> {
            let response = use_context::<ResponseOptions>();
            let paper = Paper::from_context();
            let asked = if !url_state::is_allowed(view.range) {
                Err(Fault::field("range", "is at most ten years between 1970 and 2999"))
            } else if !url_state::is_short(view) {
                Err(Fault::field("filters", "are at most 50 with at most 200 characters each"))
            } else {
                signed_in()
            };
            match asked {
                Ok((caller, services)) => {
                    let Services { reports, live, .. } = services;
                    Ok(Self { caller, reports, live, paper, response })
                }
                Err(fault) => Err(refuse(response.as_ref(), fault)),
            }
        }

        /// How things stand before the figures are read. Without it the page is right all the
        /// same, and renews itself once more.
        pub(super) async fn stamp(&self) -> String {
            self.live.stamp(&self.caller).await.unwrap_or_default()
        }

        /// The drawn answer, or the fault with its HTTP status.
        pub(super) fn answer<T>(
            self,
            stamp: String,
            report: Result<T, Fault>,
            draw: impl FnOnce(T) -> ReportPage,
        ) -> Result<Stamped, AppError> {
            match report {
                Ok(report) => Ok(Stamped { stamp, page: self.paper.with(|| draw(report)) }),
                Err(fault) => Err(refuse(self.response.as_ref(), fault)),
            }
        }
    }

    /// Who is signed in, and the capabilities.
    pub(super) fn signed_in() -> Result<(Caller, Services), Fault> {
        match (use_context::<Session>().unwrap_or_default().0, use_context::<Services>()) {
            (None, _) => Err(Fault::Unauthenticated { reason: "no session".into() }),
            (_, None) => Err(Fault::Internal { incident: "no-services".into() }),
            (Some(caller), Some(services)) => Ok((caller, services)),
        }
    }

    /// What a page that is drawn whole needs of the request.
    pub(super) fn request() -> Result<site::Request, AppError> {
        let services = use_context::<Services>();
        let missing = || Fault::Internal { incident: "no-services".into() };
        Ok(site::Request {
            caller: use_context::<Session>().unwrap_or_default().0,
            services: services.ok_or_else(missing)?,
            flash: use_context::<Flash>().unwrap_or_default(),
            session: use_context::<ThisSession>().unwrap_or_default().0,
            paper: Paper::from_context(),
        })
    }

    pub(super) fn refuse(response: Option<&ResponseOptions>, fault: Fault) -> AppError {
        let status = http::StatusCode::from_u16(fault.status());
        if let (Some(response), Ok(status)) = (response, status) {
            response.set_status(status);
        }
        fault.into()
    }
}
