//! The pages, one file each.

mod login;
mod me;
mod not_found;
mod overview;

pub use login::Login;
pub use me::Me;
pub use not_found::NotFound;
pub use overview::Overview;
