//! Every table of every page: data here, so that one view draws them all.

use crate::components::swatch::Swatch;
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
}

impl Head {
    /// Of a column of words.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), class: None }
    }
    /// Of a column of numbers.
    pub fn number(text: impl Into<String>) -> Self {
        Self { text: text.into(), class: Some(NUMBER) }
    }
}

/// Numbers stand on the right, with digits of one width.
const NUMBER: &str = "number";

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
}

impl Cell {
    fn class(&self) -> Option<&'static str> {
        matches!(self, Self::Number(_)).then_some(NUMBER)
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
            Self::Mail(address) => {
                let link = format!("mailto:{address}");
                view! { <a href=link rel="external">{address}</a> }.into_any()
            }
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
        let heads: Vec<_> = self
            .heads
            .into_iter()
            .map(|head| view! { <th scope="col" class=head.class>{head.text}</th> })
            .collect();
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
}
