//! The chart: the server's drawing, HTML axes around it, legend and overlay over it.

use super::controls::At;
use super::derived::{flag, maybe, text};
use super::legend::{Legend, key};
use super::overlay::{Overlay, Pointer};
use super::shown::Shown;
use crate::answer::Tick;
use crate::charts::area::{NARROW, WIDE};
use leptos::prelude::*;

/// A figure whose caption states its message. The overlay is there once the page is alive.
#[component]
pub fn ChartFigure(at: At, shown: Shown) -> impl IntoView {
    let live = RwSignal::new(false);
    Effect::new(move |_| live.set(true));
    let pointer = Pointer::new(at, shown);
    let dim = maybe(move || {
        let hide = at.view.with(|view| view.hide.clone());
        let numbers: Vec<String> = shown.chart(|chart| {
            let layers = chart.layers.iter().enumerate();
            let hidden = layers.filter(|(_, layer)| hide.iter().any(|name| name == key(layer)));
            hidden.map(|(number, _)| number.to_string()).collect()
        });
        (!numbers.is_empty()).then(|| numbers.join(" "))
    });
    let message = text(move || shown.chart(|chart| chart.message.clone()));
    let wide = text(move || shown.chart(|chart| chart.svgs.wide.clone()));
    let narrow = text(move || shown.chart(|chart| chart.svgs.narrow.clone()));
    let value = |text: &String| view! { <span><span>{text.clone()}</span></span> };
    let values = move || shown.chart(|chart| chart.values.iter().map(value).collect::<Vec<_>>());
    let times = move || shown.chart(|chart| chart.times.iter().map(time).collect::<Vec<_>>());
    view! {
        <figure class="chart" data-testid="chart" data-dim=dim>
            <figcaption>{message}</figcaption>
            <div class="plot">
                <div class="plot__values" aria-hidden="true">{values}</div>
                <div class="plot__area" node_ref=pointer.area
                    data-live=flag(move || live.get())
                    on:pointermove=move |event| pointer.moved(&event)
                    on:pointerdown=move |event| pointer.pressed(&event)
                    on:pointerleave=move |event| pointer.left(&event)
                    on:click=move |_| pointer.clicked()>
                    <svg class="plot__svg plot__svg--wide" viewBox=WIDE.view_box()
                        preserveAspectRatio="none" role="img" aria-label=message
                        inner_html=wide></svg>
                    <svg class="plot__svg plot__svg--narrow" viewBox=NARROW.view_box()
                        preserveAspectRatio="none" role="img" aria-label=message
                        inner_html=narrow></svg>
                    {move || live.get().then(|| view! { <Overlay shown pointer/> })}
                </div>
                // One cell a column: a label stands under its column without a position of its own.
                <div class="plot__times" aria-hidden="true">{times}</div>
            </div>
            <Legend at shown live/>
        </figure>
    }
}

fn time(tick: &Option<Tick>) -> impl IntoView + use<> {
    let tick = tick.clone().map(|tick| {
        let class = if tick.wide_only { "tick tick--wide" } else { "tick" };
        view! { <span class=class>{tick.text}</span> }
    });
    view! { <span class="plot__time">{tick}</span> }
}
