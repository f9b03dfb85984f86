//! The pages.

mod login;
mod not_found;
mod report;

pub use login::Login;
pub use not_found::NotFound;
pub use report::{Me, Overview};
