//! Every page that the server draws whole, and what stands at an address without a page.

use crate::answer::DrawnPage;
use crate::components::fault::FaultPage;
use crate::components::heading::PageHeading;
use crate::components::loading::Loading;
use crate::error::AppError;
use crate::pages::not_found::NotFound;
use crate::server_fns;
use leptos::either::EitherOf3;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use tokenscope::fault::Fault;

/// The page at the present address.
#[component]
pub fn DrawnByServer() -> impl IntoView {
    let place = use_location();
    let address = move || (place.pathname.get(), place.search.get());
    let page = Resource::new(address, |(path, query)| server_fns::draw(path, query));
    view! {
        <Loading>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(page) => EitherOf3::A(view! { <Drawn page/> }),
                    Err(AppError::Fault(Fault::NotFound { .. })) => {
                        EitherOf3::B(view! { <NotFound/> })
                    }
                    Err(error) => EitherOf3::C(view! { <FaultPage error/> }),
                }
            })}
        </Loading>
    }
}

#[component]
fn Drawn(page: DrawnPage) -> impl IntoView {
    view! {
        <div class=page.frame.class()>
            <PageHeading title=page.title/>
            <div inner_html=page.html></div>
        </div>
    }
}
