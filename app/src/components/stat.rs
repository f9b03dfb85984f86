//! A figure with its name.

use super::figure::Figure;
use leptos::prelude::*;

/// A figure in short, with all digits on focus.
pub struct Stat {
    /// What it is.
    pub label: String,
    /// Where it is explained; none where the name says it.
    pub about: Option<String>,
    /// How much, in millionths.
    pub micro: i64,
    /// Of what.
    pub unit: String,
    /// How it changed, or what else is to know, in words; may be empty. More is neither good nor
    /// bad: no colour.
    pub note: String,
}

impl Stat {
    /// Draws it, for [`stats`].
    fn view(self) -> AnyView {
        let Self { label, about, micro, unit, note } = self;
        let label = match about {
            Some(href) => view! { <a href=href>{label}</a> }.into_any(),
            None => label.into_any(),
        };
        view! {
            <div class="stat">
                <dt>{label}</dt>
                <dd class="stat__value">
                    <Figure micro unit=unit.clone()/>
                    " "
                    <span class="stat__unit">{unit}</span>
                </dd>
                <dd class="stat__note">{note}</dd>
            </div>
        }
        .into_any()
    }
}

/// Figures side by side, as many in a row as there is room for.
pub fn stats(stats: Vec<Stat>) -> AnyView {
    let stats: Vec<_> = stats.into_iter().map(Stat::view).collect();
    view! { <dl class="stats">{stats}</dl> }.into_any()
}
