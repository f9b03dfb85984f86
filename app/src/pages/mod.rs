//! The pages.

mod drawn;
mod not_found;
mod report;

pub use drawn::DrawnByServer;
pub use report::{Me, Overview};
