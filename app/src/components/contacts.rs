//! Whom to ask.

use super::table::TableRegion;
use crate::tr;
use leptos::either::Either;
use leptos::prelude::*;
use tokenscope::report::Contact;

/// The primary admin of each of the visitor's teams.
#[component]
pub fn Contacts(contacts: Vec<Contact>) -> impl IntoView {
    if contacts.is_empty() {
        return Either::Left(view! { <p class="hint">{tr!(me.no_contacts)}</p> });
    }
    let rows = contacts.into_iter().map(|contact| {
        let mail = format!("mailto:{}", contact.email);
        view! {
            <tr>
                <th scope="row">{contact.team}</th>
                <td>{contact.name}</td>
                <td><a href=mail rel="external">{contact.email}</a></td>
            </tr>
        }
    });
    let rows: Vec<_> = rows.collect();
    Either::Right(view! {
        <p class="hint">{tr!(me.contacts_lead)}</p>
        <TableRegion id="contacts" caption=tr!(table.contacts).to_owned()>
            <thead>
                <tr>
                    <th scope="col">{tr!(table.team)}</th>
                    <th scope="col">{tr!(table.name)}</th>
                    <th scope="col">{tr!(table.email)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableRegion>
    })
}
