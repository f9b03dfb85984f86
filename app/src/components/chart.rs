//! The chart: the server's drawing, HTML axes around it, legend and overlay over it.

use super::legend::Legend;
use super::overlay::Overlay;
use crate::answer::{ChartView, Tick};
use crate::charts::area::{NARROW, WIDE};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// A figure whose caption states its message. The overlay is there once the page is alive.
#[component]
pub fn ChartFigure(chart: ChartView) -> impl IntoView {
    let hidden = RwSignal::new(BTreeSet::new());
    let live = RwSignal::new(false);
    Effect::new(move |_| live.set(true));
    let dim = move || {
        let numbers: Vec<String> = hidden.get().iter().map(usize::to_string).collect();
        (!numbers.is_empty()).then(|| numbers.join(" "))
    };
    let layers = StoredValue::new(chart.layers.clone());
    let readings = StoredValue::new(chart.readings);
    let (for_wide, for_narrow) = (chart.message.clone(), chart.message.clone());
    let values: Vec<_> =
        chart.values.into_iter().map(|text| view! { <span><span>{text}</span></span> }).collect();
    let times: Vec<_> = chart
        .times
        .into_iter()
        .map(|tick| view! { <span class="plot__time">{tick.map(label)}</span> })
        .collect();
    view! {
        <figure class="chart" data-testid="chart" data-dim=dim>
            <figcaption>{chart.message}</figcaption>
            <div class="plot">
                <div class="plot__values" aria-hidden="true">{values}</div>
                <div class="plot__area">
                    <svg class="plot__svg plot__svg--wide" viewBox=WIDE.view_box()
                        preserveAspectRatio="none" role="img" aria-label=for_wide
                        inner_html=chart.svgs.wide></svg>
                    <svg class="plot__svg plot__svg--narrow" viewBox=NARROW.view_box()
                        preserveAspectRatio="none" role="img" aria-label=for_narrow
                        inner_html=chart.svgs.narrow></svg>
                    {move || live.get().then(|| view! { <Overlay readings layers/> })}
                </div>
                // One cell a column: a label stands under its column without a position of its own.
                <div class="plot__times" aria-hidden="true">{times}</div>
            </div>
            <Legend layers=chart.layers hidden live in_progress=chart.in_progress/>
        </figure>
    }
}

fn label(tick: Tick) -> impl IntoView {
    let class = if tick.wide_only { "tick tick--wide" } else { "tick" };
    view! { <span class=class>{tick.text}</span> }
}
