//! The lots of all teams.

use crate::answer::{DrawnPage, Frame};
use crate::components::empty::Empty;
use crate::components::table::{Cell, Head, Table};
use crate::drawn::site::{Asked, Drawn};
use crate::drawn::{admin, demo, kinds};
use crate::{format, routes, tr};
use leptos::prelude::*;
use tokenscope::fault::Fault;
use tokenscope::purchase::{PurchaseLine, PurchaseList, Standing};
use tokenscope::time::{Instant, Zone};

/// The page `/admin/tokens`.
pub async fn page(asked: Asked) -> Result<DrawnPage, Fault> {
    let wanted = asked.query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1);
    let list = asked.services.purchases.purchases(asked.caller()?, wanted).await?;
    Ok(asked.draw(|_| {
        let may_purchase = list.may_purchase;
        let record = may_purchase.then(|| {
            view! {
                <p class="actions">
                    <a class="button button--primary" href=routes::NEW_PURCHASE>
                        {tr!(tokens.record)}
                    </a>
                </p>
            }
        });
        let ribbon = list.ground.demo.then(demo::ribbon);
        let content = if list.lines.is_empty() { empty() } else { lots(list) };
        let body = view! {
            {admin::pages(routes::PURCHASES)}
            {ribbon}
            <p class="hint">{tr!(tokens.lead)}</p>
            {record}
            {content}
        };
        Drawn::new(tr!(tokens.title), Frame::Wide, body.into_any())
    }))
}

fn empty() -> AnyView {
    Empty {
        name: "empty-purchases",
        icon: "empty",
        title: Some(tr!(tokens.empty_title)),
        lines: vec![tr!(tokens.empty_text).to_owned()],
        ..Empty::default()
    }
    .view()
}

fn lots(list: PurchaseList) -> AnyView {
    let PurchaseList { ground, lines, count, page, pages, .. } = list;
    let places = format::decimals(
        lines.iter().flat_map(|line| [line.granted.micro(), line.remaining.micro()]),
    );
    let table = Table {
        id: "purchases",
        caption: tr!(tokens.caption, count = format::count(count), zone = ground.zone.name.clone()),
        heads: vec![
            Head::text(tr!(tokens.reference)),
            Head::text(tr!(tokens.team)),
            Head::text(tr!(tokens.kind)),
            Head::number(tr!(tokens.granted)),
            Head::number(tr!(tokens.remaining)),
            Head::text(tr!(tokens.effective)),
            Head::text(tr!(tokens.expires)),
            Head::text(tr!(tokens.state)),
        ],
        rows: lines.into_iter().map(|line| row(line, places, &ground.zone)).collect(),
        foot: None,
    };
    view! { {table.view()}{pager(page, pages)} }.into_any()
}

fn row(line: PurchaseLine, places: usize, zone: &Zone) -> Vec<Cell> {
    let (state, word) = standing(line.standing);
    vec![
        Cell::Text(line.reference.unwrap_or(line.id)),
        Cell::Text(line.team),
        Cell::Text(kinds::name(line.kind).to_owned()),
        Cell::Number(format::padded(line.granted.micro(), places)),
        Cell::Number(format::padded(line.remaining.micro(), places)),
        day(line.effective, zone),
        line.expires.map_or_else(|| Cell::Text(tr!(tokens.never).to_owned()), |at| day(at, zone)),
        Cell::State(state, word),
    ]
}

/// The day of an instant.
pub(in crate::drawn) fn day(at: Instant, zone: &Zone) -> Cell {
    // A lot that was always there has no day that people know.
    if at == Instant::MIN {
        return Cell::Text("–".to_owned());
    }
    Cell::Time(at.rfc3339(), format::date_of(at, zone))
}

/// The badge of a standing and its word.
pub(in crate::drawn) fn standing(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Upcoming => ("trial", tr!(tokens.upcoming)),
        Standing::Active => ("ok", tr!(tokens.active)),
        Standing::UsedUp => ("used-up", tr!(tokens.used_up)),
        Standing::Expired => ("expired", tr!(tokens.expired)),
        Standing::Void => ("void", tr!(tokens.void)),
    }
}

/// Links to the pages before and after; nothing where there is one page.
fn pager(page: i64, pages: i64) -> Option<AnyView> {
    let link = |to: i64, words: &'static str| {
        let href = match to {
            1 => routes::PURCHASES.to_owned(),
            to => format!("{}?page={to}", routes::PURCHASES),
        };
        view! { <a class="button" href=href>{words}</a> }
    };
    (pages > 1).then(|| {
        view! {
            <nav class="pager" aria-label=tr!(tokens.pages)>
                {(page > 1).then(|| link(page - 1, tr!(tokens.newer)))}
                <span>{tr!(tokens.page, page = page, pages = pages)}</span>
                {(page < pages).then(|| link(page + 1, tr!(tokens.older)))}
            </nav>
        }
        .into_any()
    })
}
