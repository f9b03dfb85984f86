//! The lots of a team: what each was, what is left, and for how long.

use crate::components::figure::named_unit;
use crate::components::table::{Cell, Head, Table};
use crate::drawn::kinds;
use crate::drawn::tokens::{day, standing};
use crate::{format, tr};
use leptos::prelude::*;
use tokenscope::purchase::Standing;
use tokenscope::report::{AccountReport, LotLine};
use tokenscope::time::Zone;

/// All lots that are of use now or later, then those that ended, in burn order.
pub fn table(report: &AccountReport) -> AnyView {
    if report.lots.is_empty() {
        return view! { <p class="hint">{tr!(ledger.no_lots)}</p> }.into_any();
    }
    let frame = &report.frame;
    let ended = |lot: &&LotLine| !matches!(lot.state, Standing::Active | Standing::Upcoming);
    let mut lots: Vec<&LotLine> = report.lots.iter().collect();
    lots.sort_by_key(ended);
    let amounts = lots.iter().flat_map(|lot| [lot.granted, lot.used(), lot.remaining]);
    let places = format::decimals(amounts.map(|amount| amount.micro()));
    Table {
        id: "lots",
        caption: tr!(
            ledger.lots_caption,
            unit = named_unit(&frame.token_name),
            zone = frame.zone.name.clone()
        ),
        heads: vec![
            Head::text(tr!(tokens.reference)),
            Head::text(tr!(tokens.kind)),
            Head::text(tr!(ledger.share)),
            Head::number(tr!(tokens.granted)),
            Head::number(tr!(balance.used)),
            Head::number(tr!(tokens.remaining)),
            Head::text(tr!(tokens.effective)),
            Head::text(tr!(tokens.expires)),
            Head::text(tr!(tokens.state)),
        ],
        rows: lots.into_iter().map(|lot| row(lot, places, &frame.zone)).collect(),
        foot: None,
    }
    .view()
}

fn row(lot: &LotLine, places: usize, zone: &Zone) -> Vec<Cell> {
    let number = |micro: i64| Cell::Number(format::padded(micro, places));
    let (state, word) = standing(lot.state);
    let end = lot.expires.map_or_else(|| Cell::Text(tr!(tokens.never).into()), |at| day(at, zone));
    vec![
        Cell::Text(lot.reference.clone().unwrap_or_else(|| lot.id.clone())),
        Cell::Text(kinds::name(lot.kind).to_owned()),
        Cell::View(bar(lot)),
        number(lot.granted.micro()),
        number(lot.used().micro()),
        number(lot.remaining.micro()),
        day(lot.effective, zone),
        end,
        Cell::State(state, word),
    ]
}

/// What became of the lot, as parts of one bar: used, moved to other teams, lost, left. The widths
/// are attributes of a picture: the page's policy allows no style.
fn bar(lot: &LotLine) -> AnyView {
    let whole = lot.granted.micro();
    let parts = [
        ("used", lot.used().micro(), tr!(balance.used)),
        ("moved", lot.moved_out.micro(), tr!(ledger.moved_out)),
        ("lost", lot.lost().micro(), tr!(ledger.lost)),
        ("left", lot.remaining.micro(), tr!(tokens.remaining)),
    ];
    let mut start = 0;
    let mut words = Vec::new();
    let mut rects = Vec::new();
    for (name, micro, word) in parts.into_iter().filter(|(_, micro, _)| *micro > 0) {
        let end = start + micro;
        let (x, width) = (permille(start, whole), permille(end, whole) - permille(start, whole));
        // What is there at all stays visible.
        let width = width.max(8);
        rects.push(view! {
            <rect class=format!("part part--{name}") x=x width=width y="0" height="12"></rect>
        });
        words.push(tr!(
            ledger.part,
            name = word,
            share = format::share(micro, whole).unwrap_or_default()
        ));
        start = end;
    }
    let label = words.join(tr!(ledger.comma));
    view! {
        <svg class="lot-bar" viewBox="0 0 1000 12" preserveAspectRatio="none" role="img"
            aria-label=label>
            <rect class="part" x="0" width="1000" y="0" height="12"></rect>
            {rects}
        </svg>
    }
    .into_any()
}

fn permille(part: i64, whole: i64) -> i64 {
    let share = i128::from(part) * 1000 / i128::from(whole.max(1));
    i64::try_from(share).unwrap_or(1000).clamp(0, 1000)
}
