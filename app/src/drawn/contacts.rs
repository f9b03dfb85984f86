//! Limits, and whom to ask about them.

use crate::components::table::{Cell, Head, Table};
use crate::tr;
use leptos::prelude::*;
use tokenscope::access::{Overdraft, Unblock};
use tokenscope::report::{Contact, Limit};

/// What each of the visitor's teams allows, and its primary admin.
pub fn contacts_table(limits: Vec<Limit>, contacts: Vec<Contact>) -> AnyView {
    if limits.is_empty() {
        return view! { <p class="hint">{tr!(me.no_contacts)}</p> }.into_any();
    }
    let row = |limit: Limit| {
        let contact = contacts.iter().find(|contact| contact.team == limit.team).cloned();
        let (name, email) = match contact {
            Some(contact) => (contact.name, Cell::Mail(contact.email)),
            None => (tr!(me.no_contact).to_owned(), Cell::Text(String::new())),
        };
        let words = words(&limit);
        vec![Cell::Text(limit.team), Cell::Text(words), Cell::Text(name), email]
    };
    let heads = vec![
        Head::text(tr!(table.team)),
        Head::text(tr!(me.limit)),
        Head::text(tr!(table.name)),
        Head::text(tr!(table.email)),
    ];
    let table = Table {
        id: "contacts",
        caption: tr!(table.contacts).to_owned(),
        heads,
        rows: limits.into_iter().map(row).collect(),
        foot: None,
    };
    view! { <p class="hint">{tr!(me.contacts_lead)}</p>{table.view()} }.into_any()
}

/// What happens when the tokens run out.
fn words(limit: &Limit) -> String {
    let end = match limit.overdraft {
        Overdraft::Deny => tr!(me.limit_deny).to_owned(),
        Overdraft::Allow => tr!(me.limit_grace, days = limit.grace_days),
    };
    match limit.unblock {
        Unblock::Automatic => end,
        Unblock::Manual => format!("{end} {}", tr!(me.limit_manual)),
    }
}
