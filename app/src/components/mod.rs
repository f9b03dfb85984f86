//! The parts of pages that have behaviour, or that pages need before an answer is there.

pub mod chart;
pub mod controls;
pub mod empty;
pub mod fault;
pub mod heading;
pub mod icon;
pub mod layout;
pub mod legend;
pub mod loading;
pub mod overlay;
pub mod swatch;
