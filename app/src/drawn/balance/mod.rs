//! Balances: the cards of reports, the list of teams, and the page of one team with its chart,
//! lots, token events and statement.

mod cards;
mod chart;
mod events;
mod list;
mod lots;
mod page;
mod seen;
mod statement;

pub use list::page as list;
pub use page::page as one;

pub(super) use cards::{TeamCards, access_words};
