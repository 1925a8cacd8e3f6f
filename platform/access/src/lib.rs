//! Who is this, may they, still? The one part of the platform that knows people.
#![warn(clippy::unwrap_used)]

mod caller;
mod feed;
pub mod hashing;
pub mod identifiers;
mod known;
pub mod mail_tokens;
pub mod permissions;
pub mod refresh;
mod scope;
pub mod tokens;

pub use caller::{Access, Caller, REVOCATION_UNKNOWN};
pub use permissions::Permission;
