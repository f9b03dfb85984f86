//! The parts of pages that have behaviour, or that pages need before an answer is there.

pub mod chart;
pub mod controls;
#[cfg(feature = "ssr")]
pub mod donut;
pub mod empty;
pub mod fault;
#[cfg(feature = "ssr")]
pub mod field;
#[cfg(feature = "ssr")]
pub mod figure;
#[cfg(feature = "ssr")]
pub mod form;
pub mod heading;
pub mod icon;
pub mod layout;
pub mod legend;
pub mod loading;
pub mod overlay;
#[cfg(feature = "ssr")]
pub mod section;
pub mod swatch;
#[cfg(feature = "ssr")]
pub mod table;
