//! Charts: plotters draws marks and grid on the server into a string (architecture.md, 7); words,
//! digits, hit areas, tooltip and legend are HTML over the same geometry.
//!
//! Digits are HTML as well: inside a picture that stretches with the page they would shrink below
//! a readable size on one screen and grow out of proportion on another.

pub mod area;
#[cfg(feature = "ssr")]
pub mod columns;
pub mod palette;
pub mod scale;
pub mod stack;

use serde::{Deserialize, Serialize};

/// One chart, drawn for two widths; the style sheet shows one of them. Contents of an `<svg>`
/// whose `viewBox` is that of [`area::NARROW`] or [`area::WIDE`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartSvgs {
    /// For phones.
    pub narrow: String,
    /// For everything else.
    pub wide: String,
}
