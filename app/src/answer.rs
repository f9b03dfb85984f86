//! What the server draws for a page and the browser puts in.
//!
//! Balances, tables and everything else without behaviour travel as the HTML that the server
//! rendered: the browser neither needs the code that draws them nor spends time on bringing a
//! thousand cells to life. Only the chart's words come as values, for its tooltip and legend.

use serde::{Deserialize, Serialize};

/// A page that the server draws whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawnPage {
    /// The heading.
    pub title: String,
    /// How it stands on the screen.
    pub frame: Frame,
    /// HTML below the heading.
    pub html: String,
}

/// How a page stands on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Frame {
    /// A small form in the middle, before one is inside.
    Door,
    /// A form in a column that can be read.
    Form,
    /// As wide as there is room.
    Wide,
}

impl Frame {
    /// Its class in the style sheet.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Door => "frame frame--door",
            Self::Form => "frame frame--form",
            Self::Wide => "frame",
        }
    }
}

/// A report, and the state of the organization of which it speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped {
    /// What [`pulse`](crate::server_fns::pulse) answered before the report was read.
    pub stamp: String,
    /// The report.
    pub page: ReportPage,
}

/// The content of `/overview` or `/me`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportPage {
    /// What about the view could not be shown, in words.
    pub notices: Vec<String>,
    /// HTML above the usage: range, balances.
    pub before: String,
    /// The usage; none when there is nothing to show.
    pub usage: Option<UsageView>,
    /// HTML below it: lists, contacts, freshness, or why there is no usage.
    pub after: String,
}

/// The usage with its chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageView {
    /// The heading.
    pub title: String,
    /// HTML: total and comparison.
    pub summary: String,
    /// The chart.
    pub chart: ChartView,
    /// HTML: the table by API.
    pub by_api: String,
    /// HTML: the table by API and time.
    pub by_bucket: String,
}

/// A chart: the drawing, and its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartView {
    /// What the chart says.
    pub message: String,
    /// The drawing.
    pub svgs: ChartSvgs,
    /// Labels of the value axis, top first, at equal distances.
    pub values: Vec<String>,
    /// One a column: the label beneath it, if there is one.
    pub times: Vec<Option<Tick>>,
    /// The layers from the axis upwards.
    pub layers: Vec<LayerName>,
    /// One a column: what it holds.
    pub readings: Vec<Reading>,
    /// Whether a column is not over yet.
    pub in_progress: bool,
}

/// One drawing for two widths; the style sheet shows one of them. Contents of an `<svg>` whose
/// `viewBox` is that of [`NARROW`](crate::charts::area::NARROW) or
/// [`WIDE`](crate::charts::area::WIDE).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartSvgs {
    /// For phones.
    pub narrow: String,
    /// For everything else.
    pub wide: String,
}

/// A label under a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// The label.
    pub text: String,
    /// Whether only a wide screen has room for it.
    pub wide_only: bool,
}

/// A layer of the chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerName {
    /// Its name.
    pub name: String,
    /// Number of its colour; none is the others' grey.
    pub hue: Option<u8>,
    /// Code of the API; none for the others together.
    pub slug: Option<String>,
    /// URL of the view that shows this API alone.
    pub url: Option<String>,
}

/// One column in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Its time, and whether it is not over.
    pub period: String,
    /// Its height with the unit.
    pub total: String,
    /// Its parts, largest first.
    pub parts: Vec<Part>,
    /// URL of the view that shows this column alone, in smaller ones.
    pub url: Option<String>,
}

/// A layer's part of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Number of the layer.
    pub layer: u8,
    /// How much.
    pub amount: String,
    /// Its share of the column.
    pub share: String,
    /// How it relates to the same column before, in words.
    pub change: Option<String>,
}
