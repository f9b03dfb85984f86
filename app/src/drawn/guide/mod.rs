//! The living style guide: every part of the pages in every state, drawn by the very functions
//! that draw the pages. What changes a part changes it here too.

mod figures;
mod input;
mod surface;
mod ways;

use super::help::with_contents;
use super::site::{Asked, Drawn};
use crate::answer::{DrawnPage, Frame};
use crate::components::section::section;
use crate::tr;
use leptos::prelude::*;
use tokenscope::fault::{Fault, Needs};
use tokenscope::permission::Action;

/// The page `/help/components`.
pub async fn page(asked: Asked) -> Result<DrawnPage, Fault> {
    if !asked.caller()?.roles.everywhere(Action::Administer) {
        return Err(Fault::Forbidden { needs: Needs::Admin });
    }
    Ok(asked.draw(|_| {
        let parts = parts();
        let contents = parts.iter().map(|(id, title, _)| (*id, *title)).collect();
        let parts: Vec<_> =
            parts.into_iter().map(|(id, title, body)| section(id, title, body)).collect();
        let body = view! {
            <p class="hint">{tr!(guide.lead)}</p>
            {with_contents(contents, parts.into_any())}
        };
        Drawn::new(tr!(guide.title), Frame::Wide, body.into_any())
    }))
}

/// A part of the guide: its anchor, its heading and its specimens.
type Part = (&'static str, &'static str, AnyView);

fn parts() -> Vec<Part> {
    vec![
        ("colours", tr!(guide.colours), surface::colours()),
        ("type", tr!(guide.letters), surface::letters()),
        ("icons", tr!(guide.icons), surface::icons()),
        ("buttons", tr!(guide.buttons), input::buttons()),
        ("badges", tr!(guide.badges), surface::badges()),
        ("notices", tr!(guide.notices), surface::notices()),
        ("cards", tr!(guide.cards), surface::cards()),
        ("figures", tr!(guide.figures), figures::figures()),
        ("rings", tr!(guide.rings), figures::rings()),
        ("tables", tr!(guide.tables), figures::tables()),
        ("fields", tr!(guide.fields), input::fields()),
        ("forms", tr!(guide.forms), input::forms()),
        ("secrets", tr!(guide.secrets), input::secrets()),
        ("dialogs", tr!(guide.dialogs), ways::dialogs()),
        ("ways", tr!(guide.ways), ways::ways()),
        ("empties", tr!(guide.empties), ways::empties()),
    ]
}

/// A part in one state.
fn specimen(state: &'static str, part: AnyView) -> AnyView {
    view! { <div class="specimen"><h3>{state}</h3>{part}</div> }.into_any()
}

/// Specimens one below the other.
fn below(specimens: Vec<AnyView>) -> AnyView {
    view! { <div class="specimens">{specimens}</div> }.into_any()
}

/// Specimens side by side.
fn beside(specimens: Vec<AnyView>) -> AnyView {
    view! { <div class="specimens specimens--two">{specimens}</div> }.into_any()
}

/// A paragraph.
fn text(text: &'static str) -> AnyView {
    view! { <p>{text}</p> }.into_any()
}
