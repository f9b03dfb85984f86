//! The chart: the server's drawing, HTML axes around it, legend and overlay over it.

use super::figure::unit_of;
use super::legend::Legend;
use super::overlay::Overlay;
use super::reading::{message, readings};
use crate::charts::area::{NARROW, WIDE};
use crate::charts::stack::{heights, layers};
use crate::charts::{ChartSvgs, scale};
use crate::format;
use leptos::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokenscope::report::{Frame, Metric, UsageSeries};

/// Labels on the time axis: on a wide screen, and on a phone.
const LABELS: (usize, usize) = (12, 4);

/// A figure whose caption states its message. The overlay is there once the page is alive.
#[component]
pub fn ChartFigure(
    usage: Arc<UsageSeries>,
    svgs: ChartSvgs,
    frame: Arc<Frame>,
) -> impl IntoView {
    let unit = unit_of(usage.metric, &frame);
    let message = message(&usage, &unit);
    let layers = layers(&usage);
    let in_progress = usage.columns.iter().any(|column| column.in_progress);
    let readings = StoredValue::new(readings(&usage, &frame, &unit));
    let hidden = RwSignal::new(BTreeSet::new());
    let live = RwSignal::new(false);
    Effect::new(move |_| live.set(true));
    let dim = move || {
        let numbers: Vec<String> = hidden.get().iter().map(usize::to_string).collect();
        (!numbers.is_empty()).then(|| numbers.join(" "))
    };
    let hues: Vec<Option<u8>> = layers.iter().map(|layer| layer.hue).collect();
    view! {
        <figure class="chart" data-testid="chart" data-dim=dim>
            <figcaption>{message.clone()}</figcaption>
            <div class="plot">
                <ValueAxis usage=usage.clone()/>
                <div class="plot__area">
                    <svg class="plot__svg plot__svg--wide" viewBox=WIDE.view_box()
                        preserveAspectRatio="none" role="img" aria-label=message.clone()
                        inner_html=svgs.wide></svg>
                    <svg class="plot__svg plot__svg--narrow" viewBox=NARROW.view_box()
                        preserveAspectRatio="none" role="img" aria-label=message
                        inner_html=svgs.narrow></svg>
                    <Show when=move || live.get()>
                        <Overlay readings hues=hues.clone()/>
                    </Show>
                </div>
                <TimeAxis usage=usage.clone() frame/>
            </div>
            <Legend layers hidden live in_progress/>
        </figure>
    }
}

/// Round numbers from zero up, top first.
#[component]
fn ValueAxis(usage: Arc<UsageSeries>) -> impl IntoView {
    let highest = heights(&usage).into_iter().max().unwrap_or(0);
    let ticks = scale::ticks(highest, usage.metric == Metric::Events);
    let labels = ticks.into_iter().rev().map(|tick| {
        view! { <span><span>{format::compact(tick)}</span></span> }
    });
    view! { <div class="plot__values" aria-hidden="true">{labels.collect_view()}</div> }
}

/// One cell a column, so that labels stand under their columns without any position of their own.
#[component]
fn TimeAxis(usage: Arc<UsageSeries>, frame: Arc<Frame>) -> impl IntoView {
    let count = usage.columns.len();
    let wide = count.div_ceil(LABELS.0).max(1);
    let narrow = count.div_ceil(LABELS.1).max(1).next_multiple_of(wide);
    let cells = usage.columns.iter().enumerate().map(|(i, column)| {
        let label = i.is_multiple_of(wide).then(|| {
            let class = if i.is_multiple_of(narrow) { "tick" } else { "tick tick--wide" };
            let text = format::tick(column.period, frame.range.grain, &frame.zone);
            view! { <span class=class>{text}</span> }
        });
        view! { <span class="plot__time">{label}</span> }
    });
    view! { <div class="plot__times" aria-hidden="true">{cells.collect_view()}</div> }
}
