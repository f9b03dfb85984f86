//! Whom to ask.

use crate::components::table::{Cell, Head, Table};
use crate::tr;
use leptos::prelude::*;
use tokenscope::report::Contact;

/// The primary admin of each of the visitor's teams.
pub fn contacts_table(contacts: Vec<Contact>) -> AnyView {
    if contacts.is_empty() {
        return view! { <p class="hint">{tr!(me.no_contacts)}</p> }.into_any();
    }
    let row = |contact: Contact| {
        vec![Cell::Text(contact.team), Cell::Text(contact.name), Cell::Mail(contact.email)]
    };
    let heads = vec![
        Head::text(tr!(table.team)),
        Head::text(tr!(table.name)),
        Head::text(tr!(table.email)),
    ];
    let table = Table {
        id: "contacts",
        caption: tr!(table.contacts).to_owned(),
        heads,
        rows: contacts.into_iter().map(row).collect(),
        foot: None,
    };
    view! { <p class="hint">{tr!(me.contacts_lead)}</p>{table.view()} }.into_any()
}
