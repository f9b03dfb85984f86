//! Every table of every page: data here, so that one view draws them all.

use super::badge::{Tone, badge};
use super::empty::Empty;
use super::icon::Icon;
use super::pager::Pager;
use super::swatch::Swatch;
use crate::tr;
use leptos::prelude::*;

/// A table with its caption.
pub struct Table {
    /// Its id, which also names the caption and the tests.
    pub id: &'static str,
    /// What it shows.
    pub caption: String,
    /// The heads of the columns.
    pub heads: Vec<Head>,
    /// The rows; the first cell of each is its head.
    pub rows: Vec<Vec<Cell>>,
    /// The totals, if any.
    pub foot: Option<Vec<Cell>>,
}

/// The head of a column.
pub struct Head {
    text: String,
    class: Option<&'static str>,
    sort: Option<(String, Option<Order>)>,
    unseen: bool,
}

/// How the rows are sorted by a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    Up,
    /// Largest first.
    Down,
}

impl Head {
    /// Of a column of words.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), class: None, sort: None, unseen: false }
    }
    /// Of a column of numbers.
    pub fn number(text: impl Into<String>) -> Self {
        Self { class: Some(NUMBER), ..Self::text(text) }
    }
    /// Of the column of what can be done with a row.
    pub fn actions() -> Self {
        Self { class: Some(ACTIONS), unseen: true, ..Self::text(tr!(form.actions)) }
    }
    /// A link that sorts by this column; `now` is how it is sorted already.
    #[must_use]
    pub fn sorted(mut self, href: impl Into<String>, now: Option<Order>) -> Self {
        self.sort = Some((href.into(), now));
        self
    }

    fn view(self) -> AnyView {
        let Self { text, class, sort, unseen } = self;
        let Some((href, now)) = sort else {
            let inside = unseen.then_some("unseen");
            return view! { <th scope="col" class=class><span class=inside>{text}</span></th> }
                .into_any();
        };
        let order = now.map(|order| match order {
            Order::Up => "ascending",
            Order::Down => "descending",
        });
        view! {
            <th scope="col" class=class aria-sort=order>
                <a href=href data-noscroll="">{text}<Icon name="sort"/></a>
            </th>
        }
        .into_any()
    }
}

/// Numbers stand on the right, with digits of one width.
const NUMBER: &str = "number";
/// What can be done with a row stands on the right, as narrow as it is.
const ACTIONS: &str = "table__actions";

/// One cell.
pub enum Cell {
    /// Words.
    Text(String),
    /// A number.
    Number(String),
    /// A series with its colour; none is the others' grey.
    Series(Option<u8>, String),
    /// A time for machines and for people.
    Time(String, String),
    /// A state's code and its word.
    State(&'static str, &'static str),
    /// An e-mail address.
    Mail(String),
    /// A link to what the row is about: URL and words.
    Link(String, String),
    /// A word about a state.
    Badge(Tone, String),
    /// What can be done with the row: links and forms.
    Actions(AnyView),
    /// A cell that leads to a URL of this site.
    Linked(String, Box<Self>),
    /// Anything else: a link, a button, several of these.
    View(AnyView),
}

impl Cell {
    fn class(&self) -> Option<&'static str> {
        match self {
            Self::Number(_) => Some(NUMBER),
            Self::Actions(_) => Some(ACTIONS),
            Self::Linked(_, cell) => cell.class(),
            _ => None,
        }
    }
    fn content(self) -> AnyView {
        match self {
            Self::Text(text) | Self::Number(text) => text.into_any(),
            Self::Series(hue, name) => view! { <Swatch hue/>{name} }.into_any(),
            Self::Time(machine, people) => {
                view! { <time datetime=machine>{people}</time> }.into_any()
            }
            Self::State(code, word) => {
                view! { <span class="badge" data-state=code>{word}</span> }.into_any()
            }
            Self::Linked(href, cell) => {
                view! { <a href=href data-noscroll="">{cell.content()}</a> }.into_any()
            }
            Self::Mail(address) => {
                let link = format!("mailto:{address}");
                view! { <a href=link rel="external">{address}</a> }.into_any()
            }
            Self::Link(href, text) => view! { <a href=href>{text}</a> }.into_any(),
            Self::Badge(tone, words) => badge(tone, words),
            Self::Actions(actions) => actions,
            Self::View(view) => view,
        }
    }
}

fn row(cells: Vec<Cell>) -> AnyView {
    let cells: Vec<AnyView> = cells
        .into_iter()
        .enumerate()
        .map(|(i, cell)| {
            let class = cell.class();
            if i == 0 {
                view! { <th scope="row">{cell.content()}</th> }.into_any()
            } else {
                view! { <td class=class>{cell.content()}</td> }.into_any()
            }
        })
        .collect();
    view! { <tr>{cells}</tr> }.into_any()
}

impl Table {
    /// A focusable region around the table: it scrolls by itself where the page is too narrow.
    pub fn view(self) -> AnyView {
        let caption_id = format!("{}-caption", self.id);
        let named = caption_id.clone();
        let heads: Vec<_> = self.heads.into_iter().map(Head::view).collect();
        let rows: Vec<AnyView> = self.rows.into_iter().map(row).collect();
        let foot = self.foot.map(|cells| view! { <tfoot>{row(cells)}</tfoot> });
        view! {
            <div class="table-region" role="region" tabindex="0" aria-labelledby=named>
                <table id=self.id data-testid=self.id>
                    <caption id=caption_id>{self.caption}</caption>
                    <thead><tr>{heads}</tr></thead>
                    <tbody>{rows}</tbody>
                    {foot}
                </table>
            </div>
        }
        .into_any()
    }

    /// A list: in its place why it is empty, and below it the way to its other pages.
    pub fn list(self, empty: Empty, pager: Option<Pager>) -> AnyView {
        let table = if self.rows.is_empty() {
            view! { <div class="table-region">{empty.view()}</div> }.into_any()
        } else {
            self.view()
        };
        view! { {table}{pager.map(Pager::view)} }.into_any()
    }
}
