//! The place of a table: it scrolls by itself where the page is too narrow.

use leptos::prelude::*;

/// A focusable region around a table, named by the table's caption. The children are the caption
/// text's table parts: `<thead>`, `<tbody>`, `<tfoot>`.
#[component]
pub fn TableRegion(id: &'static str, caption: String, children: Children) -> impl IntoView {
    let caption_id = format!("{id}-caption");
    let named = caption_id.clone();
    view! {
        <div class="table-region" role="region" tabindex="0" aria-labelledby=named>
            <table id=id data-testid=id>
                <caption id=caption_id>{caption}</caption>
                {children()}
            </table>
        </div>
    }
}
