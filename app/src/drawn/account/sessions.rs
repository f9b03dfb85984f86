//! Where somebody is signed in.

use super::layout;
use crate::answer::{DrawnPage, Frame};
use crate::components::form::{Form, common, problem};
use crate::components::table::{Cell, Head, Table};
use crate::drawn::site::{Asked, Drawn};
use crate::{format, routes, tr};
use leptos::prelude::*;
use tokenscope::account::{Device, OpenSession, SessionList};
use tokenscope::fault::Fault;
use tokenscope::time::Zone;

/// The page `/account/sessions`.
pub async fn page(asked: Asked) -> Result<DrawnPage, Fault> {
    let list = asked.services.accounts.sessions(asked.caller()?, &asked.session).await?;
    Ok(asked.draw(|asked| {
        let others = list.sessions.iter().any(|session| !session.current);
        let others = if others {
            let form = Form {
                action: format!("{}/others", routes::SESSIONS),
                test_id: "end-others",
                fields: vec![view! { <p>{tr!(sessions.others_hint)}</p> }.into_any()],
                submit: tr!(sessions.end_others).to_owned(),
                destroys: true,
                ..Form::default()
            };
            form.view()
        } else {
            view! { <p class="hint">{tr!(sessions.only_here)}</p> }.into_any()
        };
        let body = view! {
            <p class="hint">{tr!(sessions.lead)}</p>
            {problem(&asked.flash, "", common)}
            {table(list)}
            <div class="section">{others}</div>
        };
        let body = layout(routes::SESSIONS, body.into_any());
        Drawn::new(tr!(sessions.title), Frame::Wide, body)
    }))
}

fn table(list: SessionList) -> AnyView {
    let heads = vec![
        Head::text(tr!(sessions.device)),
        Head::text(tr!(sessions.address)),
        Head::text(tr!(sessions.opened)),
        Head::text(tr!(sessions.used)),
        Head::text(tr!(sessions.action)),
    ];
    let SessionList { sessions, zone } = list;
    Table {
        id: "sessions",
        caption: tr!(sessions.caption, zone = zone.name.clone()),
        heads,
        rows: sessions.into_iter().map(|session| row(session, &zone)).collect(),
        foot: None,
    }
    .view()
}

fn row(session: OpenSession, zone: &Zone) -> Vec<Cell> {
    let time = |at| Cell::Time(tokenscope::time::Instant::rfc3339(at), format::date_time(at, zone));
    let device = device(session.device);
    let address = match session.address.as_str() {
        "" => tr!(sessions.unknown).to_owned(),
        address => address.to_owned(),
    };
    let action = if session.current {
        Cell::State("ok", tr!(sessions.this))
    } else {
        let action = format!("{}/{}/end", routes::SESSIONS, session.id);
        let label = tr!(sessions.end_named, device = device.clone());
        Cell::View(
            view! {
                <form method="post" action=action>
                    <button class="button button--quiet" type="submit" aria-label=label>
                        {tr!(sessions.end)}
                    </button>
                </form>
            }
            .into_any(),
        )
    };
    let (opened, used) = (time(session.opened_at), time(session.used_at));
    vec![Cell::Text(device), Cell::Text(address), opened, used, action]
}

fn device(device: Device) -> String {
    match (device.browser, device.system) {
        (Some(browser), Some(system)) => {
            tr!(sessions.browser_on, browser = browser, system = system)
        }
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => tr!(sessions.unknown_device).to_owned(),
    }
}
