//! The parts that pages are made of, one concept a file.

pub mod balance;
pub mod chart;
pub mod contacts;
pub mod controls;
pub mod empty;
pub mod events;
pub mod fault;
pub mod figure;
pub mod frame;
pub mod heading;
pub mod icon;
pub mod layout;
pub mod legend;
pub mod loading;
pub mod overlay;
pub mod ranked;
pub mod reading;
pub mod summary;
pub mod swatch;
pub mod table;
pub mod usage_table;
