//! Charts: plotters draws marks and grid on the server into a string (architecture.md, 7); words,
//! digits, hit areas, tooltip and legend are HTML over the same geometry.
//!
//! Digits are HTML as well: inside a picture that stretches with the page they would shrink below
//! a readable size on one screen and grow out of proportion on another.

pub mod area;
pub mod palette;

#[cfg(feature = "ssr")]
pub mod balance;
#[cfg(feature = "ssr")]
pub mod columns;
#[cfg(feature = "ssr")]
pub mod scale;
#[cfg(feature = "ssr")]
pub mod stack;
#[cfg(feature = "ssr")]
pub mod standalone;
